"""One thread that does one thing after the other, for an event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")


class Worker(Executor):
    """An executor whose futures are the event loop's own, which takes half the time of a pool's.

    `run_in_executor` hands such a future through as it is. Work that is done when nobody waits for it any
    more is done all the same.
    """

    def __init__(self, name: str) -> None:
        self._waiting: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._is_open = True
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(  # type: ignore[override]  # asyncio's future
        self, work: Callable[..., T], /, *args: Any, **more: Any
    ) -> asyncio.Future[T]:
        """Puts work in line. Call it in the event loop. Fails with RuntimeError after `shutdown`."""
        if not self._is_open:
            raise RuntimeError("nothing is done here any more")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def do() -> None:
            told: Callable[[], None]
            try:
                told = partial(_settle, future, work(*args, **more))
            except BaseException as error:  # whoever waits for it decides
                told = partial(_fail, future, error)
            with suppress(RuntimeError):  # the loop is closed: nobody waits
                loop.call_soon_threadsafe(told)

        self._waiting.put(do)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Takes nothing more, and waits until everything in line is done."""
        self._is_open = False
        self._waiting.put(None)
        if wait:
            self._thread.join()

    def _run(self) -> None:
        while (do := self._waiting.get()) is not None:
            do()


def _settle(future: asyncio.Future[T], result: T) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[Any], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)

"""Threads of a virtual process: each runs until it waits for a disk, and then the others go on.

They are greenlets, so what runs in them needs no change. A thread is in the hands of its process: one that
is stopped in the middle of a transaction keeps its locks, and one that is killed never goes on.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet

from .process import Process


class Work(greenlet):
    """A call that a thread does."""

    def __init__(
        self, process: Process, lane: "Lane", call: Callable[[], Any], done: asyncio.Future[Any]
    ) -> None:
        super().__init__(self._do)
        self.process = process
        self.gr_context = copy_context()
        self._lane = lane
        self._call = call
        self._done = done
        self._is_killed = False

    def begin(self) -> None:
        """Begins soon, unless nobody wants it any more by then."""
        self.process.works[self] = None
        self.process.loop.call_later(self.process.loop.delay_s(), self._begin)

    def _begin(self) -> None:
        if self._done.cancelled():
            self._end()
        else:
            self._step()

    def _step(self) -> None:
        rest_s = self.switch()
        if self.dead:
            self._end()
        else:
            self.process.loop.call_later(rest_s, self._step)

    def _end(self) -> None:
        self.process.works.pop(self, None)
        self._lane.ended()

    def _do(self) -> None:
        try:
            answer, error = self._call(), None
        except Exception as failure:
            answer, error = None, failure
        loop = self.process.loop
        loop.call_later(loop.delay_s(), _tell, self._done, answer, error)

    def rest(self, seconds: float) -> None:
        """Lets others go on for a while. A thread that was killed ends here."""
        if self._is_killed:
            raise GreenletExit
        self.parent.switch(seconds)

    def kill(self) -> None:
        """Ends the thread where it is. What it still does on its way out reaches no disk."""
        self._is_killed = True
        self.throw(GreenletExit)


class Lane:
    """An executor: so many threads, and the work that waits for one."""

    def __init__(self, threads: int | None) -> None:
        self._free = 1_000 if threads is None else threads
        self._waiting: deque[Work] = deque()

    def add(self, work: Work) -> None:
        """Begins work, now or when a thread is free."""
        self._waiting.append(work)
        self._begin()

    def ended(self) -> None:
        """Says that a thread is free again."""
        self._free += 1
        self._begin()

    def _begin(self) -> None:
        while self._free and self._waiting:
            self._free -= 1
            self._waiting.popleft().begin()


def current_work() -> Work | None:
    """Returns the thread that runs, or None in an event loop."""
    current = getcurrent()
    return current if isinstance(current, Work) else None


def _tell(done: asyncio.Future[Any], answer: Any, error: BaseException | None) -> None:
    if done.cancelled():
        return
    if error is None:
        done.set_result(answer)
    else:
        done.set_exception(error)

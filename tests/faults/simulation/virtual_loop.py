"""An event loop whose time is virtual: nothing waits, and the same seed gives the same run.

When nothing is ready, the clock jumps to the next timer. Callbacks of a process go through the process,
which holds them back while it is stopped or dead; work for threads runs as `threads` says.
"""

import asyncio
import random
import struct
import zlib
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any

from .process import Process, current_process
from .threads import Lane, Work

TURN_S = 1e-6  # what one turn of the loop takes: who waits in a circle for time to pass sees it pass
ENDS_WITHIN_S = 100.0
_STEP = struct.Struct("<dI")


class NothingWillHappen(Exception):
    """Everybody waits, and there is no timer."""


class _Call:
    """A callback on its way through the loop. Cancelling the handle that was given out stops it anywhere."""

    __slots__ = ("callback", "context", "handle", "process", "words")

    def __init__(self, process: Process, callback: Any, words: tuple[Any, ...], context: Context) -> None:
        self.process, self.callback, self.words, self.context = process, callback, words, context
        self.handle: asyncio.Handle | None = None

    def __call__(self) -> None:
        self.process.take(self)

    def do(self) -> None:
        if self.handle is not None and not self.handle.cancelled():
            self.process.loop.note(self.process)
            self.callback(*self.words)

    def again(self) -> None:
        asyncio.BaseEventLoop.call_soon(self.process.loop, self, context=self.context)


class _Clock:
    """Takes the place of the selector: instead of waiting, it moves the time."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise NothingWillHappen
        self.now_s += max(timeout, TURN_S)
        return []


class VirtualLoop(asyncio.BaseEventLoop):
    """A loop for one run."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._selector = _Clock()
        self._lanes: dict[Any, Lane] = {}
        self._nobody = Context()
        self._is_over = False
        self.chance = chance
        self.slowness = 1.0  # of work in threads
        self.steps = 0
        self.trace = 0  # of which process did something when; the same for the same run
        self.processes: list[Process] = []

    def time(self) -> float:
        return self._selector.now_s

    def note(self, process: Process) -> None:
        """Adds a step of a process to the trace."""
        self.steps += 1
        self.trace = zlib.crc32(_STEP.pack(self._selector.now_s, process.number), self.trace)

    def call_soon(self, callback: Any, *args: Any, context: Context | None = None) -> asyncio.Handle:
        call = self._call(callback, args, context)
        if call is None:
            return super().call_soon(callback, *args, context=context)
        call.handle = super().call_soon(call, context=call.context)
        return call.handle

    def call_at(
        self, when: float, callback: Any, *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        call = self._call(callback, args, context)
        if call is None:
            return super().call_at(when, callback, *args, context=context)
        call.handle = handle = super().call_at(when, call, context=call.context)
        return handle

    def _call(self, callback: Any, words: tuple[Any, ...], context: Context | None) -> _Call | None:
        context = copy_context() if context is None else context  # an empty one counts as False
        process = context.get(current_process)
        return None if process is None else _Call(process, callback, words, context)

    def outside(self, callback: Callable[..., None], *words: Any, after_s: float = 0.0) -> None:
        """Calls back soon, as part of no process."""
        self.call_at(self.time() + after_s, callback, *words, context=self._nobody.copy())

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        """Runs work in a virtual thread of the process, when its turn has come."""
        process = current_process.get()
        if process is None or self._is_over:
            raise RuntimeError("only a process has threads")
        done: asyncio.Future[Any] = self.create_future()
        lane = self._lanes.setdefault((process, executor), Lane(getattr(executor, "_max_workers", None)))
        lane.add(Work(process, lane, lambda: func(*args), done))
        return done

    def delay_s(self) -> float:
        """Returns how long a thread takes now to go on."""
        return self.chance.expovariate(5_000.0) * self.slowness

    def bury(self) -> None:
        """Ends every task and every thread that there is."""
        self._is_over = True
        self.set_exception_handler(lambda loop, context: None)
        for process in self.processes:
            process.exhume()
        tasks = asyncio.all_tasks(self)
        for task in tasks:
            task.cancel()
        if tasks:
            self.run_until_complete(asyncio.wait(tasks, timeout=ENDS_WITHIN_S))
        for process in self.processes:
            process.let_go()

    def _process_events(self, event_list: list[Any]) -> None:
        """There are none: nothing here is a socket."""

    def _write_to_self(self) -> None:
        """Nobody waits who would have to be woken."""

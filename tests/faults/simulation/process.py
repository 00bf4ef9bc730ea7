"""Processes in a virtual loop: groups of tasks and threads that can be stopped, woken and killed.

Whatever a task of a process starts belongs to it. A callback of a process that is stopped or dead is held
back, as the kernel would: no `finally` of a killed process ever runs while anybody looks.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from .threads import Work
    from .virtual_loop import VirtualLoop, _Call

T = TypeVar("T")

current_process: ContextVar["Process | None"] = ContextVar("current_process", default=None)

AT_ONCE_S = 1e-6  # a timer may be early by less


class Process:
    """Tasks and threads that live and die together."""

    def __init__(self, loop: "VirtualLoop", name: str) -> None:
        self.name = name
        self.number = len(loop.processes)
        self.loop = loop
        self.is_dead = False
        self.is_stopped = False
        self.died = asyncio.Event()  # what it held is free again
        self.why = ""
        self.tasks: dict[asyncio.Task[Any], None] = {}
        self.works: dict[Work, None] = {}  # that threads have begun
        self.on_death: list[Callable[[], None]] = []
        self._wakes_s = 0.0
        self._held: list[_Call] = []
        loop.processes.append(self)

    @property
    def is_running(self) -> bool:
        return not (self.is_dead or self.is_stopped)

    def spawn(self, work: Coroutine[Any, Any, T], *, vital: bool = False) -> asyncio.Task[T]:
        """Runs a task in the process. The process dies when a vital one fails."""
        context = copy_context()
        context.run(current_process.set, self)
        task = self.loop.create_task(work, context=context)
        self.tasks[task] = None
        task.add_done_callback(self.tasks.pop)
        if vital:
            task.add_done_callback(self._look_at)
        return task

    def _look_at(self, task: asyncio.Task[Any]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.die(words_of(error))

    def stop_for(self, seconds: float) -> None:
        """Does what SIGSTOP does, and later what SIGCONT does, unless it is stopped for longer meanwhile."""
        self.is_stopped = True
        self._wakes_s = max(self._wakes_s, self.loop.time() + seconds)
        self.loop.outside(self._wake, after_s=seconds)

    def _wake(self) -> None:
        """Lets it go on. What came meanwhile is done now, in the order in which it came."""
        self.is_stopped = self.loop.time() < self._wakes_s - AT_ONCE_S
        if self.is_running:
            self._release()

    def die(self, why: str) -> None:
        """Does what kill -9 does."""
        if self.is_dead:
            return
        self.is_dead, self.why = True, why
        self.loop.outside(self._bury)

    def _bury(self) -> None:
        self.let_go()
        self.died.set()

    def let_go(self) -> None:
        """Ends its threads where they are, and gives everything back, as the kernel does."""
        while self.works:
            self.works.popitem()[0].kill()
        while self.on_death:
            self.on_death.pop()()

    def exhume(self) -> None:
        """Lets the tasks of a process end, when the run is over and nobody looks any more."""
        self.is_dead = self.is_stopped = False
        self._release()

    def take(self, call: "_Call") -> None:
        """Does a call, or holds it back."""
        if self.is_running:
            call.do()
        else:
            self._held.append(call)

    def _release(self) -> None:
        held, self._held = self._held, []
        for call in held:
            if call.handle is not None and not call.handle.cancelled():
                call.again()

    async def threads_are_idle(self) -> None:
        """Waits until no thread works any more."""
        while self.works:
            await asyncio.sleep(0.001)


def words_of(error: BaseException) -> str:
    """Returns an error in a line."""
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:90]}"

"""Keeps programs running: starts them, starts them again when they die, and ends them together.

It knows nothing about trading and imports little, so that it costs little beside its children.
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_TAIL_BYTES = 4_096


@dataclass(frozen=True, slots=True)
class Program:
    """Something to keep running."""

    name: str
    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()  # over what all programs are told


@dataclass(frozen=True, slots=True)
class Rules:
    """How patient the supervisor is."""

    backoff_s: float = 0.1  # before the first restart; doubles with each short life in a row
    backoff_s_max: float = 5.0
    short_life_s: float = 20.0  # who ends by itself younger than this did not really start
    short_life_killed_s: float = 5.0  # who is killed younger than this did not either
    short_lives_max: int = 4  # so many in a row, and it gives up
    stop_s: float = 5.0  # from SIGTERM to SIGKILL
    log_bytes_max: int = 32 << 20  # of each log file; one older file is kept beside it
    log_check_s: float = 1.0
    hopeless_exit_codes: tuple[int, ...] = (2,)  # wrong usage or settings: another start would not help
    # The database is gone or full, or (Python's own) the log could not be written: never give up on these.
    patient_exit_codes: tuple[int, ...] = (75, 120)
    patience_s: float = 1.0  # before the next start then


class GaveUpError(Exception):
    """A program that cannot be kept running."""


class Child:
    """One program and the process that runs it at present."""

    def __init__(self, program: Program, environment: Mapping[str, str], log_dir: Path, rules: Rules) -> None:
        self.program = program
        self.log = log_dir / f"{program.name}.log"
        self.process: asyncio.subprocess.Process | None = None
        self.restarts = 0
        self._environment = {**environment, **dict(program.environment)}
        self._rules = rules
        self._short_lives = 0
        self._started_s = 0.0

    @property
    def is_running(self) -> bool:
        """Says whether its process lives."""
        return self.process is not None and self.process.returncode is None

    async def start(self) -> None:
        """Starts the process in a session of its own: a Ctrl-C in the terminal does not reach it."""
        parent = os.getpid()
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.program.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,
                preexec_fn=lambda: _die_with(parent),
            )
        self._started_s = time.monotonic()

    async def wait(self) -> int:
        """Returns the exit code of the process once it ends."""
        assert self.process is not None
        return await self.process.wait()

    def pause_s(self, exit_code: int) -> float:
        """Returns how long to wait before the next start. Fails with GaveUpError after too many."""
        self.restarts += 1
        if exit_code in self._rules.patient_exit_codes:
            return self._rules.patience_s
        bound_s = self._rules.short_life_killed_s if exit_code < 0 else self._rules.short_life_s
        is_short = time.monotonic() - self._started_s < bound_s
        self._short_lives = self._short_lives + 1 if is_short else 0
        hopeless = is_short and exit_code in self._rules.hopeless_exit_codes
        if hopeless or self._short_lives >= self._rules.short_lives_max:
            raise GaveUpError(self._last_words(exit_code))
        return min(self._rules.backoff_s * 2.0 ** max(0, self._short_lives - 1), self._rules.backoff_s_max)

    def signal(self, number: int) -> None:
        """Sends a signal to the process and whatever it started."""
        if self.process is not None and self.is_running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def bound_log(self) -> None:
        """Moves a log that has grown too large aside; the process keeps writing to the same file."""
        if self.log.exists() and self.log.stat().st_size > self._rules.log_bytes_max:
            _older(self.log).write_bytes(self.log.read_bytes())
            os.truncate(self.log, 0)

    def _last_words(self, exit_code: int) -> str:
        words = _last_line(self.log)
        problem = f"{_how(exit_code)} and does not stay up{': ' if words else ''}{words}"
        return f"{self.program.name} {problem} (log: {self.log})"


class Supervisor:
    """Runs programs until it is told to stop, or until one of them cannot be kept running."""

    def __init__(
        self,
        programs: Sequence[Program],
        environment: Mapping[str, str],
        log_dir: Path,
        say: Callable[[str], None],
        changed: Callable[[], None] = lambda: None,
        rules: Rules | None = None,
    ) -> None:
        self._rules = rules or Rules()
        self._children = [Child(program, environment, log_dir, self._rules) for program in programs]
        self._log_dir = log_dir
        self._say = say
        self._changed = changed

    @property
    def pids(self) -> dict[str, int]:
        """Returns the process of each program that runs."""
        return {
            child.program.name: child.process.pid
            for child in self._children
            if child.process is not None and child.is_running
        }

    async def run(self) -> None:
        """Keeps all running until cancelled, then ends them. Fails with GaveUpError."""
        self._log_dir.mkdir(parents=True, exist_ok=True)
        for child in self._children:
            rotate(child.log)
        try:
            async with asyncio.TaskGroup() as group:
                for child in self._children:
                    await child.start()
                    group.create_task(self._keep(child), name=child.program.name)
                self._changed()
                group.create_task(self._bound_logs(), name="logs")
        except* GaveUpError as failures:
            raise failures.exceptions[0] from None
        finally:
            await self._stop()

    async def _keep(self, child: Child) -> None:
        while True:
            exit_code = await child.wait()
            pause_s = child.pause_s(exit_code)
            name = child.program.name
            self._say(f"{name} {_how(exit_code)} unexpectedly; starting it again in {pause_s:.1f} s")
            await asyncio.sleep(pause_s)
            await child.start()
            self._changed()

    async def _bound_logs(self) -> None:
        while True:
            await asyncio.sleep(self._rules.log_check_s)
            for child in self._children:
                with contextlib.suppress(OSError):  # a full disk has no room for the older half
                    child.bound_log()

    async def _stop(self) -> None:
        """Ends all, the last started first; who has not ended in time is killed."""
        for child in reversed(self._children):
            child.signal(signal.SIGTERM)
        if not await _all_end(self._children, self._rules.stop_s):
            for child in self._children:
                child.signal(signal.SIGKILL)
            await _all_end(self._children, self._rules.stop_s)


async def _all_end(children: Sequence[Child], within_s: float) -> bool:
    waits = [child.wait() for child in children if child.is_running]
    try:
        async with asyncio.timeout(within_s):
            await asyncio.gather(*waits)
    except TimeoutError:
        return False
    return True


def rotate(log: Path) -> None:
    """Moves a log aside, so that a start begins with an empty one."""
    if log.exists():
        log.replace(_older(log))


def _older(log: Path) -> Path:
    return log.with_name(log.name + ".1")


def _how(exit_code: int) -> str:
    return f"was ended by signal {-exit_code}" if exit_code < 0 else f"ended with code {exit_code}"


def _last_line(log: Path) -> str:
    """Returns the last line of a log that says something, shortened."""
    text: deque[str] = deque(log.read_bytes()[-_TAIL_BYTES:].decode(errors="replace").splitlines())
    while text and not text[-1].strip():
        text.pop()
    return text[-1].strip()[:300] if text else ""


def _die_with(parent: int) -> None:
    """Runs in a new child: Linux will kill it when its parent dies, also by kill -9."""
    if _LIBC is None:
        return
    _LIBC.prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)

"""SQLite files on a disk that is slow, full or fails when somebody asked for it.

Each process has its own connections. Every statement and every commit takes time, in which other processes
go on: who meets a lock waits for it as long as it would in SQLite, in virtual time.
"""

import random
import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tickmesh.services.runtime.database import make_engine

from .process import Process
from .threads import current_work
from .virtual_loop import VirtualLoop

STATEMENT_S, COMMIT_S = 0.00005, 0.0005  # on the mean
WAKES_WITHIN_S = 1.2  # who was stopped in a commit
LOOK_AGAIN_S = 0.002  # for a lock that somebody else has
PATIENCE = re.compile(r"PRAGMA busy_timeout\s*=\s*(\d+)")
CHANGES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE)", re.IGNORECASE)


class CommitFault(Enum):
    """What becomes of a commit."""

    FAILS = "fails, and nothing is written"
    ANSWER_LOST = "is written, and fails all the same"
    CRASH_BEFORE = "kills the process before anything is written"
    CRASH_AFTER = "kills the process once it is written"
    STOPS = "stops the process before anything is written, and it wakes up later"


@dataclass(slots=True)
class Disk:
    """The file of one database, as several processes open it."""

    folder: Path
    name: str
    loop: VirtualLoop
    chance: random.Random
    say: Callable[[str], None]
    slowness: float = 1.0
    is_full: bool = False
    _armed: list[tuple[int, CommitFault]] = field(default_factory=list)  # commits until then, and what

    @property
    def is_bad(self) -> bool:
        return self.is_full or self.slowness > 1.0

    def arm(self, commits: int, fault: CommitFault) -> None:
        """Lets a commit that is so many commits away go wrong."""
        self._armed.append((commits, fault))

    def mend(self) -> None:
        """Lets everything to come go well."""
        self._armed.clear()
        self.slowness, self.is_full = 1.0, False

    def damage(self, statement: str) -> None:
        """Changes what is written, behind everybody's back. Does nothing while somebody else writes."""
        connection = sqlite3.connect(self.folder / f"{self.name}.sqlite", timeout=0.0)
        try:
            with connection:
                connection.execute(statement)
        except sqlite3.OperationalError as error:
            self.say(f"nothing is damaged: {error}")
        finally:
            connection.close()

    def open(self, process: Process) -> sa.Engine:
        """Returns an engine for a process; what it has open is closed as its death does."""
        engine = make_engine("", self.folder, self.name)
        connections: list[_Connection] = []

        def connect(_: Any, __: Any, words: Any, options: dict[str, Any]) -> sqlite3.Connection:
            connection = sqlite3.connect(*words, **{**options, "timeout": 0.0}, factory=_Connection)
            connection.begin(self, process)
            connections.append(connection)
            return connection

        def close() -> None:
            for connection in connections:
                connection.end()
            engine.dispose(close=False)

        sa.event.listen(engine, "do_connect", connect)
        process.on_death.append(close)
        engine.connect().close()  # now: no thread may rest in the middle of an engine's first connection
        return engine

    def take_time(self, mean_s: float) -> None:
        """Lets others go on while the disk works."""
        rest(self.chance.expovariate(1.0) * mean_s * self.slowness)

    def before_statement(self, text: str) -> None:
        """Takes time. Fails when there is no room for what a statement writes."""
        self.take_time(STATEMENT_S)
        if self.is_full and CHANGES.match(text):
            raise failure("database or disk is full", sqlite3.SQLITE_FULL)

    def commit(self, process: Process, commit: Callable[[], None], roll_back: Callable[[], None]) -> None:
        """Commits, unless something goes wrong: then SQLite rolls back by itself."""
        fault = self._next_fault()
        if fault is not None:
            self.say(f"a commit of {process.name} to {self.name} {fault.value}")
        self.take_time(COMMIT_S)
        if fault is CommitFault.FAILS:
            roll_back()
            raise failure("disk I/O error", sqlite3.SQLITE_IOERR)
        if fault is CommitFault.CRASH_BEFORE:
            process.die("killed before a commit")
            rest(0.0)
        if fault is CommitFault.STOPS:
            process.stop_for(self.chance.random() * WAKES_WITHIN_S)
            rest(0.0)
        commit()
        if fault is CommitFault.CRASH_AFTER:
            process.die("killed after a commit")
        self.take_time(COMMIT_S)
        if fault is CommitFault.ANSWER_LOST:
            raise failure("disk I/O error, though all was written", sqlite3.SQLITE_IOERR)

    def _next_fault(self) -> CommitFault | None:
        self._armed = [(commits - 1, fault) for commits, fault in self._armed]
        due = [fault for commits, fault in self._armed if commits <= 0]
        self._armed = [(commits, fault) for commits, fault in self._armed if commits > 0]
        return due[0] if due else None


class _Connection(sqlite3.Connection):
    """A connection of one process."""

    def begin(self, disk: Disk, process: Process) -> None:
        self._disk = disk
        self._process = process
        self._patience_s = 0.0
        self._is_closed = False
        # A process that dies here takes no machine with it: nothing waits for the platters.
        sqlite3.Cursor(self).execute("PRAGMA synchronous=OFF")

    def end(self) -> None:
        """Closes it as the death of its process does."""
        if not self._is_closed:
            super().rollback()  # closing alone would wait for cursors that somebody still holds
            self.close()

    def close(self) -> None:
        self._is_closed = True
        super().close()

    def rollback(self) -> None:
        if not self._is_closed:  # whoever outlives its process gives back what is gone
            super().rollback()

    def cursor(self, factory: Any = None) -> Any:
        return super().cursor(_Cursor)

    def execute(self, text: str, *words: Any) -> Any:  # type: ignore[override]
        return self.cursor().execute(text, *words)

    def commit(self) -> None:
        if self.in_transaction:
            self._disk.commit(self._process, super().commit, super().rollback)

    def does(self, text: str, call: Callable[[], Any]) -> Any:
        """Runs a statement."""
        patience = PATIENCE.match(text)
        if patience is not None:
            self._patience_s = int(patience[1]) / 1e3
        if patience is not None or text.startswith("PRAGMA synchronous"):
            return None
        self._disk.before_statement(text)
        if CHANGES.match(text) and not self.in_transaction:
            return self._does_alone(call)
        return self._when_unlocked(call)

    def _does_alone(self, call: Callable[[], Any]) -> Any:
        """Runs a change that is a transaction of its own, whose commit is one like any other."""
        self._when_unlocked(lambda: sqlite3.Cursor(self).execute("BEGIN IMMEDIATE"))
        try:
            done = call()
        except BaseException:
            self.rollback()
            raise
        self.commit()
        return done

    def _when_unlocked(self, call: Callable[[], Any]) -> Any:
        """Waits for a lock that somebody else has as long as the connection was told to."""
        deadline_s = self._disk.loop.time() + self._patience_s
        while True:
            try:
                return call()
            except sqlite3.OperationalError as error:
                is_late = current_work() is None or self._disk.loop.time() >= deadline_s
                if is_late or error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    raise
            rest(LOOK_AGAIN_S)


class _Cursor(sqlite3.Cursor):
    """A cursor whose statements go through its connection."""

    def execute(self, text: str, *words: Any) -> Any:
        begin = super().execute
        self.connection.does(text, lambda: begin(text, *words))
        return self

    def executemany(self, text: str, *words: Any) -> Any:
        begin = super().executemany
        self.connection.does(text, lambda: begin(text, *words))
        return self


def rest(seconds: float) -> None:
    """Lets others go on for a while; what runs in an event loop itself keeps it."""
    work = current_work()
    if work is not None:
        work.rest(seconds)


def failure(message: str, code: int) -> sqlite3.OperationalError:
    """Returns an error as the driver raises it."""
    error = sqlite3.OperationalError(message)
    error.sqlite_errorcode = code
    return error

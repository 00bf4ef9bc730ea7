"""The one writer of a shard: stamps commands, journals them in batches, runs the engine, answers.

Commands are stamped in the event loop, in the order in which they come; whatever waits is one row
of the journal and one commit. The engine runs after the commit and only then anybody is answered,
so nothing acknowledged is ever lost. A failure to write ends the process: what it would answer
could not be kept.
"""

import asyncio
import hashlib
import struct
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from tickmesh.native.engine import COMMAND_STRUCT, NONE, CommandType, Engine, EngineStatus

from ..runtime import telemetry
from ..runtime.errors import ResourceExhausted
from .domain.venue import Answer, Outcome, Venue
from .journal import Journal
from .snapshotter import Snapshotter

T = TypeVar("T")
RATE_WINDOW_S = 10
DAY_NS = 86_400 * 1_000_000_000
_KEY = struct.Struct("<Q")

log = telemetry.logger(__name__)


class Overloaded(ResourceExhausted):
    """More commands wait than the sequencer may hold."""

    reason = "OVERLOADED"


def client_key(portfolio_id: str, client_order_id: str) -> int:
    """Returns the engine's key of a client order id: 64 bits of BLAKE2b, never 0."""
    words = f"{portfolio_id}\x00{client_order_id}".encode()
    key: int = _KEY.unpack(hashlib.blake2b(words, digest_size=8).digest())[0]
    return key or 1


@dataclass(frozen=True, slots=True)
class Waiting:
    """A new order that is not decided yet, in the engine's units."""

    instrument: int
    price: int
    quantity: int


@dataclass(slots=True)
class _Row:
    """Commands that become one row of the journal."""

    first: int
    payload: bytearray = field(default_factory=bytearray)
    notes: list[str] = field(default_factory=list)
    waiters: list[tuple[list[int], asyncio.Future[list[Answer]]]] = field(default_factory=list)

    @property
    def last(self) -> int:
        return self.first + len(self.notes) - 1


class Sequencer:
    """Turns commands into a journal, events and answers."""

    def __init__(
        self,
        journal: Journal,
        engine: Engine,
        venue: Venue,
        clock: Callable[[], int],
        publish: Callable[[Outcome], None],
        snapshotter: Snapshotter,
        *,
        row_commands_max: int,
        waiting_max: int,
    ) -> None:
        self.venue = venue
        self._journal = journal
        self._engine = engine
        self._clock = clock
        self._publish = publish
        self._snapshotter = snapshotter
        self._row_commands_max = row_commands_max
        self._waiting_max = waiting_max
        self._thread = ThreadPoolExecutor(1, "sequencer")
        self._rows: deque[_Row] = deque()
        self._writing: list[_Row] = []  # the row that is on its way to the journal, if any
        self._sequence = journal.last_sequence
        self._time_ns = venue.last_time_ns
        self._day_end_ns = _day_end_ns(venue.last_time_ns)
        self._work = asyncio.Event()
        self._seconds: deque[tuple[int, int]] = deque(maxlen=RATE_WINDOW_S + 1)

    def admit(self, count: int) -> None:
        """Fails with Overloaded when so many more commands cannot wait."""
        waiting = self._sequence - self.venue.last_command
        if waiting + count > self._waiting_max:
            raise Overloaded(f"{waiting} commands wait already; try again in a moment")

    def stamp(
        self,
        kind: CommandType,
        *,
        key: int = 0,
        target: int = 0,
        price: int = 0,
        quantity: int = 0,
        instrument: int = 0,
        node: int = 0,
        side: int = 0,
        sort: int = 0,
        time_in_force: int = 0,
        flags: int = 0,
        note: str = "",
    ) -> int:
        """Puts a command in line and returns its sequence; nothing is durable before `settled`."""
        self.end_day_if_due()
        self._sequence += 1
        row = self._open_row()
        row.payload += COMMAND_STRUCT.pack(
            self._sequence, self._time_ns, key, target, price, quantity, instrument, node, kind, side, sort,
            time_in_force, flags,
        )  # fmt: skip
        row.notes.append(note)
        return self._sequence

    def end_day_if_due(self) -> int | None:
        """Takes the time. Returns the command that ends the day, when it is over: first of the new one."""
        self._time_ns = max(self._time_ns, self._clock())
        if self._time_ns < self._day_end_ns:
            return None
        self._day_end_ns = _day_end_ns(self._time_ns)
        return self.stamp(CommandType.END_OF_DAY, instrument=NONE) if self._sequence else None

    def _open_row(self) -> _Row:
        if not self._rows or len(self._rows[-1].notes) >= self._row_commands_max:
            self._rows.append(_Row(self._sequence))
        return self._rows[-1]

    @property
    def last_stamped(self) -> int:
        """Returns the newest command, which may still wait."""
        return self._sequence

    def add_note(self, note: str) -> None:
        """Adds a line to the text of the newest command."""
        notes = self._rows[-1].notes
        notes[-1] = f"{notes[-1]}\n{note}" if notes[-1] else note

    def waiting_order(self, order_id: int) -> Waiting | None:
        """Returns a new order that still waits, or is being written; else None."""
        for row in (*self._rows, *self._writing):
            if row.first <= order_id <= row.last:
                command = COMMAND_STRUCT.unpack_from(
                    row.payload, (order_id - row.first) * COMMAND_STRUCT.size
                )
                is_order = command[8] == CommandType.NEW_ORDER
                return Waiting(command[6], command[4], command[5]) if is_order else None
        return None

    async def settled(self, sequences: list[int]) -> list[Answer]:
        """Waits until stamped commands are durable and done; returns their answers.

        Call it right after stamping, before any other await.
        """
        future: asyncio.Future[list[Answer]] = asyncio.get_running_loop().create_future()
        self._rows[-1].waiters.append((sequences, future))
        self._work.set()
        return await asyncio.shield(future)

    async def run(self) -> None:
        """Writes, runs and answers, for ever."""
        early: dict[int, Answer] = {}  # answers of a request that spans rows, kept for its last row
        while True:
            if self._snapshotter.is_due(self.venue.last_command):
                await self._snapshotter.take(self.venue, self._engine, self._journal.hash, self.aside)
            if not self._rows:
                self._work.clear()
                await self._work.wait()
            row = self._rows.popleft()
            self._writing = [row]
            events = await self.aside(partial(self._write_and_match, row))
            outcome = self.venue.apply(bytes(row.payload), row.notes, events)
            self._writing = []
            self._count(len(row.notes))
            self._publish(outcome)
            early |= outcome.answers
            for sequences, future in row.waiters:
                if not future.done():
                    future.set_result([early[sequence] for sequence in sequences])
            early = early if self._still_needed(row.last) else {}

    def _still_needed(self, done: int) -> bool:
        """Says whether a request that waits for a later row has commands in the rows that are done."""
        return any(sequences[0] <= done for row in self._rows for sequences, _ in row.waiters)

    def _write_and_match(self, row: _Row) -> Any:
        self._journal.append(row.first, row.last, bytes(row.payload), row.notes)
        return self._engine.process(row.payload)

    def _count(self, commands: int) -> None:
        second = self._clock() // 1_000_000_000
        if self._seconds and self._seconds[-1][0] == second:
            commands += self._seconds.pop()[1]
        self._seconds.append((second, commands))

    def commands_per_second(self) -> float:
        """Returns the mean rate of the last ten whole seconds."""
        now = self._clock() // 1_000_000_000
        counted = sum(count for second, count in self._seconds if now - RATE_WINDOW_S <= second < now)
        return counted / RATE_WINDOW_S

    async def aside(self, work: Callable[[], T], /) -> T:
        """Runs work in the thread that writes rows and runs the engine, between two rows."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def inspect(self) -> tuple[EngineStatus, int]:
        """Returns the engine's counters and state hash, between two rows."""
        return await self.aside(lambda: (self._engine.status(), self._engine.state_hash()))

    def close(self) -> None:
        """Waits for the row that is being written."""
        self._thread.shutdown()
        self._journal.close()
        self._engine.close()


def _day_end_ns(moment_ns: int) -> int:
    """Returns when the UTC day of a moment ends."""
    return (moment_ns // DAY_NS + 1) * DAY_NS

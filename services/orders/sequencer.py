"""The one writer of a shard: stamps commands, journals them in batches, runs the engine, answers.

Commands are stamped in the event loop, in the order in which they come; whatever waits is one row
of the journal and one commit. The engine runs after the commit and only then anybody is answered,
so nothing acknowledged is ever lost. A failure to write ends the process: what it would answer
could not be kept.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from tickmesh.native.engine import COMMAND_STRUCT, NONE, CommandType, Engine, EngineStatus
from tickmesh.native.venue import Reader, Stop

from ..runtime import telemetry
from ..runtime.errors import Unavailable
from .command_time import CommandTime
from .domain.venue import Answer, Outcome, Venue
from .journal import Journal
from .snapshotter import Snapshotter
from .worker import Worker

T = TypeVar("T")
RATE_WINDOW_S = 10
DAY_NS = 86_400 * 1_000_000_000

log = telemetry.logger(__name__)


class OwnerLost(Unavailable):
    """The process that took a command does not write any more."""

    reason = "OWNER_LOST"

    def __init__(self) -> None:
        super().__init__("the order path stops here before this was written for sure; send it again")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A new order that is not decided yet, in the engine's units."""

    instrument: int
    price: int
    quantity: int


@dataclass(slots=True)
class Stages:
    """When a row reached each stage, in nanoseconds of the monotonic clock."""

    opened: int
    taken: int = 0
    journaled: int = 0
    matched: int = 0
    published: int = 0


@dataclass(slots=True)
class Row:
    """Commands that become one row of the journal."""

    first: int
    done: asyncio.Future[Outcome]
    stages: Stages
    payload: bytearray = field(default_factory=bytearray)
    notes: bytearray = field(default_factory=bytearray)  # the text of each command and a 0

    @property
    def count(self) -> int:
        """Returns how many commands it has."""
        return len(self.payload) // COMMAND_STRUCT.size

    @property
    def last(self) -> int:
        """Returns the sequence of its last command."""
        return self.first + self.count - 1


class Span(NamedTuple):
    """Some commands of a row, by sequence."""

    row: Row
    first: int
    last: int


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
        timer: Callable[[], int],
        *,
        row_commands_max: int,
    ) -> None:
        self.venue = venue
        self.timer = timer  # in nanoseconds; what stages are measured by
        self._journal = journal
        self._engine = engine
        self._clock = clock
        self._publish = publish
        self._snapshotter = snapshotter
        self._row_commands_max = row_commands_max
        self._thread = Worker("sequencer")
        self._rows: deque[Row] = deque()  # that fill, or wait for their turn
        self._writing: deque[Row] = deque()  # that are on their way to the journal and through the engine
        self._sequence = journal.last_sequence
        self._origin = journal.origin
        self._time = CommandTime(clock, venue.last_time_ns, timer)
        self._day_end_ns = _day_end_ns(venue.last_time_ns)
        self._has_ended = False
        self._work = asyncio.Event()
        self._seconds: deque[tuple[int, int]] = deque(maxlen=RATE_WINDOW_S + 1)

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
        row = self._open_row()
        self._sequence += 1
        row.payload += COMMAND_STRUCT.pack(
            self._sequence, self._time.newest_ns, key, target, price, quantity, instrument, node, kind, side,
            sort, time_in_force, flags,
        )  # fmt: skip
        row.notes += note.encode() + b"\0"
        return self._sequence

    def read(self, reader: Reader) -> tuple[list[Span], tuple[int, int] | None]:
        """Puts the plain actions of a message in line, up to one that is not; returns where that stands."""
        self.end_day_if_due()
        spans = []
        while True:
            room = self._row_commands_max - (self._rows[-1].count if self._rows else 0)
            room = room or self._row_commands_max
            stamped = reader.read(room, self._sequence, self._time.newest_ns)
            if stamped.commands:
                row, first = self._open_row(), self._sequence + 1
                row.payload += stamped.commands
                row.notes += stamped.notes
                self._sequence += len(stamped.commands) // COMMAND_STRUCT.size
                spans.append(Span(row, first, self._sequence))
            if stamped.stop is not Stop.FULL:
                return spans, stamped.aside if stamped.stop is Stop.ASIDE else None

    def end_day_if_due(self) -> int | None:
        """Takes the time. Returns the command that ends the day, when it is over: first of the new one."""
        now_ns = self._time.now()
        if now_ns < self._day_end_ns:
            return None
        self._day_end_ns = _day_end_ns(now_ns)
        return self.stamp(CommandType.END_OF_DAY, instrument=NONE) if self._sequence > self._origin else None

    def _open_row(self) -> Row:
        if self._has_ended:
            raise OwnerLost
        if not self._rows or self._rows[-1].count >= self._row_commands_max:
            done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
            self._rows.append(Row(self._sequence + 1, done, Stages(self.timer())))
            self._work.set()
        return self._rows[-1]

    @property
    def last_stamped(self) -> int:
        """Returns the newest command, which may still wait."""
        return self._sequence

    @property
    def oldest_waits_s(self) -> float:
        """Returns for how long the oldest commands wait that are not answered yet."""
        row = self._writing[0] if self._writing else self._rows[0] if self._rows else None
        return 0.0 if row is None else (self.timer() - row.stages.opened) / 1e9

    def after_waiting(self, action: Callable[[], None]) -> None:
        """Calls back once everything that waits now is done; at once when nothing does."""
        waiting = self._rows or self._writing
        if waiting:
            waiting[-1].done.add_done_callback(lambda _: action())
        else:
            action()

    def add_note(self, note: str) -> None:
        """Adds a line to the text of the newest command."""
        notes = self._rows[-1].notes
        notes.pop()
        before = b"" if not notes or notes[-1] == 0 else b"\n"
        notes += before + note.encode() + b"\0"

    def waiting_order(self, order_id: int) -> Waiting | None:
        """Returns a new order that still waits, or is being written; else None."""
        row = self._row_of(order_id)
        if row is None:
            return None
        command = COMMAND_STRUCT.unpack_from(row.payload, (order_id - row.first) * COMMAND_STRUCT.size)
        is_order = command[8] == CommandType.NEW_ORDER
        return Waiting(command[6], command[4], command[5]) if is_order else None

    def _row_of(self, sequence: int) -> Row | None:
        """Returns the row of a command that is not done yet."""
        for row in (*self._writing, *self._rows):
            if row.first <= sequence <= row.last:
                return row
        return None

    async def settled(self, sequences: list[int]) -> list[Answer]:
        """Waits until stamped commands are durable and done; returns their answers.

        Call it right after stamping, before any other await.
        """
        rows = [self._row_of(sequence) for sequence in sequences]
        answers = []
        for row, sequence in zip(rows, sequences, strict=True):
            assert row is not None, "settled is called after an await"
            answers.append(self.venue.answer(await asyncio.shield(row.done), sequence))
        return answers

    def span(self, sequence: int) -> Span:
        """Returns the place of a command that was just stamped."""
        row = self._row_of(sequence)
        assert row is not None
        return Span(row, sequence, sequence)

    async def run(self) -> None:
        """Writes, runs and answers, for ever. However that ends, nobody waits in vain."""
        try:
            await self._run()
        finally:
            self._give_up()

    async def _run(self) -> None:
        """Writes the next row while the one before is told."""
        told: tuple[Row, Any] | None = None
        while True:
            due = self._snapshotter.is_due(self.venue.last_command, self._journal.row_count)
            if due and told is None:
                await self._snapshotter.take(self.venue, self._engine, self._journal, self.aside)
                continue
            writing = self._begin() if self._rows and not due else None
            if told is not None:
                self._finish(*told)
            elif writing is None:
                self._work.clear()
                await self._work.wait()
            told = None if writing is None else (writing[0], await writing[1])

    def _give_up(self) -> None:
        """Tells who waits, and who still comes, to send it again: the next owner knows what was written."""
        self._has_ended = True
        for row in (*self._writing, *self._rows):
            if not row.done.done():
                row.done.set_exception(OwnerLost())
                row.done.exception()  # which counts as having looked: perhaps nobody waits

    def _begin(self) -> tuple[Row, asyncio.Future[Any]]:
        """Sends the oldest row that waits to the journal and through the engine."""
        row = self._rows.popleft()
        self._writing.append(row)
        loop = asyncio.get_running_loop()
        return row, loop.run_in_executor(self._thread, self._write_and_match, row)

    def _write_and_match(self, row: Row) -> Any:
        stages = row.stages
        stages.taken = self.timer()
        self._journal.append(row.first, row.last, bytes(row.payload), row.notes.decode().split("\0")[:-1])
        stages.journaled = self.timer()
        events = self._engine.process(row.payload)
        stages.matched = self.timer()
        return events

    def _finish(self, row: Row, events: Any) -> None:
        """Tells everybody what a row did."""
        outcome = self.venue.apply(bytes(row.payload), bytes(row.notes), events)
        self._writing.popleft()
        self._count(row.count)
        self._publish(outcome)
        row.stages.published = self.timer()
        row.done.set_result(outcome)

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

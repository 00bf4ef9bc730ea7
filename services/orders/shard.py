"""One shard put together: journal, engine, sequencer, tables and streams; and its way back after a stop."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from tickmesh.native.engine import NONE, Engine
from tickmesh.orders.v1 import orders_pb2 as pb

from ..runtime import identity, telemetry
from ..runtime.database import Database
from ..runtime.server import Context
from . import receipts, store
from .admission import Admission
from .batches import Batch
from .chain import together
from .controls import Controls
from .domain.tree import FIRM
from .domain.venue import Answer, Outcome, Venue
from .entry import Entry
from .firsts import Firsts
from .journal import Journal, Row
from .pipeline import Pipeline
from .projecting import Projection, follow
from .projector import Projector
from .queries import Queries
from .restoring import restore
from .sequencer import DAY_NS, Sequencer
from .settings import OrdersSettings
from .singles import Singles
from .snapshots import Snapshots
from .snapshotter import Snapshotter
from .streams import Books, Executions
from .usage import usages

BEATS = 3  # in the time after which others take an owner for dead
JOURNAL_REVISIONS = Path(__file__).parent / "journal_migrations"

log = telemetry.logger(__name__)


class Shard:
    """The order path of some instruments."""

    venue: Venue
    _engine: Engine

    def __init__(
        self,
        settings: OrdersSettings,
        journal: Journal,
        snapshots: Snapshots,
        database: Database,
        clock: Callable[[], int],
        timer: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        self.number = settings.orders_shard
        self.clock = clock
        self._timer = timer
        self.start_time_ns = clock()
        self._settings = settings
        self._journal = journal
        self._snapshots = snapshots
        self._database = database

    @property
    def epoch(self) -> int:
        """Returns how many owners the shard has had."""
        return self._journal.epoch

    def prepare(self) -> None:
        """Loads the newest snapshot, and makes what stands around engine and venue."""
        settings = self._settings
        self._journal.owner.look()  # which tells whose journal it is
        self._snapshots_seen = {head.sequence for head in self._snapshots.heads()}
        projected = self._database.run_now(
            lambda connection: store.progress(connection, self.number, self._journal.journal_id)
        )
        restored = restore(self._snapshots, self._journal, settings)
        self._engine, self.venue = restored.engine, restored.venue
        self.projector = Projector(
            projected, self._project if settings.orders_projector == "thread" else None
        )
        reader = store.Reader(self.venue.listings)
        self.queries = Queries(self._database, reader, self.projector, settings.orders_tables_wait_s)
        self.executions = Executions(
            settings.orders_executions_kept, self._journal.journal_id, self.venue, self.queries, self._owns
        )
        self.executions.hub.start_after(self.venue.last_report)
        self._restored = self.venue.last_command
        self._kept_from = self._journal.newest() - settings.orders_executions_kept

    async def _owns(self) -> bool:
        """Asks the database whether nobody has taken the shard over."""
        seen = await self.sequencer.aside(self._journal.owner.look)
        return seen.epoch == self.epoch

    def _project(self, bell: socket.socket) -> None:
        """Writes the tables from a thread of this process."""
        projection = Projection(self._settings, self._journal.tables, self._database.engine)
        try:
            follow(projection, bell)
        finally:
            projection.close()

    def replay(self, rows: Sequence[Row]) -> None:
        """Takes in rows that stand in the journal."""
        for payload, notes in together(rows, self._settings.orders_row_commands_max):
            outcome = self.venue.apply(payload, notes, self._engine.process(payload))
            if self.venue.last_command > self._kept_from:
                self.executions.publish(outcome)
            else:  # it would only push out others, at the price of memory that is new each time
                self.executions.hub.start_after(self.venue.last_report)

    def open(self) -> None:
        """Makes an owner ready for new commands. Call it in the event loop, then run the sequencer."""
        settings = self._settings
        commands = self.venue.last_command - self._journal.origin
        log.info("replayed", commands=commands, state_hash=f"{self._engine.state_hash():016x}")
        self.projector.tell(self.venue.last_report)
        self.snapshotter = Snapshotter(
            self._snapshots,
            self.projector,
            self._journal.epoch,
            commands=settings.orders_snapshot_commands,
            last=self._newest_snapshot(),
        )
        self.sequencer = Sequencer(
            self._journal,
            self._engine,
            self.venue,
            self.clock,
            self._publish,
            self.snapshotter,
            self._timer,
            row_commands_max=settings.orders_row_commands_max,
        )
        self.books = Books(settings.orders_book_updates_kept, self.venue, self._engine, self.sequencer.aside)
        self.books.hub.start_after(self._engine.status().event_sequence)
        self.entry = Entry(self.sequencer, settings.orders_nodes)
        self.controls = Controls(self.sequencer, self.entry, settings.orders_instruments)
        self.firsts = Firsts(self.venue, self.executions, self.queries)
        self.singles = Singles(self.sequencer, self.entry, self.firsts)
        self.admission = Admission(
            waiting_max=settings.orders_waiting_max,
            waits_max_s=settings.orders_waits_max_s,
            oldest_waits_s=lambda: self.sequencer.oldest_waits_s,
            commands_per_second=self.sequencer.commands_per_second,
            after_waiting=self.sequencer.after_waiting,
        )

    def _newest_snapshot(self) -> int:
        """Returns which the owner before took while this process stood by, or with which this one began."""
        seen_now = {head.sequence for head in self._snapshots.heads()}
        return max(seen_now - self._snapshots_seen, default=self._restored)

    def _publish(self, outcome: Outcome) -> None:
        self.executions.publish(outcome)
        self.books.publish(outcome)
        self.projector.tell(self.venue.last_report)

    def hold(self, count: int) -> AbstractContextManager[None]:
        """Holds room for commands of the caller for the length of a with block. Fails with Overloaded."""
        return self.admission.hold(identity.current().subject, count)

    def pipeline(self) -> Pipeline:
        """Returns what answers a stream of messages of the caller."""
        return Pipeline(identity.current().subject, self.admission, self._batch)

    def _batch(self, message: bytes) -> Batch:
        return Batch(message, self.sequencer, self.entry, self.firsts)

    async def entered(self, context: Context, stamp: Callable[[Entry], int]) -> Answer:
        """Stamps a command of a unary call and returns its answer; the call carries where the time went."""
        begun = self._timer()
        span = self.sequencer.span(stamp(self.entry))
        outcome = await asyncio.shield(span.row.done)
        await receipts.of(begun, [span.row.stages]).attach(context)
        return self.venue.answer(outcome, span.first)

    async def make_root(self) -> None:
        """Makes the firm, the root of the tree, once in the life of a journal."""
        if self.venue.tree.find(FIRM, "") is None:
            self.entry.make_node(FIRM, "", NONE)
            await self.sequencer.settled([self.sequencer.last_stamped])

    async def end_day_if_due(self) -> None:
        """Expires DAY orders when their UTC day is over, also one that ended while nobody was here."""
        ended = self.sequencer.end_day_if_due()
        if ended is not None:
            await self.sequencer.settled([ended])

    async def beat(self) -> None:
        """Shows those who stand by that the owner lives, for ever; in the thread that writes."""
        while True:
            await asyncio.sleep(self._settings.orders_silence_s / BEATS)
            await self.sequencer.aside(self._journal.owner.beat)

    async def end_days(self) -> None:
        """Ends each UTC day, for ever."""
        while True:
            left_s = (DAY_NS - self.clock() % DAY_NS) / 1e9
            await asyncio.sleep(min(left_s, 60.0))
            await self.end_day_if_due()

    async def usages(self, limits: Iterable[pb.EngineLimit]) -> list[pb.LimitUsage]:
        """Returns how far limits are used after all that was acknowledged. Fails with UnknownInstrument."""
        return await self.sequencer.aside(lambda: usages(self._engine, self.venue, limits))

    def projected(self, event_sequence: int) -> int:
        """Returns up to which event the tables are written; not every event leaves something to write."""
        projector = self.projector
        return event_sequence if projector.sequence >= projector.newest else projector.sequence

    def close(self) -> None:
        """Waits for the row that is being written, then gives everything back."""
        self.sequencer.close()

"""One shard put together: journal, engine, sequencer, tables and streams; and its way back after a stop."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy.engine import Connection

from tickmesh.native.engine import NONE, Engine, EngineConfig, Feed
from tickmesh.orders.v1 import orders_pb2 as pb

from ..runtime import telemetry
from ..runtime.database import Database
from ..runtime.errors import AlreadyExists, FieldViolation
from . import store
from .controls import Controls
from .domain.orders import Report
from .domain.tree import FIRM
from .domain.venue import Outcome, Venue
from .entry import Entry
from .journal import Journal, Row
from .projector import Projector
from .restoring import Restored, restore
from .sequencer import DAY_NS, Overloaded, Sequencer
from .settings import OrdersSettings
from .snapshots import Snapshots
from .snapshotter import Snapshotter
from .streams import Books, Executions

T = TypeVar("T")
JOURNAL_REVISIONS = Path(__file__).parent / "journal_migrations"

log = telemetry.logger(__name__)


class ClientOrderIdReused(AlreadyExists):
    """A client_order_id whose 64-bit key another id has."""

    reason = "CLIENT_ORDER_ID_REUSED"


def engine_config(settings: OrdersSettings) -> EngineConfig:
    """Returns the capacities of the engine."""
    return EngineConfig(
        orders=settings.orders_capacity,
        instruments=settings.orders_instruments,
        pages=settings.orders_pages,
        nodes=settings.orders_nodes,
        client_keys=settings.orders_client_ids,
        extras=settings.orders_extras,
        feeds=Feed.LEVELS,
    )


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
    ) -> None:
        self.number = settings.orders_shard
        self.clock = clock
        self.start_time_ns = clock()
        self._settings = settings
        self._journal = journal
        self._snapshots = snapshots
        self._database = database

    @property
    def epoch(self) -> int:
        """Returns how many owners the shard has had."""
        return self._journal.epoch

    def recover(self) -> None:
        """Takes the shard over, loads its newest snapshot and replays the journal from there."""
        self._journal.take_over()
        self._projected = self._database.run_now(
            lambda connection: store.progress(connection, self.number, self._journal.journal_id)
        )
        config = engine_config(self._settings)
        restored = restore(self._snapshots, self._journal, config, self._projected)
        restored = restored or Restored(Engine(config), Venue())
        self._engine, self.venue = restored.engine, restored.venue
        self._prepare()
        self._replay()

    def _prepare(self) -> None:
        """Makes what stands around engine and venue."""
        settings = self._settings
        self._reader = store.Reader(self.venue.listings)
        self.projector = Projector(self._database, self.number, self._projected)
        self.executions = Executions(
            settings.orders_executions_kept,
            self._journal.journal_id,
            self._database,
            self._reader,
            self.projector,
        )
        self.executions.skip(self.venue.last_report)
        self.books = Books(settings.orders_book_updates_kept, self.venue)
        self.snapshotter = Snapshotter(
            self._snapshots,
            self.projector,
            self._journal.epoch,
            commands=settings.orders_snapshot_commands,
            last=self.venue.last_command,
        )

    def _replay(self) -> None:
        """Replays the journal from where the venue stands: everything is as it was."""
        told = self._journal.newest() - self._settings.orders_executions_kept
        for row in self._journal.rows(after=self._journal.last_sequence):
            self._journal.check(row)
            self._replay_row(row, quiet_until=told)
        log.info("replayed", commands=self.venue.last_command, state_hash=f"{self._engine.state_hash():016x}")

    def _replay_row(self, row: Row, quiet_until: int) -> None:
        """Takes a row in again. What is long in the tables makes no reports: streams read it there."""
        events = self._engine.process(row.payload)
        newest = int(events["sequence"][-1]) if len(events) else 0
        quiet = row.last_sequence <= quiet_until and newest <= self._projected
        outcome = self.venue.apply(row.payload, row.notes(), events, quiet=quiet)
        if quiet:
            self.executions.skip(self.venue.last_report)
        else:
            self.executions.publish(outcome)

    def open(self) -> None:
        """Makes the sequencer ready for new commands. Call it in the event loop, then run `run`."""
        self.sequencer = Sequencer(
            self._journal,
            self._engine,
            self.venue,
            self.clock,
            self._publish,
            self.snapshotter,
            row_commands_max=self._settings.orders_row_commands_max,
            waiting_max=self._settings.orders_waiting_max,
        )
        self.entry = Entry(self.sequencer, self._settings.orders_nodes)
        self.controls = Controls(self.sequencer, self.entry)

    def _publish(self, outcome: Outcome) -> None:
        self.executions.publish(outcome)
        self.books.publish(outcome)

    def admit(self, count: int) -> None:
        """Fails with Overloaded when so many more commands cannot wait, or the tables lag too far behind."""
        self.sequencer.admit(count)
        if self.projector.behind > self._settings.orders_unwritten_max:
            raise Overloaded(f"{self.projector.behind} reports wait to be written; try again in a moment")

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

    async def end_days(self) -> None:
        """Ends each UTC day, for ever."""
        while True:
            left_s = (DAY_NS - self.clock() % DAY_NS) / 1e9
            await asyncio.sleep(min(left_s, 60.0))
            await self.end_day_if_due()

    def projected(self, event_sequence: int) -> int:
        """Returns up to which event the tables are written; not every event leaves something to write."""
        projector = self.projector
        return event_sequence if projector.sequence == projector.newest else projector.sequence

    async def read(self, work: Callable[[store.Reader, Connection], T]) -> T:
        """Reads from the tables once they hold everything acknowledged so far."""
        await self.projector.caught_up()
        return await self._database.read(lambda connection: work(self._reader, connection))

    async def first_answer(self, order_id: int, request: pb.SubmitOrderRequest) -> Report:
        """Returns the first answer to a client_order_id. Fails with ClientOrderIdReused."""
        report = await self.read(lambda reader, connection: reader.first_answer(connection, order_id))
        assert report is not None, "an order that the engine remembers is in the tables"
        ticket = report.ticket
        mine = (request.portfolio_id, request.client_order_id)
        if (ticket.node.portfolio_id, ticket.client_order_id) != mine:
            problem = "its key collides with that of an earlier order; use another id"
            raise ClientOrderIdReused(problem, fields=[FieldViolation("client_order_id", problem)])
        return report

    def close(self) -> None:
        """Waits for the row that is being written, then gives everything back."""
        self.sequencer.close()

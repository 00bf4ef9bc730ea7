"""A day that stands in a journal already, and what the tables must hold after it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.services.orders.script import Ran, Script
from tickmesh.native.engine import COMMAND_SIZE, Engine
from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.services.orders import store
from tickmesh.services.orders.capacities import engine_config, venue_config
from tickmesh.services.orders.domain import frozen
from tickmesh.services.orders.domain.venue import Venue
from tickmesh.services.orders.journal import Journal
from tickmesh.services.orders.projecting import Projection
from tickmesh.services.orders.settings import OrdersSettings
from tickmesh.services.orders.shard import JOURNAL_REVISIONS
from tickmesh.services.orders.snapshots import Snapshots
from tickmesh.services.orders.snapshotter import _head, _pack, _Taken
from tickmesh.services.orders.wire import order_message, report_message
from tickmesh.services.runtime import migrate
from tickmesh.services.runtime.database import make_engine

SETTINGS = OrdersSettings(
    orders_capacity=500, orders_instruments=4, orders_nodes=16, orders_client_ids=1_000, orders_pages=64,
    orders_extras=10, orders_waiting_max=500,
)  # fmt: skip


class RecordedDay:
    """A script in the journal, in rows of a few commands, and empty tables."""

    def __init__(self, script: Script, folder: Path, url: str, row_commands: int = 3) -> None:
        self.script = script
        self.journal_tables = make_engine(url, folder, "orders_journal")
        migrate.migrate(self.journal_tables, "orders_journal", JOURNAL_REVISIONS)
        self.tables = make_engine(url, folder, "orders")
        migrate.migrate(self.tables, "orders", migrate.folder("orders"))
        self.cuts = list(range(row_commands, len(script.notes), row_commands))
        self.ran: Ran = script.run(self.cuts)
        self.last = self.ran.venue.last_report
        self.journal = Journal(self.journal_tables, 0)
        self.journal.take_over()
        for start, end in zip([0, *self.cuts], [*self.cuts, len(script.notes)], strict=True):
            payload = bytes(script.payload[start * COMMAND_SIZE : end * COMMAND_SIZE])
            self.journal.append(start + 1, end, payload, script.notes[start:end])
        self.forget()

    def forget(self) -> None:
        """Empties the tables, as when they were lost."""
        with self.tables.begin() as connection:
            for table in (store.EXECUTIONS, store.ORDERS, store.PROGRESS):
                connection.execute(sa.delete(table))
            store.progress(connection, 0, self.journal.journal_id)

    def projection(self) -> Projection:
        """Returns what writes the tables, from where they are."""
        return Projection(SETTINGS, self.journal_tables, self.tables)

    def take_snapshot(self, cut: int) -> None:
        """Keeps a snapshot after a row, as the owner would have."""
        venue = Venue(venue_config(SETTINGS))
        with Engine(engine_config(SETTINGS)) as engine:
            self.script.run_row(venue, engine, 0, cut)
            row_hash = self.journal.hash_at(cut)
            assert row_hash is not None
            state_hash = f"{engine.state_hash():016x}"
            taken = _Taken(frozen.freeze(venue), engine.snapshot(), state_hash, row_hash, 0.0)
        self._keep(taken)

    def _keep(self, taken: _Taken) -> None:
        snapshots, packed = Snapshots(self.journal_tables, 0), _pack(taken.venue)
        parts = [memoryview(taken.engine), memoryview(packed)]
        head = _head(0, taken, len(packed), parts)
        for number, part in enumerate(parts):
            snapshots.write_part(head.sequence, number, part)
        kept = {other.sequence for other in snapshots.heads()}
        snapshots.publish(head, kept, self.journal.epoch)

    def written(self) -> list[pb.ExecutionReport]:
        """Returns what the table of executions holds."""
        reader = store.Reader(self.ran.venue.listings)
        with self.tables.connect().execution_options(begin="BEGIN") as connection:
            return [report_message(found) for found in reader.executions_after(connection, 0, 100_000)]

    def orders(self) -> list[pb.Order]:
        """Returns what the table of orders holds."""
        reader = store.Reader(self.ran.venue.listings)
        with self.tables.connect().execution_options(begin="BEGIN") as connection:
            return [
                order_message(found) for found in reader.orders(connection, store.Filter(), None, 100_000)
            ]

    def expected(self) -> list[pb.ExecutionReport]:
        """Returns every report of the day."""
        return [report_message(report) for report in self.ran.told()]

    def expected_orders(self) -> list[pb.Order]:
        """Returns every order as its last report says it is, newest first."""
        last = {report.order.order_id: report.order for report in self.expected()}
        return sorted(last.values(), key=lambda order: -int(order.order_id))

    def close(self) -> None:
        """Gives the connections back."""
        self.journal.close()
        self.journal_tables.dispose()
        self.tables.dispose()


def steps(projection: Projection) -> Iterator[Any]:
    """Yields after each step that wrote something, until nothing is left."""
    while projection.step():
        yield projection.sequence

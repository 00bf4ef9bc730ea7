"""A journal as years would have left it, written without a wait for the disk.

The rows are those that the orders service writes, in the same tables with the same chain of hashes: commands
from the door, decided by the engine. After 100,000 orders of a portfolio a mass cancel ends what still rests,
so that a long history has a book of ordinary size.
"""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from tickmesh.native.engine import COMMAND_SIZE, COMMAND_STRUCT, NONE, CommandType
from tickmesh.services.orders.chain import row_hash
from tickmesh.services.orders.journal import JOURNAL, Journal
from tickmesh.services.orders.projector import Projector
from tickmesh.services.orders.restoring import restore
from tickmesh.services.orders.settings import OrdersSettings
from tickmesh.services.orders.snapshots import Snapshots
from tickmesh.services.orders.snapshotter import Snapshotter
from tickmesh.services.orders.store import PROGRESS
from tickmesh.services.runtime.database import make_engine

from . import flow

T = TypeVar("T")
ORDERS_A_PORTFOLIO = 100_000
MESSAGE_ORDERS = 1_000
ROWS_AT_ONCE = 64  # in one transaction
STEP_NS = 1_000


class History:
    """The journal of a shard whose service is stopped, and engine and venue at its end."""

    def __init__(self, url: str, folder: Path) -> None:
        self._tables = make_engine(url, folder, "orders")
        self._journal_tables = make_engine(url, folder, "orders_journal")
        self._settings = OrdersSettings()
        self._journal = Journal(self._journal_tables, self._settings.orders_shard)
        self._journal.take_over()
        self._snapshots = Snapshots(self._journal_tables, self._settings.orders_shard)
        restored = restore(self._snapshots, self._journal, self._settings)
        self._engine, self._venue = restored.engine, restored.venue
        for row in self._journal.rows(after=self._journal.last_sequence):
            self._journal.check(row)
            self._apply(row.payload, row.joined_notes())
        self._waiting: list[dict[str, object]] = []

    @property
    def commands(self) -> int:
        """Returns the last command."""
        return self._venue.last_command

    @property
    def last_report(self) -> int:
        """Returns the event of the newest report."""
        return self._venue.last_report

    def extend(self, orders: int, first_portfolio: int = 0) -> None:
        """Appends new orders, whole portfolios of them; their portfolios are open."""
        made = flow.messages(ORDERS_A_PORTFOLIO // MESSAGE_ORDERS, MESSAGE_ORDERS)
        for number in range(orders // ORDERS_A_PORTFOLIO):
            portfolio = first_portfolio + number
            for message in flow.of_portfolio(made, portfolio):
                for payload, notes in self._commands(message):
                    self._append(payload, notes)
            self._append(self._mass_cancel(flow.portfolio(portfolio)), b"\0")
        self._write()

    def _commands(self, message: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yields what the door makes of a message."""
        room, time_ns = self._settings.orders_row_commands_max, self._venue.last_time_ns + STEP_NS
        stamped = self._venue.orders.reader(message).read(room, self.commands, time_ns)
        assert len(stamped.commands) == MESSAGE_ORDERS * COMMAND_SIZE, "the door did not take all of it"
        yield stamped.commands, stamped.notes

    def _mass_cancel(self, portfolio_id: str) -> bytes:
        node, moment_ns = self._venue.tree.portfolio(portfolio_id).index, self._venue.last_time_ns
        numbers = (self.commands + 1, moment_ns, 0, 0, 0, 0, NONE, node, CommandType.MASS_CANCEL, 0, 0, 0, 0)
        return COMMAND_STRUCT.pack(*numbers)

    def _append(self, payload: bytes, notes: bytes) -> None:
        """Lets a row happen; it is written with others."""
        first, journal = self.commands + 1, self._journal
        self._apply(payload, notes)
        texts = _texts(notes)
        told = (self._settings.orders_shard, first, self.commands, journal.epoch, payload, texts)
        digest = row_hash(journal.hash, *told[:-1], texts.encode())
        journal.resume(self.commands, digest)
        names = [column.name for column in JOURNAL.columns]
        self._waiting.append(dict(zip(names, (*told, digest), strict=True)))
        if len(self._waiting) >= ROWS_AT_ONCE:
            self._write()

    def _apply(self, payload: bytes, notes: bytes) -> None:
        self._venue.apply(payload, notes, self._engine.process(payload))

    def _write(self) -> None:
        if self._waiting:
            with self._journal_tables.begin() as connection:
                connection.execute(JOURNAL.insert(), self._waiting)
        self._waiting = []

    def snapshot(self) -> None:
        """Takes a snapshot of everything as it is now."""
        asyncio.run(self._snapshot())

    async def _snapshot(self) -> None:
        """Has the service's own snapshotter do it."""
        last = self.commands
        projector = Projector(self.last_report)
        taker = Snapshotter(self._snapshots, projector, self._journal.epoch, commands=1, last=0)
        await taker.take(self._venue, self._engine, self._journal, _at_once)
        keeping = asyncio.create_task(taker.run(_at_once))
        while last not in [head.sequence for head in self._snapshots.heads()]:
            await asyncio.sleep(0.01)
        keeping.cancel()

    def call_projected(self) -> None:
        """Has the tables begin behind the history: as if it had been moved out of them."""
        with self._tables.begin() as connection:
            connection.execute(sa.update(PROGRESS).values(sequence=self.last_report))

    def close(self) -> None:
        """Gives everything back."""
        self._engine.close()
        self._tables.dispose()
        self._journal_tables.dispose()


async def _at_once(work: Callable[[], T], /) -> T:
    return work()


def _texts(notes: bytes) -> str:
    """Returns the text of each command as the journal keeps it."""
    words = notes.decode()[:-1].replace("\0", '", "')
    return f'["{words}"]'

"""Writes what happened into the tables of orders and executions, behind the order path.

The projector follows the journal with an engine and a venue of its own, which give the reports that the
owner's gave. It writes reports and its position in one transaction, so nothing is missing and nothing is
twice there, whoever dies. The tables may lag, never lie: a query waits until everything acknowledged before
it is written.

Run as a program it is given the number of a socket: it is rung there when there is news, tells there how far
it is, and ends when the other end is closed.
"""

import os
import select
import signal
import socket
import sqlite3
import sys
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import sqlalchemy as sa

from ..runtime import garbage, telemetry
from ..runtime import settings as runtime_settings
from ..runtime.database import make_engine
from ..runtime.settings import RuntimeSettings
from ..runtime.shards import journal_of, tables_of
from . import writing
from .journal import Journal, Row
from .projector import HURRY, PROGRESS
from .restoring import restore
from .settings import OrdersSettings
from .snapshots import Snapshots

ROWS_AT_ONCE = 512  # of the journal, in one transaction of the tables
REPORTS_AT_ONCE = 20_000  # or so many reports, whichever comes first
LOOK_S = 1.0  # without being rung
PACE_S = 0.05  # after being rung, unless somebody waits: orders that come one by one are written together
NICENESS = 5  # orders go first where cores are short: a third of the share of another process

log = telemetry.logger(__name__)


class Projection:
    """The journal of one shard, and how far the tables are."""

    def __init__(self, settings: OrdersSettings, journal_tables: sa.Engine, tables: sa.Engine) -> None:
        self._shard = settings.orders_shard
        self._journal = Journal(journal_tables, self._shard)
        self._tables = tables
        with tables.begin() as connection:
            self.sequence = writing.position(connection, self._shard)
        restored = restore(Snapshots(journal_tables, self._shard), self._journal, settings, self.sequence)
        self._engine, self._venue = restored.engine, restored.venue
        self._rows = self._journal.rows(after=self._venue.last_command)

    def step(self) -> bool:
        """Writes what some more rows of the journal did. Returns False when there are none."""
        rows = list(islice(self._rows, 1))
        if not rows:
            self._rows = self._journal.rows(after=self._venue.last_command)
            return False
        found, count = [], 0
        for row in self._more(rows[0]):
            reports = self._reports(row)
            count += len(reports)
            found.append(reports)
            if count >= REPORTS_AT_ONCE:
                break
        self._write(np.concatenate(found))
        return True

    def _more(self, row: Row) -> Iterator[Row]:
        yield row
        yield from islice(self._rows, ROWS_AT_ONCE - 1)

    def _reports(self, row: Row) -> np.ndarray:
        """Returns the reports of a row that are not in the tables yet."""
        events = self._engine.process(row.payload)
        reports = self._venue.apply(row.payload, row.joined_notes(), events).reports
        return reports[np.searchsorted(reports["sequence"], self.sequence, "right") :]

    def _write(self, reports: np.ndarray) -> None:
        if not len(reports):
            return
        with self._tables.begin() as connection:
            writing.project(connection, self._shard, self.sequence, reports, self._venue)
        self.sequence = int(reports["sequence"][-1])

    def close(self) -> None:
        """Gives the memory back."""
        self._engine.close()


def follow(projection: Projection, bell: socket.socket) -> None:
    """Writes, and tells how far it is, until the other end of the bell is closed."""
    with bell:
        while True:
            bell.sendall(PROGRESS.pack(projection.sequence))
            while projection.step():
                bell.sendall(PROGRESS.pack(projection.sequence))
            if not _rung(bell):
                return


def _rung(bell: socket.socket) -> bool:
    """Waits for news, not for long, and then for more of it. Returns False when nobody rings any more."""
    if (heard := _heard(bell, LOOK_S)) is None:
        return True
    until_s = time.monotonic() + PACE_S
    while heard and HURRY not in heard:
        more = _heard(bell, until_s - time.monotonic())
        if more is None:
            break
        heard = more
    return bool(heard)


def _heard(bell: socket.socket, within_s: float) -> bytes | None:
    """Returns what the owner says, nothing when it is gone, None when it says nothing in time."""
    news = select.poll()  # select() takes no number past 1,023, and the owner has a socket for each caller
    news.register(bell, select.POLLIN)
    return bell.recv(1 << 16) if news.poll(max(0.0, within_s) * 1e3) else None


def open_projection(settings: OrdersSettings, runtime: RuntimeSettings) -> Projection:
    """Returns the projection of a shard, from where its tables are."""
    journal_tables = make_engine(runtime.database_url, runtime.data_dir, journal_of(settings.orders_shard))
    tables = make_engine(runtime.database_url, runtime.data_dir, tables_of(settings.orders_shard))
    sa.event.listen(tables, "connect", _wait_for_no_disk)
    return Projection(settings, journal_tables, tables)


def _wait_for_no_disk(connection: Any, _: object) -> None:
    """Lets commits return before the disk has them: what a loss of power takes is written again."""
    is_sqlite = isinstance(connection, sqlite3.Connection)
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=NORMAL" if is_sqlite else "SET synchronous_commit TO off")
    cursor.close()
    connection.commit()


def main() -> None:
    """Follows the journal until the owner is gone."""
    os.nice(NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the owner, which closes the bell
    runtime = runtime_settings.load(RuntimeSettings)
    telemetry.configure("projector", runtime.log_level)
    projection = open_projection(runtime_settings.load(OrdersSettings), runtime)
    garbage.collect_rarely()
    log.info("projecting", sequence=projection.sequence)
    try:
        follow(projection, socket.socket(fileno=int(sys.argv[1])))
    except (BrokenPipeError, ConnectionResetError):
        pass  # the owner is gone
    finally:
        projection.close()


if __name__ == "__main__":
    main()

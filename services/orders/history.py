"""Orders and executions as they were at a moment that has passed.

Reports and commands are numbered in the order of the sequencer's stamps, so a moment cuts every list
at one report and one command. The row of an order tells how it is now; a report tells how its order was then.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection, Row

from .domain.orders import Report
from .partitions import HistoryDetached, start_of_history
from .resting import Moment, open_at
from .store import EXECUTIONS, ORDERS, Filter, Reader, attached


def moment_at(connection: Connection, time_ns: int) -> Moment | None:
    """Returns where a time cuts the tables, that very nanosecond included; None before the first report.

    Fails with HistoryDetached when the reports of that time are not here.
    """
    start = start_of_history(connection)
    if time_ns < start.time_ns:
        raise HistoryDetached(start)
    query = sa.select(EXECUTIONS.c.sequence, EXECUTIONS.c.command).where(EXECUTIONS.c.time_ns <= time_ns)
    query = query.order_by(EXECUTIONS.c.time_ns.desc(), EXECUTIONS.c.sequence.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else Moment(time_ns, row.sequence, row.command)


class History:
    """Answers what a Reader answers, about a moment."""

    def __init__(self, reader: Reader, time_ns: int) -> None:
        self._reader = reader
        self._time_ns = time_ns

    def order(self, connection: Connection, order_id: int) -> Report | None:
        """Returns an order as it was, or None before it was submitted."""
        moment = moment_at(connection, self._time_ns)
        row = connection.execute(sa.select(ORDERS).where(ORDERS.c.order_id == order_id)).first()
        if moment is None or row is None or order_id > moment.command:
            return None
        return self._as_they_were(connection, moment, [row])[0]

    def orders(self, connection: Connection, chosen: Filter, before: int | None, limit: int) -> list[Report]:
        """Returns orders as they were, newest first, from before an id on."""
        moment = moment_at(connection, self._time_ns)
        if moment is None or chosen.is_hopeless:
            return []
        find = _open if chosen.asks_for_open else _done_or_any
        return self._as_they_were(connection, moment, find(connection, moment, chosen, before, limit))

    def executions(
        self, connection: Connection, chosen: Filter, before: int | None, limit: int
    ) -> list[Report]:
        """Returns reports up to the moment, newest first, from before a sequence on."""
        moment = moment_at(connection, self._time_ns)
        if moment is None or chosen.is_hopeless:
            return []
        last = moment.sequence if before is None else min(moment.sequence, before - 1)
        until = (EXECUTIONS.c.sequence <= last) & (EXECUTIONS.c.time_ns <= moment.time_ns)
        query = attached(connection, chosen.of_executions(sa.select(EXECUTIONS))).where(until)
        return self._reader.newest_reports(connection, query, limit)

    def _as_they_were(self, connection: Connection, moment: Moment, rows: Sequence[Row[Any]]) -> list[Report]:
        """Returns orders as the last report by then tells; the row itself does when nothing came after."""
        changed = [row for row in rows if row.update_time_ns > moment.time_ns]
        then = {report.ticket.order_id: report for report in self._last_reports(connection, moment, changed)}
        return [then.get(row.order_id) or self._reader.order_report(row) for row in rows]

    def _last_reports(self, connection: Connection, moment: Moment, rows: Sequence[Row[Any]]) -> list[Report]:
        if not rows:
            return []
        lived = EXECUTIONS.c.time_ns.between(min(row.submit_time_ns for row in rows), moment.time_ns)
        theirs = _among(connection, EXECUTIONS.c.order_id, [row.order_id for row in rows])
        last = sa.select(sa.func.max(EXECUTIONS.c.sequence)).group_by(EXECUTIONS.c.order_id)
        last = last.where(theirs, EXECUTIONS.c.sequence <= moment.sequence, lived)
        query = sa.select(EXECUTIONS).where(EXECUTIONS.c.sequence.in_(last), lived)
        return self._reader.newest_reports(connection, query, len(rows))


def _done_or_any(
    connection: Connection, moment: Moment, chosen: Filter, before: int | None, limit: int
) -> Sequence[Row[Any]]:
    """Returns the newest orders that fit. An order that was done at the moment is so for good."""
    last = moment.command if before is None else min(moment.command, before - 1)
    query = chosen.of_orders(sa.select(ORDERS)).where(ORDERS.c.order_id <= last)
    if chosen.status:
        done_by_then = ORDERS.c.update_time_ns <= moment.time_ns
        query = query.where(ORDERS.c.status == chosen.status, done_by_then)
    return connection.execute(query.order_by(ORDERS.c.order_id.desc()).limit(limit)).all()


def _open(
    connection: Connection, moment: Moment, chosen: Filter, before: int | None, limit: int
) -> Sequence[Row[Any]]:
    """Returns the newest orders that were open, whatever they are now."""
    ids = open_at(connection, moment, chosen, before, limit)
    query = sa.select(ORDERS).where(_among(connection, ORDERS.c.order_id, ids))
    return connection.execute(query.order_by(ORDERS.c.order_id.desc())).all()


def _among(connection: Connection, column: sa.Column[int], ids: list[int]) -> sa.ColumnElement[bool]:
    """Returns what is true of some ids. PostgreSQL gets an array: it plans the same statement only once."""
    if connection.dialect.name == "sqlite":
        return column.in_(ids)
    return column == sa.any_(sa.literal(ids, postgresql.ARRAY(sa.BigInteger)))

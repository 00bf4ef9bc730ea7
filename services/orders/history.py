"""Orders and executions as they were at a moment that has passed.

Reports and commands are numbered in the order of the sequencer's stamps, so a moment cuts every list
at one report and one command. The row of an order tells how it is now; a report tells how its order was then.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from .domain.orders import Report
from .partitions import HistoryDetached, start_of_history
from .store import EXECUTIONS, ORDERS, Filter, Reader, attached, hinted

# An order that rested for 10**(n-1) ns or longer, but less than 10**n, was open at a moment only if it came
# less than 10**n ns before. So each n asks a short run of an index, instead of all that ever was submitted.
_SPAN = sa.literal_column("length(CAST(update_time_ns - submit_time_ns AS TEXT))", sa.Integer)
_SPANS = range(1, 20)
_RESTED = sa.text("status > 2 AND update_time_ns > submit_time_ns")
_NS_MIN, _NS_MAX = -(1 << 63), (1 << 63) - 1
_ROWS_MIN, _ROWS_MAX = 100, 5_000


class Moment(NamedTuple):
    """A time, and the last report and the last command that the sequencer had stamped by then."""

    time_ns: int
    sequence: int
    command: int


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
        found: list[Report] = []
        count = max(limit, _ROWS_MIN)
        while len(found) < limit:
            rows = _candidates(connection, moment, chosen, before, count)
            reports = self._as_they_were(connection, moment, rows)
            found += [report for report in reports if chosen.status in (0, report.state.status)]
            if len(rows) < count:
                break
            before = rows[-1].order_id
            count = min(4 * count, _ROWS_MAX)  # few of them are what is wanted
        return found[:limit]

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
        theirs = EXECUTIONS.c.order_id.in_([row.order_id for row in rows])
        last = sa.select(sa.func.max(EXECUTIONS.c.sequence)).group_by(EXECUTIONS.c.order_id)
        last = last.where(theirs, EXECUTIONS.c.sequence <= moment.sequence, lived)
        query = sa.select(EXECUTIONS).where(EXECUTIONS.c.sequence.in_(last), lived)
        return self._reader.newest_reports(connection, query, len(rows))


def _candidates(
    connection: Connection, moment: Moment, chosen: Filter, before: int | None, count: int
) -> Sequence[Row[Any]]:
    """Returns the newest orders that can fit. An order that was done at the moment is so for good."""
    last = moment.command if before is None else min(moment.command, before - 1)
    query = chosen.of_orders(sa.select(ORDERS)).where(ORDERS.c.order_id <= last)
    newest_first = ORDERS.c.order_id.desc()
    if chosen.asks_for_open:
        still = connection.execute(query.order_by(newest_first).limit(count)).all()
        ended = _ended_since(connection, moment, chosen, before, count)
        return sorted([*still, *ended], key=lambda row: -row.order_id)[:count]
    if chosen.status:
        done_by_then = ORDERS.c.update_time_ns <= moment.time_ns
        query = query.where(ORDERS.c.status == chosen.status, done_by_then)
    return connection.execute(query.order_by(newest_first).limit(count)).all()


def _ended_since(
    connection: Connection, moment: Moment, chosen: Filter, before: int | None, count: int
) -> Sequence[Row[Any]]:
    """Returns the newest orders that were open at a moment and are not any more."""
    newest_ns = moment.time_ns
    query = hinted(chosen.of_tickets(sa.select(ORDERS.c.order_id)), ORDERS, "orders_by_span")
    if before is not None:
        newest_ns = min(newest_ns, _submit_time_ns(connection, before))
        query = query.where(ORDERS.c.order_id < before)
    query = query.where(_RESTED, ORDERS.c.update_time_ns > moment.time_ns)
    query = query.where(ORDERS.c.submit_time_ns <= newest_ns)
    query = query.order_by(ORDERS.c.submit_time_ns.desc(), ORDERS.c.order_id.desc()).limit(count)
    runs = []
    for span in _SPANS:
        earliest_ns = max(moment.time_ns - 10**span, _NS_MIN)
        run = query.where(sa.literal(span) == _SPAN, ORDERS.c.submit_time_ns > earliest_ns)
        runs.append(sa.select(run.subquery().c.order_id))
    ids = sa.union_all(*runs)
    every = sa.select(ORDERS).where(ORDERS.c.order_id.in_(ids))
    return connection.execute(every.order_by(ORDERS.c.order_id.desc()).limit(count)).all()


def _submit_time_ns(connection: Connection, order_id: int) -> int:
    """Returns when an order was submitted. A token may name one that there is not: then it bounds nothing."""
    found = connection.execute(
        sa.select(ORDERS.c.submit_time_ns).where(ORDERS.c.order_id == order_id)
    ).scalar()
    return _NS_MAX if found is None else int(found)

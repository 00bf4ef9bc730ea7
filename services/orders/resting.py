"""Which orders were open at a moment: those that still are, and those that have ended since.

One statement, written out once for each kind of list: putting it together anew took longer than the database
took to answer it.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .store import ORDERS, Filter

# An order that rested for 10**(n-1) ns or longer, but less than 10**n, was open at a moment only if it came
# less than 10**n ns before. So each n asks a short run of an index, instead of all that ever was submitted.
_SPANS = range(1, 20)
_NS_MIN, _NS_MAX = -(1 << 63), (1 << 63) - 1
_STILL = (
    "SELECT order_id, submit_time_ns FROM (SELECT order_id, submit_time_ns FROM orders {hint}"
    " WHERE status <= 2 AND order_id <= :last{narrowed} ORDER BY order_id DESC LIMIT :count) AS still"
)
_RUN = (
    "SELECT order_id, submit_time_ns FROM (SELECT order_id, submit_time_ns FROM orders {hint}"
    " WHERE length(CAST(update_time_ns - submit_time_ns AS TEXT)) = {digits}"
    " AND status > 2 AND update_time_ns > submit_time_ns AND update_time_ns > :moment_ns"
    " AND submit_time_ns > :since_{digits} AND submit_time_ns <= :newest_ns AND order_id <= :last{narrowed}"
    " ORDER BY submit_time_ns DESC, order_id DESC LIMIT :count) AS run_{digits}"
)
_STATUS = (
    "(SELECT status FROM executions WHERE executions.order_id = found.order_id AND sequence <= :sequence"
    " AND time_ns >= found.submit_time_ns AND time_ns <= :moment_ns ORDER BY sequence DESC LIMIT 1)"
)
_ALL = (  # a status is looked for once it is known which orders are the newest
    "SELECT order_id, {status} AS status FROM (SELECT order_id, submit_time_ns FROM ({parts}) AS every"
    " ORDER BY order_id DESC LIMIT :count) AS found ORDER BY order_id DESC"
)
# Each part names its index by its words, whatever the values are: a plan for each of them is time lost.
_ONE_PLAN = sa.text("SET LOCAL plan_cache_mode = force_generic_plan")
_NARROWED = ("portfolio_id", "symbol", "client_order_id")


class Moment(NamedTuple):
    """A time, and the last report and the last command that the sequencer had stamped by then."""

    time_ns: int
    sequence: int
    command: int


def open_at(
    connection: Connection, moment: Moment, chosen: Filter, before: int | None, count: int
) -> Sequence[sa.Row[Any]]:
    """Returns ids of the newest orders that were open, from before an id on, and status if asked for."""
    named = {name: getattr(chosen, name) for name in _NARROWED if getattr(chosen, name)}
    text = _text(tuple(named), bool(chosen.status), connection.dialect.name == "sqlite")
    since = {f"since_{digits}": max(moment.time_ns - 10**digits, _NS_MIN) for digits in _SPANS}
    bounds = {
        "last": moment.command,
        "newest_ns": moment.time_ns,
        "moment_ns": moment.time_ns,
        "count": count,
    }
    if before is not None:
        bounds["last"] = min(moment.command, before - 1)
        bounds["newest_ns"] = min(moment.time_ns, _submit_time_ns(connection, before))
    if chosen.status:
        bounds["sequence"] = moment.sequence
    if connection.dialect.name == "postgresql":
        connection.execute(_ONE_PLAN)
    return connection.execute(text, {**named, **since, **bounds}).all()


@cache
def _text(named: tuple[str, ...], with_status: bool, on_sqlite: bool) -> sa.TextClause:
    narrowed = "".join(f" AND {name} = :{name}" for name in named)
    hints = [f"INDEXED BY {index}" if on_sqlite else "" for index in (_index(named), "orders_by_span")]
    still = _STILL.format(hint=hints[0], narrowed=narrowed)
    runs = [_RUN.format(digits=digits, hint=hints[1], narrowed=narrowed) for digits in _SPANS]
    parts = " UNION ALL ".join([still, *runs])
    return sa.text(_ALL.format(status=_STATUS if with_status else "0", parts=parts))


def _index(named: tuple[str, ...]) -> str:
    """Returns by which index orders are found that are open still."""
    if "client_order_id" in named:
        return "orders_by_client_id"
    return "orders_open_by_portfolio" if "portfolio_id" in named else "orders_open"


def _submit_time_ns(connection: Connection, order_id: int) -> int:
    """Returns when an order was submitted. A token may name one that there is not: then it bounds nothing."""
    query = sa.select(ORDERS.c.submit_time_ns).where(ORDERS.c.order_id == order_id)
    found = connection.execute(query).scalar()
    return _NS_MAX if found is None else int(found)

"""Which orders were open at a moment: those that still are, and those that have ended since.

One statement, written out once for each kind of list: putting it together anew took longer than the database
took to answer it.
"""

from functools import cache
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .domain.orders import Status
from .store import ORDERS, Filter

# An order that rested for 10**(n-1) ns or longer, but less than 10**n, was open at a moment only if it came
# less than 10**n ns before. So each n asks a short run of an index, instead of all that ever was submitted.
_SPANS = range(1, 20)
_NS_MIN, _NS_MAX = -(1 << 63), (1 << 63) - 1
_STILL = (
    "SELECT order_id FROM (SELECT order_id FROM orders {hint}"
    " WHERE status <= 2 AND order_id <= :last{narrowed} ORDER BY order_id DESC LIMIT :count) AS still"
)
_RUN = (  # of an index that holds every column that is named here
    "SELECT order_id FROM (SELECT order_id FROM orders {hint}"
    " WHERE length(CAST(update_time_ns - submit_time_ns AS TEXT)) = {digits}"
    " AND status > 2 AND update_time_ns > submit_time_ns AND update_time_ns > :moment_ns"
    " AND submit_time_ns > :since_{digits} AND submit_time_ns <= :newest_ns AND order_id <= :last{narrowed}"
    " ORDER BY submit_time_ns DESC, order_id DESC LIMIT :count) AS run_{digits}"
)
_OF_ONE_CLIENT = (  # few orders have the same client_order_id
    "SELECT order_id FROM orders {hint} WHERE (status <= 2 OR update_time_ns > :moment_ns)"
    " AND order_id <= :last{narrowed}"
)
_ALL = "SELECT order_id FROM ({parts}) AS every ORDER BY order_id DESC LIMIT :count"
_AT_THE_MOMENT = {  # an order stays partially filled until its end
    Status.NEW: " AND coalesce(partial_time_ns > :moment_ns, true)",
    Status.PARTIALLY_FILLED: " AND partial_time_ns <= :moment_ns",
}
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
) -> list[int]:
    """Returns ids of the newest orders that were open and fit, from before an id on."""
    named = {name: getattr(chosen, name) for name in _NARROWED if getattr(chosen, name)}
    text = _text(tuple(named), chosen.status, connection.dialect.name == "sqlite")
    bounds = {"last": moment.command, "moment_ns": moment.time_ns, "count": count}
    if before is not None:
        bounds["last"] = min(moment.command, before - 1)
    if "client_order_id" not in named:
        newest_ns = _NS_MAX if before is None else _submit_time_ns(connection, before)
        bounds["newest_ns"] = min(moment.time_ns, newest_ns)
        bounds |= {f"since_{digits}": max(moment.time_ns - 10**digits, _NS_MIN) for digits in _SPANS}
    if connection.dialect.name == "postgresql":
        connection.execute(_ONE_PLAN)
    return list(connection.execute(text, {**named, **bounds}).scalars())


@cache
def _text(named: tuple[str, ...], status: int, on_sqlite: bool) -> sa.TextClause:
    narrowed = "".join(f" AND {name} = :{name}" for name in named)
    if status:
        narrowed += _AT_THE_MOMENT[Status(status)]
    return sa.text(_ALL.format(parts=" UNION ALL ".join(_parts(named, narrowed, on_sqlite))))


def _parts(named: tuple[str, ...], narrowed: str, on_sqlite: bool) -> list[str]:
    def hint(index: str) -> str:
        return f"INDEXED BY {index}" if on_sqlite else ""

    if "client_order_id" in named:
        return [_OF_ONE_CLIENT.format(hint=hint("orders_by_client_id"), narrowed=narrowed)]
    still = "orders_open_by_portfolio" if "portfolio_id" in named else "orders_open"
    span = hint("orders_by_span")
    runs = [_RUN.format(digits=digits, hint=span, narrowed=narrowed) for digits in _SPANS]
    return [_STILL.format(hint=hint(still), narrowed=narrowed), *runs]


def _submit_time_ns(connection: Connection, order_id: int) -> int:
    """Returns when an order was submitted. A token may name one that there is not: then it bounds nothing."""
    query = sa.select(ORDERS.c.submit_time_ns).where(ORDERS.c.order_id == order_id)
    found = connection.execute(query).scalar()
    return _NS_MAX if found is None else int(found)

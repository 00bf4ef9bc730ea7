"""Writes reports into the tables of orders and executions: many at once, with the position.

A transaction begins where the one before ended, or it fails: so each report is written exactly once, and
needs no check of its own.
"""

import json
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from tickmesh.native.engine import NONE, OrderFlag

from .domain.orders import Status, reason_text
from .domain.venue import Venue
from .store import EXECUTIONS, ORDERS, PROGRESS

Rows = list[tuple[Any, ...]]
_POST_ONLY = int(OrderFlag.POST_ONLY)
_STATE = ["quantity", "price", "leaves", "cumulative", "status"]
_EXECUTION = [
    "sequence", "command", "order", "exec_type", "time_ns", "last_lots", "last_ticks", "liquidity", "trade",
]  # fmt: skip
_TICKET = [
    "order", "text", "node", "instrument", "side", "kind", "time_in_force", "submit_time_ns", "time_ns",
]  # fmt: skip
_CHANGING = ["update_time_ns", *_STATE, "value", "reason", "risk"]
_STAYS = "partial_time_ns"  # once it is there
_CHANGED = "CREATE TEMPORARY TABLE IF NOT EXISTS changed ON COMMIT DELETE ROWS"
_POSTGRES_TYPES = {sa.BigInteger: "int8", sa.SmallInteger: "int2", sa.Text: "text", sa.Boolean: "bool"}


class AnotherProjector(Exception):
    """The tables are not where this projector left them: somebody else writes them. It must stop."""


def position(connection: Connection, shard: int) -> int:
    """Returns up to which event the tables are written."""
    query = sa.select(PROGRESS.c.sequence).where(PROGRESS.c.shard == shard)
    return int(connection.execute(query).scalar() or 0)


def project(connection: Connection, shard: int, after: int, reports: NDArray[Any], venue: Venue) -> None:
    """Writes reports, the orders they changed, and the new position. Fails with AnotherProjector."""
    mine = (PROGRESS.c.shard == shard) & (PROGRESS.c.sequence == after)
    moved = sa.update(PROGRESS).where(mine).values(sequence=int(reports["sequence"][-1]))
    if connection.execute(moved).rowcount != 1:
        raise AnotherProjector(f"the tables of shard {shard} are not at event {after}")
    newest = reports[_last_of_each(reports["order"])]
    is_new = newest["order"] > _newest_order(connection)
    tables = _Postgres(connection) if connection.dialect.name == "postgresql" else _Sqlite(connection)
    tables.insert(EXECUTIONS, _execution_rows(reports, venue))
    partials = _partial_times(reports)
    tables.insert(ORDERS, _order_rows(newest[is_new], venue, tables.truth, partials))
    tables.change_orders(_changed_rows(newest[~is_new], venue, partials))


def _partial_times(reports: NDArray[Any]) -> dict[int, int]:
    """Returns when orders became PARTIALLY_FILLED, as far as these reports tell."""
    found = reports[reports["status"] == Status.PARTIALLY_FILLED][::-1]  # of an order the first stays
    return dict(zip(found["order"].tolist(), found["time_ns"].tolist(), strict=True))


def _last_of_each(values: NDArray[Any]) -> NDArray[Any]:
    """Returns where each value stands last, in order."""
    _, places = np.unique(values[::-1], return_index=True)
    return np.sort(len(values) - 1 - places)


def _newest_order(connection: Connection) -> int:
    """Returns the highest id in the table; ids rise."""
    return int(connection.execute(sa.select(sa.func.max(ORDERS.c.order_id))).scalar() or 0)


def _execution_rows(reports: NDArray[Any], venue: Venue) -> Rows:
    """Returns the columns of EXECUTIONS in their order."""
    plain, states, owners = reports[_EXECUTION].tolist(), _state_rows(reports, venue), _owners(reports, venue)
    return [own + state + owner for own, state, owner in zip(plain, states, owners, strict=True)]


def _owners(reports: NDArray[Any], venue: Venue) -> Rows:
    """Returns the portfolio and the symbol of each report's order."""
    nodes, listings = venue.tree.by_index, venue.listings.by_index
    places = reports[["node", "instrument"]].tolist()
    return [(nodes[node].portfolio_id, listings[instrument].symbol) for node, instrument in places]


def _order_rows(reports: NDArray[Any], venue: Venue, truth: type, partials: dict[int, int]) -> Rows:
    """Returns the columns of ORDERS in their order."""
    nodes, listings = venue.tree.by_index, venue.listings.by_index
    post_only = (reports["flags"] & _POST_ONLY != 0).astype(truth).tolist()
    tickets, states = reports[_TICKET].tolist(), _state_rows(reports, venue)
    rows: Rows = []
    for ticket, is_post_only, state in zip(tickets, post_only, states, strict=True):
        order, text, node, instrument, *terms, submit_ns, update_ns = ticket
        owner = nodes[node]
        names = (text.decode(), owner.portfolio_id, owner.strategy_id, listings[instrument].symbol)
        rows.append((order, *names, *terms, is_post_only, submit_ns, update_ns, *state, partials.get(order)))
    return rows


def _changed_rows(reports: NDArray[Any], venue: Venue, partials: dict[int, int]) -> Rows:
    """Returns what changes of orders, and their ids."""
    times, orders = reports["time_ns"].tolist(), reports["order"].tolist()
    states = _state_rows(reports, venue)
    changes = zip(times, states, orders, strict=True)
    return [(time, *state, partials.get(order), order) for time, state, order in changes]


def _state_rows(reports: NDArray[Any], venue: Venue) -> Rows:
    """Returns the columns that both tables have."""
    highs, lows = reports["value_high"].tolist(), reports["value_low"].tolist()
    reasons, risks = map(reason_text, reports["reason"].tolist()), _risks(reports, venue)
    parts = zip(reports[_STATE].tolist(), highs, lows, reasons, risks, strict=True)
    return [(*state, str(high << 64 | low), reason, risk) for state, high, low, reason, risk in parts]


def _risks(reports: NDArray[Any], venue: Venue) -> list[str | None]:
    """Returns the figures of the limits that refused orders, as JSON; most reports have none."""
    found: list[str | None] = [None] * len(reports)
    for place in np.flatnonzero(reports["limit_node"] != NONE).tolist():
        found[place] = json.dumps(venue.report(reports[place]).risk)
    return found


def _names(columns: list[str]) -> str:
    return ", ".join(columns)


class _Sqlite:
    """Rows as tuples of plain SQL, which costs a third of what rows as dicts do."""

    truth = int  # the driver takes its time to find out what a bool is

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert(self, table: sa.Table, rows: Rows) -> None:
        if rows:
            names = table.columns.keys()
            marks = _names(["?"] * len(names))
            self._connection.exec_driver_sql(
                f"INSERT INTO {table.name} ({_names(names)}) VALUES ({marks})",  # noqa: S608  our own names
                rows,
            )

    def change_orders(self, rows: Rows) -> None:
        if rows:
            changes = _names([*(f"{name} = ?" for name in _CHANGING), f"{_STAYS} = coalesce({_STAYS}, ?)"])
            self._connection.exec_driver_sql(
                f"UPDATE orders SET {changes} WHERE order_id = ?",  # noqa: S608  our own names
                rows,
            )


class _Postgres:
    """Rows by binary COPY; changes through a table of the connection's own, empty before and after.

    A new one each time would leave its traces in PostgreSQL's catalogue, many a second.
    """

    truth = bool

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._driver: Any = connection.connection.driver_connection

    def insert(self, table: sa.Table, rows: Rows) -> None:
        if rows:
            types = [_POSTGRES_TYPES[type(column.type)] for column in table.columns]
            self._copy(table.name, table.columns.keys(), types, rows)

    def _copy(self, target: str, names: list[str], types: list[str], rows: Rows) -> None:
        text = f"COPY {target} ({_names(names)}) FROM STDIN (FORMAT BINARY)"
        with self._driver.cursor() as cursor, cursor.copy(text) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)

    def change_orders(self, rows: Rows) -> None:
        if not rows:
            return
        names = [*_CHANGING, _STAYS, "order_id"]
        self._connection.exec_driver_sql(
            f"{_CHANGED} AS SELECT {_names(names)} FROM orders LIMIT 0"  # noqa: S608  our own names
        )
        types = [_POSTGRES_TYPES[type(ORDERS.c[name].type)] for name in names]
        self._copy("changed", names, types, rows)
        stays = f"{_STAYS} = coalesce(orders.{_STAYS}, changed.{_STAYS})"
        changes = _names([*(f"{name} = changed.{name}" for name in _CHANGING), stays])
        self._connection.exec_driver_sql(
            f"UPDATE orders SET {changes} FROM changed WHERE orders.order_id = changed.order_id"  # noqa: S608
        )

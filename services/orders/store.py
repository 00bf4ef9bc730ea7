"""Tables of orders and executions, and how they are read. `writing` is how they are written."""

import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..runtime.database import upsert
from .domain.listings import Listings
from .domain.orders import ExecType, Liquidity, Report, State, Status, Ticket
from .domain.tree import Node
from .partitions import HistoryDetached, start_of_history

metadata = sa.MetaData()


def _state_columns() -> list[sa.Column[Any]]:
    numbers = [sa.Column(name, sa.BigInteger) for name in ("quantity", "price", "leaves", "cumulative")]
    return [
        *numbers,
        sa.Column("status", sa.SmallInteger),
        *(sa.Column(n, sa.Text) for n in ("value", "reason", "risk")),
    ]


ORDERS = sa.Table(
    "orders",
    metadata,
    sa.Column("order_id", sa.BigInteger, primary_key=True),
    *(sa.Column(name, sa.Text) for name in ("client_order_id", "portfolio_id", "strategy_id", "symbol")),
    *(sa.Column(name, sa.SmallInteger) for name in ("side", "order_type", "time_in_force")),
    sa.Column("post_only", sa.Boolean),
    sa.Column("submit_time_ns", sa.BigInteger),
    sa.Column("update_time_ns", sa.BigInteger),
    *_state_columns(),
    sa.Column("partial_time_ns", sa.BigInteger),  # when it was first PARTIALLY_FILLED
)
EXECUTIONS = sa.Table(
    "executions",
    metadata,
    sa.Column("sequence", sa.BigInteger, primary_key=True),
    *(sa.Column(name, sa.BigInteger) for name in ("command", "order_id")),
    sa.Column("exec_type", sa.SmallInteger),
    *(sa.Column(name, sa.BigInteger) for name in ("time_ns", "last_lots", "last_ticks")),
    sa.Column("liquidity", sa.SmallInteger),
    sa.Column("trade", sa.BigInteger),
    *_state_columns(),
    *(sa.Column(name, sa.Text) for name in ("portfolio_id", "symbol")),  # of the order, for indexes
)
PROGRESS = sa.Table(
    "progress",
    metadata,
    sa.Column("shard", sa.Integer, primary_key=True),
    sa.Column("journal_id", sa.Text),
    sa.Column("sequence", sa.BigInteger),
)
_TICKET = [
    ORDERS.c[name]
    for name in (
        "client_order_id", "strategy_id", "side", "order_type", "time_in_force", "post_only", "submit_time_ns"
    )
]  # fmt: skip
_EXECUTION_INDEXES = {  # by filter, the narrowest first
    "order_id": "executions_by_order",
    "portfolio_id": "executions_by_portfolio",
    "symbol": "executions_by_symbol",
    "exec_type": "executions_by_kind",
}
# Written out, since a database uses an index on some rows only for a query that says the same words.
IS_OPEN = sa.text("status <= 2")
IS_DONE = sa.text("status > 2")
IS_NOT_CANCELED = sa.text("status <> 4")
IS_RARE = sa.text("exec_type > 4")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which orders or executions a list shows. Empty or 0: all."""

    order_id: int = 0
    portfolio_id: str = ""
    symbol: str = ""
    status: int = 0
    exec_type: int = 0
    open_only: bool = False
    client_order_id: str = ""

    @property
    def is_hopeless(self) -> bool:
        """Says whether nothing can match: what is done is not open, and no stored text holds NUL.

        PostgreSQL cannot even ask for NUL.
        """
        if self.open_only and self.status and not Status(self.status).is_open:
            return True
        return any("\0" in text for text in (self.portfolio_id, self.symbol, self.client_order_id))

    @property
    def asks_for_open(self) -> bool:
        """Says whether only orders that may still trade can match."""
        return self.open_only or (self.status != 0 and Status(self.status).is_open)

    def of_orders(self, query: sa.Select[Any]) -> sa.Select[Any]:
        """Returns a query on ORDERS, narrowed by what never changes, and to those that are open or done."""
        query = self.of_tickets(query)
        if self.asks_for_open:
            query = query.where(IS_OPEN)
        elif self.status:
            query = query.where(IS_DONE)
            if self.status != Status.CANCELED:
                query = query.where(IS_NOT_CANCELED)
        index = self._order_index()
        return hinted(query, ORDERS, index) if index else query

    def of_tickets(self, query: sa.Select[Any]) -> sa.Select[Any]:
        """Returns a query on ORDERS, narrowed by what never changes about an order."""
        return self._narrowed(query, ORDERS, ("portfolio_id", "symbol", "client_order_id"))

    def _order_index(self) -> str:
        if self.client_order_id:
            return "orders_by_client_id"
        if self.asks_for_open:
            return "orders_open_by_portfolio" if self.portfolio_id else "orders_open"
        if self.status not in (0, Status.CANCELED) and (self.portfolio_id or self.symbol):
            return "orders_ended_by_portfolio" if self.portfolio_id else "orders_ended_by_symbol"
        if self.portfolio_id:
            return "orders_by_both" if self.symbol else "orders_by_portfolio"
        return "orders_by_symbol" if self.symbol else "orders_done" if self.status else ""

    def of_executions(self, query: sa.Select[Any]) -> sa.Select[Any]:
        """Returns a query on EXECUTIONS, narrowed to the reports that fit."""
        query = self._narrowed(query, EXECUTIONS, tuple(_EXECUTION_INDEXES))
        if self.exec_type > ExecType.REPLACED:
            query = query.where(IS_RARE)
        index = self._execution_index()
        return hinted(query, EXECUTIONS, index) if index else query

    def _execution_index(self) -> str:
        if not self.order_id and self.exec_type > ExecType.REPLACED and (self.portfolio_id or self.symbol):
            return "executions_rare_by_portfolio" if self.portfolio_id else "executions_rare_by_symbol"
        return next((index for name, index in _EXECUTION_INDEXES.items() if getattr(self, name)), "")

    def _narrowed(self, query: sa.Select[Any], table: sa.Table, names: tuple[str, ...]) -> sa.Select[Any]:
        for name in names:
            if wanted := getattr(self, name):
                query = query.where(table.c[name] == wanted)
        return query


class JournalChanged(Exception):
    """The tables were projected from another journal."""


def progress(connection: Connection, shard: int, journal_id: str) -> int:
    """Returns up to which event the tables are written. Fails with JournalChanged for another journal."""
    row = connection.execute(sa.select(PROGRESS).where(PROGRESS.c.shard == shard)).first()
    if row is None or not row.journal_id:
        upsert(connection, PROGRESS, [{"shard": shard, "journal_id": journal_id, "sequence": 0}], ["shard"])
        return 0
    if row.journal_id != journal_id:
        raise JournalChanged(f"the tables belong to journal {row.journal_id}, the journal is {journal_id}")
    return int(row.sequence)


class Reader:
    """Reads reports and orders back as the domain knows them."""

    def __init__(self, listings: Listings) -> None:
        self._listings = listings

    def order(self, connection: Connection, order_id: int) -> Report | None:
        """Returns an order as it is now."""
        row = connection.execute(sa.select(ORDERS).where(ORDERS.c.order_id == order_id)).first()
        return None if row is None else self.order_report(row)

    def orders(self, connection: Connection, chosen: Filter, before: int | None, limit: int) -> list[Report]:
        """Returns orders as they are now, newest first, from before an id on."""
        if chosen.is_hopeless:
            return []
        query = chosen.of_orders(sa.select(ORDERS)).order_by(ORDERS.c.order_id.desc()).limit(limit)
        if chosen.status:
            query = query.where(ORDERS.c.status == chosen.status)
        if before is not None:
            query = query.where(ORDERS.c.order_id < before)
        return [self.order_report(row) for row in connection.execute(query)]

    def executions(
        self, connection: Connection, chosen: Filter, before: int | None, limit: int
    ) -> list[Report]:
        """Returns reports, newest first, from before a sequence on."""
        if chosen.is_hopeless:
            return []
        query = attached(connection, chosen.of_executions(sa.select(EXECUTIONS)))
        if before is not None:
            query = query.where(EXECUTIONS.c.sequence < before)
        return self.newest_reports(connection, query, limit)

    def executions_after(self, connection: Connection, sequence: int, limit: int) -> list[Report]:
        """Returns reports in order, after a sequence. Fails with HistoryDetached when some are not here."""
        start = start_of_history(connection)
        if sequence < start.sequence:
            raise HistoryDetached(start)
        query = sa.select(EXECUTIONS).where(EXECUTIONS.c.sequence > sequence)
        return self._reports(connection, query.order_by(EXECUTIONS.c.sequence).limit(limit))

    def first_answer(self, connection: Connection, order_id: int) -> Report | None:
        """Returns an order as it was right after the command that made it; as it is when that is detached."""
        mine = (EXECUTIONS.c.order_id == order_id) & (EXECUTIONS.c.command == order_id)
        found = self.newest_reports(connection, sa.select(EXECUTIONS).where(mine), 1)
        return found[0] if found else self.order(connection, order_id)

    def newest_reports(self, connection: Connection, query: sa.Select[Any], limit: int) -> list[Report]:
        """Returns the newest reports of a query on executions, newest first."""
        found = self._reports(connection, query.order_by(EXECUTIONS.c.sequence.desc()).limit(limit))
        return found[::-1]

    def _reports(self, connection: Connection, query: sa.Select[Any]) -> list[Report]:
        """Returns the reports of a query that has a limit, in order: few rows, each joined with its order."""
        few = query.subquery()
        joined = sa.select(few, *_TICKET).join(ORDERS, ORDERS.c.order_id == few.c.order_id)
        return [self.report(row) for row in connection.execute(joined.order_by(few.c.sequence))]

    def order_report(self, row: Any) -> Report:
        """Returns the order in a row of ORDERS."""
        ticket, state = self._ticket(row), _state(row)
        risk = json.loads(row.risk) if row.risk else None
        return Report(0, 0, ExecType.NEW, ticket, state, row.update_time_ns, risk=risk)

    def report(self, row: Any) -> Report:
        """Returns the report in a row of EXECUTIONS with its order's ticket."""
        return Report(
            sequence=row.sequence,
            command=row.command,
            exec_type=ExecType(row.exec_type),
            ticket=self._ticket(row),
            state=_state(row),
            time_ns=row.time_ns,
            last_lots=row.last_lots,
            last_ticks=row.last_ticks,
            liquidity=Liquidity(row.liquidity),
            trade=row.trade,
            risk=json.loads(row.risk) if row.risk else None,
        )

    def _ticket(self, row: Any) -> Ticket:
        name = f"{row.portfolio_id}/{row.strategy_id}" if row.strategy_id else row.portfolio_id
        return Ticket(
            order_id=row.order_id,
            client_order_id=row.client_order_id,
            node=Node(0, "", name, 0),
            listing=self._listings.get(row.symbol),
            side=row.side,
            order_type=row.order_type,
            time_in_force=row.time_in_force,
            post_only=row.post_only,
            submit_time_ns=row.submit_time_ns,
        )


def _state(row: Any) -> State:
    return State(
        row.quantity, row.price, row.leaves, Status(row.status), row.cumulative, int(row.value), row.reason
    )


def attached(connection: Connection, query: sa.Select[Any]) -> sa.Select[Any]:
    """Returns a query on EXECUTIONS without what is left of days that are detached."""
    start = start_of_history(connection)
    return query.where(EXECUTIONS.c.time_ns >= start.time_ns) if start.time_ns else query


def hinted(query: sa.Select[Any], table: sa.Table, index: str) -> sa.Select[Any]:
    """Names the index to SQLite, which has no statistics to choose one by."""
    return query.with_hint(table, f"INDEXED BY {index}", "sqlite")

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
        "client_order_id", "portfolio_id", "strategy_id", "symbol", "side", "order_type", "time_in_force",
        "post_only", "submit_time_ns",
    )
]  # fmt: skip
_REPORTS = sa.select(EXECUTIONS, *_TICKET).join(ORDERS, ORDERS.c.order_id == EXECUTIONS.c.order_id)


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
        """Says whether nothing can match: no stored text holds NUL, and PostgreSQL cannot even ask for it."""
        return any("\0" in text for text in (self.portfolio_id, self.symbol, self.client_order_id))


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
        return None if row is None else self._order_report(row)

    def orders(self, connection: Connection, chosen: Filter, before: int | None, limit: int) -> list[Report]:
        """Returns orders as they are now, newest first, from before an id on."""
        if chosen.is_hopeless:
            return []
        query = sa.select(ORDERS).order_by(ORDERS.c.order_id.desc()).limit(limit)
        query = _only(query, chosen)
        if chosen.status:
            query = query.where(ORDERS.c.status == chosen.status)
        if chosen.open_only:
            query = query.where(ORDERS.c.status <= int(Status.PARTIALLY_FILLED))
        if before is not None:
            query = query.where(ORDERS.c.order_id < before)
        return [self._order_report(row) for row in connection.execute(query)]

    def executions(
        self, connection: Connection, chosen: Filter, before: int | None, limit: int
    ) -> list[Report]:
        """Returns reports, newest first, from before a sequence on."""
        if chosen.is_hopeless:
            return []
        query = _only(_REPORTS, chosen).order_by(EXECUTIONS.c.sequence.desc()).limit(limit)
        if chosen.exec_type:
            query = query.where(EXECUTIONS.c.exec_type == chosen.exec_type)
        if before is not None:
            query = query.where(EXECUTIONS.c.sequence < before)
        return [self._report(row) for row in connection.execute(query)]

    def executions_after(self, connection: Connection, sequence: int, limit: int) -> list[Report]:
        """Returns reports in order, after a sequence."""
        query = _REPORTS.where(EXECUTIONS.c.sequence > sequence).order_by(EXECUTIONS.c.sequence).limit(limit)
        return [self._report(row) for row in connection.execute(query)]

    def first_answer(self, connection: Connection, order_id: int) -> Report | None:
        """Returns an order as it was right after the command that made it."""
        mine = (EXECUTIONS.c.order_id == order_id) & (EXECUTIONS.c.command == order_id)
        query = _REPORTS.where(mine).order_by(EXECUTIONS.c.sequence.desc()).limit(1)
        row = connection.execute(query).first()
        return None if row is None else self._report(row)

    def _order_report(self, row: Any) -> Report:
        ticket, state = self._ticket(row), _state(row)
        risk = json.loads(row.risk) if row.risk else None
        return Report(0, 0, ExecType.NEW, ticket, state, row.update_time_ns, risk=risk)

    def _report(self, row: Any) -> Report:
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


def _only(query: sa.Select[Any], chosen: Filter) -> sa.Select[Any]:
    for name in ("order_id", "portfolio_id", "symbol", "client_order_id"):
        wanted = getattr(chosen, name)
        if wanted:
            query = query.where(ORDERS.c[name] == wanted)
    return query

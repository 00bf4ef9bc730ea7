"""Tables of the portfolio service and the queries on them."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tickmesh.portfolio.v1 import portfolio_pb2 as pb

from ..runtime import requests
from ..runtime.database import Database, upsert
from .domain.ledger import Counted
from .domain.portfolios import PortfolioExists, PortfolioRecord
from .domain.positions import Holding, PositionKey

METADATA = sa.MetaData()
STREAM = "executions"

REQUESTS = requests.requests_table(METADATA)

PORTFOLIOS = sa.Table(
    "portfolios",
    METADATA,
    sa.Column("portfolio_id", sa.Text, primary_key=True),
    sa.Column("desk_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("base_currency", sa.Text, nullable=False),
    sa.Column("create_time_ns", sa.BigInteger, nullable=False),
)

POSITIONS = sa.Table(
    "positions",
    METADATA,
    sa.Column("portfolio_id", sa.Text, primary_key=True),
    sa.Column("symbol", sa.Text, primary_key=True),
    sa.Column("quantity", sa.Text, nullable=False),
    sa.Column("cost", sa.Text, nullable=False),
    sa.Column("realized", sa.Text, nullable=False),
    sa.Column("volume", sa.Text, nullable=False),
    sa.Column("trade_count", sa.BigInteger, nullable=False),
    sa.Column("last_execution_id", sa.BigInteger, nullable=False),
    sa.Column("update_time_ns", sa.BigInteger, nullable=False),
)

# Each position after each moment at which it was traded.
HISTORY = sa.Table(
    "position_history",
    METADATA,
    sa.Column("portfolio_id", sa.Text, primary_key=True),
    sa.Column("symbol", sa.Text, primary_key=True),
    sa.Column("update_time_ns", sa.BigInteger, primary_key=True, autoincrement=False),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("quantity", "cost", "realized", "volume")),
    *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("trade_count", "last_execution_id")),
)

PROGRESS = sa.Table(
    "progress",
    METADATA,
    sa.Column("stream", sa.Text, primary_key=True),
    sa.Column("resume_token", sa.Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which positions a list shows. Empty: all."""

    portfolio_id: str = ""
    symbol: str = ""
    open_only: bool = False

    @property
    def is_hopeless(self) -> bool:
        """Says whether nothing can match: no stored text holds NUL, and PostgreSQL cannot even ask for it."""
        return "\0" in self.portfolio_id + self.symbol


class ProgressLostError(RuntimeError):
    """Somebody else counted the same executions into these tables. This process must not go on."""


class PortfolioStore:
    """Portfolios, positions, and how far the stream of executions is counted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_defaults(self, records: list[PortfolioRecord]) -> None:
        """Adds portfolios to empty tables; does nothing to others."""

        def work(connection: Connection) -> None:
            if records and connection.execute(sa.select(PORTFOLIOS.c.portfolio_id).limit(1)).first() is None:
                connection.execute(PORTFOLIOS.insert(), [_portfolio_row(record) for record in records])

        await self._database.run(work)

    async def create(
        self, request: pb.CreatePortfolioRequest, record: PortfolioRecord, answer: Callable[[], pb.Portfolio]
    ) -> pb.Portfolio:
        """Adds a portfolio, or returns the first answer to a request_id. Fails with PortfolioExists."""

        def add(connection: Connection) -> pb.Portfolio:
            same_id = PORTFOLIOS.c.portfolio_id == record.portfolio_id
            if connection.execute(sa.select(PORTFOLIOS.c.portfolio_id).where(same_id)).first() is not None:
                raise PortfolioExists(record.portfolio_id)
            connection.execute(PORTFOLIOS.insert(), _portfolio_row(record))
            return answer()

        def work(connection: Connection) -> pb.Portfolio:
            name, request_id = "CreatePortfolio", request.request_id
            return requests.once(connection, REQUESTS, name, request, request_id, pb.Portfolio, add)

        return await self._database.run(work)

    async def portfolios(self) -> list[PortfolioRecord]:
        """Returns all portfolios, by id."""
        query = sa.select(PORTFOLIOS).order_by(PORTFOLIOS.c.portfolio_id)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [PortfolioRecord(**row._asdict()) for row in rows]

    async def progress(self) -> tuple[str, Counted]:
        """Returns the resume token of the counted executions, and what they added up to, as of one moment."""

        def work(connection: Connection) -> tuple[str, Counted]:
            row = connection.execute(sa.select(PROGRESS).where(PROGRESS.c.stream == STREAM)).one()
            rows = connection.execute(sa.select(POSITIONS)).all()
            holdings = dict(_holding(found._asdict()) for found in rows)
            return row.resume_token, Counted(holdings)

        return await self._database.read(work)

    async def holdings_at(
        self, time_ns: int, chosen: Chosen, after: PositionKey | None, count: int
    ) -> list[tuple[PositionKey, Holding]]:
        """Returns positions as they were at a moment, that one included, by portfolio and symbol."""
        if chosen.is_hopeless:
            return []
        query = _at(time_ns).order_by(*_KEY).limit(count)
        if chosen.portfolio_id:
            query = query.where(POSITIONS.c.portfolio_id == chosen.portfolio_id)
        if chosen.symbol:
            query = query.where(POSITIONS.c.symbol == chosen.symbol)
        if chosen.open_only:
            query = query.where(sa.cast(HISTORY.c.quantity, sa.Numeric) != 0)
        if after is not None:
            query = query.where(sa.tuple_(*_KEY) > after)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [_holding(row._asdict()) for row in rows]

    async def record(self, counted: Counted, token_before: str, token: str) -> None:
        """Stores counted trades and the token after them in one transaction. Fails with ProgressLostError."""

        def work(connection: Connection) -> None:
            here = (PROGRESS.c.stream == STREAM) & (PROGRESS.c.resume_token == token_before)
            moved = PROGRESS.update().where(here)
            if connection.execute(moved.values(resume_token=token)).rowcount != 1:
                raise ProgressLostError(f"executions after {token_before!r} were counted by another process")
            rows = [_position_row(key, holding) for key, holding in counted.holdings.items()]
            upsert(connection, POSITIONS, rows, ["portfolio_id", "symbol"])
            steps = [_position_row(key, holding) for key, holding in counted.steps]
            upsert(connection, HISTORY, steps, ["portfolio_id", "symbol", "update_time_ns"])

        await self._database.run(work)


_KEY = (POSITIONS.c.portfolio_id, POSITIONS.c.symbol)


def _at(time_ns: int) -> sa.Select[Any]:
    """Returns the query of every position's last step by a moment."""
    theirs = (HISTORY.c.portfolio_id == POSITIONS.c.portfolio_id) & (HISTORY.c.symbol == POSITIONS.c.symbol)
    steps = HISTORY.alias()
    same = (steps.c.portfolio_id == POSITIONS.c.portfolio_id) & (steps.c.symbol == POSITIONS.c.symbol)
    last = sa.select(sa.func.max(steps.c.update_time_ns)).where(same, steps.c.update_time_ns <= time_ns)
    newest = HISTORY.c.update_time_ns == last.correlate(POSITIONS).scalar_subquery()
    return sa.select(HISTORY).select_from(POSITIONS).join(HISTORY, theirs & newest)


def _portfolio_row(record: PortfolioRecord) -> dict[str, Any]:
    return {column.name: getattr(record, column.name) for column in PORTFOLIOS.columns}


def _position_row(key: PositionKey, holding: Holding) -> dict[str, Any]:
    row = {**key._asdict(), **asdict(holding)}
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in row.items()}


def _holding(row: Mapping[str, Any]) -> tuple[PositionKey, Holding]:
    holding = Holding(
        quantity=Decimal(row["quantity"]),
        cost=Decimal(row["cost"]),
        realized=Decimal(row["realized"]),
        volume=Decimal(row["volume"]),
        trade_count=row["trade_count"],
        last_execution_id=row["last_execution_id"],
        update_time_ns=row["update_time_ns"],
    )
    return PositionKey(row["portfolio_id"], row["symbol"]), holding

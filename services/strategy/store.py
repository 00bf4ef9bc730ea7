"""Tables of the strategy service and the queries on them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..runtime.database import Database, upsert
from ..values import decimal_text
from .domain.inventory import Holding

METADATA = sa.MetaData()
MARKET_STEP = "market-step"

STRATEGIES = sa.Table(
    "strategies",
    METADATA,
    sa.Column("strategy_id", sa.Text, primary_key=True),
    sa.Column("wanted", sa.Boolean),  # null: nobody started or stopped it, so the settings decide
    sa.Column("parameters", sa.Text, nullable=False),  # JSON: name to decimal text
)

INVENTORIES = sa.Table(
    "inventories",
    METADATA,
    sa.Column("strategy_id", sa.Text, primary_key=True),
    sa.Column("symbol", sa.Text, primary_key=True),
    sa.Column("quantity", sa.Text, nullable=False),
)

PROGRESS = sa.Table(
    "progress",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),  # MARKET_STEP, or a portfolio whose executions are followed
    sa.Column("position", sa.Text, nullable=False),  # a step, or a resume token
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asked of a strategy."""

    wanted: bool | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stored:
    """Everything that is kept over a restart, as of one moment."""

    wishes: Mapping[str, Wish]
    quantities: Mapping[Holding, Decimal]
    positions: Mapping[str, str]

    @property
    def market_step(self) -> int:
        """Returns the step that the market had reached."""
        return int(self.positions.get(MARKET_STEP, "0"))


def read_all(connection: Connection) -> Stored:
    """Returns everything that is stored, in the transaction of a connection."""
    wishes = connection.execute(sa.select(STRATEGIES)).all()
    inventories = connection.execute(sa.select(INVENTORIES)).all()
    positions = connection.execute(sa.select(PROGRESS)).all()
    return Stored(
        {row.strategy_id: Wish(row.wanted, json.loads(row.parameters)) for row in wishes},
        {(row.strategy_id, row.symbol): Decimal(row.quantity) for row in inventories},
        {row.name: row.position for row in positions},
    )


class StrategyStore:
    """Keeps what was asked of strategies, and how far they have come."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> Stored:
        """Returns everything."""
        return await self._database.read(read_all)

    async def set_wish(self, strategy_id: str, wish: Wish) -> None:
        """Stores what somebody asked of a strategy."""
        row = {
            "strategy_id": strategy_id,
            "wanted": wish.wanted,
            "parameters": json.dumps(dict(wish.parameters), sort_keys=True),
        }
        await self._database.run(lambda connection: upsert(connection, STRATEGIES, [row], ["strategy_id"]))

    async def record(self, quantities: Mapping[Holding, Decimal], positions: Mapping[str, str]) -> None:
        """Stores inventories together with the places in the streams that they were counted up to."""
        inventories = [
            {"strategy_id": strategy_id, "symbol": symbol, "quantity": decimal_text(quantity)}
            for (strategy_id, symbol), quantity in quantities.items()
        ]
        progress = [{"name": name, "position": position} for name, position in positions.items()]

        def work(connection: Connection) -> None:
            upsert(connection, INVENTORIES, inventories, ["strategy_id", "symbol"])
            upsert(connection, PROGRESS, progress, ["name"])

        await self._database.run(work)

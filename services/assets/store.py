"""Tables and queries of the book of instruments. Every function runs inside a caller's transaction."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from ..runtime.requests import requests_table
from ..values import Symbol, decimal_text
from .domain import details
from .domain.details import AssetType
from .domain.instruments import Instrument, search_text

metadata = sa.MetaData()
requests = requests_table(metadata)
stream = sa.Table(
    "stream",
    metadata,
    sa.Column("epoch", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
)
SYMBOL = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
PLAIN = ("name", "currency", "calendar", "mic", "figi", "cusip", "sedol", "cfi")
DECIMALS = ("price_increment", "quantity_increment", "reference_price", "minimum_notional", "multiplier")
NUMBERS = ("version", "create_time_ns", "update_time_ns", "shard")
instruments = sa.Table(
    "instruments",
    metadata,
    sa.Column("symbol", SYMBOL, primary_key=True),
    sa.Column("asset_type", sa.Text, nullable=False),
    sa.Column("isin", sa.Text, unique=True),
    *(sa.Column(name, sa.Text, nullable=False) for name in (*PLAIN, *DECIMALS)),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("detail", "attributes", "search_text")),
    sa.Column("reference_time_ns", sa.BigInteger),
    *(sa.Column(name, sa.BigInteger, nullable=False) for name in NUMBERS),
    sa.Column("position", sa.BigInteger, nullable=False, unique=True),
)


@dataclass(frozen=True, slots=True)
class Placed:
    """An instrument and the place of its newest change in the stream."""

    position: int
    instrument: Instrument


@dataclass(frozen=True, slots=True)
class Filter:
    """Which instruments to list. `text` is in lower case, empty for any."""

    asset_type: AssetType | None = None
    text: str = ""


def epoch(connection: Connection) -> str:
    """Returns the name of this database's stream, which its tables were made with."""
    name: str = connection.execute(sa.select(stream.c.epoch)).scalar_one()
    return name


def hold(connection: Connection) -> None:
    """Makes other writers wait until this transaction ends."""
    connection.execute(sa.select(stream.c.position).with_for_update())


def next_position(connection: Connection) -> int:
    """Takes the next place in the stream. Other writers wait until this transaction ends."""
    taken = sa.update(stream).values(position=stream.c.position + 1).returning(stream.c.position)
    position: int = connection.execute(taken).scalar_one()
    return position


def count(connection: Connection) -> int:
    """Returns how many instruments are listed."""
    number: int = connection.execute(sa.select(sa.func.count()).select_from(instruments)).scalar_one()
    return number


def find(connection: Connection, symbol: str) -> Instrument | None:
    """Returns an instrument by its symbol."""
    row = connection.execute(sa.select(instruments).where(instruments.c.symbol == symbol)).first()
    return None if row is None else _from_row(row)


def owner_of_isin(connection: Connection, isin: str) -> str | None:
    """Returns the symbol of the instrument with an ISIN."""
    owner: str | None = connection.execute(
        sa.select(instruments.c.symbol).where(instruments.c.isin == isin)
    ).scalar()
    return owner


def insert(connection: Connection, instrument: Instrument, position: int) -> None:
    """Adds an instrument."""
    connection.execute(instruments.insert(), _to_row(instrument, position))


def update(connection: Connection, instrument: Instrument, position: int) -> None:
    """Replaces an instrument."""
    here = instruments.c.symbol == instrument.symbol
    connection.execute(sa.update(instruments).where(here).values(_to_row(instrument, position)))


def changed_since(connection: Connection, position: int) -> list[Placed]:
    """Returns the instruments that changed after a position, in the order of their newest changes."""
    newer = sa.select(instruments).where(instruments.c.position > position).order_by(instruments.c.position)
    return [Placed(row.position, _from_row(row)) for row in connection.execute(newer)]


def page(connection: Connection, wanted: Filter, after: str, limit: int) -> tuple[list[Instrument], int]:
    """Returns the instruments after a symbol, sorted by symbol, and how many match in all."""
    conditions = _conditions(wanted)
    total = sa.select(sa.func.count()).select_from(instruments).where(*conditions)
    rows = (
        sa.select(instruments)
        .where(*conditions, instruments.c.symbol > after)
        .order_by(instruments.c.symbol)
        .limit(limit)
    )
    return [_from_row(row) for row in connection.execute(rows)], connection.execute(total).scalar_one()


def _conditions(wanted: Filter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [sa.true()]
    if wanted.asset_type is not None:
        conditions.append(instruments.c.asset_type == wanted.asset_type.value)
    if wanted.text:
        conditions.append(instruments.c.search_text.contains(wanted.text, autoescape=True))
    return conditions


def _to_row(instrument: Instrument, position: int) -> dict[str, Any]:
    same = ("symbol", "reference_time_ns", *PLAIN, *NUMBERS)
    assert instrument.detail is not None
    return {
        **{name: getattr(instrument, name) for name in same},
        **{name: decimal_text(getattr(instrument, name)) for name in DECIMALS},
        "asset_type": instrument.asset_type.value,
        "isin": instrument.isin or None,
        "detail": json.dumps(details.to_plain(instrument.detail)),
        "attributes": json.dumps(dict(instrument.attributes), sort_keys=True),
        "search_text": search_text(instrument),
        "position": position,
    }


def _from_row(row: Row[Any]) -> Instrument:
    asset_type = AssetType(row.asset_type)
    values: dict[str, Any] = {name: Decimal(row._mapping[name]) for name in DECIMALS}
    values |= {name: row._mapping[name] for name in ("reference_time_ns", *PLAIN, *NUMBERS)}
    return Instrument(
        symbol=Symbol(row.symbol),
        asset_type=asset_type,
        isin=row.isin or "",
        detail=details.from_plain(asset_type, json.loads(row.detail)),
        attributes=json.loads(row.attributes),
        **values,
    )

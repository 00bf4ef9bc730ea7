"""Trades, bars and how far the venue has been followed: written together, read in pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from ..runtime.database import Database, upsert
from ..values import Symbol
from .bulk import Row, insert_trades
from .domain.bars import VOLUME_MAX, Bar, BarKey, Interval
from .domain.depth import Level
from .domain.listings import Listings
from .domain.ticks import Kind, Ticks
from .domain.trades import Trade
from .tables import bars, progress, trades

SOURCE = "executions"
TIME_MAX_NS = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the store is: the number of the last batch, and where to resume the venue's executions."""

    batch: int = 0
    token: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """What is stored in one transaction."""

    progress: Progress
    trades: list[Trade]
    published: list[Ticks]
    parts: list[Bar]
    late: set[BarKey]


@dataclass(frozen=True, slots=True)
class StoredTrade:
    """One trade as it was stored."""

    id: int
    symbol: Symbol
    trade_id: str
    price_ticks: int
    quantity_lots: int
    buyer_came: bool
    time_ns: int


class PricingStore:
    """The tables of the pricing service."""

    def __init__(self, database: Database, listings: Listings) -> None:
        self._database = database
        self._listings = listings

    async def save(self, batch: Batch) -> list[Bar]:
        """Stores a batch once, however often it is tried, and returns its late bars as they are now."""
        return await self._database.run(lambda connection: self._save(connection, batch))

    def _save(self, connection: Connection, batch: Batch) -> list[Bar]:
        if _progress(connection).batch < batch.progress.batch:
            insert_trades(connection, chain(map(_row, batch.trades), self._published_rows(batch.published)))
            _merge_bars(connection, batch.parts)
            _set_progress(connection, batch.progress)
        return [bar for key in sorted(batch.late) for bar in _find_bar(connection, key)]

    def _published_rows(self, published: list[Ticks]) -> Iterable[Row]:
        """Returns rows by instrument, in order of arrival: as they stand in the index, so that it is fast."""
        if not published:
            return ()
        together = Ticks.of(map(np.concatenate, zip(*(ticks.columns() for ticks in published), strict=True)))
        by_instrument = np.argsort(together.instrument, kind="stable")
        index, kind, price, lots, time_ns = (column[by_instrument] for column in together.columns())
        symbols = [self._listings.at(number).symbol for number in index.tolist()]
        bought = (kind == Kind.TRADE_BUY).tolist()
        return zip(symbols, repeat(""), price.tolist(), lots.tolist(), bought, time_ns.tolist(), strict=False)

    async def progress(self) -> Progress:
        """Returns how far the store is."""
        return await self._database.read(_progress)

    async def newest_bars(self, symbols: Iterable[Symbol]) -> list[Bar]:
        """Returns the newest bar of each of some instruments, of each interval."""
        keys = [(symbol, interval) for symbol in symbols for interval in Interval]
        return await self._database.read(
            lambda connection: [bar for key in keys for bar in _newest_bar(connection, *key)]
        )

    async def last_trades(self, symbols: Iterable[Symbol]) -> list[tuple[Symbol, Level, int]]:
        """Returns price, quantity and time of the last trade of each instrument that has one."""
        chosen = list(symbols)
        found = await self._database.read(
            lambda connection: [_newest_trade(connection, symbol) for symbol in chosen]
        )
        return [
            (trade.symbol, Level(trade.price_ticks, trade.quantity_lots), trade.time_ns)
            for trade in found
            if trade is not None
        ]

    async def list_trades(
        self, symbol: Symbol, before: tuple[int, int] | None, limit: int
    ) -> list[StoredTrade]:
        """Returns trades, newest first, from after the one with this time and id."""
        return await self._database.read(lambda connection: _list_trades(connection, symbol, before, limit))

    async def list_bars(
        self, symbol: Symbol, interval: Interval, start_ns: int, end_ns: int, limit: int
    ) -> list[Bar]:
        """Returns the first bars that start in a range, oldest first."""
        query = _in_range(symbol, interval, start_ns, end_ns).order_by(bars.c.start_ns).limit(limit)
        return await self._database.read(lambda connection: _bars(connection, query))

    async def newest_bars_before(
        self, symbol: Symbol, interval: Interval, end_ns: int, limit: int
    ) -> list[Bar]:
        """Returns the newest bars that start before a moment, oldest first."""
        query = _in_range(symbol, interval, 0, end_ns).order_by(bars.c.start_ns.desc()).limit(limit)
        return (await self._database.read(lambda connection: _bars(connection, query)))[::-1]


def _row(trade: Trade) -> Row:
    return (
        trade.symbol, trade.trade_id, trade.price_ticks, trade.quantity_lots, trade.buyer_came, trade.time_ns
    )  # fmt: skip


def _progress(connection: Connection) -> Progress:
    query = sa.select(progress.c.batch, progress.c.token).where(progress.c.source == SOURCE)
    row = connection.execute(query).first()
    return Progress() if row is None else Progress(row.batch, row.token)


def _set_progress(connection: Connection, reached: Progress) -> None:
    row = {"source": SOURCE, "batch": reached.batch, "token": reached.token}
    upsert(connection, progress, [row], ["source"])


def _merge_bars(connection: Connection, parts: list[Bar]) -> None:
    """Adds parts to the bars that are there; the rule is that of `Bar.merged`."""
    if not parts:
        return
    insert: Any = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(bars)
    new = insert.excluded
    earlier = new.first_time_ns < bars.c.first_time_ns
    later = new.last_time_ns >= bars.c.last_time_ns
    room = VOLUME_MAX - new.volume_lots
    changes = {
        "open_ticks": sa.case((earlier, new.open_ticks), else_=bars.c.open_ticks),
        "first_time_ns": sa.case((earlier, new.first_time_ns), else_=bars.c.first_time_ns),
        "close_ticks": sa.case((later, new.close_ticks), else_=bars.c.close_ticks),
        "last_time_ns": sa.case((later, new.last_time_ns), else_=bars.c.last_time_ns),
        "high_ticks": sa.case((new.high_ticks > bars.c.high_ticks, new.high_ticks), else_=bars.c.high_ticks),
        "low_ticks": sa.case((new.low_ticks < bars.c.low_ticks, new.low_ticks), else_=bars.c.low_ticks),
        "volume_lots": sa.case(
            (bars.c.volume_lots > room, VOLUME_MAX), else_=bars.c.volume_lots + new.volume_lots
        ),
        "trade_count": bars.c.trade_count + new.trade_count,
    }
    statement = insert.on_conflict_do_update(index_elements=["symbol", "interval", "start_ns"], set_=changes)
    connection.execute(statement, [_bar_row(part) for part in parts])


def _bar_row(bar: Bar) -> dict[str, Any]:
    return {column.name: getattr(bar, column.name) for column in bars.c} | {"interval": int(bar.interval)}


def _bars(connection: Connection, query: sa.Select[Any]) -> list[Bar]:
    return [Bar(row[0], Interval(row[1]), *row[2:]) for row in connection.execute(query)]


def _find_bar(connection: Connection, key: BarKey) -> list[Bar]:
    symbol, interval, start_ns = key
    return _bars(connection, _in_range(symbol, interval, start_ns, start_ns + 1))


def _in_range(symbol: Symbol, interval: Interval, start_ns: int, end_ns: int) -> sa.Select[Any]:
    return sa.select(bars).where(
        bars.c.symbol == symbol,
        bars.c.interval == int(interval),
        bars.c.start_ns >= start_ns,
        bars.c.start_ns < end_ns,
    )


def _newest_bar(connection: Connection, symbol: Symbol, interval: Interval) -> list[Bar]:
    every = _in_range(symbol, interval, 0, TIME_MAX_NS)
    return _bars(connection, every.order_by(bars.c.start_ns.desc()).limit(1))


def _newest_trade(connection: Connection, symbol: Symbol) -> StoredTrade | None:
    return next(iter(_list_trades(connection, symbol, None, 1)), None)


def _list_trades(
    connection: Connection, symbol: Symbol, before: tuple[int, int] | None, limit: int
) -> list[StoredTrade]:
    query = sa.select(trades).where(trades.c.symbol == symbol)
    if before is not None:
        query = query.where(sa.tuple_(trades.c.time_ns, trades.c.id) < before)
    newest_first = query.order_by(trades.c.time_ns.desc(), trades.c.id.desc()).limit(limit)
    return [StoredTrade(*row) for row in connection.execute(newest_first)]

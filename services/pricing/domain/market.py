"""Everything that is known of the market: what comes in changes quotes, bars and the log of ticks alike."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from ...values import Symbol
from .bars import Bar, BarBook, BarKey, Interval
from .depth import Level
from .listings import Listing, Listings
from .quotes import Quote, QuoteBook
from .ticklog import TickLog
from .ticks import Kind, Ticks
from .trades import Trade

Row = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Top:
    """The best bid and ask of one book at one moment."""

    listing: Listing
    bid: Level | None
    ask: Level | None
    time_ns: int


@dataclass(frozen=True, slots=True)
class Unsaved:
    """What must be stored together: trades and the parts of bars that they make."""

    trades: list[Trade] = field(default_factory=list)
    published: list[Ticks] = field(default_factory=list)
    parts: list[Bar] = field(default_factory=list)
    late: set[BarKey] = field(default_factory=set)


class Market:
    """Takes tops of books, trades and published ticks."""

    def __init__(self, listings: Listings, bars: BarBook, ticks: TickLog) -> None:
        self.listings = listings
        self.quotes = QuoteBook(listings)
        self.bars = bars
        self.ticks = ticks
        self._trades: list[Trade] = []
        self._published: list[Ticks] = []
        self.unsaved_rows = 0  # trades since `take_unsaved`

    def set_tops(self, tops: Iterable[Top]) -> None:
        """Takes the newest best bids and asks. Those that are as before are not ticks."""
        rows = [row for top in tops for row in _top_rows(top)]
        if rows:
            ticks = _columns(rows)
            self.ticks.append(ticks.where(self.quotes.changes(ticks)))

    def add_trades(self, trades: list[Trade]) -> None:
        """Takes trades of the venue, each once."""
        if trades:
            ticks = _columns([_trade_row(trade) for trade in trades])
            self._take(ticks)
            self._trades += trades
            self.unsaved_rows += len(trades)

    def add_ticks(self, ticks: Ticks) -> None:
        """Takes rows that were checked and carry our numbers."""
        self._take(ticks)
        traded = ticks.where(ticks.is_trade)
        if len(traded):
            self._published.append(traded)
            self.unsaved_rows += len(traded)

    def _take(self, ticks: Ticks) -> None:
        self.quotes.apply(ticks)
        self.bars.add(ticks)
        self.ticks.append(ticks)

    def close_bars(self, now_ns: int) -> None:
        """Lets the clock end bars; a day that ends takes its opening price along."""
        for bar in self.bars.close(now_ns):
            if bar.interval is Interval.DAY_1:
                self.quotes.touch(bar.symbol)

    def open_ticks(self, symbol: Symbol, now_ns: int) -> int | None:
        """Returns the first price of the present UTC day, if there is one."""
        day = self.bars.current(symbol, Interval.DAY_1)
        if day is None or day.start_ns != Interval.DAY_1.start_ns(now_ns):
            return None
        return day.open_ticks

    def restore(self, bars: Iterable[Bar], last: Iterable[tuple[Symbol, Level, int]]) -> None:
        """Sets the newest bars and last trades, as they were stored."""
        self.bars.restore(bars)
        rows = [
            _row(self.listings.find(symbol), Kind.TRADE_BUY, level, time_ns)
            for symbol, level, time_ns in last
        ]
        if rows:
            self.quotes.apply(_columns(rows))

    def quotes_of(self, listings: Iterable[Listing]) -> list[Quote]:
        """Returns the latest quotes of some instruments."""
        return [self.quotes.latest(listing.symbol) for listing in listings]

    def take_unsaved(self) -> Unsaved:
        """Returns what has come since the last call."""
        parts, late = self.bars.take_parts()
        unsaved = Unsaved(self._trades, self._published, parts, late)
        self._trades, self._published, self.unsaved_rows = [], [], 0
        return unsaved


def _top_rows(top: Top) -> Iterable[Row]:
    yield _row(top.listing, Kind.BID, top.bid, top.time_ns)
    yield _row(top.listing, Kind.ASK, top.ask, top.time_ns)


def _row(listing: Listing, kind: Kind, level: Level | None, time_ns: int) -> Row:
    shown = level or Level(0, 0)
    return listing.index, kind, shown.price_ticks, shown.quantity_lots, time_ns


def _trade_row(trade: Trade) -> Row:
    kind = Kind.TRADE_BUY if trade.buyer_came else Kind.TRADE_SELL
    return trade.listing.index, kind, trade.price_ticks, trade.quantity_lots, trade.time_ns


def _columns(rows: list[Row]) -> Ticks:
    index, kind, price, lots, time_ns = np.array(rows, np.int64).T
    return Ticks(index.astype(np.uint32), kind.astype(np.uint8), price, lots, time_ns)

"""Quotes: the best bid and ask and the last trade of each instrument. The newest arrival wins."""

from dataclasses import dataclass

from tickmesh.native import quotes as native

from ...values import Symbol
from .depth import Level
from .listings import Listings
from .ticks import Bools, Ticks


@dataclass(frozen=True, slots=True)
class Quote:
    """What is known of one instrument at one moment. A time of 0 says that there was nothing yet."""

    symbol: Symbol
    bid: Level | None = None
    ask: Level | None = None
    last: Level | None = None
    last_time_ns: int = 0
    quote_time_ns: int = 0


class QuoteBook:
    """The latest quote of every instrument, kept in C, and which have changed since somebody last asked."""

    def __init__(self, listings: Listings) -> None:
        self._listings = listings
        self._quotes = native.Quotes()

    def latest(self, symbol: Symbol) -> Quote:
        """Returns the latest quote; an empty one when nothing was said of the instrument."""
        return self._named(self._listings.find(symbol).index)

    def apply(self, ticks: Ticks) -> None:
        """Takes rows in order. A trade that is earlier than the last one is passed over."""
        self._quotes.reserve(len(self._listings))
        self._quotes.apply(ticks.columns())

    def changes(self, ticks: Ticks) -> Bools:
        """Takes rows in order, and says of each whether it changed the quote."""
        self._quotes.reserve(len(self._listings))
        return self._quotes.changes(ticks.columns())

    def touch(self, symbol: Symbol) -> None:
        """Counts a quote as changed because of something that is kept elsewhere."""
        self._quotes.touch(self._listings.find(symbol).index)

    def take_changed(self) -> list[Quote]:
        """Returns the quotes that changed since the last call."""
        return [self._named(index) for index in self._quotes.take_changed()]

    def _named(self, index: int) -> Quote:
        bid, bid_lots, ask, ask_lots, last, last_lots, last_time_ns, quote_time_ns = self._quotes.at(index)
        symbol = self._listings.at(index).symbol
        levels = _level(bid, bid_lots), _level(ask, ask_lots), _level(last, last_lots)
        return Quote(symbol, *levels, last_time_ns, quote_time_ns)


def _level(price_ticks: int, lots: int) -> Level | None:
    return Level(price_ticks, lots) if lots else None

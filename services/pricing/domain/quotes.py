"""Quotes: the best bid and ask and the last trade of each instrument. The newest arrival wins."""

from dataclasses import dataclass

from ...values import Symbol
from .depth import Level


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
    """The latest quote of every instrument, and which have changed since somebody last asked."""

    def __init__(self) -> None:
        self._quotes: dict[Symbol, Quote] = {}
        self._changed: dict[Symbol, None] = {}

    def latest(self, symbol: Symbol) -> Quote:
        """Returns the latest quote; an empty one when nothing was said of the instrument."""
        return self._quotes.get(symbol) or Quote(symbol)

    def set_bid(self, symbol: Symbol, bid: Level | None, time_ns: int) -> bool:
        """Sets the best bid and says whether it is another than before."""
        before = self.latest(symbol)
        if before.bid == bid:
            return False
        self._put(Quote(symbol, bid, before.ask, before.last, before.last_time_ns, time_ns))
        return True

    def set_ask(self, symbol: Symbol, ask: Level | None, time_ns: int) -> bool:
        """Sets the best ask and says whether it is another than before."""
        before = self.latest(symbol)
        if before.ask == ask:
            return False
        self._put(Quote(symbol, before.bid, ask, before.last, before.last_time_ns, time_ns))
        return True

    def set_last(self, symbol: Symbol, last: Level, time_ns: int) -> None:
        """Sets the last trade, unless a later one is known."""
        before = self.latest(symbol)
        if time_ns >= before.last_time_ns:
            self._put(Quote(symbol, before.bid, before.ask, last, time_ns, before.quote_time_ns))

    def touch(self, symbol: Symbol) -> None:
        """Counts a quote as changed because of something that is kept elsewhere."""
        self._changed[symbol] = None

    def _put(self, quote: Quote) -> None:
        self._quotes[quote.symbol] = quote
        self._changed[quote.symbol] = None

    def take_changed(self) -> list[Quote]:
        """Returns the quotes that changed since the last call."""
        changed = [self.latest(symbol) for symbol in self._changed]
        self._changed.clear()
        return changed

"""A slow, obvious keeper of quotes, which that of the service must agree with."""

from dataclasses import replace

from tickmesh.services.pricing.domain.depth import Level
from tickmesh.services.pricing.domain.quotes import Quote
from tickmesh.services.pricing.domain.ticks import Kind
from tickmesh.services.values import Symbol


class ReferenceQuotes:
    """Takes one row at a time."""

    def __init__(self) -> None:
        self._quotes: dict[Symbol, Quote] = {}
        self.changed: set[Symbol] = set()

    def latest(self, symbol: Symbol) -> Quote:
        return self._quotes.get(symbol) or Quote(symbol)

    def take(self, symbol: Symbol, kind: int, level: Level, time_ns: int) -> bool:
        """Takes a row and says whether it changed the quote."""
        before = self.latest(symbol)
        after = _after(before, kind, level, time_ns)
        if after is None:
            return False
        self._quotes[symbol] = after
        self.changed.add(symbol)
        return True


def _after(before: Quote, kind: int, level: Level, time_ns: int) -> Quote | None:
    side = level if level.quantity_lots else None
    if kind == Kind.BID:
        return None if before.bid == side else replace(before, bid=side, quote_time_ns=time_ns)
    if kind == Kind.ASK:
        return None if before.ask == side else replace(before, ask=side, quote_time_ns=time_ns)
    if time_ns < before.last_time_ns:
        return None
    return replace(before, last=level, last_time_ns=time_ns)

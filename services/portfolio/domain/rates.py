"""Exchange rates out of marks of currency pairs: direct, inverse, or over the US dollar; never assumed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from .positions import EXACT

VIA = "USD"
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class CurrencyPair:
    """An instrument whose price is one currency's worth in another."""

    base: str
    quote: str


@dataclass(slots=True)
class ExchangeRates:
    """What one unit of a currency is worth in another, as far as marks tell."""

    marks: Mapping[str, Decimal]  # by symbol
    _symbols: dict[CurrencyPair, str] = field(default_factory=dict)

    def add_pair(self, symbol: str, pair: CurrencyPair) -> None:
        """Takes the marks of an instrument as a source of rates. The first one of a pair stays."""
        self._symbols.setdefault(pair, symbol)

    def currencies(self) -> set[str]:
        """Returns every currency that a pair names."""
        return {code for pair in self._symbols for code in (pair.base, pair.quote)}

    def rate(self, currency: str, into: str) -> Decimal | None:
        """Returns what one unit of a currency is worth in another, or None when no marks tell."""
        if currency == into:
            return _ONE
        straight = self._straight(currency, into)
        if straight is not None:
            return straight
        first, second = self._straight(currency, VIA), self._straight(VIA, into)
        if first is None or second is None:
            return None
        return EXACT.multiply(first, second)

    def _straight(self, currency: str, into: str) -> Decimal | None:
        direct = self._mark(CurrencyPair(currency, into))
        if direct is not None:
            return direct
        inverse = self._mark(CurrencyPair(into, currency))
        return None if inverse is None else EXACT.divide(_ONE, inverse)

    def _mark(self, pair: CurrencyPair) -> Decimal | None:
        symbol = self._symbols.get(pair)
        mark = None if symbol is None else self.marks.get(symbol)
        return mark if mark is not None and mark > 0 else None

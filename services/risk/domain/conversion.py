"""Which conversion rates the engine should know: base currency for one unit of each other currency."""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from ...values import decimal_text

BASE_CURRENCY = "USD"
_STEP = Decimal("1e-15")
_BASIS_POINTS = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class Pair:
    """A currency pair: its price is what one unit of `base` is worth in `quote`."""

    base: str
    quote: str


@dataclass(slots=True)
class Conversions:
    """Follows the prices of currency pairs and says which rates moved far enough to be told."""

    threshold_bps: int
    _needed: set[str] = field(default_factory=set)
    _pairs: dict[str, Pair] = field(default_factory=dict)
    _rates: dict[str, Decimal] = field(default_factory=dict)
    _told: dict[str, Decimal] = field(default_factory=dict)

    def need(self, currency: str) -> None:
        """Takes a currency that some instrument is priced in; the rates of others are not told."""
        self._needed.add(currency)

    def list_pair(self, symbol: str, pair: Pair, reference_price: Decimal) -> None:
        """Takes a currency pair; its reference price counts until a quote comes."""
        known = symbol in self._pairs
        self._pairs[symbol] = pair
        if not known:
            self.price(symbol, reference_price)

    def price(self, symbol: str, price: Decimal) -> None:
        """Takes a price; one of no currency pair, or without the base currency, says nothing."""
        pair = self._pairs.get(symbol)
        if pair is None or price <= 0:
            return
        if pair.quote == BASE_CURRENCY:
            self._rates[pair.base] = price
        elif pair.base == BASE_CURRENCY:
            self._rates[pair.quote] = _inverse(price)

    def moved(self) -> dict[str, str]:
        """Returns the rates that were never told or moved by more than the threshold since, by currency."""
        rates = sorted(self._rates.items())
        return {code: decimal_text(rate) for code, rate in rates if self._is_news(code, rate)}

    def _is_news(self, code: str, rate: Decimal) -> bool:
        told = self._told.get(code)
        if code not in self._needed:
            return False
        return told is None or abs(rate - told) * _BASIS_POINTS > told * self.threshold_bps

    def told(self, rates: dict[str, str]) -> None:
        """Remembers which rates were told."""
        self._told.update({code: Decimal(rate) for code, rate in rates.items()})


def _inverse(price: Decimal) -> Decimal:
    with localcontext() as context:
        context.prec = 50
        return (1 / price).quantize(_STEP, rounding=ROUND_HALF_EVEN)

"""What positions are worth: marks, profit and exposure. Nothing is rounded here; the servicer rounds once."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from .positions import EXACT, ZERO, Holding, PositionKey
from .rates import CurrencyPair, ExchangeRates

_TWO = Decimal(2)


@dataclass(frozen=True, slots=True)
class Terms:
    """What valuation needs to know of an instrument; fixed for its life."""

    symbol: str
    currency: str
    multiplier: Decimal
    pair: CurrencyPair | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """What one unit is taken to be worth, and when that was seen."""

    price: Decimal
    time_ns: int


@dataclass(frozen=True, slots=True)
class QuoteSides:
    """The prices of a quote. None: nobody bids, nobody offers, no trade yet."""

    bid: Decimal | None
    ask: Decimal | None
    last: Decimal | None
    quote_time_ns: int
    last_time_ns: int


@dataclass(frozen=True, slots=True)
class Worth:
    """What a position is worth as far as marks and rates tell; in its own currency but for `_base`."""

    key: PositionKey
    holding: Holding
    base_currency: str
    terms: Terms | None
    mark: Mark | None
    rate: Decimal | None  # base currency for one unit of the instrument's
    realized: Decimal | None
    unrealized: Decimal | None
    market_value: Decimal | None

    @property
    def realized_base(self) -> Decimal | None:
        """Realised profit in the base currency at today's rate."""
        return _converted(self.realized, self.rate)

    @property
    def unrealized_base(self) -> Decimal | None:
        """Unrealised profit in the base currency."""
        return _converted(self.unrealized, self.rate)

    @property
    def market_value_base(self) -> Decimal | None:
        """Signed market value in the base currency."""
        return _converted(self.market_value, self.rate)

    def missing(self) -> list[str]:
        """Names what the portfolio's sums lack because of this position."""
        if self.terms is None:
            return [f"no instrument {self.key.symbol}"]
        lacks = []
        if self.mark is None and not self.holding.is_flat:
            lacks.append(f"no mark for {self.key.symbol}")
        if self.rate is None and not (self.holding.is_flat and self.holding.realized == 0):
            lacks.append(f"no rate from {self.terms.currency} to {self.base_currency}")
        return lacks


@dataclass(frozen=True, slots=True)
class Sums:
    """What a portfolio's positions add up to in its base currency. None: something needed is missing."""

    realized: Decimal | None
    unrealized: Decimal | None
    gross: Decimal | None
    net: Decimal | None
    missing: list[str]


def mark_of(quote: QuoteSides) -> Mark | None:
    """Returns the mid of best bid and ask, or the last trade where a side is missing, or None."""
    if quote.bid is not None and quote.ask is not None:
        return Mark(EXACT.divide(EXACT.add(quote.bid, quote.ask), _TWO), quote.quote_time_ns)
    return None if quote.last is None else Mark(quote.last, quote.last_time_ns)


def worth_of(
    key: PositionKey,
    holding: Holding,
    base_currency: str,
    terms: Terms | None,
    mark: Mark | None,
    rates: ExchangeRates,
) -> Worth:
    """Returns what a position is worth."""
    realized = unrealized = value = None
    if terms is not None:
        realized = EXACT.multiply(holding.realized, terms.multiplier)
    if terms is not None and mark is not None:
        points = EXACT.multiply(holding.quantity, mark.price)
        value = EXACT.multiply(points, terms.multiplier)
        unrealized = EXACT.multiply(EXACT.subtract(points, holding.cost), terms.multiplier)
    rate = None if terms is None else rates.rate(terms.currency, base_currency)
    return Worth(key, holding, base_currency, terms, mark, rate, realized, unrealized, value)


def sums_of(worths: Iterable[Worth]) -> Sums:
    """Returns what positions add up to; a sum that lacks a part is None, and `missing` says why."""
    held = list(worths)
    live = [worth for worth in held if not worth.holding.is_flat]
    values = [worth.market_value_base for worth in live]
    return Sums(
        realized=_total([w.realized_base for w in held if w.holding.realized != 0]),
        unrealized=_total([worth.unrealized_base for worth in live]),
        gross=_total([None if value is None else value.copy_abs() for value in values]),
        net=_total(values),
        missing=sorted({lack for worth in held for lack in worth.missing()}),
    )


def _total(parts: list[Decimal | None]) -> Decimal | None:
    total = ZERO
    for part in parts:
        if part is None:
            return None
        total = EXACT.add(total, part)
    return total


def _converted(amount: Decimal | None, rate: Decimal | None) -> Decimal | None:
    return None if amount is None or rate is None else EXACT.multiply(amount, rate)

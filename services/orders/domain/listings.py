"""Instruments as the order path knows them: an index for the engine, increments for the text."""

import json
import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from ...values import Increment, MalformedDecimal, NotAMultiple, decimal_text
from .faults import BelowMinimumNotional, InvalidOrder, OffLot, OffTick, UnknownInstrument

NANO = 1_000_000_000
UNIT_VALUE_MAX = 1 << 46


@dataclass(frozen=True, slots=True)
class Listing:
    """One instrument. Its facts stand in the journal, so that a replay needs nobody else."""

    index: int
    symbol: str
    currency: str
    price_increment: Increment
    quantity_increment: Increment
    multiplier: Decimal
    minimum_notional: Decimal
    reference_ticks: int

    def ticks(self, text: str, field: str = "price") -> int:
        """Returns a price in ticks. Fails with OffTick, MalformedDecimal, OutOfBounds or InvalidOrder."""
        try:
            ticks = self.price_increment.to_units(text, field)
        except NotAMultiple as error:
            raise OffTick(error.message, fields=error.fields) from error
        if ticks <= 0:
            raise InvalidOrder(field, "must be more than zero")
        return ticks

    def lots(self, text: str, field: str = "quantity") -> int:
        """Returns a quantity in lots. Fails with OffLot, MalformedDecimal, OutOfBounds or InvalidOrder."""
        try:
            lots = self.quantity_increment.to_units(text, field)
        except NotAMultiple as error:
            raise OffLot(error.message, fields=error.fields) from error
        if lots <= 0:
            raise InvalidOrder(field, "must be more than zero")
        return lots

    def check_notional(self, ticks: int, lots: int) -> None:
        """Fails with BelowMinimumNotional when so much at this price is worth too little."""
        if not self.minimum_notional:
            return
        notional = (
            self.price_increment.to_decimal(ticks)
            * self.quantity_increment.to_decimal(lots)
            * self.multiplier
        )
        if notional < self.minimum_notional:
            raise BelowMinimumNotional(
                decimal_text(notional), decimal_text(self.minimum_notional), self.currency
            )

    @property
    def least_notional(self) -> int:
        """Returns the least that ticks times lots of an order may be; 0 when there is no bound."""
        unit = Fraction(self.price_increment.value) * Fraction(self.quantity_increment.value)
        return math.ceil(Fraction(self.minimum_notional) / (unit * Fraction(self.multiplier)))

    def unit_value(self, rate: Fraction) -> int:
        """Returns what a tick times a lot is worth, in billionths of the base currency, at least 1.

        `rate` is base currency for one unit of the instrument's currency. Rounded half even.
        """
        exact = (
            Fraction(self.price_increment.value)
            * Fraction(self.quantity_increment.value)
            * Fraction(self.multiplier)
            * rate
            * NANO
        )
        return min(max(1, round(exact)), UNIT_VALUE_MAX)

    def to_text(self) -> str:
        """Returns the facts as they stand in the journal."""
        return json.dumps(
            {
                "index": self.index,
                "symbol": self.symbol,
                "currency": self.currency,
                "price_increment": decimal_text(self.price_increment.value),
                "quantity_increment": decimal_text(self.quantity_increment.value),
                "multiplier": decimal_text(self.multiplier),
                "minimum_notional": decimal_text(self.minimum_notional),
                "reference_ticks": self.reference_ticks,
            }
        )

    @classmethod
    def from_text(cls, text: str) -> "Listing":
        """Returns the listing that a journal's text names."""
        facts = json.loads(text)
        return cls(
            index=facts["index"],
            symbol=facts["symbol"],
            currency=facts["currency"],
            price_increment=Increment(Decimal(facts["price_increment"])),
            quantity_increment=Increment(Decimal(facts["quantity_increment"])),
            multiplier=Decimal(facts["multiplier"]),
            minimum_notional=Decimal(facts["minimum_notional"]),
            reference_ticks=facts["reference_ticks"],
        )


class Listings:
    """All instruments by symbol and by index."""

    def __init__(self) -> None:
        self._by_symbol: dict[str, Listing] = {}
        self.by_index: list[Listing] = []
        self.rates: dict[str, Fraction] = {}

    def add(self, listing: Listing) -> None:
        """Adds a listing at the next index."""
        assert listing.index == len(self.by_index)
        self._by_symbol[listing.symbol] = listing
        self.by_index.append(listing)

    def has(self, symbol: str) -> bool:
        """Says whether a symbol is listed."""
        return symbol in self._by_symbol

    def get(self, symbol: str, field: str = "symbol") -> Listing:
        """Returns a listing. Fails with UnknownInstrument."""
        listing = self._by_symbol.get(symbol)
        if listing is None:
            raise UnknownInstrument(symbol, field)
        return listing

    def rate(self, currency: str) -> Fraction:
        """Returns base currency for one unit of a currency; 1 until a rate is told."""
        return self.rates.get(currency, Fraction(1))

    def of_currency(self, currency: str) -> list[Listing]:
        """Returns the instruments that are priced in a currency."""
        return [listing for listing in self.by_index if listing.currency == currency]


__all__ = ["Listing", "Listings", "MalformedDecimal"]

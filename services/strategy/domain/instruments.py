"""What a strategy has to know about an instrument, with prices in ticks and quantities in lots."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from enum import Enum

from ...values import Increment, Symbol


class AssetType(Enum):
    """The eight kinds of asset, each with its name in the ids of strategies."""

    STOCK = "stock"
    BOND = "bond"
    ETF = "etf"
    REIT = "reit"
    MUTUAL_FUND = "mutual-fund"
    CRYPTO = "crypto"
    FOREX = "forex"
    COMMODITY = "commodity"


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument that strategies trade."""

    symbol: Symbol
    asset_type: AssetType
    price_increment: Increment
    quantity_increment: Increment
    reference_ticks: int
    multiplier: Decimal = Decimal(1)
    minimum_notional: Decimal = Decimal(0)

    def lot_value(self, ticks: int) -> Decimal:
        """Returns what one lot is worth at a price, in the instrument's currency."""
        return self.price_increment.value * ticks * self.quantity_increment.value * self.multiplier

    def lots_worth(self, notional: Decimal) -> int:
        """Returns the lots, one or more, that come nearest to a value at the reference price.

        A currency pair is sized in its base currency, so that pairs against yen and euro weigh the same.
        """
        forex = self.asset_type is AssetType.FOREX
        one_lot = self.quantity_increment.value if forex else self.lot_value(self.reference_ticks)
        return max(1, int((notional / one_lot).to_integral_value(ROUND_HALF_EVEN)))

    def lots_minimum(self, ticks: int) -> int:
        """Returns the fewest lots that the minimum notional allows at a price."""
        return max(1, int((self.minimum_notional / self.lot_value(ticks)).to_integral_value(ROUND_CEILING)))


def basis_points(ticks: int, points: Decimal) -> int:
    """Returns a part of a price in ticks, in hundredths of a percent, rounded half to even."""
    return int((ticks * points / 10_000).to_integral_value(ROUND_HALF_EVEN))


def two_digits(lots: int) -> int:
    """Returns a size without all but its two leading digits, as people choose sizes."""
    unit: int = 10 ** max(0, len(str(lots)) - 2)
    return lots - lots % unit


def round_number(ticks: int) -> int:
    """Returns the one of 1, 2, 5, 10, 20, 50 and so on that is nearest in proportion."""
    power: int = 10 ** (len(str(max(1, ticks))) - 1)
    candidates = (power, 2 * power, 5 * power, 10 * power)
    return min(candidates, key=lambda one: max(one, ticks) / max(1, min(one, ticks)))


def of_type(instruments: Iterable[Instrument], asset_type: AssetType) -> tuple[Instrument, ...]:
    """Returns the instruments of one type, sorted by symbol."""
    return tuple(
        sorted((one for one in instruments if one.asset_type is asset_type), key=lambda one: one.symbol)
    )

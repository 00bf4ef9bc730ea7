"""Positions at average cost: what trades add up to, to the last digit.

Amounts are counted in points: price times quantity, before the instrument's multiplier.
The books always balance exactly, since closing a part only moves cost from what is held to what is realised:

    cash flow + cost of what is held = realised profit

Only the share of the cost that a closed part carries is rounded, half even, to COST_DIGITS.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation, Overflow
from typing import NamedTuple

COST_DIGITS = 24
_COST_STEP = Decimal(1).scaleb(-COST_DIGITS)
_DIGITS_MAX = 120  # far more than 18 + 18 digits of price and quantity, summed for years, can need
EXACT = Context(prec=_DIGITS_MAX, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, Overflow])
ZERO = Decimal(0)


class PositionKey(NamedTuple):
    """Whose position in what."""

    portfolio_id: str
    symbol: str


@dataclass(frozen=True, slots=True)
class Fill:
    """One side of a trade, as its execution report tells it."""

    execution_id: int
    portfolio_id: str
    symbol: str
    signed_quantity: Decimal  # bought: above zero; sold: below
    price: Decimal
    time_ns: int

    @property
    def key(self) -> PositionKey:
        """Names the position that it changes."""
        return PositionKey(self.portfolio_id, self.symbol)


@dataclass(frozen=True, slots=True)
class Holding:
    """What the trades of one portfolio in one instrument add up to."""

    quantity: Decimal = ZERO
    cost: Decimal = ZERO  # of what is held, signed like the quantity, in points
    realized: Decimal = ZERO  # in points
    volume: Decimal = ZERO
    trade_count: int = 0
    last_execution_id: int = 0
    update_time_ns: int = 0

    @property
    def is_flat(self) -> bool:
        """Says that nothing is held."""
        return self.quantity == 0

    def average_price(self) -> Decimal | None:
        """Returns the average cost of one unit, or None when flat."""
        return None if self.is_flat else EXACT.divide(self.cost, self.quantity)

    def after(self, fill: Fill) -> "Holding":
        """Returns what is held once a trade is counted."""
        closing = _closed_by(self.quantity, fill.signed_quantity)
        opening = EXACT.subtract(fill.signed_quantity, closing)
        released = _share(self.cost, closing, self.quantity)
        proceeds = EXACT.multiply(closing.copy_negate(), fill.price)
        return Holding(
            quantity=EXACT.add(self.quantity, fill.signed_quantity),
            cost=EXACT.add(EXACT.add(self.cost, released), EXACT.multiply(opening, fill.price)),
            realized=EXACT.add(self.realized, EXACT.add(proceeds, released)),
            volume=EXACT.add(self.volume, fill.signed_quantity.copy_abs()),
            trade_count=self.trade_count + 1,
            last_execution_id=fill.execution_id,
            update_time_ns=fill.time_ns,
        )


def _closed_by(held: Decimal, change: Decimal) -> Decimal:
    """Returns the part of a change that closes what is held: of the sign of the change, or zero."""
    if held == 0 or (held > 0) == (change > 0):
        return ZERO
    return change if change.copy_abs() <= held.copy_abs() else held.copy_negate()


def _share(cost: Decimal, closing: Decimal, held: Decimal) -> Decimal:
    """Returns the change of cost when a part is closed: all that is left with the last unit."""
    if closing == 0:
        return ZERO
    if closing == held.copy_negate():
        return cost.copy_negate()
    part = EXACT.divide(EXACT.multiply(cost, closing), held)
    return part.quantize(_COST_STEP, context=EXACT)

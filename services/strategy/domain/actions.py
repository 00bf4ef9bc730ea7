"""What a strategy can do, and the orders that it has."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from ...values import Symbol


class Side(Enum):
    """Buy or sell."""

    BUY = "BUY"
    SELL = "SELL"


@dataclass(frozen=True, slots=True)
class Submit:
    """A new limit order. One that `rests` stays until it is cancelled, any other trades at once or goes."""

    symbol: Symbol
    side: Side
    price_ticks: int
    lots: int
    rests: bool


@dataclass(frozen=True, slots=True)
class LiveOrder:
    """An order of a strategy that rests in the book."""

    client_order_id: str
    order_id: str
    symbol: Symbol
    side: Side
    price_ticks: int
    lots: int
    filled_lots: int = 0

    @property
    def open_lots(self) -> int:
        """What can still trade."""
        return self.lots - self.filled_lots


@dataclass(frozen=True, slots=True)
class Replace:
    """Gives a live order a new price and a new total quantity, what has traded included."""

    order: LiveOrder
    price_ticks: int
    lots: int

    @property
    def symbol(self) -> Symbol:
        """What the order trades."""
        return self.order.symbol

    @property
    def side(self) -> Side:
        """The side of the order."""
        return self.order.side


@dataclass(frozen=True, slots=True)
class Cancel:
    """Takes a live order out of the book."""

    order: LiveOrder

    @property
    def symbol(self) -> Symbol:
        """What the order trades."""
        return self.order.symbol

    @property
    def side(self) -> Side:
        """The side of the order."""
        return self.order.side


Action = Submit | Replace | Cancel


def on_side(orders: Iterable[LiveOrder], side: Side) -> list[LiveOrder]:
    """Returns the orders of one side, the best price first."""
    sign = -1 if side is Side.BUY else 1
    return sorted((one for one in orders if one.side is side), key=lambda one: sign * one.price_ticks)

"""The book of one instrument rebuilt from what StreamBook told, and its comparison with a recording. Pure."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from ..values import Increment
from .lobster import PRICE_UNITS, State
from .plan import Plan


class LevelChange(NamedTuple):
    """The new quantity at one price."""

    is_bid: bool
    price: int
    quantity: int


class Change(NamedTuple):
    """What one command changed."""

    command: int
    levels: Sequence[LevelChange]
    is_whole: bool = False  # a snapshot: what it does not name is gone


class Side:
    """One side of a book: knows its best level at any time."""

    def __init__(self, sign: int) -> None:
        self._sign = sign  # 1: the lowest price is best
        self._quantities: dict[int, int] = {}
        self._heap: list[int] = []  # every occupied price, and some that are gone

    def set(self, price: int, quantity: int) -> None:
        """Sets what is open at a price; 0 removes the level."""
        if quantity == 0:
            self._quantities.pop(price, None)
            return
        if price not in self._quantities:
            heapq.heappush(self._heap, self._sign * price)
        self._quantities[price] = quantity

    def best(self) -> tuple[int, int]:
        """Returns price and quantity of the best level, both 0 when there is none."""
        while self._heap and self._sign * self._heap[0] not in self._quantities:
            heapq.heappop(self._heap)
        price = self._sign * self._heap[0] if self._heap else 0
        return price, self._quantities.get(price, 0)


@dataclass(slots=True)
class RebuiltBook:
    """Both sides of a book."""

    asks: Side = field(default_factory=lambda: Side(1))
    bids: Side = field(default_factory=lambda: Side(-1))

    def apply(self, change: Change) -> None:
        """Takes a change of levels, or a whole book."""
        if change.is_whole:
            self.asks, self.bids = Side(1), Side(-1)
        for is_bid, price, quantity in change.levels:
            (self.bids if is_bid else self.asks).set(price, quantity)

    def state(self) -> State:
        """Returns the best levels."""
        return State(*self.asks.best(), *self.bids.best())


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many recorded states came out again."""

    compared: int
    reproduced: int
    first_difference: tuple[int, State, State] | None  # row, recorded, rebuilt


def compare(
    plan: Plan, commands: Sequence[int], changes: Sequence[Change], recorded: Sequence[State]
) -> Comparison:
    """Compares the book after each message with its row of a recording.

    `commands` says which command each action of the plan became; rows whose actions were not sent
    are not compared. Changes come in the order of their commands.
    """
    compared = reproduced = 0
    first: tuple[int, State, State] | None = None
    for row, rebuilt in enumerate(_states(plan, commands, changes)):
        if row >= len(recorded):
            break
        compared += 1
        if rebuilt == recorded[row]:
            reproduced += 1
        elif first is None:
            first = (row, recorded[row], rebuilt)
    return Comparison(compared, reproduced, first)


def _states(plan: Plan, commands: Sequence[int], changes: Sequence[Change]) -> Iterator[State]:
    """Yields the rebuilt book after each row, for as long as its actions were sent."""
    book, at, applied, last = RebuiltBook(), 0, 0, 0
    for row in range(plan.rows):
        while at < len(commands) and plan.actions[at].row <= row:
            last = max(last, commands[at])
            at += 1
        if at < len(plan.actions) and plan.actions[at].row <= row:
            return  # something of this row was not sent
        while applied < len(changes) and changes[applied].command <= last:
            book.apply(changes[applied])
            applied += 1
        yield book.state()


class Levels:
    """Turns the decimal text of levels into price units and shares. The same texts come again and again."""

    def __init__(self) -> None:
        self._price = Increment(1 / Decimal(PRICE_UNITS))
        self._quantity = Increment(Decimal(1))
        self._known: dict[str, int] = {}

    def change(self, is_bid: bool, price: str, quantity: str) -> LevelChange:
        """Returns a level in whole numbers. Fails with InvalidArgument for what is none."""
        units = self._known.get(price)
        if units is None:
            units = self._known[price] = self._price.to_units(price, "price")
        return LevelChange(is_bid, units, self._quantity.to_units(quantity, "quantity"))

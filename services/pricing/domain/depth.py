"""The best bid and ask of a book whose levels arrive one by one."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Level:
    """A price and how much there is at it."""

    price_ticks: int
    quantity_lots: int


class Depth:
    """All levels of one side of one book, and the best of them."""

    def __init__(self, sign: int) -> None:
        self._sign = sign  # +1: the highest price is best (bids), -1: the lowest (asks)
        self._lots: dict[int, int] = {}
        self._best: int | None = None  # price times sign

    def change(self, levels: Iterable[Level]) -> None:
        """Sets levels; a quantity of 0 removes one."""
        for level in levels:
            place = level.price_ticks * self._sign
            if level.quantity_lots:
                self._lots[place] = level.quantity_lots
                if self._best is None or place > self._best:
                    self._best = place
            elif self._lots.pop(place, None) is not None and place == self._best:
                self._best = max(self._lots, default=None)

    def best(self) -> Level | None:
        """Returns the best level, or None when the side is empty."""
        if self._best is None:
            return None
        return Level(self._best * self._sign, self._lots[self._best])

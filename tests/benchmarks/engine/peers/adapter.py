"""What a peer has to say to be measured.

An adapter's methods are called once a command. Ids, sides and prices are turned into what the peer wants
before the clock starts; what a user of the peer has to do for each order (make an order object, remember the
id that the book gave out) is in the methods and is measured.
"""

from collections.abc import Callable
from typing import Any

BUY, SELL = 1, 2


class Adapter:
    """One symbol's book of one peer."""

    package = ""
    licence = ""
    left_out = ""
    sides: dict[int, Any] = {BUY: BUY, SELL: SELL}
    key: Callable[[int], Any] = staticmethod(lambda number: number)
    price: Callable[[int], Any] = staticmethod(lambda ticks: ticks)
    quantity: Callable[[int], Any] = staticmethod(lambda lots: lots)

    def add(self, key: Any, side: Any, price: Any, quantity: Any, account: int) -> None:
        """A limit order that does not trade."""
        raise NotImplementedError

    def cancel(self, key: Any, account: int) -> None:
        """The end of an order that rests."""
        raise NotImplementedError

    def move(self, key: Any, side: Any, price: Any, leaves: Any, account: int) -> None:
        """A new price for an order that rests: a cancel and a new order where a peer has no other way."""
        self.cancel(key, account)
        self.add(key, side, price, leaves, account)

    def reduce(
        self, key: Any, side: Any, price: Any, leaves: Any, account: int, total: Any, cut: Any
    ) -> None:
        """Fewer lots for an order that rests: a cancel and a new order where a peer has no other way."""
        self.cancel(key, account)
        self.add(key, side, price, leaves, account)

    def take(self, key: Any, side: Any, price: Any, quantity: Any, account: int) -> None:
        """An order that trades as far as it can; what is left of it must not rest."""
        raise NotImplementedError

    def lots(self) -> int | None:
        """How many lots have traded, where the peer says so at no cost to the run."""
        return None

    def close(self) -> None:
        """Ends what the peer keeps running."""

"""liquibook: the C++ engine Liquibook behind SWIG."""

import liquibook
from liquibook import DepthOrderBook, SimpleOrder

from .adapter import BUY, SELL, Adapter


class _Fills(liquibook.OrderListener):
    """A fill changes an order only when the listener passes it on, as in the package's example."""

    def __init__(self) -> None:
        liquibook.OrderListener.__init__(self)
        self.lots = 0

    def on_fill(self, order: SimpleOrder, matched: SimpleOrder, quantity: int, cost: int) -> None:
        order.fill(quantity, cost, 0)
        matched.fill(quantity, cost, 0)
        self.lots += quantity

    def on_accept(self, order: SimpleOrder) -> None:
        pass

    def on_cancel(self, order: SimpleOrder) -> None:
        pass

    def on_replace(self, order: SimpleOrder, change: int, price: int) -> None:
        order.replace(change, price)

    def on_reject(self, order: SimpleOrder, reason: str) -> None:
        pass

    def on_cancel_reject(self, order: SimpleOrder, reason: str) -> None:
        pass

    def on_replace_reject(self, order: SimpleOrder, reason: str) -> None:
        pass


class Book(Adapter):
    package = "liquibook"
    licence = "none stated (the C++ engine: BSD)"
    left_out = "immediate or cancel (a market order)"
    sides = {BUY: True, SELL: False}

    def __init__(self) -> None:
        self._fills = _Fills()
        self._book = DepthOrderBook()
        self._book.set_symbol("X")
        self._book.set_order_listener(self._fills)
        self._orders: dict[int, SimpleOrder] = {}

    def add(self, key: int, side: bool, price: int, quantity: int, account: int) -> None:
        order = SimpleOrder(side, price, quantity)
        self._orders[key] = order
        self._book.add(order)

    def cancel(self, key: int, account: int) -> None:
        self._book.cancel(self._orders.pop(key))

    def move(self, key: int, side: bool, price: int, leaves: int, account: int) -> None:
        self._book.replace(self._orders[key], 0, price)

    def reduce(
        self, key: int, side: bool, price: int, leaves: int, account: int, total: int, cut: int
    ) -> None:
        self._book.replace(self._orders[key], -cut, price)

    def take(self, key: int, side: bool, price: int, quantity: int, account: int) -> None:
        self._book.add(SimpleOrder(side, 0, quantity))

    def lots(self) -> int:
        return self._fills.lots

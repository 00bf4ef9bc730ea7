"""cython-orderbook: Cython, sorted containers, prices as Decimal. Gives out its own ids."""

from decimal import Decimal

from cython_orderbook import Order, OrderBook, OrderSide

from .adapter import BUY, SELL, Adapter


class Book(Adapter):
    package = "cython-orderbook"
    licence = "MIT"
    left_out = "replace (a cancel and a new order)"
    sides = {BUY: OrderSide.BID, SELL: OrderSide.ASK}
    price = staticmethod(Decimal)

    def __init__(self) -> None:
        self._book = OrderBook()
        self._ids: dict[int, str] = {}
        self._lots = 0

    def add(self, key: int, side: OrderSide, price: Decimal, quantity: int, account: int) -> None:
        order = Order(side=side, price=price, original_quantity=quantity)
        self._ids[key] = order.order_id
        self._book.add_limit_order(order)

    def cancel(self, key: int, account: int) -> None:
        self._book.cancel_order(self._ids[key])

    def take(self, key: int, side: OrderSide, price: Decimal, quantity: int, account: int) -> None:
        order = Order(side=side, original_quantity=quantity)
        self._book.add_market_order(order)
        self._lots += quantity - order.remaining_quantity

    def lots(self) -> int:
        return self._lots

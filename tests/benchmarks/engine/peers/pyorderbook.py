"""pyorderbook: plain Python, a heap of price levels, prices as Decimal."""

from typing import Any

from pyorderbook import Book as TheirBook
from pyorderbook.order import Order, Side

from .adapter import BUY, SELL, Adapter

SYMBOL = "X"


class Book(Adapter):
    package = "pyorderbook"
    licence = "MIT"
    left_out = "replace (a cancel and a new order), immediate or cancel (the rest is cancelled)"
    sides = {BUY: Side.BID, SELL: Side.ASK}

    def __init__(self) -> None:
        self._book = TheirBook()
        self._orders: dict[int, Order] = {}
        self._lots = 0

    def add(self, key: int, side: Side, price: int, quantity: int, account: int) -> None:
        order = Order(side, SYMBOL, price, quantity)
        self._orders[key] = order
        self._book.match(order)

    def cancel(self, key: int, account: int) -> None:
        self._book.cancel(self._orders[key])

    def take(self, key: int, side: Side, price: int, quantity: int, account: int) -> None:
        order = Order(side, SYMBOL, price, quantity)
        self._book.match(order)
        self._lots += quantity - order.quantity
        if order.quantity:
            self._book.cancel(order)

    def lots(self) -> Any:
        return self._lots

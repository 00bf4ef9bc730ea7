"""fastlob: plain Python, sorted containers, quantities and prices as Decimal."""

import logging
from decimal import Decimal
from typing import Any

from fastlob import Orderbook as TheirBook
from fastlob import OrderParams, OrderSide, OrderType

from .adapter import BUY, SELL, Adapter


class Book(Adapter):
    package = "fastlob"
    licence = "MIT"
    left_out = "move (a cancel and a new order), immediate or cancel (the rest is cancelled)"
    sides = {BUY: OrderSide.BID, SELL: OrderSide.ASK}
    price = staticmethod(Decimal)
    quantity = staticmethod(Decimal)

    def __init__(self) -> None:
        logging.disable(logging.CRITICAL)
        self._book = TheirBook(start=True)
        self._ids: dict[int, str] = {}

    def add(self, key: int, side: OrderSide, price: Decimal, quantity: Decimal, account: int) -> None:
        self._ids[key] = self._book.process(OrderParams(side, price, quantity, OrderType.GTC)).orderid()

    def cancel(self, key: int, account: int) -> None:
        self._book.cancel(self._ids[key])

    def reduce(
        self, key: int, side: Any, price: Any, leaves: Decimal, account: int, total: Any, cut: Any
    ) -> None:
        self._book.update(self._ids[key], leaves)

    def take(self, key: int, side: OrderSide, price: Decimal, quantity: Decimal, account: int) -> None:
        order_id = self._book.process(OrderParams(side, price, quantity, OrderType.GTC)).orderid()
        self._book.cancel(order_id)

    def close(self) -> None:
        self._book.stop()

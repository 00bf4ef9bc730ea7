"""manticore-orderbook: plain Python, orders as dictionaries, many order types."""

import logging

from manticore_orderbook import OrderBook

from .adapter import BUY, SELL, Adapter


class Book(Adapter):
    package = "manticore-orderbook"
    licence = "MIT"
    left_out = "nothing; its logging was switched off"
    sides = {BUY: "buy", SELL: "sell"}
    key = staticmethod(str)
    price = staticmethod(float)
    quantity = staticmethod(float)

    def __init__(self) -> None:
        logging.disable(logging.CRITICAL)
        self._book = OrderBook("X", enable_logging=False)

    def add(self, key: str, side: str, price: float, quantity: float, account: int) -> None:
        self._book.add_order(side, price, quantity, order_id=key)

    def cancel(self, key: str, account: int) -> None:
        self._book.cancel_order(key)

    def move(self, key: str, side: str, price: float, leaves: float, account: int) -> None:
        self._book.modify_order(key, new_price=price)

    def reduce(
        self, key: str, side: str, price: float, leaves: float, account: int, total: float, cut: float
    ) -> None:
        self._book.modify_order(key, new_quantity=leaves)

    def take(self, key: str, side: str, price: float, quantity: float, account: int) -> None:
        self._book.add_order(side, price, quantity, order_id=key, time_in_force="IOC")

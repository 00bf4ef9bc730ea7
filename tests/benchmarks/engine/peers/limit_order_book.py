"""limit-order-book: C++ behind ctypes."""

from limit_order_book import LimitOrderBook

from .adapter import BUY, SELL, Adapter


class Book(Adapter):
    package = "limit-order-book"
    licence = "MIT"
    left_out = "replace (a cancel and a new order); ids are looked up first, an unknown one ends the process"
    sides = {BUY: True, SELL: False}

    def __init__(self) -> None:
        self._book = LimitOrderBook()

    def add(self, key: int, side: bool, price: int, quantity: int, account: int) -> None:
        self._book.limit(side, key, quantity, price)

    def cancel(self, key: int, account: int) -> None:
        if self._book.has(key):
            self._book.cancel(key)

    def take(self, key: int, side: bool, price: int, quantity: int, account: int) -> None:
        self._book.market(side, key, quantity)

"""obook: a Go engine behind a C interface and ctypes. Gives out its own ids."""

from obook import BUY as THEIR_BUY
from obook import IOC, LIMIT
from obook import SELL as THEIR_SELL
from obook import Book as TheirBook

from .adapter import BUY, SELL, Adapter


class Book(Adapter):
    package = "obook"
    licence = "MIT"
    left_out = "nothing; events are drained after each taking order only"
    sides = {BUY: THEIR_BUY, SELL: THEIR_SELL}

    def __init__(self) -> None:
        self._book = TheirBook()
        self._ids: dict[int, int] = {}

    def add(self, key: int, side: int, price: int, quantity: int, account: int) -> None:
        self._ids[key] = self._book.submit(account, side, price, quantity).order_id

    def cancel(self, key: int, account: int) -> None:
        self._book.cancel(self._ids[key], account)

    def move(self, key: int, side: int, price: int, leaves: int, account: int) -> None:
        self._ids[key] = self._book.replace(self._ids[key], account, side, price, leaves).order_id

    def reduce(
        self, key: int, side: int, price: int, leaves: int, account: int, total: int, cut: int
    ) -> None:
        self._book.reduce(self._ids[key], total, account)

    def take(self, key: int, side: int, price: int, quantity: int, account: int) -> None:
        self._book.submit(account, side, price, quantity, LIMIT, IOC)
        self._book.events()

    def close(self) -> None:
        self._book.close()

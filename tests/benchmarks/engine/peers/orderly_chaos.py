"""orderly-chaos: C++ behind ctypes."""

from orderly_chaos import LimitOrderBook, Side

from .adapter import BUY, SELL, Adapter


class Book(Adapter):
    package = "orderly-chaos"
    licence = "MIT"
    left_out = "move (a cancel and a new order); no trade handler was set, which is its fastest way"
    sides = {BUY: Side.BUY, SELL: Side.SELL}

    def __init__(self) -> None:
        self._book = LimitOrderBook()
        self._lots = 0

    def add(self, key: int, side: Side, price: int, quantity: int, account: int) -> None:
        self._book.limit(side, key, quantity, price)

    def cancel(self, key: int, account: int) -> None:
        self._book.cancel(key)

    def reduce(
        self, key: int, side: Side, price: int, leaves: int, account: int, total: int, cut: int
    ) -> None:
        self._book.reduce(key, cut)

    def take(self, key: int, side: Side, price: int, quantity: int, account: int) -> None:
        self._lots += self._book.market(side, key, quantity)

    def lots(self) -> int:
        return self._lots

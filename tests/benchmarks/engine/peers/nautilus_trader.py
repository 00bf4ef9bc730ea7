"""nautilus_trader: its order book of the third level, in Rust.

It keeps a venue's book and does not match orders of users with one another: what trades is left out.
"""

from nautilus_trader.model.book import OrderBook
from nautilus_trader.model.data import BookOrder
from nautilus_trader.model.enums import BookType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.objects import Price, Quantity

from .adapter import BUY, SELL, Adapter


class Book(Adapter):
    package = "nautilus_trader"
    licence = "LGPL-3.0"
    left_out = "matching: taking orders are skipped, the book only keeps what rests"
    take = None
    sides = {BUY: OrderSide.BUY, SELL: OrderSide.SELL}
    price = staticmethod(lambda ticks: Price(ticks, 0))
    quantity = staticmethod(lambda lots: Quantity(lots, 0))

    def __init__(self) -> None:
        self._book = OrderBook(InstrumentId.from_str("X.SIM"), BookType.L3_MBO)
        self._orders: dict[int, BookOrder] = {}

    def add(self, key: int, side: OrderSide, price: Price, quantity: Quantity, account: int) -> None:
        order = BookOrder(side, price, quantity, key)
        self._orders[key] = order
        self._book.add(order, 0)

    def cancel(self, key: int, account: int) -> None:
        self._book.delete(self._orders.pop(key), 0)

    def move(self, key: int, side: OrderSide, price: Price, leaves: Quantity, account: int) -> None:
        order = BookOrder(side, price, leaves, key)
        self._orders[key] = order
        self._book.update(order, 0)

    def reduce(
        self, key: int, side: OrderSide, price: Price, leaves: Quantity, account: int, *_: Quantity
    ) -> None:
        order = BookOrder(side, price, leaves, key)
        self._orders[key] = order
        self._book.update(order, 0)

"""lightmatchingengine: plain Python, dictionaries of lists."""

from typing import Any

from lightmatchingengine.lightmatchingengine import LightMatchingEngine, Side

from .adapter import BUY, SELL, Adapter

SYMBOL = "X"


class Book(Adapter):
    package = "lightmatchingengine"
    licence = "MIT"
    left_out = "replace (a cancel and a new order), immediate or cancel (the rest is cancelled)"
    sides = {BUY: Side.BUY, SELL: Side.SELL}

    def __init__(self) -> None:
        self._engine = LightMatchingEngine()
        self._ids: dict[int, int] = {}
        self._lots = 0

    def add(self, key: int, side: int, price: int, quantity: int, account: int) -> None:
        order, _ = self._engine.add_order(SYMBOL, price, quantity, side)
        self._ids[key] = order.order_id

    def cancel(self, key: int, account: int) -> None:
        self._engine.cancel_order(self._ids[key], SYMBOL)

    def take(self, key: int, side: int, price: int, quantity: int, account: int) -> None:
        order, _ = self._engine.add_order(SYMBOL, price, quantity, side)
        self._lots += order.cum_qty
        if order.leaves_qty:
            self._engine.cancel_order(order.order_id, SYMBOL)

    def lots(self) -> Any:
        return self._lots

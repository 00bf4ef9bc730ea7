"""order-matching: plain Python, searches all orders for an id."""

from datetime import UTC, datetime

from loguru import logger
from order_matching.enums import Side
from order_matching.matching_engine import MatchingEngine
from order_matching.order import LimitOrder, MarketOrder
from order_matching.orders import Orders

from .adapter import BUY, SELL, Adapter

MOMENT = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)


class Book(Adapter):
    package = "order-matching"
    licence = "MIT"
    left_out = "replace (a cancel and a new order); its logging was switched off"
    sides = {BUY: Side.BUY, SELL: Side.SELL}
    key = staticmethod(str)
    price = staticmethod(float)
    quantity = staticmethod(float)

    def __init__(self) -> None:
        logger.remove()
        self._engine = MatchingEngine(seed=1)
        self._lots = 0.0

    def add(self, key: str, side: Side, price: float, quantity: float, account: int) -> None:
        order = LimitOrder(
            side=side, price=price, size=quantity, timestamp=MOMENT, order_id=key, trader_id=str(account)
        )
        self._engine.place(Orders([order]))
        self._engine.match(MOMENT)

    def cancel(self, key: str, account: int) -> None:
        self._engine.cancel_order(key)

    def take(self, key: str, side: Side, price: float, quantity: float, account: int) -> None:
        order = MarketOrder(side=side, size=quantity, timestamp=MOMENT, order_id=key, trader_id=str(account))
        self._engine.place(Orders([order]))
        trades = self._engine.match(MOMENT).trades
        self._lots += sum(trade.size for trade in trades)

    def lots(self) -> int:
        return round(self._lots)

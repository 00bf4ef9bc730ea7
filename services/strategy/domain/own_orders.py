"""A strategy's own view of its live orders, kept from two sources that race: answers and executions."""

import dataclasses

from ...values import Symbol
from .actions import LiveOrder, Replace, Submit


class OwnOrders:
    """The orders of one strategy that may still rest.

    An order is known before it is sent, so that an execution that overtakes the answer finds it.
    What has traded only ever rises, and an order that is done never comes back.
    """

    def __init__(self) -> None:
        self._orders: dict[str, LiveOrder] = {}

    def __len__(self) -> int:
        return len(self._orders)

    def symbols(self) -> set[Symbol]:
        """Returns the instruments that there are orders for."""
        return {order.symbol for order in self._orders.values()}

    def of(self, symbol: Symbol) -> list[LiveOrder]:
        """Returns the orders of one instrument, in the order of sending."""
        return [order for order in self._orders.values() if order.symbol == symbol]

    def sending(self, client_order_id: str, submit: Submit) -> None:
        """Remembers an order that is about to be sent."""
        self._orders[client_order_id] = LiveOrder(
            client_order_id, "", submit.symbol, submit.side, submit.price_ticks, submit.lots
        )

    def accepted(self, client_order_id: str, order_id: str, filled_lots: int) -> None:
        """Takes the answer to a new order that rests."""
        self._change(client_order_id, order_id=order_id, filled_lots=filled_lots)

    def replaced(self, replace: Replace, filled_lots: int) -> None:
        """Takes the answer to a replace whose order rests."""
        order = replace.order
        self._change(
            order.client_order_id, price_ticks=replace.price_ticks, lots=replace.lots, filled_lots=filled_lots
        )

    def traded(self, client_order_id: str, filled_lots: int) -> None:
        """Takes how much of an order has traded so far."""
        self._change(client_order_id, filled_lots=filled_lots)

    def done(self, client_order_id: str) -> None:
        """Forgets an order that is filled, cancelled, expired or refused."""
        self._orders.pop(client_order_id, None)

    def clear(self) -> None:
        """Forgets everything: after a mass cancel."""
        self._orders.clear()

    def _change(self, client_order_id: str, **changes: int | str) -> None:
        order = self._orders.get(client_order_id)
        if order is None:
            return
        filled = max(order.filled_lots, int(changes.pop("filled_lots", 0)))
        self._orders[client_order_id] = dataclasses.replace(order, filled_lots=filled, **changes)  # type: ignore[arg-type]

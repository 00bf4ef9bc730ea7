"""How orders end, and what that and each trade mean for the other orders of their list."""

from enum import Enum

from tests.native.reference_book import Books
from tests.native.reference_orders import Order, OrderList
from tests.native.reference_reports import Reports
from tests.native.reference_risk import Gate
from tickmesh.native.engine import Contingency, EventType, Reason


class Turn(Enum):
    """Why an order is in the activation queue."""

    TRIGGERED = 1
    RELEASED = 2
    ENTERS = 3


class Lists:
    """Ends orders, and fills the activation queue with those that a list releases."""

    def __init__(self, books: Books, gate: Gate, reports: Reports) -> None:
        self.books = books
        self.gate = gate
        self.reports = reports
        self.queue: list[tuple[Order, Turn]] = []  # the activation queue

    def release_lots(self, order: Order, lots: int) -> None:
        if order.reserved:
            self.gate.change(order.node, order.instrument, order.side, -lots, 0)

    def end(self, order: Order, reason: int, event_type: EventType = EventType.ORDER_CANCELED) -> None:
        """Ends an order with what is left of it, and then what depends on it."""
        lots, order.leaves = order.leaves, 0
        self.end_with(order, lots, reason, event_type)

    def end_with(
        self, order: Order, lots: int, reason: int, event_type: EventType = EventType.ORDER_CANCELED
    ) -> None:
        self.reports.order(event_type, order, quantity=lots, reason=reason)
        self.release_lots(order, lots)
        self.leave(order)
        self.after_end(order)

    def leave(self, order: Order) -> None:
        """Takes an order out of wherever it is; it is live no more."""
        if order.resting:
            self.books.take(order)
            self.reports.removed(order)
        self.books.forget(order)

    # What depends on it

    def after_trade(self, order: Order) -> None:
        """An order has traded; if nothing is left of it, it is live no more."""
        found = order.orders
        if found is None:
            return
        if found.is_oco:
            self.end_others(found, order)
        elif found.parent is order and order.leaves == 0:
            self.release(found)

    def after_trigger(self, order: Order) -> None:
        if order.orders is not None and order.orders.is_oco:
            self.end_others(order.orders, order)

    def after_end(self, order: Order) -> None:
        found, order.orders = order.orders, None
        if found is None:
            return
        if found.is_oco:
            self.end_others(found, order)
        elif found.parent is not order:
            found.members.remove(order)
        elif order.traded:
            self.release(found, order.traded)
        else:
            self.end_others(found, order)

    def end_others(self, found: OrderList, order: Order) -> None:
        """Dissolves a list of which one order goes on or has ended."""
        others = list(found.others(order))
        for member in found.members:
            member.orders = None
        for other in others:
            self.end(other, Reason.CONTINGENCY)

    def release(self, found: OrderList, lots_max: int | None = None) -> None:
        """Sends the held orders to the activation queue; those of a bracket are an OCO from now on."""
        assert found.parent is not None
        found.parent.orders = None
        found.members.remove(found.parent)
        found.parent = None
        found.is_oco = found.contingency == Contingency.BRACKET
        for order in found.members:
            order.held = False
            if lots_max is not None:
                order.quantity = order.leaves = min(order.quantity, lots_max)
            if not found.is_oco:
                order.orders = None
        self.queue += [(order, Turn.RELEASED) for order in found.members]

"""What the owner of orders hears, in the words of FIX: each of the engine's events as an execution report.

Nothing is asked of the engine: status and quantities follow from the events alone, as they must for whoever
only listens. FIX tags: ExecType 150, OrdStatus 39, OrderQty 38, CumQty 14, LeavesQty 151.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.native.commands import Event
from tickmesh.native.engine import EventType, Reason

EXEC_TYPES = {
    EventType.ORDER_ACCEPTED: "NEW",
    EventType.ORDER_REJECTED: "REJECTED",
    EventType.TRADE: "TRADE",
    EventType.ORDER_CANCELED: "CANCELED",
    EventType.ORDER_REPLACED: "REPLACED",
    EventType.ORDER_EXPIRED: "EXPIRED",
    EventType.CANCEL_REJECTED: "CANCEL_REJECTED",  # a message of its own in FIX (35=9)
    EventType.ORDER_TRIGGERED: "TRIGGERED",
    EventType.ORDER_REPRICED: "RESTATED",
}
ENDS = {EventType.ORDER_CANCELED: "CANCELED", EventType.ORDER_EXPIRED: "EXPIRED"}


@dataclass(slots=True)
class Heard:
    """One order as its owner knows it. FIX calls an order that nobody knows REJECTED."""

    status: str = "REJECTED"
    quantity: int = 0
    traded: int = 0
    leaves: int = 0

    def is_live(self) -> bool:
        return self.status in ("NEW", "PARTIALLY_FILLED")

    def take(self, event: Event) -> None:
        if event.type in (EventType.CANCEL_REJECTED, EventType.ORDER_TRIGGERED, EventType.ORDER_REPRICED):
            return
        if event.type == EventType.TRADE:
            self.traded += event.quantity
        elif event.type not in ENDS:
            self.quantity = event.quantity
        self.leaves = 0 if event.type == EventType.ORDER_REJECTED else event.leaves
        self.status = self._status(event)

    def _status(self, event: Event) -> str:
        """The highest status that fits, as FIX ranks them."""
        if event.type == EventType.ORDER_REJECTED:
            return "REJECTED"
        if event.type in ENDS:
            return ENDS[EventType(event.type)]
        if self.leaves == 0:
            return "FILLED"
        return "PARTIALLY_FILLED" if self.traded else "NEW"


class Blotter:
    """The orders of one owner, and a line of text for each report."""

    def __init__(self) -> None:
        self.orders: dict[int, Heard] = {}

    def watch(self, order: int) -> None:
        """Listens to an order from now on."""
        self.orders.setdefault(order, Heard())

    def take(self, events: Iterable[Event]) -> list[str]:
        """Returns what they report: ExecType, OrdStatus, OrderQty, CumQty, LeavesQty and the reason."""
        return [self._report(event) for event in events if self._is_told(event)]

    def _is_told(self, event: Event) -> bool:
        return event.order in self.orders and EventType(event.type) in EXEC_TYPES

    def _report(self, event: Event) -> str:
        order = self.orders[event.order]
        order.take(event)
        words: list[object] = [EXEC_TYPES[EventType(event.type)], order.status]
        words += [order.quantity, order.traded, order.leaves]
        if event.reason:
            words.append(Reason(event.reason).name)
        return " ".join(map(str, words))

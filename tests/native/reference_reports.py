"""What the slow, obvious engine holds, and how it says what happened."""

from dataclasses import dataclass

from tests.native.commands import Command, Event
from tests.native.reference_risk import Refused
from tickmesh.native.engine import NONE, CommandType, EventType, Reason


@dataclass
class Order:
    """A live order."""

    id: int
    instrument: int
    node: int
    side: int
    price: int
    quantity: int
    leaves: int
    time_in_force: int
    post_only: bool


class Reports:
    """The state that events speak of, and the events of the commands that run."""

    def __init__(self) -> None:
        self.orders: dict[int, Order] = {}
        self.books: dict[tuple[int, int], dict[int, list[Order]]] = {}  # (instrument, side): price: queue
        self.client_keys: dict[int, int] = {}  # oldest first
        self.command = Command(0, 0)
        self.event_sequence = 0
        self.events: list[Event] = []
        self.touched: list[tuple[int, int, int]] = []

    def emit(self, event_type: EventType, **fields: int) -> None:
        self.event_sequence += 1
        empty = dict.fromkeys(Event._fields, 0)
        stamp = {"sequence": self.event_sequence, "command": self.command.sequence, "type": event_type}
        self.events.append(Event(**(empty | stamp | fields)))

    def emit_order(self, event_type: EventType, order: Order, **fields: int) -> None:
        plain = {"order": order.id, "price": order.price, "instrument": order.instrument}
        self.emit(event_type, **(plain | {"node": order.node, "side": order.side} | fields))

    def refuse(self, command: Command, refused: Refused, order: int | None = None) -> None:
        fields = {"instrument": command.instrument, "node": command.node, "reason": int(refused.reason)}
        event_type = EventType.CONTROL_REJECTED
        asked = {"price": command.price, "quantity": command.quantity}
        if command.type == CommandType.NEW_ORDER:
            event_type = EventType.ORDER_REJECTED
            if order is None:
                fields |= asked | {"order": command.sequence, "side": command.side}
            if refused.reason == Reason.DUPLICATE_CLIENT_ORDER:
                fields["leaves"] = self.client_keys[command.client_key]
        elif command.type in (CommandType.CANCEL_ORDER, CommandType.REPLACE_ORDER):
            event_type = EventType.CANCEL_REJECTED
            if order is None:
                target = self.orders.get(command.target)
                of_target = (target.instrument, target.side) if target else (NONE, 0)
                fields |= asked | {"order": command.target}
                fields["instrument"], fields["side"] = of_target
        if refused.figures is not None:
            fields |= dict(zip(("node", "price", "leaves", "quantity"), refused.figures, strict=True))
        self.emit(event_type, **fields)

    def touch(self, order: Order) -> None:
        level = (order.instrument, order.side, order.price)
        if level not in self.touched:
            self.touched.append(level)

    def report_levels(self) -> None:
        for instrument, side, price in self.touched:
            queue = self.books[instrument, side].get(price, [])
            lots = sum(order.leaves for order in queue)
            level = {"instrument": instrument, "node": NONE, "side": side, "price": price}
            self.emit(EventType.BOOK_LEVEL, quantity=lots, leaves=len(queue), **level)
        self.touched = []

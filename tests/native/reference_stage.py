"""A small market on both engines, and its events as short lines that a test can list."""

from tests.native.commands import Command, Event, unsigned
from tests.native.differential import Pair
from tickmesh.native.engine import (
    NONE,
    CommandType,
    EngineConfig,
    EventType,
    Feed,
    OrderType,
    Reason,
    Side,
    TimeInForce,
)

FIRM, ALPHA, BETA = range(3)
BUY, SELL = int(Side.BUY), int(Side.SELL)
ROOM = EngineConfig(
    orders=50, instruments=2, pages=8, nodes=4, positions=9, client_keys=99, extras=20, feeds=Feed(7)
)

UNTOLD = (EventType.CONTROL_APPLIED, EventType.BOOK_LEVEL, EventType.BOOK_TOP, EventType.BOOK_ORDER)


class Stage:
    """One instrument at 100, a firm with two strategies; the first command of a test has the sequence 10."""

    def __init__(self, config: EngineConfig = ROOM) -> None:
        self.pair = Pair(config)
        self.reference = self.pair.reference
        self.time_ns = 0
        self.sequence = 0
        self.run(CommandType.LIST_INSTRUMENT, price=100, quantity=1_000_000)
        for node, parent in ((FIRM, NONE), (ALPHA, FIRM), (BETA, FIRM)):
            self.run(CommandType.ADD_NODE, node=node, target=parent)
        self.sequence = 9

    def run(self, command_type: int, **fields: int) -> list[str]:
        self.sequence += 1
        command = Command(self.sequence, self.time_ns, type=int(command_type), **fields)
        return story(self.pair.process([command]))

    def order(self, side: int, quantity: int, price: int = 0, **fields: int) -> list[str]:
        """Sends a LIMIT order of ALPHA, good till cancelled, unless the fields say otherwise."""
        kind = OrderType.LIMIT if price else OrderType.MARKET
        plain = {"side": side, "quantity": quantity, "price": price, "kind": int(kind), "node": ALPHA}
        plain |= {"time_in_force": int(TimeInForce.GTC), "client_key": self.sequence + 1}
        wanted = plain | fields
        return self.run(CommandType.NEW_ORDER, **wanted | {"target": unsigned(wanted.pop("trigger", 0))})

    def buy(self, quantity: int, price: int = 0, **fields: int) -> list[str]:
        return self.order(BUY, quantity, price, **fields)

    def sell(self, quantity: int, price: int = 0, **fields: int) -> list[str]:
        return self.order(SELL, quantity, price, **fields)

    def terms(self, expiry_ns: int = 0, display: int = 0, minimum: int = 0) -> list[str]:
        return self.run(CommandType.ORDER_TERMS, target=expiry_ns, price=display, quantity=minimum)

    def cancel(self, order: int) -> list[str]:
        return self.run(CommandType.CANCEL_ORDER, target=order)

    def replace(self, order: int, price: int = 0, quantity: int = 0, trigger: int = 0) -> list[str]:
        change = {"price": price, "quantity": quantity, "client_key": trigger}
        return self.run(CommandType.REPLACE_ORDER, target=order, **change)

    def phase(self, phase: int) -> list[str]:
        return self.run(CommandType.SET_PHASE, kind=int(phase))

    def list_of(self, contingency: int, *orders: tuple[int, int, dict[str, int]]) -> list[str]:
        """Sends a list: side, quantity and fields of each order."""
        lines = []
        for index, (side, quantity, fields) in enumerate(orders):
            place = {"contingency": int(contingency), "more": len(orders) - 1 - index}
            lines += self.order(side, quantity, **(fields | place))
        return lines

    def book(self, side: int) -> list[tuple[int, int, int]]:
        self.pair.compare_state()
        return self.reference.books.depth(0, side)


def story(events: list[Event]) -> list[str]:
    """One line an event: what, whose, lots and price, what is left, why; no books, no applied controls."""
    return [line_of(event) for event in events if event.type not in UNTOLD]


def line_of(event: Event) -> str:
    words = [EventType(event.type).name.replace("ORDER_", "").lower()]
    if event.order:
        words.append(str(event.order))
    words.append(f"{event.quantity}@{event.price}")
    if event.leaves:
        words.append(f"left {event.leaves}")
    if event.reason:
        words.append(Reason(event.reason).name)
    return " ".join(words)

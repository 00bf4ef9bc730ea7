"""Lists in tests: how they are entered, and what is heard of their orders."""

from tests.native.commands import Event
from tests.native.market import Market, of_type
from tickmesh.native.engine import Contingency, EventType, OrderType, Reason, Side

Order = dict[str, int]


def limit(side: Side, quantity: int, price: int, **fields: int) -> Order:
    return {"side": side, "quantity": quantity, "price": price} | fields


def stop(side: Side, quantity: int, trigger: int, **fields: int) -> Order:
    return limit(side, quantity, 0, kind=OrderType.STOP, target=trigger) | fields


def listed(market: Market, contingency: Contingency, *orders: Order) -> tuple[list[int], list[Event]]:
    """Enters a list. Returns the ids of its orders, and the events of its last command."""
    ids, events = [], list[Event]()
    for more, order in zip(reversed(range(len(orders))), orders, strict=True):
        assert events == []
        events = market.order(**(order | {"contingency": contingency, "more": more}))
        ids.append(market.sequence)
    return ids, events


def ended(events: list[Event]) -> list[tuple[int, int, Reason]]:
    """Order, lots and reason of each order that was cancelled."""
    found = of_type(events, EventType.ORDER_CANCELED)
    return [(event.order, event.quantity, Reason(event.reason)) for event in found]


def released(events: list[Event]) -> list[tuple[int, int]]:
    """Order and leaves of each order that was released."""
    found = of_type(events, EventType.ORDER_TRIGGERED)
    return [(event.order, event.leaves) for event in found if event.reason == Reason.CONTINGENCY]

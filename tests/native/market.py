"""A small market for tests: one instrument, a firm with two strategies, commands by name."""

from itertools import count

from tests.native.commands import Command, Event, as_events
from tickmesh.native.engine import (
    NONE,
    CommandType,
    Engine,
    EngineConfig,
    EventType,
    Feed,
    Level,
    OrderType,
    OrderView,
    Side,
    TimeInForce,
)

FIRM, DESK, ALPHA, BETA = range(4)  # two strategies under one desk
REFERENCE_PRICE = 1_000
UNIT_VALUE = 1_000_000  # a tick times a lot is worth 1,000 micro-units
SMALL = EngineConfig(
    orders=100, instruments=2, pages=20, nodes=8, positions=20, client_keys=50, extras=50, feeds=Feed.LEVELS
)


class Market:
    """An engine with its stage set, and its clock in the test's hands."""

    def __init__(self, config: EngineConfig = SMALL) -> None:
        self.engine = Engine(config)
        self.sequence = 0
        self.time_ns = 0
        self.keys = count(1_000)
        self.journal = bytearray()
        self.list_instrument(0)
        for node, parent in ((FIRM, NONE), (DESK, FIRM), (ALPHA, DESK), (BETA, DESK)):
            self.run(CommandType.ADD_NODE, node=node, target=parent)

    def run(self, command_type: int, **fields: int) -> list[Event]:
        """Runs one command under the next sequence, and returns its events."""
        self.sequence += 1
        stamps = {"sequence": self.sequence, "time_ns": self.time_ns}
        command = Command(type=command_type, **(stamps | fields)).pack()
        self.journal += command
        return as_events(self.engine.process(command))

    def list_instrument(self, instrument: int) -> list[Event]:
        listing = {"price": REFERENCE_PRICE, "quantity": UNIT_VALUE}
        return self.run(CommandType.LIST_INSTRUMENT, instrument=instrument, **listing)

    def order(self, side: int, quantity: int, price: int, **fields: int) -> list[Event]:
        """A LIMIT order of ALPHA, good till cancelled, unless the fields say otherwise."""
        plain = {"node": ALPHA, "kind": int(OrderType.LIMIT), "time_in_force": int(TimeInForce.GTC)}
        plain |= {"client_key": next(self.keys), "side": int(side), "quantity": quantity, "price": price}
        return self.run(CommandType.NEW_ORDER, **(plain | fields))

    def buy(self, quantity: int, price: int, **fields: int) -> list[Event]:
        return self.order(Side.BUY, quantity, price, **fields)

    def sell(self, quantity: int, price: int, **fields: int) -> list[Event]:
        return self.order(Side.SELL, quantity, price, **fields)

    def market_order(self, side: int, quantity: int, **fields: int) -> list[Event]:
        return self.order(side, quantity, 0, **({"kind": int(OrderType.MARKET)} | fields))

    def cancel(self, order: int, node: int = ALPHA) -> list[Event]:
        return self.run(CommandType.CANCEL_ORDER, target=order, node=node)

    def replace(
        self, order: int, price: int = 0, quantity: int = 0, node: int = ALPHA, trigger: int = 0
    ) -> list[Event]:
        change = {"price": price, "quantity": quantity, "client_key": trigger}
        return self.run(CommandType.REPLACE_ORDER, target=order, node=node, **change)

    def terms(self, expiry_ns: int = 0, display: int = 0, minimum: int = 0) -> list[Event]:
        """Says more about the order that comes next."""
        return self.run(CommandType.ORDER_TERMS, target=expiry_ns, price=display, quantity=minimum)

    def limit(self, limit_type: int, value: int, node: int = ALPHA, instrument: int = 0) -> list[Event]:
        place = {"node": node, "instrument": instrument}
        return self.run(CommandType.SET_LIMIT, kind=limit_type, quantity=value, **place)

    def state(self, state: int, node: int, instrument: int = NONE) -> list[Event]:
        return self.run(CommandType.SET_TRADING_STATE, kind=state, node=node, instrument=instrument)

    def phase(self, phase: int, instrument: int = 0) -> list[Event]:
        return self.run(CommandType.SET_PHASE, kind=phase, instrument=instrument)

    def trade_at(self, price: int, lots: int = 1) -> list[Event]:
        """Lets BETA sell to the desk: this is the last price then, unless a better order stands there."""
        self.sell(lots, price, node=BETA)
        return self.buy(lots, price, node=DESK, time_in_force=TimeInForce.IOC)

    def give(self, lots: int) -> None:
        """Lets ALPHA have a position of so many lots, against BETA, at the reference price."""
        side, other = (Side.BUY, Side.SELL) if lots > 0 else (Side.SELL, Side.BUY)
        self.order(other, abs(lots), REFERENCE_PRICE, node=BETA)
        self.order(side, abs(lots), REFERENCE_PRICE)

    def view(self, order: int) -> OrderView:
        """A live order as it stands."""
        found = self.engine.order(order)
        assert found is not None
        return found

    def bids(self) -> list[Level]:
        return self.engine.depth(0, Side.BUY, 100)

    def asks(self) -> list[Level]:
        return self.engine.depth(0, Side.SELL, 100)


def types(events: list[Event]) -> list[str]:
    """The names of the events' types."""
    return [EventType(event.type).name for event in events]


def fills(events: list[Event]) -> list[tuple[int, int, int]]:
    """Price, lots and leaves of each aggressor's side of a trade."""
    return [(e.price, e.quantity, e.leaves) for e in events if e.type == EventType.TRADE and e.flags == 0]


def of_type(events: list[Event], *wanted: EventType) -> list[Event]:
    """The events of these types, in their order."""
    return [event for event in events if event.type in wanted]

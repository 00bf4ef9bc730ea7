"""Random command flow that keeps meeting itself: few instruments, near prices, small limits, recent ids.

Four seeds of eight have their prices elsewhere: far apart, near 1, near the highest, or in deep books.

Most of it makes sense; now and then a field is nonsense, a command comes twice or a list breaks off. Making a
command takes a few microseconds, so that a long run never waits for it.
"""

from collections.abc import Iterable
from itertools import accumulate
from random import Random

from tests.native.commands import Command
from tests.native.flow_orders import DEEP, NEAR, SCALES, USUAL, Orders, Profile
from tickmesh.native.engine import (
    NONE,
    NUMBER_MAX,
    CommandType,
    LimitType,
    Phase,
    TradingState,
)

NODES = (NONE, 0, 0, 1, 1, 2, 3, 5)  # each node's parent
INSTRUMENTS = 3
UNIT_VALUE = 10_000
LIMIT_MAX = {
    LimitType.ORDER_QUANTITY: 60,
    LimitType.ORDER_NOTIONAL: 70_000,
    LimitType.PRICE_COLLAR: 2_000,
    LimitType.ORDER_RATE: 25,
    LimitType.POSITION: 500,
    LimitType.GROSS_EXPOSURE: 4_000_000,
}
NODE_ONLY = (LimitType.ORDER_RATE, LimitType.GROSS_EXPOSURE)
CALLS = (Phase.PRE_OPEN, Phase.OPENING_AUCTION, Phase.REOPENING_AUCTION, Phase.CLOSING_AUCTION)
STEPS_NS = (0, 0, 1_000, 20_000_000, 90_000_000, -5)
ODD_NUMBERS = (0, 1, -1, 2, 9_999, NUMBER_MAX, NUMBER_MAX + 1, -NUMBER_MAX, 2**63 - 1, -(2**63))
ODD_WORDS = (0, 1, NUMBER_MAX, 2**63 - 1, 2**63, 2**64 - 1, NONE)
ODD_BYTES = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 32, 63, 64, 255)
ODD = {
    "client_key": ODD_WORDS,
    "target": ODD_WORDS,
    "price": ODD_NUMBERS,
    "quantity": ODD_NUMBERS,
    "instrument": (0, 1, INSTRUMENTS, INSTRUMENTS + 3, NONE),
    "node": (0, 1, 5, len(NODES), NONE),
    "type": (0, *CommandType, 20, 255),
    "side": (0, 1, 2, 3, 255),
    "kind": ODD_BYTES,
    "time_in_force": ODD_BYTES,
    "flags": (*ODD_BYTES, 16, 24, 40, 48),
    "self_trade": ODD_BYTES,
    "contingency": (0, 1, 2, 3, 4, 255),
    "more": (0, 1, 2, 3, 4, 255),
}
ODD_FIELDS = tuple(ODD)
NONSENSE = 0.015  # the share of commands of which one field is odd


class Flow:
    """Makes commands from a seed."""

    def __init__(self, seed: int, profile: Profile = USUAL) -> None:
        self.random = Random(seed)
        self.sequence = 0
        self.time_ns = 1_700_000_000 * 10**9
        self.recent = [1] * 64
        self.limited: list[tuple[int, int, int]] = []  # type, node, instrument
        self.stopped: tuple[int, int] | None = None  # node, instrument
        self.made: list[Command] = []
        self.scale = SCALES[seed % len(SCALES)]
        self.orders = Orders(self, self.scale, profile)
        calm = 0.3 if self.scale is DEEP else 1.0
        weights = {
            self.orders.new_order: 100.0,
            self.orders.new_list: 9,
            self.cancel: 22 * calm,
            self.replace: 30,
            self.set_limit: 3.5,
            self.set_trading_state: 2,
            self.open: 4,
            self.change_phase: 0.5,
            self.set_bands: 1,
            self.set_reference_price: 0.3,
            self.set_unit_value: 0.5,
            self.set_group: 0.7,
            self.set_fees: 0.7,
            self.indicate: 0.4,
            self.advance_time: 0.7,
            self.disconnect: 0.4 * calm,
            self.mass_cancel: 0.15 * calm,
            self.end_of_day: 0.15 * calm,
            self.list_instrument: 0.1,
            self.add_node: 0.1,
        }
        self.makers = list(weights)
        own = (weight * profile.more.get(maker.__name__, 1) for maker, weight in weights.items())
        self.weights = list(accumulate(own))

    def stage(self) -> list[Command]:
        """Returns the commands that list the instruments and build the tree."""
        self.made = []
        listing = {"price": self.scale.base, "quantity": self.unit_value()}
        for index in range(INSTRUMENTS):
            self.add(type=CommandType.LIST_INSTRUMENT, instrument=index, **listing)
        for node, parent in enumerate(NODES):
            self.add(type=CommandType.ADD_NODE, node=node, target=parent)
        return self.made

    def commands(self, count: int) -> list[Command]:
        """Returns the next commands, at least `count`: what belongs together is made together."""
        made: list[Command] = []
        self.made = made
        random = self.random.random
        for maker in self.random.choices(self.makers, cum_weights=self.weights, k=count):
            maker()
            if made and random() < NONSENSE:
                self.spoil(made)
        return made

    def aim_at(self, ids: Iterable[int]) -> None:
        """Makes later cancels and replaces hit live orders more often."""
        for order in ids:
            self.recent[int(self.random.random() * 64)] = order

    def add(self, **fields: int) -> int:
        """Makes a command; returns its sequence."""
        pick = self.random.random
        self.sequence += 1 if pick() < 0.8 else 3
        self.time_ns += STEPS_NS[int(pick() * 6)]
        self.made.append(Command(self.sequence, self.time_ns, **fields))
        return self.sequence

    def spoil(self, made: list[Command]) -> None:
        """Makes the last command one that may not make sense, or one that comes again."""
        last = made[-1]
        if self.random.random() < 0.1:
            made[-1] = last._replace(sequence=last.sequence - self.below(5))
            return
        field = self.random.choice(ODD_FIELDS)
        odd = {field: int(self.random.choice(ODD[field]))}
        made[-1] = last._replace(**odd)

    # Small choices

    def unit_value(self) -> int:
        """Makes a lot worth about the same wherever prices are."""
        return max(UNIT_VALUE * NEAR.base // self.scale.base, 1)

    def below(self, count: int) -> int:
        return int(self.random.random() * count)

    def happens(self, probability: float) -> bool:
        return self.random.random() < probability

    def instrument(self) -> int:
        return int(self.random.random() * INSTRUMENTS)

    def instrument_or_all(self) -> int:
        return NONE if self.random.random() < 0.5 else self.instrument()

    def node(self) -> int:
        return int(self.random.random() * len(NODES))

    def target(self) -> int:
        return self.recent[int(self.random.random() * 64)]

    def owner(self) -> int:
        return self.node() if self.random.random() < 0.15 else 0

    # Changes

    def cancel(self) -> None:
        self.add(type=CommandType.CANCEL_ORDER, target=self.target(), node=self.owner())

    def replace(self) -> None:
        pick = self.random.random
        self.add(
            type=CommandType.REPLACE_ORDER,
            target=self.target(),
            node=self.owner(),
            price=0 if pick() < 0.5 else self.orders.price(1 + int(pick() * 2)),
            quantity=0 if pick() < 0.5 else 1 + int(pick() * 70),
            client_key=self.orders.any_trigger() if pick() < 0.15 else 0,
        )

    def mass_cancel(self) -> None:
        place = {"node": self.node(), "instrument": self.instrument_or_all()}
        self.add(type=CommandType.MASS_CANCEL, side=self.random.choice((0, 1, 2)), **place)

    def disconnect(self) -> None:
        place = {"node": self.node(), "instrument": self.instrument_or_all()}
        self.add(type=CommandType.DISCONNECT, side=self.random.choice((0, 0, 1, 2)), **place)

    def end_of_day(self) -> None:
        self.add(type=CommandType.END_OF_DAY, instrument=self.instrument_or_all())

    def advance_time(self) -> None:
        self.time_ns += self.below(3_000_000_000)
        self.add(type=CommandType.ADVANCE_TIME)

    # The stage

    def set_limit(self) -> None:
        """Sets a limit, or removes the oldest: a few stand at a time, so that most orders pass."""
        if len(self.limited) > self.below(12):
            kind, node, instrument = self.limited.pop(0)
            place = {"kind": kind, "node": node, "instrument": instrument}
            self.add(type=CommandType.SET_LIMIT, quantity=-1, **place)
            return
        kind = self.random.choice(tuple(LIMIT_MAX))
        instrument = NONE if kind in NODE_ONLY else self.instrument()
        if kind == LimitType.ORDER_NOTIONAL and self.happens(0.5):
            instrument = NONE
        node = self.node()
        self.limited.append((kind, node, instrument))
        lowest = 0 if self.happens(0.1) else LIMIT_MAX[kind] // 3
        value = lowest + self.below(LIMIT_MAX[kind] + 1)
        self.add(type=CommandType.SET_LIMIT, kind=kind, node=node, instrument=instrument, quantity=value)

    def set_trading_state(self) -> None:
        """Lets the one go on that was stopped last; if nobody is, sometimes stops somebody."""
        state = TradingState.ACTIVE
        node, instrument = self.stopped or (self.node(), self.instrument_or_all())
        if self.stopped is None and self.happens(0.3):
            state = TradingState.HALTED if self.happens(0.3) else TradingState.REDUCING
            self.stopped = (node, instrument)
        else:
            self.stopped = None
        self.add(type=CommandType.SET_TRADING_STATE, kind=state, node=node, instrument=instrument)

    def open(self) -> None:
        """Lets a market be continuous, as it mostly is."""
        self.add(type=CommandType.SET_PHASE, kind=Phase.CONTINUOUS, instrument=self.instrument())

    def change_phase(self) -> None:
        phase = self.random.choice(CALLS if self.happens(0.8) else tuple(Phase))
        instrument = NONE if self.happens(0.1) else self.instrument()
        self.add(type=CommandType.SET_PHASE, kind=phase, instrument=instrument)

    def set_bands(self) -> None:
        static, dynamic = (self.below(2_500) if self.happens(0.3) else 0 for _ in range(2))
        self.add(type=CommandType.SET_BANDS, instrument=self.instrument(), price=static, quantity=dynamic)

    def set_reference_price(self) -> None:
        price = self.orders.near(self.below(13) - 6)
        self.add(type=CommandType.SET_REFERENCE_PRICE, instrument=self.instrument(), price=price)

    def set_unit_value(self) -> None:
        usual = self.unit_value() // 2 + self.below(self.unit_value())
        value = NUMBER_MAX if self.happens(0.01) else max(usual, 1)
        self.add(type=CommandType.SET_UNIT_VALUE, instrument=self.instrument(), quantity=value)

    def set_group(self) -> None:
        self.add(type=CommandType.SET_GROUP, node=self.node(), quantity=self.below(4))

    def set_fees(self) -> None:
        rates = {"price": self.below(800) - 400, "quantity": self.below(1_000) - 300}
        place = {"node": self.node(), "instrument": self.instrument_or_all()}
        self.add(type=CommandType.SET_FEES, kind=int(self.happens(0.4)), **place, **rates)

    def indicate(self) -> None:
        self.add(type=CommandType.INDICATE, instrument=self.instrument())

    def list_instrument(self) -> None:
        listing = {"price": self.scale.base, "quantity": self.unit_value()}
        self.add(type=CommandType.LIST_INSTRUMENT, instrument=self.below(INSTRUMENTS + 2), **listing)

    def add_node(self) -> None:
        parent = self.random.choice((0, 2, NONE))
        self.add(type=CommandType.ADD_NODE, node=self.below(len(NODES) + 2), target=parent)

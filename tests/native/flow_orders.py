"""Random orders of all types, alone and in lists, for the flow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from tests.native.commands import unsigned
from tickmesh.native.engine import (
    NUMBER_MAX,
    CommandType,
    Contingency,
    OrderFlag,
    OrderType,
    Side,
    TimeInForce,
)

if TYPE_CHECKING:
    from tests.native.flow import Flow


class Scale(NamedTuple):
    """Where prices are, how far apart, and how deep limits lie behind the base and beyond it, in steps."""

    base: int
    step: int
    behind: int = 9
    beyond: int = 5


NEAR = Scale(128, 1)  # where two pages of prices meet
WIDE = Scale(5_000, 70)  # each price on a page of its own
LOW = Scale(7, 1)  # some prices and many stops are cut off at 1
HIGH = Scale(NUMBER_MAX - 9, 1)  # and at the other end
DEEP = Scale(5_000, 1, behind=300, beyond=2)  # many orders rest
SCALES = (NEAR, NEAR, NEAR, NEAR, DEEP, WIDE, LOW, HIGH)

MARKET, LIMIT = int(OrderType.MARKET), int(OrderType.LIMIT)
TRAILING = (int(OrderType.TRAILING_STOP), int(OrderType.TRAILING_STOP_LIMIT))
STOPS = tuple(range(OrderType.STOP, OrderType.TRAILING_STOP))
PEGS = (int(OrderType.PEG_PRIMARY), int(OrderType.PEG_MID), int(OrderType.PEG_MARKET))
ALL_STOPS = tuple(range(OrderType.STOP, OrderType.MARKET_TO_LIMIT))
KINDS = (LIMIT,) * 44 + (MARKET,) * 6 + ALL_STOPS * 2 + (int(OrderType.MARKET_TO_LIMIT),) * 2 + PEGS
DAY, GTC, GTD = int(TimeInForce.DAY), int(TimeInForce.GTC), int(TimeInForce.GTD)
IOC, FOK = int(TimeInForce.IOC), int(TimeInForce.FOK)
OPENING, CLOSING = int(TimeInForce.AT_THE_OPENING), int(TimeInForce.AT_THE_CLOSE)
AUCTION = int(TimeInForce.GOOD_FOR_AUCTION)
SIMPLE_TIMES = (DAY,) * 4 + (GTC,) * 8 + (GTD,) * 2 + (IOC, IOC, FOK, FOK, OPENING, CLOSING, AUCTION)
CONDITIONAL_TIMES = (DAY, DAY, GTC, GTC, GTC, GTD, IOC, FOK)
STANDING_TIMES = (DAY, GTC, GTC, GTD)
SELF_TRADES = (0,) * 24 + (1, 2, 3, 4, 4, 9, 10, 11, 12, 12)
BASIS_POINTS = int(OrderFlag.BASIS_POINTS)
REDUCE_ONLY = int(OrderFlag.REDUCE_ONLY)
ALL_OR_NONE = int(OrderFlag.ALL_OR_NONE)
POST_ONLY = (int(OrderFlag.POST_ONLY), int(OrderFlag.POST_ONLY_SLIDE))
ON_DISCONNECT = int(OrderFlag.CANCEL_ON_DISCONNECT)
BUY = int(Side.BUY)


class Profile(NamedTuple):
    """What a flow is rich in."""

    more: Mapping[str, float] = {}  # by the name of a maker: how many times as often as usual
    kinds: tuple[int, ...] = KINDS
    special: float = 0.3  # the share of standing LIMIT orders: icebergs, all-or-none or with a minimum


USUAL = Profile()
PLAIN = {"new_list": 0.1, "set_limit": 0.3, "set_trading_state": 0.2, "set_bands": 0.1, "change_phase": 0.2}
CALLS = {"open": 0.25, "change_phase": 8, "indicate": 5, "end_of_day": 3, "set_reference_price": 3}
GATE = {"set_limit": 5, "set_trading_state": 3, "set_group": 4, "set_fees": 4, "set_unit_value": 4}
PROFILES = {
    "usual": USUAL,
    "plain": Profile(PLAIN, (LIMIT,) * 40 + (MARKET,), 0.02),
    "calls": Profile(CALLS),
    "lists": Profile({"new_list": 8}),
    "followers": Profile(kinds=KINDS + PEGS * 12, special=0.8),
    "stops": Profile({"set_reference_price": 5}, KINDS + ALL_STOPS * 8),
    "gate": Profile(GATE),
}


class Orders:
    """Makes NEW_ORDER commands, and the ORDER_TERMS before them."""

    def __init__(self, flow: Flow, scale: Scale, profile: Profile) -> None:
        self.flow = flow
        self.scale = scale
        self.profile = profile
        self.pick = flow.random.random
        self.key = flow.random.getrandbits(40) << 20

    def client_key(self) -> int:
        """A new key, or now and then one of the newest."""
        if self.pick() < 0.005:
            return self.key - int(self.pick() * 10)
        self.key += 1
        return self.key

    def lots(self) -> int:
        return 1 + int(self.pick() * 40)

    def price(self, side: int) -> int:
        """A limit that often waits, sometimes trades, and rarely is far away."""
        if self.pick() < 0.02:
            return 1 + int(self.pick() * 3 * self.scale.base)
        _, _, behind, beyond = self.scale
        lowest = -behind if side == BUY else 1 - beyond
        return self.near(lowest + int(self.pick() * (behind + beyond)))

    def near(self, steps: int) -> int:
        return self.scale.base + steps * self.scale.step

    def trigger_price(self) -> int:
        return self.near(int(self.pick() * 15) - 7)

    def distance(self, steps_max: int) -> int:
        return 1 + int(self.pick() * steps_max * self.scale.step)

    def any_trigger(self) -> int:
        chance = self.pick()
        if chance < 0.6:
            return self.trigger_price()
        return self.distance(8 if chance < 0.9 else 600)

    def figures(self, kind: int, side: int, flags: int) -> tuple[int, int]:
        """Price and trigger as the type wants them."""
        if kind == LIMIT:
            return self.price(side), 0
        if kind in STOPS:
            has_price = kind in (OrderType.STOP_LIMIT, OrderType.LIMIT_IF_TOUCHED)
            return self.price(side) if has_price else 0, self.trigger_price()
        if kind in TRAILING:
            distance = 1 + int(self.pick() * 600) if flags & BASIS_POINTS else self.distance(7)
            return (self.distance(5) - 1 if kind == TRAILING[1] else 0), distance
        if kind in PEGS:
            limit = self.price(3 - side) if self.pick() < 0.4 else 0
            return limit, unsigned((int(self.pick() * 9) - 4) * self.scale.step)
        return 0, 0

    def flags_of(self, kind: int, time_in_force: int) -> int:
        flags = 0
        if self.pick() < 0.05:
            flags |= REDUCE_ONLY
        if self.pick() < 0.15:
            flags |= ON_DISCONNECT
        if kind in TRAILING and self.pick() < 0.5:
            flags |= BASIS_POINTS
        if kind == LIMIT and time_in_force in STANDING_TIMES and self.pick() < 0.15:
            flags |= POST_ONLY[int(self.pick() * 2)]
        return flags

    def terms(self, expiry_ns: int, display: int, minimum: int) -> None:
        if expiry_ns or display or minimum:
            fields = {"target": expiry_ns, "price": display, "quantity": minimum}
            self.flow.add(type=CommandType.ORDER_TERMS, **fields)

    def expiry_of(self, time_in_force: int) -> int:
        return self.flow.time_ns + int(self.pick() * 4_000_000_000) if time_in_force == GTD else 0

    def send(
        self, kind: int, side: int, quantity: int, time_in_force: int, flags: int, **fields: int
    ) -> None:
        price, trigger = self.figures(kind, side, flags)
        plain = {"instrument": 0, "node": 0, "price": price, "target": trigger}
        sequence = self.flow.add(
            type=CommandType.NEW_ORDER,
            client_key=self.client_key(),
            kind=kind,
            side=side,
            quantity=quantity,
            time_in_force=time_in_force,
            flags=flags,
            self_trade=SELF_TRADES[int(self.pick() * len(SELF_TRADES))],
            **(plain | fields),
        )
        self.flow.recent[int(self.pick() * 64)] = sequence

    def new_order(self) -> None:
        """One order, with the terms that it wants."""
        kind = self.profile.kinds[int(self.pick() * len(self.profile.kinds))]
        times: tuple[int, ...] = STANDING_TIMES
        if kind <= LIMIT:
            times = SIMPLE_TIMES
        elif kind < OrderType.MARKET_TO_LIMIT:
            times = CONDITIONAL_TIMES
        time_in_force = times[int(self.pick() * len(times))]
        flags = self.flags_of(kind, time_in_force)
        quantity, display, minimum = self.lots(), 0, 0
        if kind == LIMIT and time_in_force in STANDING_TIMES and self.pick() < self.profile.special:
            quantity, display, minimum, flags = self.special(quantity, flags)
        elif kind <= LIMIT and time_in_force == IOC and self.pick() < 0.3:
            minimum = 1 + int(self.pick() * quantity)
        self.terms(self.expiry_of(time_in_force), display, minimum)
        place = {"instrument": self.flow.instrument(), "node": self.flow.node()}
        self.send(kind, 1 + int(self.pick() * 2), quantity, time_in_force, flags, **place)

    def special(self, quantity: int, flags: int) -> tuple[int, int, int, int]:
        """An iceberg, an all-or-none order or one with a minimum: quantity, display, minimum, flags."""
        chance = self.pick()
        if chance < 0.5:
            return quantity * 3, 1 + int(self.pick() * quantity), 0, flags
        flags &= ~sum(POST_ONLY)
        if chance < 0.8:
            return quantity, 0, 0, flags | ALL_OR_NONE
        return quantity, 0, 1 + int(self.pick() * quantity), flags

    # Lists

    def new_list(self) -> None:
        """An OCO, an OTO or a bracket; now and then one that is broken."""
        contingency = 1 + int(self.pick() * 3)
        count = 3 + int(self.pick() * 2) if contingency == Contingency.BRACKET else 2 + int(self.pick() * 3)
        side = 1 + int(self.pick() * 2)
        place = {"instrument": self.flow.instrument(), "node": self.flow.node(), "contingency": contingency}
        broken_at = int(self.pick() * count) if self.pick() < 0.08 else -1
        for index in range(count):
            if index == broken_at:
                if self.pick() < 0.4:
                    return
                place["node"] = self.flow.node()
            own_side = side if index == 0 or contingency == Contingency.OCO else 3 - side
            self.leg(index, own_side, place | {"more": count - 1 - index})

    def leg(self, index: int, side: int, place: dict[str, int]) -> None:
        kind = self.leg_kind(index, place["contingency"])
        time_in_force = STANDING_TIMES[int(self.pick() * 4)]
        flags = self.flags_of(kind, time_in_force)
        if self.pick() < 0.02:
            side = 3 - side
        self.terms(self.expiry_of(time_in_force), 0, 0)
        self.send(kind, side, self.lots(), time_in_force, flags, **place)

    def leg_kind(self, index: int, contingency: int) -> int:
        if self.pick() < 0.5:
            return LIMIT
        may_be_market = contingency == Contingency.OTO or (contingency == Contingency.BRACKET and index == 0)
        lowest = MARKET if may_be_market else LIMIT
        return lowest + int(self.pick() * (OrderType.MARKET_TO_LIMIT - lowest))

"""What an order is: its fields, and what follows from its type, time in force and flags."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tickmesh.native.engine import Contingency, OrderFlag, OrderType, Side, TimeInForce

STOPS = frozenset(range(OrderType.STOP, OrderType.TRAILING_STOP_LIMIT + 1))
TRAILING = frozenset({OrderType.TRAILING_STOP, OrderType.TRAILING_STOP_LIMIT})
TOUCHED = frozenset({OrderType.MARKET_IF_TOUCHED, OrderType.LIMIT_IF_TOUCHED})
PEGS = frozenset({OrderType.PEG_PRIMARY, OrderType.PEG_MID, OrderType.PEG_MARKET})
WITHOUT_PRICE = frozenset(
    {OrderType.MARKET, OrderType.STOP, OrderType.MARKET_IF_TOUCHED, OrderType.TRAILING_STOP}
)
WITH_LIMIT = frozenset(
    {OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.LIMIT_IF_TOUCHED, OrderType.MARKET_TO_LIMIT}
)
STANDING = frozenset({TimeInForce.DAY, TimeInForce.GTC, TimeInForce.GTD})
IMMEDIATE = frozenset({TimeInForce.IOC, TimeInForce.FOK})
OF_AUCTIONS = frozenset({TimeInForce.AT_THE_OPENING, TimeInForce.AT_THE_CLOSE, TimeInForce.GOOD_FOR_AUCTION})
POST_ONLY = int(OrderFlag.POST_ONLY | OrderFlag.POST_ONLY_SLIDE)
REDUCE_ONLY, ALL_OR_NONE = int(OrderFlag.REDUCE_ONLY), int(OrderFlag.ALL_OR_NONE)
SLIDE, BASIS_POINTS = int(OrderFlag.POST_ONLY_SLIDE), int(OrderFlag.BASIS_POINTS)


@dataclass(slots=True, eq=False)
class Order:
    """An order from its first check to its end."""

    id: int
    instrument: int
    node: int
    side: int
    kind: int  # what it is now: a triggered stop is MARKET or LIMIT
    price: int  # now, 0 where there is none; of a trailing limit that waits: its distance from the stop
    trigger: int  # as asked: a price, a trailing distance, a peg's offset
    quantity: int
    leaves: int
    time_in_force: int
    flags: int
    self_trade: int
    contingency: int
    display: int = 0
    minimum: int = 0
    expiry_ns: int = 0
    age: int = 0
    limit: int = 0  # of a peg
    stop: int = 0  # the price that triggers it, once it is armed
    shown: int = 0
    traded: int = 0
    armed: bool = False  # its trigger waits for a price
    held: bool = False  # until its list releases it
    reserved: bool = False  # its leaves count at the gate
    resting: bool = False
    is_extra: bool = False
    orders: OrderList | None = None

    def sign(self) -> int:
        return 1 if self.side == Side.BUY else -1

    def is_peg(self) -> bool:
        return self.kind in PEGS

    def is_all_or_none(self) -> bool:
        return bool(self.flags & ALL_OR_NONE)

    def is_follower(self) -> bool:
        return self.is_peg() or self.is_all_or_none()

    def is_post_only(self) -> bool:
        return bool(self.flags & POST_ONLY)

    def is_reduce_only(self) -> bool:
        return bool(self.flags & REDUCE_ONLY)

    def is_priced(self) -> bool:
        """Is it a LIMIT order now, or does it behave as one in the book?"""
        is_limit = self.kind in (OrderType.LIMIT, OrderType.MARKET_TO_LIMIT) or self.is_peg()
        return is_limit and self.price > 0

    def may_rest(self) -> bool:
        """Does its remainder rest in a continuous book?"""
        return self.is_priced() and self.time_in_force in STANDING

    def slices(self) -> int:
        """How often an iceberg shows itself."""
        return -(-self.leaves // self.display) if self.display else 0

    def needs_extra(self) -> bool:
        special = self.kind in STOPS or self.is_follower() or self.contingency != Contingency.NONE
        return special or self.display != 0 or self.time_in_force == TimeInForce.GTD

    def wanted_price(self) -> int:
        """The price that its owner may replace: a peg's limit, a trailing limit's distance, the price."""
        return self.limit if self.is_peg() else self.price


@dataclass(slots=True, eq=False)
class OrderList:
    """Orders that depend on one another; of those that have left it nothing is kept."""

    contingency: int
    members: list[Order]
    parent: Order | None = None
    is_oco: bool = False  # when one trades, triggers or ends, the others end

    def others(self, order: Order) -> Iterator[Order]:
        return (member for member in self.members if member is not order)

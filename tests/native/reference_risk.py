"""The risk gate of engine.h once more: slow, obvious, in dictionaries and big integers."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tickmesh.native.engine import POSITION_MAX, LimitType, OrderType, Reason, Side, TradingState

INT64_MAX = 2**63 - 1
SECOND_NS = 10**9


class Refused(Exception):
    """Says why a command is refused, with the figures of a limit where one was exceeded."""

    def __init__(self, reason: Reason, figures: tuple[int, int, int, int] | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.figures = figures  # node, limit, used, asked


@dataclass
class Listing:
    """What an instrument is worth now."""

    reference_price: int
    unit_value: int

    def value(self, lots: int, price: int) -> int:
        return min(lots * price * self.unit_value // 1000, INT64_MAX)


@dataclass
class Pair:
    """A node's holding in an instrument."""

    position: int = 0
    open: dict[int, int] = field(default_factory=lambda: {Side.BUY: 0, Side.SELL: 0})
    exposure: int = 0
    limits: dict[int, int] = field(default_factory=dict)
    state: int = TradingState.ACTIVE

    def is_empty(self) -> bool:
        return not (self.position or any(self.open.values()) or self.limits or self.state)

    def worst(self) -> int:
        return max(abs(self.position + self.open[Side.BUY]), abs(self.position - self.open[Side.SELL]))


@dataclass
class Node:
    """A node of the tree; the firm has no parent."""

    parent: int | None
    state: int = TradingState.ACTIVE
    limits: dict[int, int] = field(default_factory=dict)
    exposure: int = 0
    tokens: int = 0  # billionths of an order
    tokens_ns: int = 0


@dataclass
class Intent:
    """What somebody wants to do; `released` lots of the same side are reserved now and would not be."""

    node: int
    instrument: int
    side: int
    kind: int
    price: int
    quantity: int
    leaves: int
    released: int = 0

    def sign(self) -> int:
        return 1 if self.side == Side.BUY else -1

    def worst(self, pair: Pair) -> int:
        """The position, as this side sees it, when all open orders of the side have filled."""
        return self.sign() * pair.position + pair.open[self.side] - self.released + self.leaves

    def only_reduces(self, pair: Pair) -> bool:
        return self.sign() * pair.position < 0 and self.worst(pair) <= 0


class Gate:
    """All nodes and pairs."""

    def __init__(self, pairs_max: int) -> None:
        self.pairs_max = pairs_max
        self.nodes: list[Node] = []
        self.pairs: dict[tuple[int, int], Pair] = {}
        self.listings: list[Listing] = []
        self.now_ns = 0

    def path(self, node: int) -> Iterator[int]:
        step: int | None = node
        while step is not None:
            yield step
            step = self.nodes[step].parent

    def pair(self, node: int, instrument: int) -> Pair:
        return self.pairs.setdefault((node, instrument), Pair())

    def existing(self) -> set[tuple[int, int]]:
        """The pairs that take room: those with something in them, and all above them."""
        full = [key for key, pair in self.pairs.items() if not pair.is_empty()]
        return {(above, instrument) for node, instrument in full for above in self.path(node)}

    def fits(self, node: int, instrument: int) -> bool:
        return len(self.existing() | {(above, instrument) for above in self.path(node)}) <= self.pairs_max

    def check(self, intent: Intent) -> None:
        self.check_state(intent)
        self.check_order(intent)
        self.charge_rate(intent)
        self.check_position(intent)
        self.check_exposure(intent)

    def check_state(self, intent: Intent) -> None:
        states = [self.nodes[node].state for node in self.path(intent.node)]
        states += [self.pair(node, intent.instrument).state for node in self.path(intent.node)]
        if TradingState.HALTED in states:
            raise Refused(Reason.TRADING_HALTED)
        reduces = intent.only_reduces(self.pair(intent.node, intent.instrument))
        if TradingState.REDUCING in states and not reduces:
            raise Refused(Reason.REDUCE_ONLY)

    def check_order(self, intent: Intent) -> None:
        listing = self.listings[intent.instrument]
        notional = listing.value(intent.quantity, intent.price)
        through = intent.sign() * (intent.price - listing.reference_price)
        distance = -(-max(through, 0) * 10_000 // listing.reference_price)
        self.bound(intent, LimitType.ORDER_QUANTITY, intent.quantity, Reason.ORDER_QUANTITY_LIMIT)
        self.bound(intent, LimitType.ORDER_NOTIONAL, notional, Reason.ORDER_NOTIONAL_LIMIT)
        if intent.kind == OrderType.LIMIT:
            self.bound(intent, LimitType.PRICE_COLLAR, distance, Reason.PRICE_COLLAR)

    def bound(self, intent: Intent, limit_type: LimitType, asked: int, reason: Reason) -> None:
        for node in self.path(intent.node):
            for limits in (self.pair(node, intent.instrument).limits, self.nodes[node].limits):
                if asked > limits.get(limit_type, asked):
                    raise Refused(reason, (node, limits[limit_type], 0, asked))

    def charge_rate(self, intent: Intent) -> None:
        limited = [node for node in self.path(intent.node) if LimitType.ORDER_RATE in self.nodes[node].limits]
        for node in limited:
            if self.tokens(node) < SECOND_NS:
                rate = self.nodes[node].limits[LimitType.ORDER_RATE]
                raise Refused(Reason.ORDER_RATE_LIMIT, (node, rate, self.rate_used(node), 1))
        for node in limited:
            self.nodes[node].tokens = self.tokens(node) - SECOND_NS
            self.nodes[node].tokens_ns = self.now_ns

    def tokens(self, node: int) -> int:
        entry = self.nodes[node]
        rate = entry.limits[LimitType.ORDER_RATE]
        refilled = entry.tokens + (self.now_ns - entry.tokens_ns) * rate
        return min(refilled, rate * SECOND_NS, INT64_MAX)

    def rate_used(self, node: int) -> int:
        full = min(self.nodes[node].limits[LimitType.ORDER_RATE] * SECOND_NS, INT64_MAX)
        return -((self.tokens(node) - full) // SECOND_NS)

    def set_rate(self, node: int, rate: int) -> None:
        entry = self.nodes[node]
        full = min(rate * SECOND_NS, INT64_MAX)
        spent = 0
        if LimitType.ORDER_RATE in entry.limits:
            spent = min(entry.limits[LimitType.ORDER_RATE] * SECOND_NS, INT64_MAX) - self.tokens(node)
        entry.tokens, entry.tokens_ns = max(full - spent, 0), self.now_ns

    def check_position(self, intent: Intent) -> None:
        for node in self.path(intent.node):
            pair = self.pair(node, intent.instrument)
            limit = min(pair.limits.get(LimitType.POSITION, POSITION_MAX), POSITION_MAX)
            worst = intent.worst(pair)
            if worst > limit and not intent.only_reduces(pair):
                figures = (node, limit, worst - intent.leaves, intent.leaves)
                raise Refused(Reason.POSITION_LIMIT, figures)

    def check_exposure(self, intent: Intent) -> None:
        listing = self.listings[intent.instrument]
        for node in self.path(intent.node):
            pair = self.pair(node, intent.instrument)
            after = Pair(pair.position, dict(pair.open))
            after.open[intent.side] += intent.leaves - intent.released
            asked = listing.value(after.worst(), listing.reference_price) - pair.exposure
            used = self.nodes[node].exposure
            limit = self.nodes[node].limits.get(LimitType.GROSS_EXPOSURE, used + asked)
            if used + asked > limit and not intent.only_reduces(pair):
                figures = (node, limit, min(used, INT64_MAX), asked)
                raise Refused(Reason.GROSS_EXPOSURE_LIMIT, figures)

    def change(self, node: int, instrument: int, side: int, opened: int, traded: int) -> None:
        """Moves lots at a node and all above it, and values each anew."""
        listing = self.listings[instrument]
        for step in self.path(node):
            pair = self.pair(step, instrument)
            pair.open[side] += opened
            pair.position += traded if side == Side.BUY else -traded
            exposure = listing.value(pair.worst(), listing.reference_price)
            self.nodes[step].exposure += exposure - pair.exposure
            pair.exposure = exposure

    def collar(self, node: int, instrument: int, side: int) -> int | None:
        """The furthest price that a MARKET order may trade at."""
        reference = self.listings[instrument].reference_price
        limits = [self.pair(step, instrument).limits for step in self.path(node)]
        collars = [found[LimitType.PRICE_COLLAR] for found in limits if LimitType.PRICE_COLLAR in found]
        if not collars:
            return None
        if side == Side.BUY:
            return reference * (10_000 + min(collars)) // 10_000
        return -(-reference * (10_000 - min(collars)) // 10_000)

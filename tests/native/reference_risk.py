"""The risk gate of engine.h once more: slow, obvious, in dictionaries and big integers."""

from dataclasses import dataclass, field

from tickmesh.native.engine import POSITION_MAX, LimitType, Reason, Side, TradingState

INT64_MAX = 2**63 - 1
SECOND_NS = 10**9
MILLION = 10**6


class Refused(Exception):
    """Says why a command is refused, with the figures of a limit where one was exceeded."""

    def __init__(self, reason: Reason, figures: tuple[int, int, int, int] | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.figures = figures  # node, limit, used, asked


def require(condition: bool, reason: Reason) -> None:
    if not condition:
        raise Refused(reason)


@dataclass(slots=True)
class Listing:
    """An instrument: what it is worth, and what its market does."""

    reference_price: int
    unit_value: int
    static_price: int
    static_bps: int = 0
    dynamic_bps: int = 0
    phase: int = 0

    def value(self, lots: int, price: int) -> int:
        return min(lots * price * self.unit_value // 1000, INT64_MAX)


@dataclass(slots=True)
class Pair:
    """A node's holding in an instrument."""

    position: int = 0
    open: dict[int, int] = field(default_factory=lambda: {1: 0, 2: 0})  # by side
    exposure: int = 0
    limits: dict[int, int] = field(default_factory=dict)
    state: int = 0
    fees: tuple[int, int] | None = None  # maker, taker

    def is_empty(self) -> bool:
        held = self.position or self.open[1] or self.open[2]
        return not (held or self.limits or self.state or self.fees is not None)

    def worst(self) -> int:
        return max(abs(self.position + self.open[1]), abs(self.position - self.open[2]))


@dataclass(slots=True)
class Node:
    """A node of the tree; the firm has no parent."""

    parent: int | None
    state: int = 0
    limits: dict[int, int] = field(default_factory=dict)
    exposure: int = 0
    tokens: int = 0  # billionths of an order
    tokens_ns: int = 0
    group: int = 0
    fees: tuple[int, int] | None = None


@dataclass(slots=True)
class Intent:
    """What somebody wants to do; `released` lots of the same side are reserved now and would not be."""

    node: int
    instrument: int
    side: int
    quantity: int
    leaves: int
    notional_price: int
    collar_price: int | None = None  # where a collar is looked at
    released: int = 0
    is_reduce_only: bool = False

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

    def path(self, node: int) -> list[int]:
        """A node and all above it, up to the firm."""
        path, parent = [node], self.nodes[node].parent
        while parent is not None:
            path.append(parent)
            parent = self.nodes[parent].parent
        return path

    def pair(self, node: int, instrument: int) -> Pair:
        if (node, instrument) not in self.pairs:
            self.pairs[node, instrument] = Pair()
        return self.pairs[node, instrument]

    def existing(self) -> set[tuple[int, int]]:
        """The pairs that take room: those with something in them, and all above them."""
        full = [key for key, pair in self.pairs.items() if not pair.is_empty()]
        return {(above, instrument) for node, instrument in full for above in self.path(node)}

    def fits(self, node: int, instrument: int) -> bool:
        """Is there room for the pairs of a path?"""
        if not self.pair(node, instrument).is_empty():
            return True
        return len(self.existing() | {(above, instrument) for above in self.path(node)}) <= self.pairs_max

    # What is checked

    def check_size(self, intent: Intent) -> None:
        """All that does not look at positions."""
        self.check_state(intent)
        self.check_order(intent)
        self.check_collar(intent)

    def check(self, intent: Intent) -> None:
        """All checks of a new order, in their order."""
        self.check_size(intent)
        self.charge_rate(intent)
        self.check_position(intent)
        self.check_exposure(intent)

    def check_state(self, intent: Intent) -> None:
        states = {self.nodes[node].state for node in self.path(intent.node)}
        states |= {self.pair(node, intent.instrument).state for node in self.path(intent.node)}
        require(TradingState.HALTED not in states, Reason.TRADING_HALTED)
        if TradingState.REDUCING in states or intent.is_reduce_only:
            reduces = intent.only_reduces(self.pair(intent.node, intent.instrument))
            require(reduces, Reason.REDUCE_ONLY)

    def check_order(self, intent: Intent) -> None:
        notional = self.listings[intent.instrument].value(intent.quantity, intent.notional_price)
        self.bound(intent, LimitType.ORDER_QUANTITY, intent.quantity, Reason.ORDER_QUANTITY_LIMIT)
        self.bound(intent, LimitType.ORDER_NOTIONAL, notional, Reason.ORDER_NOTIONAL_LIMIT)

    def check_collar(self, intent: Intent) -> None:
        if intent.collar_price is None:
            return
        reference = self.listings[intent.instrument].reference_price
        through = intent.sign() * (intent.collar_price - reference)
        distance = -(-max(through, 0) * 10_000 // reference)
        self.bound(intent, LimitType.PRICE_COLLAR, distance, Reason.PRICE_COLLAR)

    def bound(self, intent: Intent, limit_type: LimitType, asked: int, reason: Reason) -> None:
        for node in self.path(intent.node):
            for limits in (self.pair(node, intent.instrument).limits, self.nodes[node].limits):
                if limit_type in limits and asked > limits[limit_type]:
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
            limits = self.nodes[node].limits
            if LimitType.GROSS_EXPOSURE not in limits:
                continue
            pair, used = self.pair(node, intent.instrument), self.nodes[node].exposure
            after = Pair(pair.position, dict(pair.open))
            after.open[intent.side] += intent.leaves - intent.released
            asked = listing.value(after.worst(), listing.reference_price) - pair.exposure
            limit = limits[LimitType.GROSS_EXPOSURE]
            if used + asked > limit and not intent.only_reduces(pair):
                figures = (node, limit, min(used, INT64_MAX), asked)
                raise Refused(Reason.GROSS_EXPOSURE_LIMIT, figures)

    # What is counted

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

    def reducible(self, node: int, instrument: int, side: int) -> int:
        """The lots that an order of this side may trade if it only reduces."""
        position = self.pair(node, instrument).position
        return max(-position if side == Side.BUY else position, 0)

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

    def fees(self, node: int, instrument: int) -> tuple[int, int] | None:
        """The rates that stand nearest: maker, taker."""
        for step in self.path(node):
            for found in (self.pair(step, instrument).fees, self.nodes[step].fees):
                if found is not None:
                    return found
        return None

    def fee(self, instrument: int, lots: int, price: int, rate: int) -> int:
        exact = -(-self.listings[instrument].value(lots, price) * rate // MILLION)
        return max(min(exact, INT64_MAX), -INT64_MAX)

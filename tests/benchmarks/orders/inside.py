"""One order inside the process: its message's bytes through door, gate and match to answer and reports.

No journal, no network and no event loop: what the order path itself takes, called from Python step by step.
"""

import time
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import product

from tickmesh.native.engine import NONE, CommandType, Engine, LimitType
from tickmesh.services.orders.capacities import engine_config, venue_config
from tickmesh.services.orders.domain.listings import Listing
from tickmesh.services.orders.domain.tree import DESK, FIRM, PORTFOLIO, Node
from tickmesh.services.orders.domain.venue import Venue
from tickmesh.services.orders.settings import OrdersSettings
from tickmesh.services.values import Increment

from ..running import Row
from . import flow
from .histogram import Histogram

COUNT = 200_000
WARM = 20_000
STEPS = ("door", "gate and match", "reports and answers", "answer as protobuf", "reports as protobuf")
LIMITS = {
    LimitType.ORDER_QUANTITY: 1_000,
    LimitType.ORDER_NOTIONAL: 10**12,
    LimitType.PRICE_COLLAR: 1_000,
    LimitType.POSITION: 10**8,
    LimitType.GROSS_EXPOSURE: 1 << 60,
}
NODES = [Node(0, FIRM, "", NONE), Node(1, DESK, "desk", 0), Node(2, PORTFOLIO, flow.PORTFOLIO, 1)]


class Inside:
    """The order path without what surrounds it: one instrument, three nodes, limits at two of them."""

    def __init__(self, settings: OrdersSettings | None = None) -> None:
        settings = settings or OrdersSettings()
        self.engine, self.venue = Engine(engine_config(settings)), Venue(venue_config(settings))
        self._list()
        for node in NODES:
            self.engine.submit(CommandType.ADD_NODE, node=node.index, target=node.parent)
            self.venue.add_node(node)
        for node, (kind, value) in product(NODES[:2], LIMITS.items()):
            place = NONE if kind is LimitType.GROSS_EXPOSURE else 0
            told = {"instrument": place, "kind": kind, "quantity": value}
            self.engine.submit(CommandType.SET_LIMIT, node=node.index, **told)
        self.sequence = self.engine.status().command_sequence

    def _list(self) -> None:
        steps = Increment(Decimal("0.01")), Increment(Decimal(1))
        listing = Listing(0, flow.SYMBOL, "USD", *steps, Decimal(1), Decimal(0), flow.REFERENCE_CENTS)
        value = listing.unit_value(Fraction(1))
        told = {"instrument": 0, "price": listing.reference_ticks, "quantity": value}
        self.engine.submit(CommandType.LIST_INSTRUMENT, **told)
        self.venue.list_instrument(listing)

    def pass_through(self, message: bytes) -> tuple[int, int, int, int, int, int]:
        """Takes a message of one order all the way; returns the moments before and after each step."""
        now, venue = time.perf_counter_ns, self.venue.orders
        begun = now()
        stamped = venue.reader(message).read(1, self.sequence, begun)
        entered = now()
        events = self.engine.process(stamped.commands)
        matched = now()
        applied = venue.apply(stamped.commands, stamped.notes, events)
        applied_at = now()
        results, _ = venue.results(applied, 0, 1)
        answered = now()
        reports, *_ = venue.reports(applied.reports, 0, len(applied.reports), exec_types=0)
        told = now()
        assert results and reports
        self.sequence += 1
        return begun, entered, matched, applied_at, answered, told


def measure(quick: bool = False) -> Iterator[Row]:
    """Yields percentiles of each step and of all, in nanoseconds."""
    inside = Inside()
    count = COUNT // 20 if quick else COUNT
    messages = flow.messages(count + WARM, 1)
    for message in messages[:WARM]:
        inside.pass_through(message)
    steps, every = [Histogram() for _ in STEPS], Histogram()
    for message in messages[WARM:]:
        moments = inside.pass_through(message)
        for place, histogram in enumerate(steps):
            histogram.record(moments[place + 1] - moments[place])
        every.record(moments[-1] - moments[0])
    for name, histogram in [*zip(STEPS, steps, strict=True), ("all of them", every)]:
        yield {"step": name, **histogram.told(1, 0), "orders": histogram.count}
    flow.messages.cache_clear()

"""Nanoseconds that an answer and a report take to become protobuf, beside protobuf's own library.

python -m tests.benchmarks.messages
"""

import json
import statistics
import time
from collections.abc import Callable
from decimal import Decimal
from random import Random

from tests.native.venue import reference_tell as reference
from tests.native.venue.telling import Teller, Told, a_listing, answer_row, report_rows
from tickmesh.native._engine import ffi, lib
from tickmesh.native.engine import NONE, TimeInForce
from tickmesh.services.orders.domain.orders import ExecType, Liquidity, Report, State, Status, Ticket
from tickmesh.services.orders.domain.tree import Node
from tickmesh.services.orders.domain.venue import Answer

COUNT = 2_000
RUNS = 25
LISTINGS = [
    a_listing(0, "AAPL", Decimal("0.01"), Decimal(1)),
    a_listing(1, "BTCUSD", Decimal("0.01"), Decimal("0.00000001")),
    a_listing(2, "EURUSD", Decimal("0.00001"), Decimal(1_000)),
]
NODES = [Node(0, "firm", "", NONE), Node(1, "portfolio", "demo", 0), Node(2, "strategy", "demo/maker", 1)]
START_NS = 1_700_000_000_000_000_000


def a_report(random: Random, sequence: int) -> Told:
    """Draws a new order or a trade, half and half."""
    lots, ticks, is_trade = random.randint(1, 500), random.randint(9_000, 20_000), random.random() < 0.5
    texts = random.choice(NODES[1:]), random.choice(LISTINGS)
    moment_ns = START_NS + 1_003 * sequence
    ticket = Ticket(
        5_000_000 + sequence, f"bench-{sequence:08d}", *texts, 1, 2, TimeInForce.DAY, False, moment_ns
    )
    if not is_trade:
        state = State(lots, ticks, lots, Status.NEW)
        return Told(Report(sequence, sequence, ExecType.NEW, ticket, state, moment_ns))
    state = State(2 * lots, ticks, lots, Status.PARTIALLY_FILLED, lots, lots * ticks + lots // 3)
    happened = lots, ticks, Liquidity.ADDED, sequence
    return Told(Report(sequence, sequence, ExecType.TRADE, ticket, state, moment_ns, *happened))


def median_ns(run: Callable[[], object]) -> float:
    """Returns how long one of COUNT messages takes, the median of some runs."""
    times = []
    for _ in range(RUNS):
        start_ns = time.perf_counter_ns()
        run()
        times.append((time.perf_counter_ns() - start_ns) / COUNT)
    return round(statistics.median(times), 1)


class Messages:
    """The same messages, ready to be told by the venue and by protobuf."""

    def __init__(self, random: Random) -> None:
        self.reports = [a_report(random, 1_000_000 + index) for index in range(COUNT)]
        self.answers = [Answer(told.report.command, told.report) for told in self.reports]
        self._venue = Teller(LISTINGS, NODES).venue
        places = {id(told.report): place for place, told in enumerate(self.reports)}
        self._reports = report_rows(self.reports)
        self._answers = ffi.new("struct answer[]", [answer_row(answer, places) for answer in self.answers])
        self._into = ffi.new("uint8_t[]", COUNT * lib.VENUE_REPORT_MAX)
        self._all = ffi.new("struct venue_filter *", {"portfolio": NONE})
        self._next, self._count = ffi.new("uint64_t *"), ffi.new("uint32_t *")

    def results_by_venue(self) -> int:
        """Tells all answers and returns their bytes."""
        rows = self._answers, self._reports
        return int(lib.venue_results(self._venue, *rows, 0, COUNT, self._into, self._count))

    def reports_by_venue(self) -> int:
        """Tells all reports and returns their bytes."""
        self._next[0] = 0
        told = self._all, COUNT, self._next, self._count, self._into
        return int(lib.venue_reports(self._venue, self._reports, COUNT, *told))

    def results_by_protobuf(self) -> bytes:
        """Tells the same answers the slow way."""
        return reference.results_bytes(self.answers)

    def reports_by_protobuf(self) -> bytes:
        """Tells the same reports the slow way."""
        return reference.reports_bytes([told.report for told in self.reports])


def measure() -> dict[str, dict[str, float]]:
    """Returns bytes and nanoseconds a message, ours and protobuf's."""
    messages = Messages(Random(5))
    ways = {
        "result": (messages.results_by_venue, messages.results_by_protobuf),
        "report": (messages.reports_by_venue, messages.reports_by_protobuf),
    }
    return {
        name: {"bytes": round(ours() / COUNT), "ns": median_ns(ours), "protobuf_ns": median_ns(theirs)}
        for name, (ours, theirs) in ways.items()
    }


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1))

"""What the journal adds up to: listings, the tree, live orders, and the answers to controls.

The engine decides; the venue remembers what its numbers mean. Both are rebuilt from the same
journal by the same code, so that a restart and a quiet afternoon look alike. Orders are kept in C,
see `tickmesh.native.venue`; here is what commands say in words.
"""

import json
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tickmesh.native import venue as native
from tickmesh.native.engine import COMMAND_DTYPE, NONE, CommandType, Reason

from . import faults, texts
from .listings import Listing, Listings
from .orders import ExecType, Report, RiskFigures, report_of
from .tree import PORTFOLIO, STRATEGY, Node, Tree

REQUESTS_MAX = 100_000
MASS_CANCELS_MAX = 10_000
_ORDERS = bytes((CommandType.NEW_ORDER, CommandType.CANCEL_ORDER, CommandType.REPLACE_ORDER))


@dataclass(slots=True)
class Answer:
    """What became of one command."""

    command: int
    report: Report | None = None  # the last that happened to the command's own order
    reason: str = ""  # why a cancel, replace or control was refused
    risk: dict[str, str] | None = None
    first_order_id: int = 0  # of a client_order_id that came before
    canceled: int = 0


class Outcome(NamedTuple):
    """What a row of commands did: one answer a command, reports and events in order."""

    first: int  # the first command's sequence
    commands: NDArray[Any]
    events: NDArray[Any]
    applied: native.Applied

    @property
    def reports(self) -> NDArray[Any]:
        """Returns the reports."""
        return self.applied.reports


@dataclass(slots=True)
class Journaled:
    """What commands that were applied have named. The door notes the same before its commands are durable."""

    listings: int = 0
    nodes: int = 0
    rates: dict[str, Fraction] = field(default_factory=dict)


class Venue:
    """Follows commands and events, in order."""

    def __init__(self, config: native.VenueConfig | None = None, *, row_commands_max: int = 2_048) -> None:
        self.orders = native.Venue(config, row_commands_max=row_commands_max)
        self.listings = Listings()
        self.tree = Tree()
        self.requests: OrderedDict[str, tuple[str, int, int]] = (
            OrderedDict()
        )  # id -> digest, command, canceled
        self.journaled = Journaled()
        self.last_command = 0
        self.last_time_ns = 0
        self.last_report = 0  # event of the newest report
        self.mass_cancels: deque[tuple[int, int]] = deque(
            maxlen=MASS_CANCELS_MAX
        )  # command, orders cancelled
        _teach(self.orders)

    def list_instrument(self, listing: Listing) -> None:
        """Adds an instrument, unless it is there."""
        if listing.index == len(self.listings.by_index):
            self.listings.add(listing)
            self.orders.add_instrument(
                listing.symbol,
                listing.price_increment.fraction,
                listing.quantity_increment.fraction,
                least_notional=listing.least_notional,
                reference_ticks=listing.reference_ticks,
            )

    def add_node(self, node: Node) -> None:
        """Adds a place in the tree, unless it is there."""
        if node.index == len(self.tree.by_index):
            self.tree.add(node)
            trades = node.level in (PORTFOLIO, STRATEGY)
            self.orders.add_node(
                node.name, node.portfolio_id if trades else "", node.strategy_id if trades else ""
            )

    def apply(self, payload: bytes, notes: bytes, events: Any) -> Outcome:
        """Takes in commands, their texts (each ended by a 0) and the events that the engine gave for them."""
        commands = np.frombuffer(payload, COMMAND_DTYPE)
        controls = _controls(commands)
        requests = self._take_texts(controls, notes) if controls else []
        applied = self.orders.apply(payload, notes, events)
        for place in controls:
            self._note_mass_cancel(applied.answers[place])
        first, last = commands.item(0)[0], commands.item(-1)
        for place, request in requests:
            self.remember_request(*request, first + place)
        self.last_command, self.last_time_ns = last[0], max(self.last_time_ns, last[1])
        if len(applied.reports):
            self.last_report = int(applied.reports["sequence"][-1])
        return Outcome(first, commands, events, applied)

    def _take_texts(self, controls: list[int], notes: bytes) -> list[tuple[int, tuple[str, str, int]]]:
        """Takes in what controls say in words, before anything refers to it; returns requests that end."""
        every = notes.split(b"\0")
        requests = []
        for place in controls:
            for kind, body in texts.parts(every[place].decode()):
                if kind == texts.REQUEST:
                    requests.append((place, tuple(json.loads(body))))
                else:
                    _TAKERS[kind](self, body)
        return requests

    def take_listing(self, body: str) -> None:
        """Takes in the instrument that a command named."""
        listing = Listing.from_text(body)
        self.list_instrument(listing)
        self.journaled.listings = listing.index + 1

    def take_node(self, body: str) -> None:
        """Takes in the place in the tree that a command named."""
        node = Node.from_text(body)
        self.add_node(node)
        self.journaled.nodes = node.index + 1

    def take_rate(self, body: str) -> None:
        """Takes in the conversion rate that a command named."""
        facts = json.loads(body)
        rate = Fraction(facts["rate"])
        self.listings.rates[facts["currency"]] = self.journaled.rates[facts["currency"]] = rate

    def _note_mass_cancel(self, answer: Any) -> None:
        """Keeps how many orders a mass cancel ended."""
        if answer["canceled"]:
            self.mass_cancels.append((int(answer["command"]), int(answer["canceled"])))

    def remember_request(self, request_id: str, digest: str, first: int, last: int) -> None:
        """Keeps the answer to a request of controls; the oldest are forgotten."""
        canceled = sum(count for command, count in self.mass_cancels if first <= command <= last)
        self.requests[request_id] = (digest, last, canceled)
        if len(self.requests) > REQUESTS_MAX:
            self.requests.popitem(last=False)

    def answer(self, outcome: Outcome, sequence: int) -> Answer:
        """Returns what became of one command of an outcome."""
        place = sequence - outcome.first
        found = outcome.applied.answers[place]
        reason = Reason(found["reason"])
        return Answer(
            command=sequence,
            report=self.report(outcome.reports[found["report"]]) if found["report"] >= 0 else None,
            reason=reason.name if reason else "",
            risk=self._risk(found, reason, outcome.commands[place]),
            first_order_id=int(found["first_order"]),
            canceled=int(found["canceled"]),
        )

    def _risk(self, answer: Any, reason: Reason, command: Any) -> dict[str, str] | None:
        if answer["limit_node"] == NONE:
            return None
        limit, used, asked = (int(answer[name]) for name in ("limit", "used", "asked"))
        figures = RiskFigures(reason, self.tree.by_index[answer["limit_node"]], limit, used, asked)
        return figures.texts(self.listings.by_index[command["instrument"]])

    def report(self, record: Any) -> Report:
        """Returns a row of REPORT_DTYPE as a report."""
        return report_of(record, self.tree, self.listings)

    def live_order(self, order_id: int) -> Report | None:
        """Returns a live order as it is, or None."""
        record = self.orders.order(order_id)
        if record is None:
            return None
        record["exec_type"] = ExecType.NEW  # the record is of an order, not of what happened to one
        return self.report(record)


_TAKERS: dict[str, Callable[[Venue, str], None]] = {
    texts.LISTING: Venue.take_listing,
    texts.NODE: Venue.take_node,
    texts.RATE: Venue.take_rate,
}


def _controls(commands: NDArray[Any]) -> list[int]:
    """Returns which commands are not about one order. Rows of orders alone, nearly all, take no time here."""
    kinds = commands["type"].tobytes()
    if not kinds.translate(None, _ORDERS):
        return []
    return [place for place, kind in enumerate(kinds) if kind not in _ORDERS]


def _teach(orders: native.Venue) -> None:
    """Gives the words for each reason."""
    for reason in Reason:
        orders.add_word(reason, reason.name if reason else "", faults.sentence(reason.name) if reason else "")
    orders.add_word(native.END_OF_DAY, "END_OF_DAY", "")

"""What the journal adds up to: listings, accounts, live orders and books.

The engine decides; the venue remembers what its numbers mean. Both are rebuilt from the same
journal by the same code, so that a restart and a quiet afternoon look alike.
"""

import json
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from tickmesh.native.engine import (
    COMMAND_STRUCT,
    CommandType,
    EventFlag,
    EventType,
    OrderFlag,
    Reason,
    Side,
)

from . import texts
from .books import Book, BookChange, Trade, levels_of
from .listings import Listing, Listings
from .orders import (
    LIMIT_REASONS,
    ExecType,
    Liquidity,
    Report,
    RiskFigures,
    State,
    Status,
    Ticket,
)
from .tree import Node, Tree

# Plain numbers: arithmetic with flags of an enum costs more than the rest of a report.
_MAKER, _AUCTION, _POST_ONLY = int(EventFlag.MAKER), int(EventFlag.AUCTION), int(OrderFlag.POST_ONLY)
REQUESTS_MAX = 100_000
MASS_CANCELS_MAX = 10_000
_FIELDS = [
    "sequence",
    "command",
    "order",
    "price",
    "quantity",
    "leaves",
    "instrument",
    "node",
    "type",
    "side",
]
_FIELDS += ["reason", "flags"]


@dataclass(slots=True)
class Answer:
    """What became of one command."""

    command: int
    report: Report | None = None  # the last that happened to the command's own order
    reason: str = ""  # why a cancel, replace or control was refused
    risk: dict[str, str] | None = None
    first_order_id: int = 0  # of a client_order_id that came before
    canceled: int = 0


@dataclass(slots=True)
class Outcome:
    """What a batch of commands did."""

    answers: dict[int, Answer] = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)
    changes: list[BookChange] = field(default_factory=list)


class LiveOrder(NamedTuple):
    """An order that rests, as it is at one moment."""

    ticket: Ticket
    state: State


@dataclass(slots=True)
class Journaled:
    """What commands that were applied have named. The door notes the same before its commands are durable."""

    listings: int = 0
    nodes: int = 0
    rates: dict[str, Fraction] = field(default_factory=dict)


class Venue:
    """Follows commands and events, in order."""

    def __init__(self) -> None:
        self.listings = Listings()
        self.tree = Tree()
        self.live: dict[int, LiveOrder] = {}
        self.by_key: dict[int, int] = {}  # client key -> id of a live order, or of one on its way
        self.shadowed: set[int] = set()  # live orders whose key leads to an older one, or led there
        self.books: list[Book] = []
        self.requests: OrderedDict[str, tuple[str, int, int]] = (
            OrderedDict()
        )  # id -> digest, command, canceled
        self.journaled = Journaled()
        self.last_command = 0
        self.last_time_ns = 0
        self.last_report = 0  # event of the newest report, also of one that a quiet replay did not make
        self.mass_cancels: deque[tuple[int, int]] = deque(
            maxlen=MASS_CANCELS_MAX
        )  # command, orders cancelled

    def list_instrument(self, listing: Listing) -> None:
        """Adds an instrument, unless it is there."""
        if listing.index == len(self.listings.by_index):
            self.listings.add(listing)
            self.books.append(Book(listing))

    def add_node(self, node: Node) -> None:
        """Adds a place in the tree, unless it is there."""
        if node.index == len(self.tree.by_index):
            self.tree.add(node)

    def apply(self, payload: bytes, notes: list[str], events: Any, *, quiet: bool = False) -> Outcome:
        """Takes in commands, their texts and the events that the engine gave for them.

        A quiet replay makes no reports: they are in the tables, and nobody waits for them.
        """
        outcome = Outcome()
        rows: list[tuple[int, ...]] = events[_FIELDS].tolist()
        place = 0
        for command, note in zip(COMMAND_STRUCT.iter_unpack(payload), notes, strict=True):
            end = place
            while end < len(rows) and rows[end][1] == command[0]:
                end += 1
            _Step(self, outcome, command, note, quiet).run(rows[place:end])
            place = end
            self.last_command, self.last_time_ns = command[0], max(self.last_time_ns, command[1])
        assert place == len(rows), "an event belongs to no command"
        return outcome

    def note_mass_cancel(self, command: int, canceled: int) -> None:
        """Keeps how many orders a mass cancel ended."""
        self.mass_cancels.append((command, canceled))

    def remember_request(self, request_id: str, digest: str, first: int, last: int) -> None:
        """Keeps the answer to a request of controls; the oldest are forgotten."""
        canceled = sum(count for command, count in self.mass_cancels if first <= command <= last)
        self.requests[request_id] = (digest, last, canceled)
        if len(self.requests) > REQUESTS_MAX:
            self.requests.popitem(last=False)


class _Step:
    """One command and its events."""

    __slots__ = ("answer", "changes", "command", "note", "outcome", "own", "own_ticket", "quiet", "request",
                 "time_ns", "trade", "venue")  # fmt: skip

    def __init__(
        self, venue: Venue, outcome: Outcome, command: tuple[int, ...], note: str, quiet: bool
    ) -> None:
        self.venue = venue
        self.quiet = quiet
        self.outcome = outcome
        self.command = command
        self.note = note
        self.time_ns = command[1]
        self.answer = Answer(command[0])
        self.own = 0
        self.own_ticket: Ticket | None = None
        self.trade = 0
        self.request: tuple[str, str, int] | None = (
            None  # id, digest and first command of a request that ends here
        )
        self.changes: dict[int, BookChange] = {}

    def run(self, rows: list[tuple[int, ...]]) -> None:
        kind = self.command[8]
        if kind == CommandType.NEW_ORDER:
            self.own = self.command[0]
            self.own_ticket = self._ticket()
            self.venue.by_key.setdefault(self.own_ticket.client_key, self.own)
        elif kind in (CommandType.CANCEL_ORDER, CommandType.REPLACE_ORDER):
            self.own = self.command[3]
        elif self.note:
            self._control()
        for row in rows:
            _HANDLERS.get(row[8], _Step.nothing)(self, row)
        self._finish()

    def _ticket(self) -> Ticket:
        sequence, time_ns, key, _, _, _, instrument, node, _, side, kind, time_in_force, flags = self.command
        return Ticket(
            order_id=sequence,
            client_order_id=self.note,
            client_key=key,
            node=self.venue.tree.by_index[node],
            listing=self.venue.listings.by_index[instrument],
            side=side,
            order_type=kind,
            time_in_force=time_in_force,
            post_only=bool(flags & _POST_ONLY),
            submit_time_ns=time_ns,
        )

    def _control(self) -> None:
        venue = self.venue
        for kind, body in texts.parts(self.note):
            if kind == texts.LISTING:
                listing = Listing.from_text(body)
                venue.list_instrument(listing)
                venue.journaled.listings = listing.index + 1
            elif kind == texts.NODE:
                node = Node.from_text(body)
                venue.add_node(node)
                venue.journaled.nodes = node.index + 1
            elif kind == texts.REQUEST:
                self.request = tuple(json.loads(body))
            elif kind == texts.RATE:
                facts = json.loads(body)
                rate = Fraction(facts["rate"])
                venue.listings.rates[facts["currency"]] = venue.journaled.rates[facts["currency"]] = rate

    def _finish(self) -> None:
        if self.request:
            self.venue.remember_request(*self.request, self.command[0])
        for change in self.changes.values():
            self.venue.books[change.listing.index].apply(change)
            self.outcome.changes.append(change)
        self.outcome.answers[self.answer.command] = self.answer

    def _report(self, row: tuple[int, ...], live: LiveOrder, exec_type: ExecType, **more: Any) -> None:
        self.venue.last_report = row[0]
        if self.quiet:
            return
        report = Report(row[0], row[1], exec_type, live.ticket, live.state, self.time_ns, **more)
        self.outcome.reports.append(report)
        if row[2] == self.own:
            self.answer.report = report

    def accepted(self, row: tuple[int, ...]) -> None:
        assert self.own_ticket is not None
        live = LiveOrder(self.own_ticket, State(row[4], row[3], row[5], Status.NEW))
        self.venue.live[row[2]] = live
        if self.venue.by_key.get(self.own_ticket.client_key) != self.own:
            self.venue.shadowed.add(self.own)
        self._report(row, live, ExecType.NEW)

    def _become(self, order_id: int, state: State) -> LiveOrder:
        live = self.venue.live[order_id] = LiveOrder(self.venue.live[order_id].ticket, state)
        return live

    def rejected(self, row: tuple[int, ...]) -> None:
        assert self.own_ticket is not None
        if self.venue.by_key.get(self.own_ticket.client_key) == self.own:
            del self.venue.by_key[self.own_ticket.client_key]
        reason = Reason(row[10])
        if reason is Reason.DUPLICATE_CLIENT_ORDER:
            self.answer.first_order_id = row[5]
            return
        state = State(self.command[5], self.command[4], 0, Status.REJECTED, reason=reason.name)
        risk = self._figures(row, self.own_ticket.listing)
        self._report(row, LiveOrder(self.own_ticket, state), ExecType.REJECTED, risk=risk)

    def _figures(self, row: tuple[int, ...], listing: Listing) -> dict[str, str] | None:
        reason = Reason(row[10])
        if reason not in LIMIT_REASONS:
            return None
        node = self.venue.tree.by_index[row[7]]
        return RiskFigures(reason, node, limit=row[3], used=row[5], asked=row[4]).texts(listing)

    def traded(self, row: tuple[int, ...]) -> None:
        sequence, _, order_id, ticks, lots, leaves = row[:6]
        before = self.venue.live[order_id].state
        status = Status.PARTIALLY_FILLED if leaves else Status.FILLED
        traded, value = before.cumulative + lots, before.value + ticks * lots
        state = State(before.quantity, before.price, leaves, status, traded, value, before.reason)
        live = self._become(order_id, state)
        auction = bool(row[11] & _AUCTION)
        is_first = row[9] == Side.BUY if auction else bool(row[11] & _MAKER)  # of the two that met
        self.trade = sequence if is_first else self.trade
        liquidity = Liquidity.NONE if auction else Liquidity.ADDED if is_first else Liquidity.REMOVED
        self._report(
            row, live, ExecType.TRADE, last_lots=lots, last_ticks=ticks, liquidity=liquidity, trade=self.trade
        )
        if not is_first:
            aggressor = 0 if auction else live.ticket.side
            self._change(row[6]).trades.append(Trade(self.trade, ticks, lots, aggressor, self.time_ns))
        if not leaves:
            self._forget(order_id)

    def ended(self, row: tuple[int, ...]) -> None:
        expired, before = row[8] == EventType.ORDER_EXPIRED, self.venue.live[row[2]].state
        status = Status.EXPIRED if expired else Status.CANCELED
        reason = Reason(row[10]).name if row[10] else "END_OF_DAY"
        state = State(before.quantity, before.price, 0, status, before.cumulative, before.value, reason)
        self._report(
            row,
            LiveOrder(self.venue.live[row[2]].ticket, state),
            ExecType.EXPIRED if expired else ExecType.CANCELED,
        )
        self._forget(row[2])

    def _forget(self, order_id: int) -> None:
        ticket = self.venue.live.pop(order_id).ticket
        if self.venue.by_key.get(ticket.client_key) == order_id:
            del self.venue.by_key[ticket.client_key]
        self.venue.shadowed.discard(order_id)

    def replaced(self, row: tuple[int, ...]) -> None:
        state = State(row[4], row[3], row[5], *self.venue.live[row[2]].state[3:])
        self._report(row, self._become(row[2], state), ExecType.REPLACED)
        if not row[5]:
            self._forget(row[2])

    def moved(self, row: tuple[int, ...]) -> None:
        """An order was triggered or repriced: it has another price, and no report says so yet."""
        before = self.venue.live[row[2]].state
        self._become(row[2], State(before.quantity, row[3], row[5], *before[3:]))

    def refused(self, row: tuple[int, ...]) -> None:
        self.answer.reason = Reason(row[10]).name
        live = self.venue.live.get(self.own)
        if live is not None:
            self.answer.risk = self._figures(row, live.ticket.listing)

    def control_refused(self, row: tuple[int, ...]) -> None:
        self.answer.reason = Reason(row[10]).name

    def level(self, row: tuple[int, ...]) -> None:
        if row[3]:  # MARKET orders that wait for an auction stand at no price, and in no level
            levels_of(self._change(row[6]), row[9]).append((row[3], row[4], row[5]))

    def mass_canceled(self, row: tuple[int, ...]) -> None:
        self.answer.canceled = row[4]
        self.venue.note_mass_cancel(row[1], row[4])

    def nothing(self, row: tuple[int, ...]) -> None:
        """Says nothing that is not known, like a control that took effect, or that anybody is told here."""

    def _change(self, instrument: int) -> BookChange:
        change = self.changes.get(instrument)
        if change is None:
            listing = self.venue.listings.by_index[instrument]
            change = self.changes[instrument] = BookChange(listing, self.command[0], self.time_ns)
        return change


_HANDLERS: dict[int, Callable[[_Step, tuple[int, ...]], None]] = {
    EventType.ORDER_ACCEPTED: _Step.accepted,
    EventType.ORDER_REJECTED: _Step.rejected,
    EventType.TRADE: _Step.traded,
    EventType.ORDER_CANCELED: _Step.ended,
    EventType.ORDER_EXPIRED: _Step.ended,
    EventType.ORDER_REPLACED: _Step.replaced,
    EventType.CANCEL_REJECTED: _Step.refused,
    EventType.BOOK_LEVEL: _Step.level,
    EventType.CONTROL_APPLIED: _Step.nothing,
    EventType.CONTROL_REJECTED: _Step.control_refused,
    EventType.MASS_CANCELED: _Step.mass_canceled,
    EventType.ORDER_TRIGGERED: _Step.moved,
    EventType.ORDER_REPRICED: _Step.moved,
    EventType.FEE: _Step.nothing,
    EventType.PHASE_CHANGED: _Step.nothing,
    EventType.AUCTION: _Step.nothing,
    EventType.BOOK_TOP: _Step.nothing,
    EventType.BOOK_ORDER: _Step.nothing,
}

"""The ledger in Python: slow, obvious, and what the C is compared with.

One command after the other, a method for each kind of event, a dictionary for each thing to remember.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from tests.native.commands import Command, Event
from tickmesh.native.engine import NONE, CommandType, EventFlag, EventType, Reason, Side

NEW, TRADE, CANCELED, REPLACED, REJECTED, EXPIRED = range(1, 7)  # FIX 150, as in the contract
IS_NEW, IS_PARTIALLY_FILLED, IS_FILLED, IS_CANCELED, IS_REJECTED, IS_EXPIRED = range(1, 7)  # FIX 39
ADDED, REMOVED = 1, 2  # FIX 851
END_OF_DAY = 255
CHANGES = (CommandType.CANCEL_ORDER, CommandType.REPLACE_ORDER)
LIMITS = (
    Reason.ORDER_QUANTITY_LIMIT,
    Reason.ORDER_NOTIONAL_LIMIT,
    Reason.PRICE_COLLAR,
    Reason.ORDER_RATE_LIMIT,
    Reason.POSITION_LIMIT,
    Reason.GROSS_EXPOSURE_LIMIT,
)


class Report(NamedTuple):
    """A `struct report`; `value` is its two halves as one number."""

    sequence: int = 0
    command: int = 0
    order: int = 0
    time_ns: int = 0
    submit_time_ns: int = 0
    quantity: int = 0
    price: int = 0
    leaves: int = 0
    cumulative: int = 0
    last_lots: int = 0
    last_ticks: int = 0
    trade: int = 0
    limit: int = 0
    used: int = 0
    asked: int = 0
    key: int = 0
    instrument: int = 0
    node: int = 0
    limit_node: int = NONE
    exec_type: int = 0
    status: int = 0
    liquidity: int = 0
    reason: int = 0
    side: int = 0
    kind: int = 0
    time_in_force: int = 0
    flags: int = 0
    text: bytes = b""
    value: int = 0


class Answer(NamedTuple):
    """A `struct answer`."""

    command: int
    first_order: int = 0
    limit: int = 0
    used: int = 0
    asked: int = 0
    report: int = -1
    canceled: int = 0
    limit_node: int = NONE
    reason: int = 0


class ReferenceVenue:
    """Follows commands and events, in order."""

    def __init__(self) -> None:
        self.live: dict[int, Report] = {}  # as venue_order() tells them
        self.waiting: dict[int, Report] = {}  # orders of lists that are not decided yet
        self.by_key: dict[int, int] = {}
        self.reports: list[Report] = []
        self.answers: dict[int, Answer] = {}
        self.decided: set[int] = set()  # orders that the present command decided
        self.command = Command(0, 0)
        self.trade = 0

    def note_key(self, key: int, order: int) -> None:
        self.by_key.setdefault(key, order)

    def apply(
        self, commands: Sequence[Command], notes: Sequence[bytes], events: Iterable[Event]
    ) -> tuple[list[Report], list[Answer]]:
        """Takes in a row; returns its reports and answers."""
        self.reports, self.answers = [], {command.sequence: Answer(command.sequence) for command in commands}
        caused: dict[int, list[Event]] = {command.sequence: [] for command in commands}
        for event in events:
            caused[event.command].append(event)
        for command, note in zip(commands, notes, strict=True):
            self.command, self.trade, self.decided = command, 0, set()
            if command.type == CommandType.NEW_ORDER:
                self.submit(note)
            for event in caused[command.sequence]:
                handler = HANDLERS.get(event.type)
                if handler:
                    handler(self, event)
        return self.reports, list(self.answers.values())

    def submit(self, note: bytes) -> None:
        command = self.command
        self.waiting[command.sequence] = Report(
            order=command.sequence,
            key=command.client_key,
            submit_time_ns=command.time_ns,
            quantity=command.quantity,
            price=command.price,
            instrument=command.instrument,
            node=command.node,
            side=command.side,
            kind=command.kind,
            time_in_force=command.time_in_force,
            flags=command.flags,
            text=note,
        )
        if command.client_key:
            self.note_key(command.client_key, command.sequence)

    def answer(self, command: int, **fields: Any) -> None:
        """Says more in the answer to a command, if it is one of this row."""
        if command in self.answers:
            self.answers[command] = self.answers[command]._replace(**fields)

    def report(self, event: Event, order: Report, exec_type: int, **more: Any) -> None:
        index = len(self.reports)
        if self.command.type in CHANGES and order.order == self.command.target:
            self.answer(self.command.sequence, report=index)
        if order.order in self.decided:
            self.answer(order.order, report=index)
        stamps: dict[str, Any] = {
            "sequence": event.sequence,
            "command": event.command,
            "time_ns": self.command.time_ns,
        }
        self.reports.append(order._replace(exec_type=exec_type, **stamps, **more))

    def accepted(self, event: Event) -> None:
        order = self.decide(event)
        live = order._replace(price=event.price, quantity=event.quantity, leaves=event.leaves, status=IS_NEW)
        self.live[live.order] = live
        self.report(event, live, NEW)

    def decide(self, event: Event) -> Report:
        """A list is decided with its last order, or with what comes in place of it: under that command."""
        self.decided.add(event.order)
        return self.waiting.pop(event.order)

    def rejected(self, event: Event) -> None:
        order = self.decide(event)
        self.free_key(order)
        if event.reason == Reason.DUPLICATE_CLIENT_ORDER:
            self.answer(order.order, first_order=event.leaves)
            return
        self.report(
            event, order._replace(status=IS_REJECTED), REJECTED, reason=event.reason, **figures(event)
        )

    def free_key(self, order: Report) -> None:
        if self.by_key.get(order.key) == order.order:
            del self.by_key[order.key]

    def traded(self, event: Event) -> None:
        before = self.live[event.order]
        live = self.live[event.order] = before._replace(
            leaves=event.leaves,
            cumulative=before.cumulative + event.quantity,
            value=before.value + event.price * event.quantity,
            status=IS_PARTIALLY_FILLED if event.leaves else IS_FILLED,
        )
        is_auction = bool(event.flags & EventFlag.AUCTION)
        is_first = event.side == Side.BUY if is_auction else bool(event.flags & EventFlag.MAKER)
        self.trade = event.sequence if is_first else self.trade
        liquidity = 0 if is_auction else ADDED if is_first else REMOVED
        last: dict[str, Any] = {"last_lots": event.quantity, "last_ticks": event.price}
        self.report(event, live, TRADE, trade=self.trade, liquidity=liquidity, **last)
        if not event.leaves:
            self.forget(event.order)

    def forget(self, order: int) -> None:
        self.free_key(self.live.pop(order))

    def ended(self, event: Event) -> None:
        expired = event.type == EventType.ORDER_EXPIRED
        live = self.live[event.order]._replace(leaves=0, status=IS_EXPIRED if expired else IS_CANCELED)
        self.report(event, live, EXPIRED if expired else CANCELED, reason=event.reason or END_OF_DAY)
        self.forget(event.order)

    def replaced(self, event: Event) -> None:
        change: dict[str, Any] = {"price": event.price, "quantity": event.quantity, "leaves": event.leaves}
        live = self.live[event.order] = self.live[event.order]._replace(**change)
        self.report(event, live, REPLACED)

    def moved(self, event: Event) -> None:
        """An order was triggered or repriced; no report says so. A list may release less than was ordered."""
        before = self.live[event.order]
        quantity = before.cumulative + event.leaves
        self.live[event.order] = before._replace(price=event.price, leaves=event.leaves, quantity=quantity)

    def refused(self, event: Event) -> None:
        self.answer(event.command, reason=event.reason)
        if self.command.target in self.live:
            self.answer(event.command, **figures(event))

    def control_refused(self, event: Event) -> None:
        self.answer(event.command, reason=event.reason)

    def mass_canceled(self, event: Event) -> None:
        self.answer(event.command, canceled=event.quantity)


def figures(event: Event) -> dict[str, Any]:
    """Returns how the limit was used that refused something, if one did."""
    if event.reason not in LIMITS:
        return {}
    return {
        "limit": event.price,
        "used": event.leaves,
        "asked": event.quantity,
        "limit_node": event.node,
    }


HANDLERS: dict[int, Callable[[ReferenceVenue, Event], None]] = {
    EventType.ORDER_ACCEPTED: ReferenceVenue.accepted,
    EventType.ORDER_REJECTED: ReferenceVenue.rejected,
    EventType.TRADE: ReferenceVenue.traded,
    EventType.ORDER_CANCELED: ReferenceVenue.ended,
    EventType.ORDER_EXPIRED: ReferenceVenue.ended,
    EventType.ORDER_REPLACED: ReferenceVenue.replaced,
    EventType.ORDER_TRIGGERED: ReferenceVenue.moved,
    EventType.ORDER_REPRICED: ReferenceVenue.moved,
    EventType.CANCEL_REJECTED: ReferenceVenue.refused,
    EventType.CONTROL_REJECTED: ReferenceVenue.control_refused,
    EventType.MASS_CANCELED: ReferenceVenue.mass_canceled,
}

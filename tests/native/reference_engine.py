"""The engine of engine.h and docs/native-rules.md once more: slow, obvious, in dictionaries and lists.

It exists to disagree: it shares no code and no data structure with the C engine, and the two must give the
same events for the same commands.
"""

from collections.abc import Iterable

from tests.native.commands import Command, Event
from tests.native.reference_activation import Consequences
from tests.native.reference_auction import Auctions
from tests.native.reference_book import Books
from tests.native.reference_changes import Changes
from tests.native.reference_controls import Controls
from tests.native.reference_entry import Entry
from tests.native.reference_lists import Lists
from tests.native.reference_match import Matching
from tests.native.reference_reports import Reports
from tests.native.reference_risk import Gate, Refused
from tests.native.reference_triggers import Triggers
from tickmesh.native.engine import CommandType, EngineConfig, EventType, Reason

OF_ONE_ORDER = (CommandType.CANCEL_ORDER, CommandType.REPLACE_ORDER)


class ReferenceEngine:
    """Takes commands one by one."""

    def __init__(self, config: EngineConfig) -> None:
        self.config = config
        self.books = Books(config)
        self.gate = Gate(config.positions)
        self.reports = Reports(self.books, config.feeds)
        self.lists = Lists(self.books, self.gate, self.reports)
        self.triggers = Triggers(self.books, self.gate, self.lists)
        self.matching = Matching(self.books, self.gate, self.reports, self.lists, self.triggers)
        self.auctions = Auctions(self.matching)
        self.consequences = Consequences(self.matching)
        self.entry = Entry(self.matching, config.client_keys)
        self.changes = Changes(self.matching)
        self.controls = Controls(config, self.auctions, self.changes, self.entry)
        self.sequence = 0

    def process(self, commands: Iterable[Command]) -> list[Event]:
        """Runs commands in order, and returns their events."""
        self.reports.events = []
        for command in commands:
            self.take(command)
        return self.reports.events

    def take(self, command: Command) -> None:
        self.reports.command = command.sequence
        if command.sequence <= self.sequence:
            self.refuse_plainly(command)
            return
        self.sequence = command.sequence
        self.gate.now_ns = max(self.gate.now_ns, command.time_ns)
        self.expire()
        self.entry.prepare(command)
        owed = self.run(command)
        self.consequences.run()
        self.reports.tell()
        if owed is not None:
            self.answer(command, owed)

    def expire(self) -> None:
        """Ends the orders whose time has come."""
        orders = self.books.expiring.values()
        due = [order for order in orders if order.expiry_ns <= self.gate.now_ns]
        for order in sorted(due, key=lambda order: (order.expiry_ns, order.id)):
            if self.books.is_live(order):
                self.lists.end(order, Reason.NONE, EventType.ORDER_EXPIRED)

    def run(self, command: Command) -> int | None:
        """Runs a command; returns the reason of an answer that comes after all that the command causes."""
        if command.type == CommandType.NEW_ORDER:
            self.entry.new_order(command)
        elif command.self_trade or command.contingency or command.more:
            self.refuse_plainly(command)
        elif command.type in OF_ONE_ORDER:
            self.change(command)
        else:
            return self.control(command)
        return None

    def change(self, command: Command) -> None:
        is_cancel = command.type == CommandType.CANCEL_ORDER
        try:
            (self.changes.cancel if is_cancel else self.changes.replace)(command)
        except Refused as refused:
            self.changes.refuse(command, refused)

    def control(self, command: Command) -> int | None:
        try:
            self.controls.run(command)
            reason = Reason.NONE
        except Refused as refused:
            reason = refused.reason
        if not self.controls.answers_itself(command):
            return reason
        if reason != Reason.NONE:
            self.answer(command, reason)
        return None

    def answer(self, command: Command, reason: int) -> None:
        event_type = EventType.CONTROL_REJECTED if reason else EventType.CONTROL_APPLIED
        self.reports.emit(event_type, reason=reason, **place_of(command))

    def refuse_plainly(self, command: Command) -> None:
        """Refuses a command whose sequence or last bytes make no sense."""
        event_type = EventType.CONTROL_REJECTED
        if command.type == CommandType.NEW_ORDER:
            event_type = EventType.ORDER_REJECTED
        elif command.type in OF_ONE_ORDER:
            event_type = EventType.CANCEL_REJECTED
        self.reports.emit(event_type, reason=Reason.INVALID_COMMAND, **place_of(command))


def place_of(command: Command) -> dict[str, int]:
    return {"instrument": command.instrument, "node": command.node}

"""A ledger in C and its reference behind one engine, fed with rows of random flow."""

from collections import deque
from random import Random

from tests.native.commands import Command, as_events
from tests.native.flow import Flow
from tests.native.flow_orders import USUAL, Profile
from tests.native.venue.ledger import Ledger
from tests.native.venue.reference_venue import ReferenceVenue
from tickmesh.native.engine import CommandType, Engine, EngineConfig

KNOWN_INSTRUMENTS, KNOWN_NODES = 8, 16  # some more than the engine ever lists
WAITING_MAX = 4_096
TEXTS = (b"", b"1", b"7f1b5ed0-7a84-4b41", b"order 'x' \\ {\"y\"}", b"~" * 64)


class Row:
    """Commands that are stamped together, and their texts."""

    def __init__(self, commands: list[Command], random: Random) -> None:
        self.commands = commands
        self.notes = [random.choice(TEXTS) for _ in commands]
        self.payload = b"".join(command.pack() for command in commands)


class Pair:
    """Both, and what they have to agree on."""

    def __init__(self, config: EngineConfig, seed: int, profile: Profile = USUAL) -> None:
        self.config = config
        self.engine = Engine(config)
        self.ledger = self.new_ledger()
        self.reference = ReferenceVenue()
        self.random = Random(seed)
        self.flow = Flow(seed, profile)
        self.stamped = 0  # the last command of a row
        self.rows: deque[Row] = deque()  # that are on their way
        self.keys: set[int] = set()
        self.reports = 0

    def new_ledger(self) -> Ledger:
        return Ledger(self.config.orders, WAITING_MAX, KNOWN_INSTRUMENTS, KNOWN_NODES)

    def stage(self) -> None:
        self.stamp(self.flow.stage())

    def run(self, count: int) -> None:
        """Stamps rows and applies them, some of them later, until so many commands were made."""
        made = 0
        while made < count:
            self.flow.aim_at(list(self.reference.live)[-16:])
            commands = self.flow.commands(60)
            made += len(commands)
            self.stamp(commands)
            while len(self.rows) > self.random.randrange(8):
                self.apply()

    def settle(self) -> None:
        """Applies what is on its way."""
        while self.rows:
            self.apply()

    def stamp(self, commands: list[Command]) -> None:
        """Puts what a sequencer may stamp in line, in rows that end anywhere, as full rows do."""
        rest = [command for command in commands if self.is_stamped(command)]
        while rest:
            size = self.random.choice((1, 3, 20, 60))
            self.rows.append(Row(rest[:size], self.random))
            self.note_keys(self.rows[-1])
            rest = rest[size:]

    def is_stamped(self, command: Command) -> bool:
        """Sequences rise, and a new order names what is known."""
        if command.type == CommandType.NEW_ORDER:
            is_known = command.instrument < KNOWN_INSTRUMENTS and command.node < KNOWN_NODES
        else:
            is_known = True
        if command.sequence <= self.stamped or not is_known:
            return False
        self.stamped = command.sequence
        return True

    def note_keys(self, row: Row) -> None:
        """Notes the keys of orders on their way, as the door does."""
        for command in row.commands:
            if command.type == CommandType.NEW_ORDER and command.client_key:
                self.keys.add(command.client_key)
                self.ledger.note_key(command.client_key, command.sequence)
                self.reference.note_key(command.client_key, command.sequence)

    def apply(self) -> None:
        row = self.rows.popleft()
        events = self.engine.process(row.payload)
        reports, answers = self.ledger.apply(row.payload, row.notes, events)
        expected, expected_answers = self.reference.apply(row.commands, row.notes, as_events(events))
        assert reports == expected
        assert answers == expected_answers
        self.reports += len(reports)

    def compare_state(self) -> None:
        """Fails unless both know the same orders and keys, and the engine the same orders."""
        live = self.reference.live
        assert self.ledger.orders() == len(live) == self.engine.status().orders
        assert {order: self.ledger.order(order) for order in live} == live
        found = {key: self.ledger.key_order(key) for key in self.keys}
        assert found == {key: self.reference.by_key.get(key, 0) for key in self.keys}
        for order in live.values():
            view = self.engine.order(order.order)
            assert view is not None
            assert (order.quantity, order.leaves) == (view.quantity, view.leaves)
            assert order.cumulative == view.quantity - view.leaves
            assert (order.instrument, order.node, order.side) == (view.instrument, view.node, view.side)

    def restore(self) -> None:
        """Lets a ledger that was saved and restored go on in place of the present one."""
        data = self.ledger.save()
        self.ledger = self.new_ledger()
        assert self.ledger.restore(data)
        assert self.ledger.save() == data
        self.note_again()

    def note_again(self) -> None:
        """Notes the keys of orders on their way that lead there: they are no part of what is saved."""
        for row in self.rows:
            for command in row.commands:
                if self.reference.by_key.get(command.client_key) == command.sequence:
                    self.ledger.note_key(command.client_key, command.sequence)

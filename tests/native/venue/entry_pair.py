"""The door in C beside its reference: both read the same actions and must stamp the same."""

import re
from typing import Any

from google.protobuf.message import DecodeError

from tests.native.commands import Command
from tests.native.venue.entry_row import Reading, Row, Stop, reading
from tests.native.venue.entry_wire import batch, encode, parse
from tests.native.venue.entry_world import the_listings, the_tree, the_venue
from tests.native.venue.reference_entry import ReferenceEntry
from tickmesh.native._engine import lib
from tickmesh.native.engine import CommandType
from tickmesh.orders.v1 import orders_pb2 as pb

TIME_NS = 1_700_000_000_000_000_000
NOTES_CAPACITY = 1 << 16
PRINTABLE = re.compile(rb"[ -~]*")


def is_plain(action: bytes) -> bool:
    """Says whether a client writes these bytes, in whatever order of fields, and all text is printable."""
    try:
        message = pb.OrderAction.FromString(action)
        message.DiscardUnknownFields()
        [outer] = parse(action)
        assert isinstance(outer.value, bytes)
        fields = parse(outer.value)
    except (DecodeError, IndexError, AssertionError, ValueError):
        return False
    in_order = sorted(fields, key=lambda field: field.number)
    return (
        outer.but(value=encode(fields)).encode() == action
        and outer.but(value=encode(in_order)).encode() == message.SerializeToString()
        and all(PRINTABLE.fullmatch(field.value) for field in fields if isinstance(field.value, bytes))
    )


class Pair:
    """A venue and a reference that know the same."""

    def __init__(self) -> None:
        listings, tree = the_listings(), the_tree()
        self.venue: Any = the_venue(listings, tree)
        self.entry = ReferenceEntry(listings, tree)
        self.entry.time_ns = TIME_NS

    def new_row(self, capacity: int = 1000, notes_capacity: int = NOTES_CAPACITY) -> Row:
        """Returns an empty row that goes on after what was stamped."""
        return Row(capacity, notes_capacity, self.entry.sequence, TIME_NS)

    def take_the_long_way(self, row: Row, action: bytes) -> tuple[Command, str] | None:
        """Stamps with the reference what was set aside, as the venue's owner would."""
        stamped = self.entry.act(action)
        if stamped is not None:
            command, note = stamped
            row.add(command, note)
            if command.type == CommandType.NEW_ORDER:
                assert lib.venue_note_key(self.venue, command.client_key, command.sequence)
        return stamped

    def read_all(self, message: bytes, capacity: int, notes_capacity: int) -> list[tuple[Command, str]]:
        """Reads a message into as many rows as it takes, and returns all that was stamped."""
        position, stamped = reading(message), []
        while True:
            row = self.new_row(capacity, notes_capacity)
            stop = self._read_into(row, position)
            self.entry.sequence = row.row.sequence
            stamped += row.stamped()
            if stop is Stop.DONE:
                return stamped

    def _read_into(self, row: Row, position: Reading) -> Stop:
        while (stop := row.read(self.venue, position)) is Stop.ASIDE:
            self.entry.sequence = row.row.sequence
            self.take_the_long_way(row, position.aside)
        return stop

    def agree(self, action: bytes) -> bool:
        """Requires that both stamp the same, and returns whether the door in C did."""
        row = self.new_row(capacity=1)
        position = reading(batch([action]))
        stop = row.read(self.venue, position)
        if stop is Stop.DONE:
            assert [self.entry.act(action)] == row.stamped()
            return True
        assert stop is Stop.ASIDE
        assert row.stamped() == []
        assert position.aside == action
        wanted = self.take_the_long_way(row, action)
        assert wanted is None or not is_plain(action), action
        return False

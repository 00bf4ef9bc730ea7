"""The door in C beside its reference: both read the same actions and must stamp the same."""

import re
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from tests.native.commands import Command
from tests.native.venue.entry_row import Reading, Row, Stop, reading
from tests.native.venue.entry_wire import batch, encode, parse
from tests.native.venue.entry_world import the_listings, the_tree, the_venue
from tests.native.venue.reference_entry import Live, ReferenceEntry, client_key
from tickmesh.native._engine import ffi, lib
from tickmesh.native.engine import EVENT_DTYPE, CommandType, EventType, OrderType, Side
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


def accept(venue: Any, command: Command, note: bytes) -> None:
    """Tells a venue that the engine has taken a new order."""
    event = np.zeros(1, EVENT_DTYPE)
    event["sequence"] = event["command"] = event["order"] = command.sequence
    event["price"], event["quantity"] = command.price, command.quantity
    event["leaves"] = command.quantity
    event["instrument"], event["node"] = command.instrument, command.node
    event["type"], event["side"] = EventType.ORDER_ACCEPTED, command.side
    told = lib.venue_apply(
        venue,
        ffi.from_buffer("struct command[]", command.pack()),
        1,
        note + b"\0",
        len(note) + 1,
        ffi.from_buffer("struct event[]", event),
        1,
        ffi.new("struct report *"),
        ffi.new("struct answer *"),
    )
    assert told == 1


class Pair:
    """A venue and a reference that know the same."""

    def __init__(self) -> None:
        listings, tree = the_listings(), the_tree()
        self.venue: Any = the_venue(listings, tree)
        self.entry = ReferenceEntry(listings, tree)
        self.entry.time_ns = TIME_NS

    def rest(self, orders: int) -> list[tuple[str, str]]:
        """Makes orders live, on all instruments in turn. Returns their portfolios and client order ids."""
        names = [("demo", f"live {number}") for number in range(orders)]
        for number, (portfolio, name) in enumerate(names):
            listing = self.entry.listings.by_index[number % len(self.entry.listings.by_index)]
            self.entry.sequence += 1
            order, price, quantity = self.entry.sequence, number % 3 * 1_000, 1 + number * 7
            self.entry.by_key[client_key(portfolio, name)] = order
            self.entry.live[order] = Live(listing, price, quantity)
            accept(
                self.venue,
                Command(
                    sequence=order,
                    time_ns=TIME_NS,
                    client_key=client_key(portfolio, name),
                    price=price,
                    quantity=quantity,
                    instrument=listing.index,
                    node=self.entry.tree.portfolio(portfolio).index,
                    type=CommandType.NEW_ORDER,
                    side=Side.BUY,
                    kind=OrderType.LIMIT if price else OrderType.MARKET,
                ),
                name.encode(),
            )
        return names

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
            self._catch_up(row)
            stamped += row.stamped()
            if stop is Stop.DONE:
                return stamped

    def _read_into(self, row: Row, position: Reading) -> Stop:
        while (stop := row.read(self.venue, position)) is Stop.ASIDE:
            self._catch_up(row)
            self.take_the_long_way(row, position.aside)
        return stop

    def _catch_up(self, row: Row) -> None:
        """Tells the reference what was stamped in C."""
        self.entry.sequence = row.row.sequence
        for command, _ in row.stamped():
            if command.type == CommandType.NEW_ORDER:
                self.entry.by_key.setdefault(command.client_key, command.sequence)

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

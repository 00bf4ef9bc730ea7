"""The order path between the wire and the engine, as Python sees it: see `venue/venue.h`.

Bytes of requests become commands (`read`), commands and events become reports and answers (`apply`), and
these the bytes of the contract's messages (`results`, `reports`). Orders, reports and answers are rows of
NumPy arrays; nothing is done one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._engine import ffi, lib
from .columns import COMMAND_SIZE

REPORT_DTYPE = np.dtype(
    [
        *((name, "<u8") for name in ("sequence", "command", "order")),
        *(
            (name, "<i8")
            for name in ("time_ns", "submit_time_ns", "quantity", "price", "leaves", "cumulative")
        ),
        ("value_low", "<u8"),
        ("value_high", "<u8"),
        ("last_lots", "<i8"),
        ("last_ticks", "<i8"),
        ("trade", "<u8"),
        *((name, "<i8") for name in ("limit", "used", "asked")),
        ("key", "<u8"),
        *((name, "<u4") for name in ("instrument", "node", "limit_node")),
        *((name, "u1") for name in ("exec_type", "status", "liquidity", "reason")),
        *((name, "u1") for name in ("side", "kind", "time_in_force", "flags", "text_length")),
        ("reserved", "V27"),
        ("text", "S64"),
    ]
)
"""One thing that happened to one order, and the order as it was after it: 256 bytes."""

ANSWER_DTYPE = np.dtype(
    [
        ("command", "<u8"),
        ("first_order", "<u8"),
        *((name, "<i8") for name in ("limit", "used", "asked")),
        ("report", "<i4"),
        ("canceled", "<u4"),
        ("limit_node", "<u4"),
        ("reason", "u1"),
        ("reserved", "V11"),
    ]
)
"""What became of one command: 64 bytes."""

TEXT_MAX = 64
END_OF_DAY = 255
"""The reason of an order that ended with its day."""
_NOTE_MAX = TEXT_MAX + 1
_WHOLE = (1 << 64) - 1
_bytes = ffi.new_allocator(should_clear_after_alloc=False)

if REPORT_DTYPE.itemsize != ffi.sizeof("struct report") or ANSWER_DTYPE.itemsize != ffi.sizeof(
    "struct answer"
):
    raise ImportError("reports or answers are not laid out as in venue.h")


class Stop(IntEnum):
    """Why `read` stopped."""

    DONE = 0
    FULL = 1
    ASIDE = 2


@dataclass(frozen=True, slots=True)
class VenueConfig:
    """How much of everything a venue has room for."""

    orders: int = 1_000_000
    waiting: int = 200_000
    """Commands that may be on their way."""
    instruments: int = 4_096
    nodes: int = 16_384


class Stamped(NamedTuple):
    """What `read` made of some actions."""

    stop: Stop
    commands: bytes
    notes: bytes
    aside: tuple[int, int]
    """Where the action that is not plain stands in the message, after ASIDE."""


class Applied(NamedTuple):
    """What some commands did."""

    reports: NDArray[Any]
    answers: NDArray[Any]


class Reader:
    """Reads the actions of one message, as far as they are plain."""

    __slots__ = ("_cursor", "_length", "_message", "_venue")

    def __init__(self, venue: Venue, message: bytes) -> None:
        self._venue = venue
        self._message = message
        self._length = len(message)
        self._cursor = ffi.new("struct venue_cursor *")

    def read(self, room: int, sequence: int, time_ns: int) -> Stamped:
        """Stamps actions after a sequence, at most `room`, until one is not plain or none is left."""
        row = self._venue.row(room, sequence, time_ns)
        cursor = self._cursor
        stop = Stop(lib.venue_read(self._venue.pointer, row, self._message, self._length, cursor))
        commands = ffi.buffer(row.commands, row.count * COMMAND_SIZE)[:]
        notes = ffi.buffer(row.notes, row.notes_length)[:]
        return Stamped(stop, commands, notes, (cursor.start, cursor.end))


class Venue:
    """One venue. Use it from one thread at a time."""

    def __init__(self, config: VenueConfig | None = None, *, row_commands_max: int = 2_048) -> None:
        config = config or VenueConfig()
        told = {name: getattr(config, name) for name in ("orders", "waiting", "instruments", "nodes")}
        pointer = lib.venue_new(ffi.new("struct venue_config *", told))
        if pointer == ffi.NULL:
            raise MemoryError("there is no memory for a venue of this size")
        self.pointer = ffi.gc(pointer, lib.venue_free)
        self._commands = ffi.new("struct command[]", row_commands_max)
        self._notes = ffi.new("char[]", row_commands_max * _NOTE_MAX)
        self._row = ffi.new("struct venue_row *", {"commands": self._commands, "notes": self._notes})
        self._order = np.zeros(1, REPORT_DTYPE)

    def add_instrument(
        self,
        symbol: str,
        price: tuple[int, int],
        quantity: tuple[int, int],
        *,
        least_notional: int,
        reference_ticks: int,
    ) -> None:
        """Adds an instrument at the next index. Increments are factor and decimal places.

        `least_notional` is the least that ticks times lots of an order may be. Fails with ValueError when
        there is no room for it, with OverflowError for a number that is too large.
        """
        words = symbol.encode()
        told = {
            "symbol": words[:24],
            "symbol_length": min(len(words), 255),
            "price_factor": price[0],
            "price_places": price[1],
            "quantity_factor": quantity[0],
            "quantity_places": quantity[1],
            "notional_low": least_notional & _WHOLE,
            "notional_high": least_notional >> 64,
            "reference_ticks": reference_ticks,
        }
        if not lib.venue_list(self.pointer, ffi.new("struct venue_instrument *", told)):
            raise ValueError(f"there is no room for {symbol}")

    def add_node(self, name: str, portfolio: str, strategy: str) -> None:
        """Adds a place in the tree at the next index. Fails with ValueError when there is no room for it."""
        words = [text.encode() for text in (name, portfolio, strategy)]
        if not lib.venue_add_node(self.pointer, *(part for word in words for part in (word, len(word)))):
            raise ValueError(f"there is no room for {name}")

    def add_word(self, reason: int, name: str, sentence: str) -> None:
        """Says what a reason is called and means."""
        words = [name.encode(), sentence.encode()]
        if not lib.venue_word(self.pointer, reason, *(part for word in words for part in (word, len(word)))):
            raise ValueError(f"the words of {name} are too long")

    def row(self, room: int, sequence: int, time_ns: int) -> Any:
        """Returns the empty row that commands are stamped into."""
        row = self._row
        row.capacity, row.count = min(room, len(self._commands)), 0
        row.notes_capacity, row.notes_length = len(self._notes), 0
        row.sequence, row.time_ns = sequence, time_ns
        return row

    def count(self, message: bytes) -> int:
        """Returns how many actions a message has, or -1 when it is not plain."""
        return int(lib.venue_count(message, len(message)))

    def reader(self, message: bytes) -> Reader:
        """Returns what reads the actions of a message that `count` takes."""
        return Reader(self, message)

    def key_order(self, key: int) -> int:
        """Returns the order of a client key that lives or is on its way, or 0."""
        return int(lib.venue_key_order(self.pointer, key))

    def note_key(self, key: int, order: int) -> None:
        """Says that an order is on its way, unless its key has one already."""
        if not lib.venue_note_key(self.pointer, key, order):
            raise ValueError("there is no room for another key")

    def apply(self, commands: bytes, notes: bytes, events: NDArray[Any]) -> Applied:
        """Takes in whole commands, their notes, each ended by a 0, and their events.

        Fails with ValueError when these do not fit together; the venue is then of no more use.
        """
        count = len(commands) // COMMAND_SIZE
        reports = np.empty(len(events), REPORT_DTYPE)
        answers = np.empty(count, ANSWER_DTYPE)
        made = lib.venue_apply(
            self.pointer,
            ffi.from_buffer("struct command[]", commands),
            count,
            notes,
            len(notes),
            ffi.from_buffer("struct event[]", events),
            len(events),
            ffi.from_buffer("struct report[]", reports, require_writable=True),
            ffi.from_buffer("struct answer[]", answers, require_writable=True),
        )
        if made < 0:
            raise ValueError("the events do not fit the commands, or the commands what is known")
        return Applied(reports[:made], answers)

    def order(self, order_id: int) -> NDArray[Any] | None:
        """Returns a live order as a report of nothing, or None."""
        found = lib.venue_order(self.pointer, order_id, ffi.from_buffer("struct report *", self._order))
        return self._order[0].copy() if found else None

    def order_count(self) -> int:
        """Returns how many orders live."""
        return int(lib.venue_orders(self.pointer))

    def results(self, applied: Applied, first: int, last: int) -> tuple[bytes, int]:
        """Returns answers `first` to `last` - 1 as results of SubmitOrdersResponse, and where it stopped.

        It stops before an answer that only the tables can give.
        """
        room = _bytes("uint8_t[]", (last - first) * lib.VENUE_RESULT_MAX)
        stopped = ffi.new("uint32_t *")
        size = lib.venue_results(
            self.pointer,
            ffi.from_buffer("struct answer[]", applied.answers),
            ffi.from_buffer("struct report[]", applied.reports),
            first,
            last,
            room,
            stopped,
        )
        return ffi.buffer(room, size)[:], int(stopped[0])

    def reports(
        self,
        reports: NDArray[Any],
        first: int,
        limit: int,
        *,
        exec_types: int = 0,
        portfolio: int | None = None,
    ) -> tuple[bytes, int, int]:
        """Returns an ExecutionReports of reports from `first` on, where to go on, and how many it has.

        `exec_types` has a bit for each kind, 0 is all; `portfolio` is a node.
        """
        chosen = ffi.new("struct venue_filter *", {"exec_types": exec_types, "portfolio": 0xFFFFFFFF})
        if portfolio is not None:
            chosen.portfolio = portfolio
        limit = min(limit, len(reports) - first)
        room = _bytes("uint8_t[]", limit * lib.VENUE_REPORT_MAX)
        following, written = ffi.new("uint64_t *", first), ffi.new("uint32_t *")
        source = ffi.from_buffer("struct report[]", reports)
        size = lib.venue_reports(self.pointer, source, len(reports), chosen, limit, following, written, room)
        return ffi.buffer(room, size)[:], int(following[0]), int(written[0])

    def report_order(self, reports: NDArray[Any], place: int) -> bytes:
        """Returns the order of a report, as it was after it, as an Order."""
        room = _bytes("uint8_t[]", lib.VENUE_REPORT_MAX)
        source = ffi.from_buffer("struct report[]", reports)
        return bytes(ffi.buffer(room, lib.venue_report_order(self.pointer, source + place, room)))

    def save(self) -> bytes:
        """Returns all live orders as bytes, for `restore`."""
        data = _bytes("char[]", lib.venue_save(self.pointer, ffi.NULL, 0))
        lib.venue_save(self.pointer, data, len(data))
        return bytes(ffi.buffer(data))

    def restore(self, content: bytes) -> None:
        """Takes in what `save` returned. Fails with ValueError when it says what cannot be."""
        if not lib.venue_restore(self.pointer, content, len(content)):
            raise ValueError("the orders of the snapshot cannot be read")


def client_key(portfolio_id: str, client_order_id: str) -> int:
    """Returns the engine's key of a client order id: 64 bits of BLAKE2b, never 0."""
    owner, words = portfolio_id.encode(), client_order_id.encode()
    return int(lib.venue_client_key(owner, len(owner), words, len(words)))

"""A row of the journal that is filled in C, and messages read into it."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from tests.native.commands import WIRE, Command
from tickmesh.native._engine import ffi, lib


class Stop(IntEnum):
    """Why reading stopped."""

    DONE = 0
    FULL = 1
    ASIDE = 2


@dataclass(slots=True)
class Reading:
    """Messages on their way into a row."""

    message: bytes
    buffer: Any  # `message` in memory that ends with it
    cursor: Any

    @property
    def aside(self) -> bytes:
        """Returns the action that was set aside."""
        return self.message[self.cursor.start : self.cursor.end]


class Row:
    """Commands and notes, as many as there is room for."""

    def __init__(self, capacity: int, notes_capacity: int, sequence: int = 0, time_ns: int = 0) -> None:
        self._commands = ffi.new("struct command[]", capacity)
        self._notes = ffi.new("char[]", notes_capacity)
        self.row = ffi.new("struct venue_row *")
        self.row.commands, self.row.notes = self._commands, self._notes
        self.row.capacity, self.row.notes_capacity = capacity, notes_capacity
        self.row.sequence, self.row.time_ns = sequence, time_ns

    def empty(self) -> None:
        """Forgets what was stamped."""
        self.row.count = self.row.notes_length = 0

    def read(self, venue: Any, reading: Reading) -> Stop:
        """Reads a message from where it stands."""
        size = len(reading.message)
        return Stop(lib.venue_read(venue, self.row, reading.buffer, size, reading.cursor))

    def add(self, command: Command, note: str) -> None:
        """Adds what was stamped the long way."""
        row = self.row
        ffi.memmove(row.commands + row.count, command.pack(), WIRE.size)
        words = note.encode() + b"\0"
        ffi.memmove(row.notes + row.notes_length, words, len(words))
        row.count += 1
        row.notes_length += len(words)
        row.sequence = command.sequence

    def stamped(self) -> list[tuple[Command, str]]:
        """Returns commands and notes."""
        row = self.row
        commands = ffi.buffer(row.commands, row.count * WIRE.size)[:]
        notes = ffi.buffer(row.notes, row.notes_length)[:].decode("ascii")
        assert notes.count("\0") == row.count and notes[-1:] in ("", "\0")
        return [
            (Command(*fields), note)
            for fields, note in zip(WIRE.iter_unpack(commands), notes.split("\0"), strict=False)
        ]


def reading(message: bytes) -> Reading:
    """Returns a message that is to be read from its beginning."""
    buffer = ffi.new("uint8_t[]", message) if message else ffi.NULL
    return Reading(message, buffer, ffi.new("struct venue_cursor *"))


def count_actions(message: bytes) -> int:
    """Returns how many actions a plain message has, or -1."""
    return int(lib.venue_count(ffi.from_buffer("uint8_t[]", message), len(message)))

"""Commands and events as tuples of the same names as their columns."""

import struct
from typing import Any, NamedTuple

from numpy.typing import NDArray

WIRE = struct.Struct("<QqQQqqII8B")
"""A command as it stands in the journal."""

WORD = 1 << 64


class Command(NamedTuple):
    """One command; a field that its type does not name is zero."""

    sequence: int
    time_ns: int
    client_key: int = 0
    target: int = 0
    price: int = 0
    quantity: int = 0
    instrument: int = 0
    node: int = 0
    type: int = 0
    side: int = 0
    kind: int = 0
    time_in_force: int = 0
    flags: int = 0
    self_trade: int = 0
    contingency: int = 0
    more: int = 0

    def pack(self) -> bytes:
        return WIRE.pack(*self)


def unsigned(value: int) -> int:
    """A signed trigger as it stands in `target`."""
    return value % WORD


def signed(value: int) -> int:
    """What stands in `target`, read as a trigger."""
    return value - WORD if value >= WORD // 2 else value


class Event(NamedTuple):
    """One event, without its reserved bytes."""

    sequence: int
    command: int
    order: int
    price: int
    quantity: int
    leaves: int
    instrument: int
    node: int
    type: int
    side: int
    reason: int
    flags: int


def as_events(columns: NDArray[Any]) -> list[Event]:
    """Turns the engine's array into tuples."""
    return [Event(*row) for row in columns[list(Event._fields)].tolist()]

"""Commands as plain values, and events as tuples of the same names as their columns."""

from dataclasses import astuple, dataclass
from typing import Any, NamedTuple

from numpy.typing import NDArray

from tickmesh.native.engine import COMMAND_STRUCT


@dataclass(frozen=True, slots=True)
class Command:
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

    def pack(self) -> bytes:
        return COMMAND_STRUCT.pack(*astuple(self))


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

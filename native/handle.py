"""One engine of C as Python holds it: how it is made, fed and let go."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import NDArray

from ._engine import ffi, lib
from .columns import COMMAND_DTYPE, COMMAND_SIZE, EVENT_DTYPE, EVENT_SIZE, Commands, as_columns
from .vocabulary import Feed, RestoreError

CAPACITY_MAX = 1 << 28
"""The most of anything that an engine has room for."""

ORIGIN_MAX = 1 << 62
"""The highest number that an engine can begin behind."""

VIEWS = 4_096
"""Views of up to as many events are kept once they are made: a view costs as much as a command."""

_OTHER_BOUNDS = {"feeds": (0, sum(Feed)), "origin": (0, ORIGIN_MAX)}
_BLOCK = ffi.typeof("struct command[]")
_POINTER = ffi.typeof("struct command *")
_from_buffer = ffi.from_buffer
_process = lib.engine_process

if not COMMAND_SIZE == COMMAND_DTYPE.itemsize == ffi.sizeof("struct command") == 64:
    raise ImportError("a command is not 64 bytes")
if not EVENT_SIZE == ffi.sizeof("struct event") == 64:
    raise ImportError("an event is not 64 bytes")


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """How much of everything an engine has room for. Memory is taken as it is used, up to these."""

    orders: int = 1_000_000
    """Live orders at once; also the slices of all icebergs."""
    instruments: int = 1_024
    pages: int = 131_072
    """Runs of 64 neighbouring prices of one side of one instrument in which an order rests."""
    nodes: int = 16_384
    positions: int = 262_144
    """Pairs of node and instrument with a position, an open order, a limit, a state or fees."""
    client_keys: int = 4_194_304
    """How many of the newest client keys are remembered."""
    extras: int = 65_536
    """Live orders that are more than a plain one; `engine.h` names them."""
    feeds: Feed = Feed.LEVELS
    """Which changes of the book are told."""
    origin: int = 0
    """Commands and events are numbered behind it."""


class SnapshotError(ValueError):
    """A snapshot was not loaded; `error` says why."""

    def __init__(self, error: RestoreError) -> None:
        super().__init__(f"the snapshot cannot be loaded: {error.name}")
        self.error = error


class Handle:
    """Owns the memory of one engine.

    Whoever keeps a view of `events` keeps that memory too, so that a view is never of memory that is gone.
    """

    __slots__ = ("_owner", "_place", "_room", "consumed", "events", "pointer", "views")

    def __init__(self, pointer: Any) -> None:
        self._owner = ffi.gc(pointer, lib.engine_free)
        self._place = ffi.new("struct engine *[1]", [pointer])
        self.pointer = pointer
        self.views: list[NDArray[Any] | None] = []
        self.consumed = ffi.new("uint32_t *")
        self._room = _room_of(pointer, self._owner)
        self.events = np.frombuffer(self._room, dtype=EVENT_DTYPE)

    def close(self) -> None:
        self.pointer = self._owner = None
        self._place[0] = ffi.NULL
        self.views.clear()
        self._room, self.events = memoryview(b""), np.empty(0, dtype=EVENT_DTYPE)

    def open_pointer(self) -> Any:
        """Returns the engine. Fails with ValueError once it is closed."""
        if self.pointer is None:
            raise ValueError("the engine is closed")
        return self.pointer

    def place(self) -> int:
        """Returns where a pointer to the engine stands, NULL once closed, as long as there is a handle."""
        self.open_pointer()
        if not self.views:
            self.views += [None] * VIEWS
        return int(ffi.cast("uintptr_t", self._place))

    def status(self) -> Any:
        """Returns a `struct engine_status` of now."""
        status = ffi.new("struct engine_status *")
        lib.engine_status(self.open_pointer(), status)
        return status

    def run(self, block: Any, count: int) -> NDArray[Any]:
        """Runs commands. Returns their events: a view that the next call overwrites, or a copy if it must."""
        written = _process(self.pointer or self.open_pointer(), block, count, self.consumed)
        if self.consumed[0] == count:
            return self.events[:written]
        return self._told(block, count, written)

    def take(self, block: Any, count: int) -> NDArray[Any]:
        """Runs commands. Returns a copy of their events."""
        return self._rest(block, count, _process(self.open_pointer(), block, count, self.consumed))

    def view(self, count: int) -> NDArray[Any]:
        """Returns the first events, and keeps the view for the next who asks for as many."""
        events = self.events[:count]
        if count < len(self.views):
            self.views[count] = events
        return events

    def finish(self, columns: NDArray[Any], start: int, stop: int, taken: int, written: int) -> NDArray[Any]:
        """Runs what is left of some commands, as run() does: `taken` have run and caused `written` events."""
        block, count = first_of(command_block(columns)) + start, stop - start
        if not taken:
            return self.run(block, count)
        self.consumed[0] = taken
        return self._told(block, count, written)

    def _told(self, block: Any, count: int, written: int) -> NDArray[Any]:
        told = self._rest(block, count, written)
        told.flags.writeable = False
        return told

    def _rest(self, block: Any, count: int, written: int) -> NDArray[Any]:
        """Runs what the call before left over. Returns a copy of the events of both."""
        told = bytearray(self._room[: written * EVENT_SIZE])  # copying rows of fields takes 20 times as long
        taken = self.consumed[0]
        while taken < count:
            written = _process(self.pointer, block + taken, count - taken, self.consumed)
            told += self._room[: written * EVENT_SIZE]
            taken += self.consumed[0]
        return ndarray(len(told) // EVENT_SIZE, EVENT_DTYPE, told)


def new_handle(config: EngineConfig) -> Handle:
    """Returns an empty engine. Fails with ValueError for a capacity out of range, or MemoryError."""
    pointer = lib.engine_new(_c_config(config))
    if pointer == ffi.NULL:
        raise MemoryError(f"no engine of {config}: memory is short")
    return Handle(pointer)


def restored_handle(config: EngineConfig, data: bytes | bytearray | memoryview) -> Handle:
    """Returns an engine as a snapshot says. Fails with SnapshotError, or as new_handle() does."""
    error = ffi.new("uint32_t *")
    block = ffi.from_buffer("char[]", memoryview(data))
    pointer = lib.engine_restore(_c_config(config), block, len(block), error)
    if pointer == ffi.NULL:
        raise SnapshotError(RestoreError(error[0]))
    return Handle(pointer)


def aligned_columns(commands: Commands) -> NDArray[Any]:
    """Returns commands as an array of COMMAND_DTYPE over the same memory. Fails as command_block() does."""
    if type(commands) is not ndarray or commands.dtype is not COMMAND_DTYPE:
        commands = as_columns(commands)
    if not commands.flags.aligned:
        raise ValueError("commands must begin at a multiple of 8 bytes: a copy does")
    return commands


def command_block(commands: Commands) -> Any:
    """Returns commands as C reads them, over the same memory; its length is their number.

    Fails with TypeError or ValueError for what does not hold commands (see as_columns), and with ValueError
    when they do not begin at a multiple of 8 bytes.
    """
    columns = aligned_columns(commands)
    try:
        return _from_buffer(_BLOCK, columns)
    except ValueError:
        raise ValueError("commands must be C-contiguous: numpy.ascontiguousarray() copies them so") from None


def first_of(block: Any) -> Any:
    """Returns a pointer to the first command: faster to pass than the block, but it keeps nothing alive."""
    return ffi.cast(_POINTER, block)


def _c_config(config: EngineConfig) -> Any:
    for field in fields(config):
        value = getattr(config, field.name)
        lowest, highest = _OTHER_BOUNDS.get(field.name, (1, CAPACITY_MAX))
        if not isinstance(value, int):
            raise TypeError(f"{field.name} must be an int, not {type(value).__name__}")
        if not lowest <= value <= highest:
            raise ValueError(f"{field.name} must be in {lowest}..{highest}, not {value}")
    return ffi.new("struct engine_config *", asdict(config))


def _room_of(pointer: Any, owner: Any) -> memoryview:
    """Returns all the room for events, read-only. It holds on to the owner: see Handle."""
    first = ffi.gc(lib.engine_events(pointer), lambda _: owner)
    return memoryview(ffi.buffer(first, lib.engine_events_capacity(pointer) * EVENT_SIZE)).toreadonly()

"""The engine as Python sees it: enums, columns of commands and events, and one class.

    engine = Engine(EngineConfig())
    events = engine.process(commands)  # an array of COMMAND_DTYPE, or the same bytes
    events[events["type"] == EventType.TRADE]["quantity"].sum()

Prices are ticks, quantities are lots, values are micro-units of the base currency: see `engine.h`.
"""

from __future__ import annotations

import struct
from dataclasses import asdict, dataclass
from enum import IntEnum, IntFlag
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._engine import ffi, lib

NONE = 0xFFFF_FFFF
"""Stands for "every instrument" or "no instrument", "no node"."""

NUMBER_MAX = 1 << 46
"""The largest price in ticks, quantity in lots or unit value."""

DEPTH_MAX = 16
"""The most nodes on a way from a node to the firm, both counted."""

POSITION_MAX = 1 << 61
"""The position limit that always applies."""


class CommandType(IntEnum):
    """What a command asks for."""

    LIST_INSTRUMENT = 1
    SET_UNIT_VALUE = 2
    ADD_NODE = 3
    SET_LIMIT = 4
    SET_TRADING_STATE = 5
    NEW_ORDER = 6
    CANCEL_ORDER = 7
    REPLACE_ORDER = 8
    MASS_CANCEL = 9
    END_OF_DAY = 10


class Side(IntEnum):
    """FIX 54."""

    BUY = 1
    SELL = 2


class OrderType(IntEnum):
    """FIX 40."""

    MARKET = 1
    LIMIT = 2


class TimeInForce(IntEnum):
    """FIX 59."""

    DAY = 0
    GTC = 1
    IOC = 3
    FOK = 4


class OrderFlag(IntFlag):
    """What an order may ask for besides."""

    NONE = 0
    POST_ONLY = 1


class TradingState(IntEnum):
    """What a node may do; the highest on the way to the firm decides."""

    ACTIVE = 0
    REDUCING = 1
    HALTED = 2


class LimitType(IntEnum):
    """What a limit bounds."""

    ORDER_QUANTITY = 1
    ORDER_NOTIONAL = 2
    PRICE_COLLAR = 3
    ORDER_RATE = 4
    POSITION = 5
    GROSS_EXPOSURE = 6


class EventType(IntEnum):
    """What happened."""

    ORDER_ACCEPTED = 1
    ORDER_REJECTED = 2
    TRADE = 3
    ORDER_CANCELED = 4
    ORDER_REPLACED = 5
    ORDER_EXPIRED = 6
    CANCEL_REJECTED = 7
    BOOK_LEVEL = 8
    CONTROL_APPLIED = 9
    CONTROL_REJECTED = 10
    MASS_CANCELED = 11


class EventFlag(IntFlag):
    """What is special about an event."""

    NONE = 0
    MAKER = 1
    KEPT_PRIORITY = 2


class Reason(IntEnum):
    """Why an order was refused or ended."""

    NONE = 0
    UNKNOWN_INSTRUMENT = 1
    UNKNOWN_NODE = 2
    UNKNOWN_ORDER = 3
    NOT_OWNER = 4
    DUPLICATE_CLIENT_ORDER = 5
    INVALID_COMMAND = 6
    INVALID_PRICE = 7
    INVALID_QUANTITY = 8
    TRADING_HALTED = 9
    REDUCE_ONLY = 10
    ORDER_QUANTITY_LIMIT = 11
    ORDER_NOTIONAL_LIMIT = 12
    PRICE_COLLAR = 13
    ORDER_RATE_LIMIT = 14
    POSITION_LIMIT = 15
    GROSS_EXPOSURE_LIMIT = 16
    POST_ONLY_WOULD_TRADE = 17
    FOK_NOT_FILLABLE = 18
    NO_LIQUIDITY = 19
    CAPACITY = 20
    REQUESTED = 21
    MASS_CANCEL = 22
    QUANTITY_BELOW_FILLED = 23
    ALREADY_EXISTS = 24


COMMAND_DTYPE = np.dtype(
    [
        ("sequence", "<u8"),
        ("time_ns", "<i8"),
        ("client_key", "<u8"),
        ("target", "<u8"),
        ("price", "<i8"),
        ("quantity", "<i8"),
        ("instrument", "<u4"),
        ("node", "<u4"),
        ("type", "u1"),
        ("side", "u1"),
        ("kind", "u1"),
        ("time_in_force", "u1"),
        ("flags", "u1"),
        ("reserved", "u1", (3,)),
    ]
)
"""One command, as it stands in the journal."""

EVENT_DTYPE = np.dtype(
    [
        ("sequence", "<u8"),
        ("command", "<u8"),
        ("order", "<u8"),
        ("price", "<i8"),
        ("quantity", "<i8"),
        ("leaves", "<i8"),
        ("instrument", "<u4"),
        ("node", "<u4"),
        ("type", "u1"),
        ("side", "u1"),
        ("reason", "u1"),
        ("flags", "u1"),
        ("reserved", "u1", (4,)),
    ]
)
"""One event."""

COMMAND_STRUCT = struct.Struct("<QqQQqqIIBBBBB3x")
"""Packs one command: the fields of COMMAND_DTYPE in their order, without `reserved`."""

COMMAND_SIZE = COMMAND_STRUCT.size
EVENT_SIZE = EVENT_DTYPE.itemsize

if not COMMAND_SIZE == COMMAND_DTYPE.itemsize == ffi.sizeof("struct command") == 64:
    raise ImportError("a command is not 64 bytes")
if not EVENT_SIZE == ffi.sizeof("struct event") == 64:
    raise ImportError("an event is not 64 bytes")

Commands = bytes | bytearray | memoryview | NDArray[Any]


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """How much of everything an engine has room for. Memory is taken as it is used, up to these."""

    orders: int = 1_000_000
    instruments: int = 1_024
    levels: int = 4_096
    nodes: int = 16_384
    positions: int = 262_144
    client_keys: int = 4_194_304


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """Counters for status pages."""

    command_sequence: int
    event_sequence: int
    orders: int
    instruments: int
    nodes: int
    positions: int


class Usage(NamedTuple):
    """How far a limit is used, in its own unit; a limit of None is no limit."""

    limit: int | None
    used: int


class Exposure(NamedTuple):
    """What a node holds and has open in an instrument, in lots."""

    position: int
    open_buy: int
    open_sell: int


class Engine:
    """One engine. Use it from one thread at a time, and close it."""

    def __init__(self, config: EngineConfig) -> None:
        handle = lib.engine_new(ffi.new("struct engine_config *", asdict(config)))
        if handle == ffi.NULL:
            raise MemoryError(f"no engine of {config}: a capacity is not in 1..2^28, or memory is short")
        self._handle = ffi.gc(handle, lib.engine_free)
        self._consumed = ffi.new("uint32_t *")

    def close(self) -> None:
        """Frees the memory. The engine cannot be used afterwards; closing it again does nothing."""
        handle, self._handle = self._handle, None
        if handle is not None:
            ffi.release(handle)

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def process(self, commands: Commands) -> NDArray[Any]:
        """Runs commands in order. Returns their events, an array of EVENT_DTYPE that the caller owns."""
        handle = self._open()
        block = _as_block(commands)
        count = len(block)
        taken = 0
        parts: list[NDArray[Any]] = []
        while taken < count:
            written = lib.engine_process(handle, block + taken, count - taken, self._consumed)
            taken += self._consumed[0]
            view = ffi.buffer(lib.engine_events(handle), written * EVENT_SIZE)
            parts.append(np.frombuffer(view, dtype=EVENT_DTYPE).copy())
        if not parts:
            return np.empty(0, dtype=EVENT_DTYPE)
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def state_hash(self) -> int:
        """Returns a digest of all that later commands can observe."""
        return int(lib.engine_state_hash(self._open()))

    def status(self) -> EngineStatus:
        """Returns the counters as they are now."""
        status = ffi.new("struct engine_status *")
        lib.engine_status(self._open(), status)
        return EngineStatus(
            command_sequence=status.command_sequence,
            event_sequence=status.event_sequence,
            orders=status.orders,
            instruments=status.instruments,
            nodes=status.nodes,
            positions=status.positions,
        )

    def depth(self, instrument: int, side: int, levels: int) -> list[tuple[int, int, int]]:
        """Returns up to `levels` levels of one side, best first: price in ticks, lots, number of orders."""
        found = ffi.new("struct level[]", max(levels, 1))
        count = lib.engine_depth(self._open(), instrument, side, found, max(levels, 0))
        return [(found[i].price, found[i].quantity, found[i].orders) for i in range(count)]

    def usage(self, node: int, instrument: int, limit_type: int) -> Usage:
        """Returns how far a limit is used. Fails with LookupError for what the engine does not know."""
        usage = ffi.new("struct usage *")
        if not lib.engine_usage(self._open(), node, instrument, limit_type, usage):
            raise LookupError(f"no limit of type {limit_type} for node {node} and instrument {instrument}")
        return Usage(limit=None if usage.limit < 0 else usage.limit, used=usage.used)

    def exposure(self, node: int, instrument: int) -> Exposure:
        """Returns what a node holds and has open in an instrument; zeros when it has nothing."""
        exposure = ffi.new("struct exposure *")
        lib.engine_exposure(self._open(), node, instrument, exposure)
        return Exposure(exposure.position, exposure.open_buy, exposure.open_sell)

    def _open(self) -> Any:
        if self._handle is None:
            raise ValueError("the engine is closed")
        return self._handle


def _as_block(commands: Commands) -> Any:
    """Returns the commands as C reads them: whole, and at an address that a struct may have."""
    block = ffi.from_buffer("char[]", commands)
    if len(block) % COMMAND_SIZE:
        raise ValueError(f"{len(block)} bytes are not a whole number of commands")
    if int(ffi.cast("uintptr_t", block)) % 8:
        block = ffi.from_buffer("char[]", bytes(commands))
    return ffi.from_buffer("struct command[]", ffi.buffer(block))

"""The engine as Python sees it: enums, columns of commands and events, and one class.

    with Engine() as engine:
        engine.submit(CommandType.LIST_INSTRUMENT, instrument=0, price=10_000, quantity=10_000_000)
        events = engine.process(commands)  # an array of COMMAND_DTYPE, or the same bytes
        events[events["type"] == EventType.TRADE]["quantity"].sum()

Prices are ticks, quantities are lots, values are micro-units of the base currency: see `engine.h`. There
are four ways in, from the friendliest to the fastest: `submit` (one command by names), `process` (a batch,
its events are a copy), `run` (a batch, nothing is copied), `batch` (bound once, then run or stepped through).
"""

from __future__ import annotations

from types import TracebackType
from typing import Any

from numpy.typing import NDArray

from ._engine import ffi, lib
from .batch import Batch
from .columns import (
    COMMAND_DTYPE,
    COMMAND_SIZE,
    COMMAND_STRUCT,
    EVENT_DTYPE,
    EVENT_SIZE,
    ORDER_STRUCT,
    UINT8_MAX,
    UINT64_MAX,
    Commands,
    as_columns,
    pack_command,
    require_in_range,
)
from .handle import (
    CAPACITY_MAX,
    EngineConfig,
    SnapshotError,
    command_block,
    new_handle,
    restored_handle,
)
from .views import (
    EngineStatus,
    Exposure,
    InstrumentView,
    Level,
    OrderView,
    Usage,
    engine_status,
    instrument_view,
    order_view,
)
from .vocabulary import (
    DEPTH_MAX,
    FOLLOWERS_MAX,
    LEGS_MAX,
    NONE,
    NUMBER_MAX,
    POSITION_MAX,
    ROUNDS_MAX,
    CommandType,
    Contingency,
    EventFlag,
    EventType,
    Feed,
    LimitType,
    OrderFlag,
    OrderType,
    Phase,
    Reason,
    RestoreError,
    SelfTrade,
    Side,
    TimeInForce,
    TradingState,
)

__all__ = [
    "CAPACITY_MAX",
    "COMMAND_DTYPE",
    "COMMAND_SIZE",
    "COMMAND_STRUCT",
    "DEPTH_MAX",
    "EVENT_DTYPE",
    "EVENT_SIZE",
    "FOLLOWERS_MAX",
    "LEGS_MAX",
    "NONE",
    "NUMBER_MAX",
    "ORDER_STRUCT",
    "POSITION_MAX",
    "ROUNDS_MAX",
    "Batch",
    "CommandType",
    "Commands",
    "Contingency",
    "Engine",
    "EngineConfig",
    "EngineStatus",
    "EventFlag",
    "EventType",
    "Exposure",
    "Feed",
    "InstrumentView",
    "Level",
    "LimitType",
    "OrderFlag",
    "OrderType",
    "OrderView",
    "Phase",
    "Reason",
    "RestoreError",
    "SelfTrade",
    "Side",
    "SnapshotError",
    "TimeInForce",
    "TradingState",
    "Usage",
]


class Engine:
    """One engine. Use it from one thread at a time, and close it.

    Every method fails with ValueError once the engine is closed, with TypeError for an argument of a wrong
    type and with ValueError for a number that its place in C cannot hold.

    Parameters
    ----------
    config : EngineConfig, optional
        Its capacities and feeds; fails with ValueError when one is out of range, with MemoryError when memory
        is short.
    """

    def __init__(self, config: EngineConfig | None = None) -> None:
        self._handle = new_handle(config or EngineConfig())

    @classmethod
    def restore(cls, config: EngineConfig, data: bytes | bytearray | memoryview) -> Engine:
        """Returns an engine as it was when `snapshot` gave these bytes, with the capacities of `config`.

        Raises
        ------
        SnapshotError
            The bytes are no whole snapshot, are of a later build, or do not fit; its `error` says which.
        """
        engine = cls.__new__(cls)
        engine._handle = restored_handle(config, data)
        return engine

    def close(self) -> None:
        """Frees the memory, once no view of events is left. Closing again does nothing."""
        self._handle.close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def submit(self, command_type: CommandType, **fields: int) -> NDArray[Any]:
        """Runs one command that is given by names, which is slower than the other ways and easier to read.

        Parameters
        ----------
        command_type : CommandType
        **fields : int
            Fields of COMMAND_DTYPE; those left out are 0, but `sequence` follows the last command's and
            `time_ns` is the engine's time. A `target` that is an offset may be negative.

        Returns
        -------
        events : ndarray of EVENT_DTYPE, shape (n,)
            The caller's own. The id of a new order is in `events["order"]`: it is the command's sequence.
        """
        status = self._handle.status()
        stamps = {"sequence": status.command_sequence + 1, "time_ns": status.time_ns, "type": command_type}
        return self.process(pack_command(stamps | fields))

    def process(self, commands: Commands) -> NDArray[Any]:
        """Runs commands in order.

        Parameters
        ----------
        commands : bytes, bytearray, memoryview or C-contiguous ndarray of COMMAND_DTYPE
            A whole number of commands, at any address.

        Returns
        -------
        events : ndarray of EVENT_DTYPE, shape (n,)
            The caller's own.

        Raises
        ------
        TypeError, ValueError
            `commands` does not hold commands; none of them has run.
        """
        columns = as_columns(commands)
        block = command_block(columns if columns.flags.aligned else columns.tobytes())
        return self._handle.take(block, len(block))

    def run(self, commands: Commands) -> NDArray[Any]:
        """Runs commands in order and copies nothing.

        Parameters
        ----------
        commands : C-contiguous ndarray of COMMAND_DTYPE, or bytes, bytearray, memoryview
            A whole number of commands, beginning at a multiple of 8 bytes.

        Returns
        -------
        events : ndarray of EVENT_DTYPE, shape (n,), read-only
            A view of the engine's own array: the next call that runs commands overwrites it. When the events
            of all the commands do not fit there, a copy.

        Raises
        ------
        TypeError, ValueError
            `commands` does not hold commands; none of them has run.
        """
        block = command_block(commands)
        return self._handle.run(block, len(block))

    def batch(self, commands: Commands) -> Batch:
        """Binds commands to this engine, without running them: the cheapest way in, see `Batch`.

        Fails as `run` does.
        """
        self._handle.open_pointer()
        return Batch(self._handle, commands)

    @property
    def events(self) -> NDArray[Any]:
        """All the room for events, read-only: an ndarray of EVENT_DTYPE, shape (capacity,).

        The events of the last call of `run`, `Batch.run` or `Batch.step` are its first ones.
        """
        self._handle.open_pointer()
        return self._handle.events

    def state_hash(self) -> int:
        """Returns a digest of 64 bits of all that later commands can observe."""
        return int(lib.engine_state_hash(self._handle.open_pointer()))

    def snapshot(self) -> bytes:
        """Returns the whole state, versioned and checksummed, for `restore` of this build or a later one."""
        pointer = self._handle.open_pointer()
        data = ffi.new("char[]", lib.engine_snapshot(pointer, ffi.NULL, 0))
        lib.engine_snapshot(pointer, data, len(data))
        return bytes(ffi.buffer(data))

    def status(self) -> EngineStatus:
        """Returns the counters as they are now."""
        return engine_status(self._handle.status())

    def order(self, order_id: int) -> OrderView | None:
        """Returns a live order, or None when no live order has this id."""
        found = ffi.new("struct order_view *")
        number = require_in_range("order_id", order_id, highest=UINT64_MAX)
        return order_view(found) if lib.engine_order(self._handle.open_pointer(), number, found) else None

    def queue(self, instrument: int, side: int, orders: int) -> list[OrderView]:
        """Returns up to `orders` resting orders of one side, in the order in which they would trade."""
        room = self._room(orders)
        found = ffi.new("struct order_view[]", room)
        count = lib.engine_queue(self._handle.pointer, *_place(instrument, side), found, room)
        return [order_view(found[index]) for index in range(count)]

    def depth(self, instrument: int, side: int, levels: int) -> list[Level]:
        """Returns up to `levels` price levels of one side, best first; none of an unknown instrument."""
        room = self._room(levels)
        found = ffi.new("struct level[]", room)
        count = lib.engine_depth(self._handle.pointer, *_place(instrument, side), found, room)
        return [Level(level.price, level.quantity, level.orders) for level in found[0:count]]

    def instrument(self, instrument: int) -> InstrumentView:
        """Returns an instrument as it stands. Fails with LookupError for an unknown one."""
        found = ffi.new("struct instrument_view *")
        index = require_in_range("instrument", instrument)
        if not lib.engine_instrument(self._handle.open_pointer(), index, found):
            raise LookupError(f"no instrument {instrument}")
        return instrument_view(found)

    def usage(self, node: int, instrument: int, limit_type: int) -> Usage:
        """Returns how far a limit is used. Fails with LookupError for what the engine does not know."""
        usage = ffi.new("struct usage *")
        place = require_in_range("node", node), require_in_range("instrument", instrument)
        kind = require_in_range("limit_type", limit_type, highest=UINT8_MAX)
        if not lib.engine_usage(self._handle.open_pointer(), *place, kind, usage):
            raise LookupError(f"no limit of type {limit_type} for node {node} and instrument {instrument}")
        return Usage(limit=None if usage.limit < 0 else usage.limit, used=usage.used)

    def exposure(self, node: int, instrument: int) -> Exposure:
        """Returns what a node holds and has open in an instrument, in lots; zeros when it has nothing."""
        exposure = ffi.new("struct exposure *")
        place = require_in_range("node", node), require_in_range("instrument", instrument)
        lib.engine_exposure(self._handle.open_pointer(), *place, exposure)
        return Exposure(exposure.position, exposure.open_buy, exposure.open_sell)

    def _room(self, asked: int) -> int:
        """Returns how many of something can be found at most: no more than there are live orders."""
        return min(require_in_range("number", asked), int(self._handle.status().orders))


def _place(instrument: int, side: int) -> tuple[int, int]:
    return require_in_range("instrument", instrument), require_in_range("side", side, highest=UINT8_MAX)

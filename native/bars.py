"""Bars of many instruments by number: C behind `tape/bars.h`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np

from ._engine import ffi, lib
from .ticks import Columns, Rows

ROOM = 4_096
"""How many bars come out of C at a time."""

_BAR = ffi.typeof("struct bar *")
_BARS = ffi.typeof("struct bar[]")
_COUNT = ffi.typeof("uint32_t *")
_NAMES = tuple(name for name, _ in _BAR.item.fields)
_DTYPE = np.dtype([(name, np.dtype(field.type.cname.removesuffix("_t"))) for name, field in _BAR.item.fields])

if not _DTYPE.itemsize == ffi.sizeof("struct bar") == 80:
    raise ImportError("a bar is not 80 bytes")


class Role(IntEnum):
    """What a bar stands for; `tape/bars.h` says what each means."""

    WHOLE = lib.BAR_WHOLE
    PART = lib.BAR_PART
    LATE = lib.BAR_LATE


class Bar(NamedTuple):
    """What traded in one interval of one instrument, or in a part of it. `length` is an index of lengths."""

    start_ns: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    trade_count: int
    first_time_ns: int
    last_time_ns: int
    instrument: int
    length: int
    role: int


if Bar._fields != _NAMES:
    raise ImportError("a bar in Python is not what it is in C")


class Bars:
    """The newest bar of each instrument and length; older ones, and parts of all, pass through."""

    def __init__(self, lengths_ns: Sequence[int]) -> None:
        self._bars = ffi.gc(lib.bars_new(list(lengths_ns), len(lengths_ns)) or ffi.NULL, lib.bars_free)
        if not self._bars:
            raise ValueError(f"these are no lengths of bars, or memory is short: {lengths_ns}")
        self._lengths = len(lengths_ns)
        self._room = 0
        self._out = _Outlet(ROOM)

    def reserve(self, count: int) -> None:
        """Makes room for the instruments below a number."""
        if count > self._room:
            if not lib.bars_reserve(self._bars, count):
                raise MemoryError
            self._room = count
            self._out = _Outlet(max(ROOM, 2 * count * self._lengths))

    def restore(self, bars: Iterable[Bar]) -> None:
        """Sets the newest bars, as they were stored."""
        for bar in bars:
            if not lib.bars_restore(self._bars, ffi.new(_BAR, tuple(bar))):
                raise IndexError(f"there is no room for {bar}")

    def add(self, columns: Columns) -> list[Bar]:
        """Counts the trades among rows. Returns the bars that ended and the parts that are over.

        Fails with ValueError, and counts nothing, where a trade names an instrument without room, a negative
        quantity or a time out of bounds.
        """
        rows, taken, made = Rows(columns), ffi.new(_COUNT), ffi.new(_COUNT)
        found: list[Bar] = []
        status = lib.BARS_MORE
        while status == lib.BARS_MORE:
            status = lib.bars_add(self._bars, rows.pointer, taken, self._out.pointer, self._out.room, made)
            if status == lib.BARS_REFUSED:
                raise ValueError(f"bars of {self._room} instruments cannot take these rows")
            found += self._out.read(made[0])
        return found

    def newest(self, instrument: int, length: int) -> Bar | None:
        """Returns the newest bar, if there is one."""
        bar = lib.bars_newest(self._bars, instrument, length)
        return Bar(*(getattr(bar, name) for name in _NAMES)) if bar else None

    def newest_start_ns(self, instrument: int, length: int) -> int | None:
        """Returns where the newest bar starts, if there is one."""
        bar = lib.bars_newest(self._bars, instrument, length)
        return int(bar.start_ns) if bar else None

    def take_changed(self) -> list[Bar]:
        """Returns the newest bars that changed since the last call."""
        return self._taken(lib.bars_take_changed)

    def take_parts(self) -> list[Bar]:
        """Returns the parts since the last call, but for those that `add` gave away already."""
        return self._taken(lib.bars_take_parts)

    def close(self, moment_ns: int) -> list[Bar]:
        """Returns the newest bars that ended by a moment and were not told yet. They count as changed."""
        count = lib.bars_close(self._bars, moment_ns, self._out.pointer)
        return self._out.read(count)

    def _taken(self, take: Callable[[Any, Any], int]) -> list[Bar]:
        return self._out.read(take(self._bars, self._out.pointer))


class _Outlet:
    """Memory in which C leaves bars."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.pointer = ffi.new(_BARS, room)
        self._array = np.frombuffer(ffi.buffer(self.pointer), _DTYPE)

    def read(self, count: int) -> list[Bar]:
        return [Bar(*values) for values in self._array[:count].tolist()]

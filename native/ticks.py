"""Columns of ticks as C sees them, and what of a source's columns can be taken."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._engine import ffi, lib

Integers = NDArray[np.int64]
Columns = tuple[NDArray[Any], ...]
"""Instrument (uint32), kind (uint8), price in ticks, quantity in lots, time in nanoseconds (int64)."""

_FIELDS: tuple[tuple[str, np.dtype[Any], Any], ...] = (
    ("instrument", np.dtype(np.uint32), ffi.typeof("uint32_t[]")),
    ("kind", np.dtype(np.uint8), ffi.typeof("uint8_t[]")),
    ("price", np.dtype(np.int64), ffi.typeof("int64_t[]")),
    ("lots", np.dtype(np.int64), ffi.typeof("int64_t[]")),
    ("time_ns", np.dtype(np.int64), ffi.typeof("int64_t[]")),
)
_TICKS = ffi.typeof("struct ticks *")
_RULES = ffi.typeof("struct tick_rules *")
_FAULT = ffi.typeof("enum tick_fault *")


class Fault(IntEnum):
    """What is wrong with a row; `tape/ticks.h` says what each means."""

    FINE = lib.TICK_FINE
    INSTRUMENT = lib.TICK_INSTRUMENT
    KIND = lib.TICK_KIND
    PRICE = lib.TICK_PRICE
    LOTS = lib.TICK_LOTS
    TIME_FALLS = lib.TICK_TIME_FALLS
    TIME_AHEAD = lib.TICK_TIME_AHEAD


@dataclass(frozen=True, slots=True)
class Rules:
    """What rows may be."""

    ours: Integers
    """At i: our number of the instrument that the source calls i, or -1."""
    units_max: int
    earliest_ns: int
    latest_ns: int


class Rows:
    """Columns behind a pointer for C, kept as long as this, and copied only where rows lie apart."""

    __slots__ = ("_kept", "pointer")

    def __init__(self, columns: Columns) -> None:
        count = len(columns[0])
        self.pointer = ffi.new(_TICKS)
        self._kept = [_pinned(column, count, field) for column, field in zip(columns, _FIELDS, strict=True)]
        for (name, _, _), memory in zip(_FIELDS, self._kept, strict=True):
            setattr(self.pointer, name, memory)
        self.pointer.count = count

    def __len__(self) -> int:
        return int(self.pointer.count)


def _pinned(column: NDArray[Any], count: int, field: tuple[str, np.dtype[Any], Any]) -> Any:
    name, kind, pointer = field
    if column.dtype != kind or not column.flags.aligned:
        raise TypeError(f"{name}: a column of {kind} is wanted, not of {column.dtype}")
    if column.shape != (count,):
        raise ValueError(f"{name}: {count} rows are wanted, not {column.shape}")
    return ffi.from_buffer(pointer, np.ascontiguousarray(column))


def admit(columns: Columns, rules: Rules) -> tuple[NDArray[np.uint32], int, Fault]:
    """Returns our numbers of the instruments of rows, the first wrong row or the count, and its fault."""
    rows = Rows(columns)
    ours = np.empty(len(rows), np.uint32)
    table = ffi.from_buffer("int64_t[]", rules.ours)
    wanted = ffi.new(_RULES, (table, len(rules.ours), rules.units_max, rules.earliest_ns, rules.latest_ns))
    fault = ffi.new(_FAULT)
    row = lib.ticks_admit(rows.pointer, wanted, ffi.from_buffer("uint32_t[]", ours), fault)
    return ours, int(row), Fault(fault[0])

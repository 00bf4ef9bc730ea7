"""Ticks as columns: row i is made of the i-th entry of each. Nothing here loops over rows in Python."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...runtime.errors import FieldViolation, InvalidArgument
from ...values import UNITS_MAX

ROWS_MAX = 65_536
Bools = NDArray[np.bool_]
Integers = NDArray[np.int64]
Column = NDArray[Any]


class Kind(IntEnum):
    """What a row says; the numbers are those of the contract."""

    BID = 1
    ASK = 2
    TRADE_BUY = 3
    TRADE_SELL = 4


class WrongColumns(InvalidArgument):
    """Columns that cannot be read as rows."""

    reason = "TICK_COLUMNS_INVALID"

    def __init__(self, column: str, problem: str) -> None:
        field = f"ticks.{column}"
        super().__init__(
            f"{field}: {problem}", metadata={"column": column}, fields=[FieldViolation(field, problem)]
        )


class WrongTick(InvalidArgument):
    """The first row of a batch that cannot be taken."""

    reason = "TICK_INVALID"

    def __init__(self, row: int, column: str, problem: str) -> None:
        field = f"ticks.{column}[{row}]"
        super().__init__(
            f"row {row}, {column}: {problem}",
            metadata={"row": str(row), "column": column},
            fields=[FieldViolation(field, problem)],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Ticks:
    """Some rows."""

    instrument: NDArray[np.uint32]
    kind: NDArray[np.uint8]
    price_ticks: Integers
    quantity_lots: Integers
    time_ns: Integers

    @classmethod
    def of(cls, columns: Iterable[Column]) -> "Ticks":
        """Returns rows of columns in the order of the contract."""
        return cls(*columns)

    def __len__(self) -> int:
        return len(self.kind)

    @property
    def is_trade(self) -> Bools:
        """Returns which rows are trades."""
        return self.kind >= Kind.TRADE_BUY

    def where(self, chosen: Bools) -> "Ticks":
        """Returns the chosen rows."""
        return Ticks.of(column[chosen] for column in self.columns())

    def columns(self) -> tuple[Column, ...]:
        """Returns the columns in the order of the contract."""
        return self.instrument, self.kind, self.price_ticks, self.quantity_lots, self.time_ns


COLUMNS: tuple[tuple[str, np.dtype[Any]], ...] = (
    ("instrument_index", np.dtype("<u4")),
    ("kind", np.dtype("u1")),
    ("price_ticks", np.dtype("<i8")),
    ("quantity_lots", np.dtype("<i8")),
    ("time_ns", np.dtype("<i8")),
)


def from_bytes(columns: tuple[bytes, ...]) -> Ticks:
    """Returns packed columns as arrays, not copied. Fails with WrongColumns when their lengths differ."""
    row_count = len(columns[1])
    if row_count > ROWS_MAX:
        raise WrongColumns("kind", f"{row_count} rows are more than {ROWS_MAX}")
    for (name, kind), data in zip(COLUMNS, columns, strict=True):
        expected = row_count * kind.itemsize
        if len(data) != expected:
            problem = f"has {len(data)} bytes; the {row_count} rows of `kind` need {expected}"
            raise WrongColumns(name, problem)
    return Ticks.of(np.frombuffer(data, kind) for (_, kind), data in zip(COLUMNS, columns, strict=True))


def to_bytes(ticks: Ticks) -> tuple[bytes, ...]:
    """Returns the packed columns, little-endian."""
    return tuple(
        column.astype(kind, copy=False).tobytes()
        for (_, kind), column in zip(COLUMNS, ticks.columns(), strict=True)
    )


@dataclass(frozen=True, slots=True)
class Bounds:
    """What times a batch may have."""

    earliest_ns: int  # the time of the row before the batch, or 0
    latest_ns: int  # how far ahead of our clock is believable


def check(ticks: Ticks, known: Bools, bounds: Bounds) -> None:
    """Fails with WrongTick naming the first row that cannot be taken. `known[i]`: index i is in the table."""
    faults = [fault for fault in _faults(ticks, known, bounds) if fault is not None]
    if faults:
        row, column, problem = min(faults, key=lambda fault: fault[0])
        raise WrongTick(row, column, problem)


Fault = tuple[int, str, str]


def _faults(ticks: Ticks, known: Bools, bounds: Bounds) -> list[Fault | None]:
    index, kind, price, lots, time_ns = ticks.columns()
    trade = ticks.is_trade
    before = np.concatenate(([max(bounds.earliest_ns, 1)], time_ns[:-1]))[: len(time_ns)]
    no_price = np.where(trade | (lots > 0), price < 1, price < 0)
    return [
        _fault(_unknown(index, known), "instrument_index", index, "is not in the table of instruments"),
        _fault((kind < Kind.BID) | (kind > Kind.TRADE_SELL), "kind", kind, "is no kind of tick"),
        _fault(no_price | (price > UNITS_MAX), "price_ticks", price, f"is not between 1 and {UNITS_MAX}"),
        _fault((lots < trade) | (lots > UNITS_MAX), "quantity_lots", lots, _lots_problem()),
        _fault(time_ns < before, "time_ns", time_ns, "is earlier than the row before, or than 1970"),
        _fault(time_ns > bounds.latest_ns, "time_ns", time_ns, "lies in the future"),
    ]


def _lots_problem() -> str:
    return f"is not between 1 and {UNITS_MAX} (a bid or ask may also have 0)"


def _unknown(index: NDArray[np.uint32], known: Bools) -> Bools:
    if not len(known):
        return np.ones(len(index), np.bool_)
    return ~known.take(index, mode="clip") | (index >= len(known))


def _fault(wrong: Bools, column: str, values: NDArray[np.generic], problem: str) -> Fault | None:
    if not wrong.any():
        return None
    row = int(wrong.argmax())
    return row, column, f"{values[row]} {problem}"


def last_rows(ticks: Ticks) -> Integers:
    """Returns the rows that say the newest of each instrument's bid, ask and trade, in order."""
    subject = np.minimum(ticks.kind, np.uint8(Kind.TRADE_BUY)).astype(np.int64)
    slot = ticks.instrument * np.int64(4) + subject
    newest = np.full(int(slot.max(initial=-1)) + 1, -1, np.int64)
    newest[slot] = np.arange(len(slot))  # of equal slots the last row stays
    rows = newest[newest >= 0]
    rows.sort()
    return rows

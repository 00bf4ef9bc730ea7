"""Ticks as columns: row i is made of the i-th entry of each. Nothing here loops over rows in Python."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tickmesh.native import ticks as native

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

    def columns(self) -> native.Columns:
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


def admitted(ticks: Ticks, rules: native.Rules) -> Ticks:
    """Returns rows with our numbers. Fails with WrongTick naming the first row that cannot be taken."""
    ours, row, fault = native.admit(ticks.columns(), rules)
    if fault is not native.Fault.FINE:
        column, problem = _FAULTS[fault]
        place = [name for name, _ in COLUMNS].index(column)
        raise WrongTick(row, column, f"{ticks.columns()[place][row]} {problem}")
    return Ticks(ours, ticks.kind, ticks.price_ticks, ticks.quantity_lots, ticks.time_ns)


_FAULTS = {
    native.Fault.INSTRUMENT: ("instrument_index", "is not in the table of instruments"),
    native.Fault.KIND: ("kind", "is no kind of tick"),
    native.Fault.PRICE: ("price_ticks", f"is not between 1 and {UNITS_MAX}"),
    native.Fault.LOTS: ("quantity_lots", f"is not between 1 and {UNITS_MAX} (a bid or ask may also have 0)"),
    native.Fault.TIME_FALLS: ("time_ns", "is earlier than the row before, or than 1970"),
    native.Fault.TIME_AHEAD: ("time_ns", "lies in the future"),
}

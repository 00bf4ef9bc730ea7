"""Quotes of many instruments by number: C behind `tape/quotes.h`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._engine import ffi, lib
from .ticks import Columns, Rows


class Quote(NamedTuple):
    """What is known of one instrument. Without lots there is no bid, no ask, or was no trade."""

    bid_price: int
    bid_lots: int
    ask_price: int
    ask_lots: int
    last_price: int
    last_lots: int
    last_time_ns: int
    quote_time_ns: int


_NOTHING = Quote(0, 0, 0, 0, 0, 0, 0, 0)


class Quotes:
    """The best bid and ask and the last trade of each instrument."""

    def __init__(self) -> None:
        self._quotes = ffi.gc(lib.quotes_new() or ffi.NULL, lib.quotes_free)
        self._room = 0
        if not self._quotes:
            raise MemoryError

    def reserve(self, count: int) -> None:
        """Makes room for the instruments below a number."""
        if count > self._room:
            if not lib.quotes_reserve(self._quotes, count):
                raise MemoryError
            self._room = count

    def apply(self, columns: Columns) -> None:
        """Takes rows in order. Fails with IndexError, and takes none, when there is no room for one."""
        self._apply(Rows(columns), ffi.NULL)

    def changes(self, columns: Columns) -> NDArray[np.bool_]:
        """Takes rows in order, and says of each whether it made the quote another."""
        changed = np.zeros(len(columns[0]), np.bool_)
        self._apply(Rows(columns), ffi.from_buffer("uint8_t[]", changed))
        return changed

    def _apply(self, rows: Rows, changed: object) -> None:
        if not lib.quotes_apply(self._quotes, rows.pointer, changed):
            raise IndexError(f"a row names an instrument past the {self._room} that there is room for")

    def at(self, instrument: int) -> Quote:
        """Returns the quote of an instrument."""
        if not 0 <= instrument < self._room:
            return _NOTHING
        quote = lib.quotes_at(self._quotes, instrument)
        return Quote(
            quote.bid_price,
            quote.bid_lots,
            quote.ask_price,
            quote.ask_lots,
            quote.last_price,
            quote.last_lots,
            quote.last_time_ns,
            quote.quote_time_ns,
        )

    def touch(self, instrument: int) -> None:
        """Counts the quote of an instrument as changed."""
        self.reserve(instrument + 1)
        lib.quotes_touch(self._quotes, instrument)

    def take_changed(self) -> list[int]:
        """Returns the instruments whose quotes changed since the last call, in order."""
        found = np.empty(self._room, np.uint32)
        count = lib.quotes_take_changed(self._quotes, ffi.from_buffer("uint32_t[]", found))
        numbers: list[int] = found[:count].tolist()
        return numbers

"""One source of published ticks: its table of instruments, its last time, and what of it can be taken."""

from collections.abc import Iterable

from tickmesh.native.ticks import Rules

from ...values import UNITS_MAX
from .listings import Listings
from .table import SourceTable
from .ticks import Ticks, admitted, from_bytes


class Intake:
    """Takes the batches of one source in order, each whole or not at all."""

    def __init__(self, listings: Listings, future_ns: int) -> None:
        self._listings = listings
        self._future_ns = future_ns
        self._table = SourceTable()
        self._last_time_ns = 0
        self.row_count = 0

    def take(self, instruments: Iterable[tuple[int, str]], columns: tuple[bytes, ...], now_ns: int) -> Ticks:
        """Returns a batch with our numbers. Fails with WrongColumns, WrongTick or UnknownInstrument."""
        entries = [(index, self._listings.find(symbol)) for index, symbol in instruments]
        table = self._table.extended(entries)
        rules = Rules(table.ours, UNITS_MAX, max(self._last_time_ns, 1), now_ns + self._future_ns)
        ticks = admitted(from_bytes(columns), rules)
        self._table = table
        if len(ticks):
            self._last_time_ns = int(ticks.time_ns[-1])
        self.row_count += len(ticks)
        return ticks

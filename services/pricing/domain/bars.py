"""Bars: open, high, low, close and volume of one interval, built from trades in any order of arrival.

A bar belongs to the interval that holds its trades' own times. Its open is the price of the earliest trade,
its close that of the latest; of two trades with the same time, the one that arrived first counts as earlier.
A trade that comes late corrects the bar of its time, even a finished one: bars always agree with the trades.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from ...values import NANOSECONDS, Symbol
from .trades import Trade

VOLUME_MAX = (1 << 63) - 1  # where volume stays, rather than overflow a column


class Interval(IntEnum):
    """Length of a bar; the numbers are those of the contract."""

    SECOND_1 = 1
    MINUTE_1 = 2
    DAY_1 = 3

    @property
    def length_ns(self) -> int:
        """Returns how long it lasts. A UTC day has no leap seconds."""
        return _LENGTH_NS[self]

    def start_ns(self, moment_ns: int) -> int:
        """Returns where the interval that holds a moment starts."""
        return moment_ns - moment_ns % _LENGTH_NS[self]


_LENGTH_NS = {
    Interval.SECOND_1: NANOSECONDS,
    Interval.MINUTE_1: 60 * NANOSECONDS,
    Interval.DAY_1: 86_400 * NANOSECONDS,
}

BarKey = tuple[Symbol, Interval, int]


@dataclass(frozen=True, slots=True)
class Bar:
    """What traded in one interval, or in a part of it: parts merge into the whole."""

    symbol: Symbol
    interval: Interval
    start_ns: int
    open_ticks: int
    high_ticks: int
    low_ticks: int
    close_ticks: int
    volume_lots: int
    trade_count: int
    first_time_ns: int
    last_time_ns: int

    @property
    def key(self) -> BarKey:
        """Returns what names the bar."""
        return self.symbol, self.interval, self.start_ns

    @property
    def end_ns(self) -> int:
        """Returns where the next interval starts."""
        return self.start_ns + self.interval.length_ns

    def merged(self, later: "Bar") -> "Bar":
        """Returns this part and one that arrived after it as one."""
        opens = later if later.first_time_ns < self.first_time_ns else self
        closes = later if later.last_time_ns >= self.last_time_ns else self
        return Bar(  # in full: dataclasses.replace costs three times as much, and this is the busiest line
            self.symbol,
            self.interval,
            self.start_ns,
            opens.open_ticks,
            max(self.high_ticks, later.high_ticks),
            min(self.low_ticks, later.low_ticks),
            closes.close_ticks,
            min(self.volume_lots + later.volume_lots, VOLUME_MAX),
            self.trade_count + later.trade_count,
            opens.first_time_ns,
            closes.last_time_ns,
        )


def bar_of(trade: Trade, interval: Interval) -> Bar:
    """Returns the part of a bar that one trade makes."""
    price, time_ns = trade.price_ticks, trade.time_ns
    start_ns = interval.start_ns(time_ns)
    return Bar(
        trade.symbol, interval, start_ns, price, price, price, price, trade.quantity_lots, 1, time_ns, time_ns
    )


class BarBook:
    """The newest bar of each instrument and interval, and what changed since somebody last asked.

    Older bars live in the store; parts of them pass through `take_parts` and are merged there.
    """

    def __init__(self, grace_ns: int = 0) -> None:
        self._grace_ns = grace_ns
        self._current: dict[tuple[Symbol, Interval], Bar] = {}
        self._parts: dict[BarKey, Bar] = {}
        self._late: set[BarKey] = set()
        self._changed: dict[BarKey, Bar] = {}
        self._ends: list[tuple[int, Symbol, Interval]] = []

    def restore(self, bars: Iterable[Bar]) -> None:
        """Sets the newest bars, as they were stored."""
        for bar in bars:
            self._begin(bar)

    def add_trade(self, trade: Trade) -> None:
        """Counts a trade in the bars of its time."""
        for interval in Interval:
            self.add(bar_of(trade, interval))

    def add(self, part: Bar) -> None:
        """Counts a part of a bar."""
        key = part.key
        pending = self._parts.get(key)
        self._parts[key] = part if pending is None else pending.merged(part)
        current = self._current.get((part.symbol, part.interval))
        if current is None or part.start_ns > current.start_ns:
            self._roll(current, part)
        elif part.start_ns == current.start_ns:
            self._show(current.merged(part))
        else:
            self._late.add(key)

    def _roll(self, current: Bar | None, part: Bar) -> None:
        if current is not None:
            self._changed[current.key] = current
        self._begin(part)
        self._show(part)

    def _begin(self, bar: Bar) -> None:
        self._current[bar.symbol, bar.interval] = bar
        heapq.heappush(self._ends, (bar.end_ns, bar.symbol, bar.interval))

    def _show(self, bar: Bar) -> None:
        self._current[bar.symbol, bar.interval] = bar
        self._changed[bar.key] = bar

    def close(self, now_ns: int) -> list[Bar]:
        """Returns the newest bars that the clock has ended since the last call. They count as changed."""
        closed = []
        while self._ends and self._ends[0][0] + self._grace_ns <= now_ns:
            end_ns, symbol, interval = heapq.heappop(self._ends)
            bar = self._current[symbol, interval]
            if bar.end_ns == end_ns:
                self._changed[bar.key] = bar
                closed.append(bar)
        return closed

    def is_complete(self, bar: Bar, now_ns: int) -> bool:
        """Says whether the interval is over: a later one has begun, or the clock says so."""
        current = self._current.get((bar.symbol, bar.interval))
        over = current is not None and current.start_ns > bar.start_ns
        return over or bar.end_ns + self._grace_ns <= now_ns

    def current(self, symbol: Symbol, interval: Interval) -> Bar | None:
        """Returns the newest bar of an instrument, if it has traded."""
        return self._current.get((symbol, interval))

    def take_changed(self) -> list[Bar]:
        """Returns the whole bars that changed since the last call."""
        changed = list(self._changed.values())
        self._changed.clear()
        return changed

    def take_parts(self) -> tuple[list[Bar], set[BarKey]]:
        """Returns the parts since the last call, one a bar, and which of them belong to older bars."""
        parts, late = list(self._parts.values()), self._late
        self._parts, self._late = {}, set()
        return parts, late

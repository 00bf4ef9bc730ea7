"""Bars: open, high, low, close and volume of one interval, built from trades in any order of arrival.

A bar belongs to the interval that holds its trades' own times. Its open is the price of the earliest trade,
its close that of the latest; of two trades with the same time, the one that arrived first counts as earlier.
A trade that comes late corrects the bar of its time, even a finished one: bars always agree with the trades.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from tickmesh.native import bars as native

from ...values import NANOSECONDS, Symbol
from .listings import Listings
from .ticks import Ticks

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

_LENGTHS = tuple(Interval)  # in C a length is its place here

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


class BarBook:
    """The newest bar of each instrument and interval, and what changed since somebody last asked.

    Older bars live in the store; parts of them pass through `take_parts` and are merged there. C counts the
    trades; what comes out of it is a bar that ended, or a part, and so is rare.
    """

    def __init__(self, listings: Listings, grace_ns: int = 0) -> None:
        self._listings = listings
        self._grace_ns = grace_ns
        self._newest = native.Bars([interval.length_ns for interval in Interval])
        self._parts: dict[BarKey, Bar] = {}
        self._late: set[BarKey] = set()
        self._ended: list[Bar] = []

    def restore(self, bars: Iterable[Bar]) -> None:
        """Sets the newest bars, as they were stored."""
        self._newest.reserve(len(self._listings))
        self._newest.restore(map(self._numbered, bars))

    def add(self, ticks: Ticks) -> None:
        """Counts the trades among rows in the bars of their times."""
        self._newest.reserve(len(self._listings))
        for bar in self._newest.add(ticks.columns()):
            if bar.role == native.Role.WHOLE:
                self._ended.append(self._named(bar))
            else:
                self._add_part(bar)

    def _add_part(self, bar: native.Bar) -> None:
        part = self._named(bar)
        before = self._parts.get(part.key)
        self._parts[part.key] = part if before is None else before.merged(part)
        if bar.role == native.Role.LATE:
            self._late.add(part.key)

    def close(self, now_ns: int) -> list[Bar]:
        """Returns the newest bars that the clock has ended since the last call. They count as changed."""
        return [self._named(bar) for bar in self._newest.close(now_ns - self._grace_ns)]

    def is_complete(self, bar: Bar, now_ns: int) -> bool:
        """Says whether the interval is over: a later one has begun, or the clock says so."""
        if bar.end_ns + self._grace_ns <= now_ns:
            return True
        index = self._listings.find(bar.symbol).index
        newest_ns = self._newest.newest_start_ns(index, _LENGTHS.index(bar.interval))
        return newest_ns is not None and newest_ns > bar.start_ns

    def current(self, symbol: Symbol, interval: Interval) -> Bar | None:
        """Returns the newest bar of an instrument, if it has traded."""
        bar = self._newest.newest(self._listings.find(symbol).index, _LENGTHS.index(interval))
        return None if bar is None else self._named(bar)

    def take_changed(self) -> list[Bar]:
        """Returns the whole bars that changed since the last call."""
        ended, self._ended = self._ended, []
        return [*ended, *map(self._named, self._newest.take_changed())]

    def take_parts(self) -> tuple[list[Bar], set[BarKey]]:
        """Returns the parts since the last call, one a bar, and which of them belong to older bars."""
        for bar in self._newest.take_parts():
            self._add_part(bar)
        parts, late = list(self._parts.values()), self._late
        self._parts, self._late = {}, set()
        return parts, late

    def _named(self, bar: native.Bar) -> Bar:
        return Bar(self._listings.at(bar.instrument).symbol, _LENGTHS[bar.length], *bar[:9])

    def _numbered(self, bar: Bar) -> native.Bar:
        index = self._listings.find(bar.symbol).index
        numbers = (
            bar.start_ns,
            bar.open_ticks,
            bar.high_ticks,
            bar.low_ticks,
            bar.close_ticks,
            bar.volume_lots,
            bar.trade_count,
            bar.first_time_ns,
            bar.last_time_ns,
        )
        return native.Bar(*numbers, index, _LENGTHS.index(bar.interval), native.Role.WHOLE)

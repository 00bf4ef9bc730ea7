"""A slow, obvious keeper of bars, which that of the service must agree with."""

import heapq
from collections.abc import Iterable

from tickmesh.services.pricing.domain.bars import Bar, BarKey, Interval
from tickmesh.services.pricing.domain.trades import Trade
from tickmesh.services.values import Symbol


def bar_of(trade: Trade, interval: Interval) -> Bar:
    """Returns the part of a bar that one trade makes."""
    price, time_ns = trade.price_ticks, trade.time_ns
    start_ns = interval.start_ns(time_ns)
    return Bar(
        trade.symbol, interval, start_ns, price, price, price, price, trade.quantity_lots, 1, time_ns, time_ns
    )


class ReferenceBars:
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

"""Parts of bars from columns of trades, without a loop over rows."""

from collections.abc import Iterator

import numpy as np

from .bars import Bar, Interval
from .listings import Listings
from .ticks import Integers, Ticks


def bar_parts(trades: Ticks, listings: Listings) -> Iterator[Bar]:
    """Yields one part for each bar that the trades touch. Their times must not fall within an instrument."""
    if not len(trades):
        return
    order = np.argsort(trades.instrument, kind="stable")
    grouped = Ticks.of(column[order] for column in trades.columns())
    for interval in Interval:
        yield from _parts_of(grouped, interval, listings)


def _parts_of(trades: Ticks, interval: Interval, listings: Listings) -> Iterator[Bar]:
    first = _group_starts(trades, interval)
    last = np.append(first[1:], len(trades)) - 1
    price, lots, time_ns = trades.price_ticks, trades.quantity_lots, trades.time_ns
    columns = (
        trades.instrument[first],
        price[first],
        np.maximum.reduceat(price, first),
        np.minimum.reduceat(price, first),
        price[last],
        np.add.reduceat(lots, first),
        last - first + 1,
        time_ns[first],
        time_ns[last],
    )
    for index, *numbers in zip(*(column.tolist() for column in columns), strict=True):
        yield Bar(listings.at(index).symbol, interval, interval.start_ns(numbers[6]), *numbers)


def _group_starts(trades: Ticks, interval: Interval) -> Integers:
    number = trades.time_ns // interval.length_ns
    changes = (trades.instrument[1:] != trades.instrument[:-1]) | (number[1:] != number[:-1])
    return np.concatenate(([0], np.flatnonzero(changes) + 1)).astype(np.int64)

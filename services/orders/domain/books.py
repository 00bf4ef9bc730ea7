"""What readers of books see: levels, and what commands changed in them, read from the engine's events."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tickmesh.native.engine import EventFlag, EventType, Side

from .listings import Listing

Level = tuple[int, int, int]  # ticks, lots, orders


@dataclass(frozen=True, slots=True)
class Trade:
    """A public trade."""

    trade_id: int
    ticks: int
    lots: int
    aggressor_side: int
    time_ns: int


@dataclass(slots=True)
class BookChange:
    """What one command changed in one book, or several did. A level of 0 lots is gone."""

    listing: Listing
    command: int
    time_ns: int
    bids: list[Level] = field(default_factory=list)
    asks: list[Level] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Book:
    """The levels of one instrument, best first, as they were after a command."""

    listing: Listing
    command: int
    time_ns: int
    bids: list[Level]
    asks: list[Level]


TAPE_DTYPE = np.dtype(
    [
        *((name, "<i8") for name in ("sequence", "command", "time_ns", "price", "quantity", "more")),
        *((name, "<u4") for name in ("instrument", "side")),
        ("is_trade", "?"),
    ],
    align=True,
)
"""A level as it is now (`more`: orders), or a trade (`more`: its id, `side`: the aggressor's or 0)."""


def tape(events: NDArray[Any], commands: NDArray[Any]) -> NDArray[Any]:
    """Returns what the public sees of events: a row of TAPE_DTYPE each, in order.

    `commands` are those that the events belong to, one after the other. A trade is told by the second of its
    two events, which stand together. Orders that wait for an auction at no price stand in no level.
    """
    trades = events["type"] == EventType.TRADE
    in_auction = events["flags"] & EventFlag.AUCTION != 0
    first = np.where(in_auction, events["side"] == Side.BUY, events["flags"] & EventFlag.MAKER != 0)
    trades &= ~first
    shown = trades | ((events["type"] == EventType.BOOK_LEVEL) & (events["price"] != 0))
    places = np.flatnonzero(shown)
    found = np.empty(len(places), TAPE_DTYPE)
    seen = events[places]
    for name in ("sequence", "command", "price", "quantity", "instrument"):
        found[name] = seen[name]
    found["is_trade"] = trades[places]
    found["more"] = np.where(found["is_trade"], events["sequence"][places - 1], seen["leaves"])
    found["side"] = np.where(found["is_trade"] & in_auction[places], 0, seen["side"])
    found["time_ns"] = _times(commands, found["command"])
    return found


def _times(commands: NDArray[Any], sequences: NDArray[Any]) -> NDArray[Any]:
    """Returns when commands were taken that follow one another without a gap."""
    if not len(sequences):
        return np.empty(0, np.int64)
    places = sequences - int(commands["sequence"][0])
    times: NDArray[Any] = commands["time_ns"][places]
    return times


def newest(rows: NDArray[Any]) -> NDArray[Any]:
    """Returns rows of a tape without the levels that a later row tells anew; trades all stay, in order."""
    levels = np.flatnonzero(~rows["is_trade"])
    seen = rows[levels]
    order = np.lexsort((levels, seen["price"], seen["side"], seen["instrument"]))
    ranked = seen[order]
    is_last = np.ones(len(order), bool)
    same = np.ones(max(len(order) - 1, 0), bool)
    for name in ("instrument", "side", "price"):
        same &= ranked[name][1:] == ranked[name][:-1]
    is_last[:-1] = ~same
    kept = np.concatenate([levels[order[is_last]], np.flatnonzero(rows["is_trade"])])
    kept.sort()
    chosen: NDArray[Any] = rows[kept]
    return chosen


def changes(rows: NDArray[Any], listings: list[Listing], *, merged: bool) -> list[BookChange]:
    """Returns rows of a tape as changes: one a command and instrument, or merged to one an instrument."""
    found: dict[Any, BookChange] = {}
    for _, command, time_ns, price, quantity, more, instrument, side, is_trade in _plain(rows):
        key = instrument if merged else (command, instrument)
        change = found.get(key)
        if change is None:
            change = found[key] = BookChange(listings[instrument], command, time_ns)
        change.command, change.time_ns = command, time_ns
        if is_trade:
            change.trades.append(Trade(more, price, quantity, side, time_ns))
        else:
            (change.bids if side == Side.BUY else change.asks).append((price, quantity, more))
    return list(found.values())


def _plain(rows: NDArray[Any]) -> Iterator[tuple[Any, ...]]:
    plain: list[tuple[Any, ...]] = rows.tolist()
    return iter(plain)

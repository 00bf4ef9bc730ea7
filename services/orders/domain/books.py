"""Price levels of each instrument, kept from the engine's level events, and the changes that readers see."""

from dataclasses import dataclass, field

from tickmesh.native.engine import Side

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
    """What one command changed in one book. A level of 0 lots is gone."""

    listing: Listing
    command: int
    time_ns: int
    bids: list[Level] = field(default_factory=list)
    asks: list[Level] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)


@dataclass(slots=True)
class Book:
    """The levels of one instrument by price."""

    listing: Listing
    command: int = 0
    time_ns: int = 0
    bids: dict[int, Level] = field(default_factory=dict)
    asks: dict[int, Level] = field(default_factory=dict)

    def apply(self, change: BookChange) -> None:
        """Takes in what changed."""
        for mine, levels in ((self.bids, change.bids), (self.asks, change.asks)):
            for level in levels:
                if level[1]:
                    mine[level[0]] = level
                else:
                    mine.pop(level[0], None)
        self.command, self.time_ns = change.command, change.time_ns

    def best_bids(self, depth: int | None = None) -> list[Level]:
        """Returns bid levels, highest first."""
        return sorted(self.bids.values(), reverse=True)[:depth]

    def best_asks(self, depth: int | None = None) -> list[Level]:
        """Returns ask levels, lowest first."""
        return sorted(self.asks.values())[:depth]


def levels_of(change: BookChange, side: int) -> list[Level]:
    """Returns the list of a change that levels of a side go into."""
    return change.bids if side == Side.BUY else change.asks


def merge(changes: list[BookChange]) -> list[BookChange]:
    """Returns one change an instrument: the newest state of each level, and every trade."""
    merged: dict[int, BookChange] = {}
    levels: dict[int, tuple[dict[int, Level], dict[int, Level]]] = {}
    for change in changes:
        index = change.listing.index
        whole = merged.get(index)
        if whole is None:
            whole = merged[index] = BookChange(change.listing, change.command, change.time_ns)
            levels[index] = ({}, {})
        whole.command, whole.time_ns = change.command, change.time_ns
        for mine, theirs in zip(levels[index], (change.bids, change.asks), strict=True):
            mine.update((level[0], level) for level in theirs)
        whole.trades.extend(change.trades)
    for index, (bids, asks) in levels.items():
        merged[index].bids, merged[index].asks = list(bids.values()), list(asks.values())
    return list(merged.values())

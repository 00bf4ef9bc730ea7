"""Books rebuilt event by event: slow, obvious, and what the tape is compared with."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from numpy.typing import NDArray

from tickmesh.native.engine import EventFlag, EventType, Side
from tickmesh.services.orders.domain.books import BookChange, Level, Trade

Sides = tuple[dict[int, Level], dict[int, Level]]  # bids and asks by price


class Print(NamedTuple):
    """A public trade and the book it was in."""

    instrument: int
    trade: Trade


class SlowBooks:
    """Levels and trades of all instruments."""

    def __init__(self) -> None:
        self.sides: dict[int, Sides] = {}
        self.trades: list[Print] = []
        self._half: Any = None  # the first event of a trade whose second is to come

    def take(self, commands: NDArray[Any], events: NDArray[Any]) -> None:
        """Takes in what a row of commands did."""
        times = {int(command["sequence"]): int(command["time_ns"]) for command in commands}
        for event in events:
            if event["type"] == EventType.BOOK_LEVEL and event["price"]:
                level = int(event["price"]), int(event["quantity"]), int(event["leaves"])
                self.set_level(int(event["instrument"]), int(event["side"]), level)
            elif event["type"] == EventType.TRADE:
                self._take_half(event, times[int(event["command"])])

    def _take_half(self, event: Any, time_ns: int) -> None:
        """Trades come in pairs of events, whatever these say of themselves."""
        if self._half is None:
            self._half = event
            return
        first, self._half = self._half, None
        assert (first["price"], first["quantity"]) == (event["price"], event["quantity"])
        assert {int(first["side"]), int(event["side"])} == {Side.BUY, Side.SELL}
        aggressor = 0 if event["flags"] & EventFlag.AUCTION else int(event["side"])
        told = int(first["sequence"]), int(event["price"]), int(event["quantity"]), aggressor, time_ns
        self.trades.append(Print(int(event["instrument"]), Trade(*told)))

    def set_level(self, instrument: int, side: int, level: Level) -> None:
        """Sets a level, or takes it out when it has no lots."""
        mine = self.sides.setdefault(instrument, ({}, {}))[side - 1]
        mine.pop(level[0], None)
        if level[1]:
            mine[level[0]] = level

    def apply(self, changes: Iterable[BookChange]) -> None:
        """Takes in what a reader is told."""
        for change in changes:
            for side, levels in ((Side.BUY, change.bids), (Side.SELL, change.asks)):
                for level in levels:
                    self.set_level(change.listing.index, side, level)
            self.trades += [Print(change.listing.index, trade) for trade in change.trades]

    def depth(self, instrument: int) -> tuple[list[Level], list[Level]]:
        """Returns bids and asks of an instrument, best first."""
        bids, asks = self.sides.get(instrument, ({}, {}))
        return sorted(bids.values(), reverse=True), sorted(asks.values())

    def known(self) -> dict[int, tuple[list[Level], list[Level]]]:
        """Returns every book that is not empty."""
        found = {instrument: self.depth(instrument) for instrument in self.sides}
        return {instrument: sides for instrument, sides in found.items() if sides != ([], [])}

"""What readers of books are told adds up to the books of the engine, event by event or merged."""

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.native.commands import Command
from tests.native.differential import ROOMY
from tests.native.flow import Flow
from tests.native.flow_orders import PROFILES
from tests.services.orders.samples import a_listing
from tests.services.orders.slow_books import SlowBooks
from tickmesh.native.engine import COMMAND_DTYPE, EVENT_DTYPE, Engine, EventFlag, EventType, Feed, Side
from tickmesh.services.orders.domain.books import TAPE_DTYPE, Trade, changes, newest, tape

CONFIG = replace(ROOMY, feeds=Feed.LEVELS)
LISTINGS = [a_listing(index, f"S{index}") for index in range(CONFIG.instruments)]


class Market:
    """Random flow of every kind of command through the engine, and its books by the slow way."""

    def __init__(self, seed: int, profile: str) -> None:
        self.engine = Engine(CONFIG)
        self.slow = SlowBooks()
        self.tapes: list[NDArray[Any]] = []
        self._flow = Flow(seed, PROFILES[profile])
        self._last = 0
        self._row(self._flow.stage())

    def run(self, rows: int) -> None:
        for _ in range(rows):
            self._row(self._flow.commands(60))

    def _row(self, commands: list[Command]) -> None:
        """Runs commands whose sequences rise, which is what a sequencer stamps."""
        stamped = []
        for command in commands:
            if command.sequence > self._last:
                stamped.append(command)
                self._last = command.sequence
        payload = b"".join(command.pack() for command in stamped)
        events = self.engine.process(payload)
        columns = np.frombuffer(payload, COMMAND_DTYPE)
        self.slow.take(columns, events)
        self.tapes.append(_tape_without_gaps(events, columns))

    def depth(self) -> dict[int, Any]:
        """Returns the engine's own books."""
        found = {}
        for index in range(self.engine.status().instruments):
            sides = tuple(
                [
                    (level.price, level.quantity, level.orders)
                    for level in self.engine.depth(index, side, 10_000)
                ]
                for side in Side
            )
            if sides != ([], []):
                found[index] = sides
        return found


def _tape_without_gaps(events: NDArray[Any], commands: NDArray[Any]) -> NDArray[Any]:
    """Returns the tape of commands that may leave numbers out, part by part of those that do not."""
    begins = np.flatnonzero(np.diff(commands["sequence"]) != 1) + 1
    parts = []
    for part in np.split(commands, begins):
        mine = np.isin(events["command"], part["sequence"])
        parts.append(tape(events[mine], part))
    return np.concatenate(parts)


def told(tapes: list[NDArray[Any]], *, merged: bool) -> SlowBooks:
    """Returns the books of a reader who gets some tapes at once."""
    books = SlowBooks()
    rows = np.concatenate(tapes)
    books.apply(changes(newest(rows) if merged else rows, LISTINGS, merged=merged))
    return books


@pytest.mark.parametrize("profile", sorted(PROFILES))
@pytest.mark.parametrize("seed", range(3))
def test_changes_add_up_to_the_books_of_the_engine_merged_or_not(seed: int, profile: str) -> None:
    market = Market(seed, profile)
    with market.engine:
        market.run(40)
        slow, depth = market.slow, market.depth()
    assert slow.known() == depth
    complete, merged = told(market.tapes, merged=False), told(market.tapes, merged=True)
    assert complete.known() == merged.known() == depth
    assert complete.trades == slow.trades != []
    assert sorted(merged.trades, key=lambda told: told.trade.trade_id) == slow.trades


@pytest.mark.parametrize("seed", range(5))
def test_a_reader_who_gets_merged_changes_now_and_then_always_has_the_book(seed: int) -> None:
    chance, market, reader = random.Random(seed), Market(seed, "calls"), SlowBooks()
    with market.engine:
        for _ in range(20):
            market.run(chance.randint(1, 4))
            reader.apply(changes(newest(np.concatenate(market.tapes)), LISTINGS, merged=True))
            market.tapes.clear()
            assert reader.known() == market.depth()


@st.composite
def tapes(draw: st.DrawFn) -> NDArray[Any]:
    """Rows of two instruments, few prices, and trades among them."""
    number = st.integers(0, 3)
    drawn = draw(st.lists(st.tuples(number, number, number, st.booleans(), st.booleans(), st.booleans())))
    rows = np.zeros(len(drawn), TAPE_DTYPE)
    for place, (price, lots, step, instrument, side, is_trade) in enumerate(drawn):
        command = (int(rows["command"][place - 1]) if place else 1) + step // 3
        told = (place + 1, command, 10 * command, price + 1, lots, lots, instrument, side + 1, is_trade)
        rows[place] = told
    return rows


@given(tapes())
def test_merging_keeps_every_trade_and_each_level_once_as_it_is_last(rows: NDArray[Any]) -> None:
    kept = newest(rows)
    last = {(row["instrument"], row["side"], row["price"]): row for row in rows if not row["is_trade"]}
    expected = sorted([*last.values(), *rows[rows["is_trade"]]], key=lambda row: int(row["sequence"]))
    assert kept.tolist() == [row.tolist() for row in expected]


@given(tapes())
def test_changes_are_one_a_command_and_instrument_or_one_an_instrument(rows: NDArray[Any]) -> None:
    apart, merged = changes(rows, LISTINGS, merged=False), changes(rows, LISTINGS, merged=True)
    names = [(change.command, change.listing.index) for change in apart]
    assert names == list(
        dict.fromkeys(zip(rows["command"].tolist(), rows["instrument"].tolist(), strict=True))
    )
    assert [change.listing.index for change in merged] == list(dict.fromkeys(rows["instrument"].tolist()))
    for change in merged:
        of_it = rows[rows["instrument"] == change.listing.index]
        assert (change.command, change.time_ns) == (of_it["command"][-1], of_it["time_ns"][-1])
        assert len(change.bids) + len(change.asks) + len(change.trades) == len(of_it)


def test_a_tape_of_nothing_is_empty() -> None:
    commands, events = np.zeros(1, COMMAND_DTYPE), np.zeros(0, EVENT_DTYPE)
    rows = tape(events, commands)
    assert (len(rows), len(newest(rows)), changes(rows, LISTINGS, merged=True)) == (0, 0, [])


def test_a_trade_of_an_auction_has_no_aggressor_and_the_number_of_its_buy() -> None:
    commands, events = np.zeros(1, COMMAND_DTYPE), np.zeros(4, EVENT_DTYPE)
    commands["sequence"], commands["time_ns"], events["command"] = 7, 70, 7
    events["type"] = [EventType.TRADE, EventType.TRADE, EventType.FEE, EventType.BOOK_LEVEL]
    events["sequence"], events["side"] = [11, 12, 13, 14], [Side.BUY, Side.SELL, 0, Side.BUY]
    events["price"], events["quantity"], events["flags"] = [5, 5, 1, 0], 3, EventFlag.AUCTION
    (change,) = changes(tape(events, commands), LISTINGS, merged=False)
    assert change.trades == [Trade(trade_id=11, ticks=5, lots=3, aggressor_side=0, time_ns=70)]
    assert (change.bids, change.asks) == ([], [])  # a level without a price is the queue before an auction

"""Real order flow through the engine, and its book against the one that was recorded with it.

`../shared/data/SOURCES.md` says where the recordings come from, and that a perfect book reproduces 91,907 of
the 91,997 best levels of the AAPL hour: the rest came from levels that the recording does not tell of.
"""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.native.recorded import (
    Tape,
    best_after,
    binance_updates,
    levels_tape,
    plan_tape,
    stage,
    targets_of_hits,
)
from tests.services.replay.sample import FOLDER, MESSAGES, TEN_LEVELS, recording
from tickmesh.native.engine import Engine, EventFlag, EventType, Feed, Reason, Side
from tickmesh.services.replay.lobster import Message, read_messages, read_seed
from tickmesh.services.replay.plan import Plan, make_plan

TICK = 100  # price units of LOBSTER: a cent
TEN_LEVEL_STATES = FOLDER / "AAPL_2012-06-21_34200000_57600000_orderbook_10_first999.csv.gz"
BATCH = 1_000


@dataclass(frozen=True)
class Hour:
    """An hour of AAPL: its messages, the plan that reproduces them, and that plan as commands."""

    messages: list[Message]
    plan: Plan
    tape: Tape


@pytest.fixture(scope="module")
def hour() -> Hour:
    files = recording(MESSAGES)
    assert files.seed is not None
    messages = read_messages(files.messages)
    plan = make_plan(messages, read_seed(files.seed))
    return Hour(messages, plan, plan_tape(plan, TICK))


def run(engine: Engine, commands: NDArray[Any]) -> NDArray[Any]:
    """Runs commands in batches, and returns all their events."""
    parts = range(0, len(commands), BATCH)
    return np.concatenate([engine.process(commands[start : start + BATCH]) for start in parts])


def states(path: Path) -> NDArray[Any]:
    """The rows of an orderbook file."""
    with gzip.open(path, "rt") as file:
        return np.loadtxt(file, delimiter=",", dtype=np.int64, ndmin=2)


def levels_of(state: NDArray[Any], side: Side) -> list[tuple[int, int]]:
    """Ticks and lots of the levels of one side of a recorded row, best first."""
    start = 0 if side == Side.SELL else 2
    levels = zip(state[start::4].tolist(), state[start + 1 :: 4].tolist(), strict=True)
    return [(price // TICK, lots) for price, lots in levels if lots]


def books(tape: Tape, rows: list[int]) -> Iterator[Engine]:
    """The engine as it stands after each of these rows."""
    with stage() as engine:
        done = 0
        for end in tape.ends[rows].tolist():
            engine.process(tape.commands[done:end])
            done = end
            yield engine


def depth(engine: Engine, side: Side, levels: int) -> list[tuple[int, int]]:
    return [(level.price, level.quantity) for level in engine.depth(0, side, levels)]


def test_the_best_levels_of_an_hour_come_out_as_they_were_recorded(hour: Hour) -> None:
    files = recording(MESSAGES)
    assert files.reference is not None
    with stage() as engine:
        events = run(engine, hour.tape.commands)
    found = best_after(events, len(hour.tape.commands))[hour.tape.ends] * [TICK, 1, TICK, 1]
    agree = (found == states(files.reference)).all(axis=1)
    assert agree[:54_606].all()
    assert (len(agree), agree.sum()) == (91_997, 91_907)


def test_each_recorded_execution_hits_the_very_order_that_it_names(hour: Hour) -> None:
    with stage() as engine:
        events = run(engine, hour.tape.commands)
    makers = events[(events["type"] == EventType.TRADE) & (events["flags"] == EventFlag.MAKER)]
    met = list(zip(*(makers[name].tolist() for name in ("command", "order", "quantity")), strict=True))
    assert met == targets_of_hits(hour.plan)
    assert len(met) == 4_067


def test_nothing_that_was_recorded_is_refused(hour: Hour) -> None:
    with stage() as engine:
        events = run(engine, hour.tape.commands)
    refused = (EventType.ORDER_REJECTED, EventType.CANCEL_REJECTED)
    assert not np.isin(events["type"], refused).any()
    assert set(events["reason"].tolist()) == {Reason.NONE, Reason.REQUESTED}


def test_ten_levels_of_999_rows_come_out_as_they_were_recorded(hour: Hour) -> None:
    """The flow of fifty levels gives the book that was recorded for ten: it has each of those messages."""
    places = iter(enumerate(hour.messages))
    rows = [next(row for row, found in places if found == message) for message in read_messages(TEN_LEVELS)]
    recorded = states(TEN_LEVEL_STATES)
    for engine, state in zip(books(hour.tape, rows), recorded, strict=True):
        for side in Side:
            assert depth(engine, side, 10) == levels_of(state, side)
    assert len(rows) == 999


def test_fifty_levels_come_out_until_a_deeper_one_shows(hour: Hour) -> None:
    """The ask of 8 rows ends with a level that came from below the fifty that the recording tells of."""
    files = recording(MESSAGES)
    assert files.seed is not None
    recorded, whole = states(files.seed), 0
    for engine, state in zip(books(hour.tape, list(range(len(recorded)))), recorded, strict=True):
        found = {side: depth(engine, side, 50) for side in Side}
        expected = {side: levels_of(state, side) for side in Side}
        for side in Side:
            assert found[side][:49] == expected[side][:49]
        whole += found == expected
    assert (len(recorded), whole) == (672, 664)


def test_what_is_told_of_levels_and_orders_rebuilds_the_book_at_any_moment(hour: Hour) -> None:
    levels: dict[tuple[int, int], tuple[int, int]] = {}
    queues: dict[tuple[int, int], dict[int, int]] = {}
    with stage(Feed.LEVELS | Feed.ORDERS) as engine:
        for start in range(0, len(hour.tape.commands), 4_999):
            events = engine.process(hour.tape.commands[start : start + 4_999])
            apply_levels(levels, events[events["type"] == EventType.BOOK_LEVEL])
            apply_orders(queues, events[events["type"] == EventType.BOOK_ORDER])
            for side in Side:
                assert engine.depth(0, side, 9_999) == best_first(levels, side)
                queue = [(view.id, view.shown) for view in engine.queue(0, side, 9_999)]
                assert queue == [order for _, orders in best_first(queues, side) for order in orders.items()]


def apply_levels(levels: dict[tuple[int, int], tuple[int, int]], told: NDArray[Any]) -> None:
    for side, price, lots, orders in told[["side", "price", "quantity", "leaves"]].tolist():
        levels[side, price] = lots, orders
        if orders == 0:
            del levels[side, price]


def apply_orders(queues: dict[tuple[int, int], dict[int, int]], told: NDArray[Any]) -> None:
    for side, price, order, lots, flags in told[["side", "price", "order", "quantity", "flags"]].tolist():
        queue = queues.setdefault((side, price), {})
        if flags == EventFlag.REMOVED:
            del queue[order]
        else:
            assert (order in queue) == (flags != EventFlag.ADDED)
            queue[order] = lots


def best_first(found: dict[tuple[int, int], Any], side: Side) -> list[tuple[Any, ...]]:
    """What is known of each price of a side, behind the price."""
    prices = sorted((price for at, price in found if at == side), reverse=side == Side.BUY)
    values = [(price, found[side, price]) for price in prices]
    return [(price, *value) if isinstance(value, tuple) else (price, value) for price, value in values]


def test_a_batch_of_any_size_gives_the_same_book(hour: Hour) -> None:
    hashes = set()
    for batch in (7, 1_000, len(hour.tape.commands)):
        with stage() as engine:
            for start in range(0, len(hour.tape.commands), batch):
                engine.run(hour.tape.commands[start : start + batch])
            hashes.add(engine.state_hash())
    assert len(hashes) == 1


@pytest.mark.parametrize(
    ("name", "compared", "agreed"),
    [("spot_ethusdt_20240808.gz", 3_433, 3_433), ("spot_btcusdt_20240809.gz", 3_043, 3_041)],
)
def test_the_best_prices_of_a_recorded_venue_come_out_of_its_depth_updates(
    name: str, compared: int, agreed: int
) -> None:
    """Each level is one order. BTCUSDT has no snapshot to begin with: two best levels were not yet told."""
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(f"{path} is missing")
    updates = list(binance_updates(path))
    tape = levels_tape(updates)
    with stage() as engine:
        events = run(engine, tape.commands)
    assert not (events["type"] == EventType.TRADE).any()
    found = best_after(events, len(tape.commands))[tape.ends].tolist()
    pairs = [(mine, list(u.best)) for mine, u in zip(found, updates, strict=True) if u.best is not None]
    assert (len(pairs), sum(mine == told for mine, told in pairs)) == (compared, agreed)

"""Readers of books that are slower than the market."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from tests.services.orders.script import CONFIG, Script, a_venue
from tickmesh.native.engine import Engine
from tickmesh.services.orders.streams import Books
from tickmesh.services.runtime.streams import Gap, SlowReader, Snapshot, Updates


class Market:
    """An engine, and orders of which each adds a level."""

    def __init__(self, kept: int, engine: Engine) -> None:
        self.engine = engine
        self.script, self.venue = Script(), a_venue()
        self.books = Books(kept, self.venue, engine, self.aside)
        self._done = 0
        self.run()

    async def aside(self, work: Callable[[], Any]) -> Any:
        return work()

    def run(self) -> None:
        """Runs what was not run yet."""
        self.books.publish(self.script.run_row(self.venue, self.engine, self._done))
        self._done = len(self.script.notes)

    def change_often(self, times: int) -> None:
        for number in range(times):
            self.script.order(1, 1 + number, 100 + self._done)
            self.run()

    def follow(self, *, conflated: bool, token: str = "") -> AsyncIterator[Any]:
        return self.books.follow(token, frozenset(), conflated)


@pytest.fixture
def market() -> Iterator[Market]:
    with Engine(CONFIG) as engine:
        yield Market(8, engine)


async def test_a_conflated_reader_that_falls_behind_hears_of_the_gap_and_gets_a_snapshot(
    market: Market,
) -> None:
    reader, before = market.follow(conflated=True), market.books.hub.position
    assert isinstance(await anext(reader), Snapshot)
    market.change_often(10)
    gap = await anext(reader)
    assert isinstance(gap, Gap)
    assert (gap.from_position, gap.to_position) == (before + 1, market.books.hub.position + 1)
    snapshot = await anext(reader)
    assert isinstance(snapshot, Snapshot)
    assert len(snapshot.value[0].bids) == 10
    assert market.books.hub.conflated > 0


@pytest.mark.parametrize("conflated", [True, False])
async def test_who_is_cut_off_between_a_gap_and_its_snapshot_gets_one_when_it_resumes(
    market: Market, conflated: bool
) -> None:
    """Found by seed 30812 of the simulation: it went on with updates of books that it did not have."""
    market.change_often(1)
    gap = await anext(market.follow(conflated=conflated, token="an-earlier-life.3"))
    assert isinstance(gap, Gap)
    assert isinstance(await anext(market.follow(conflated=conflated, token=gap.token)), Snapshot)


async def test_a_complete_reader_that_falls_behind_is_disconnected(market: Market) -> None:
    reader = market.follow(conflated=False)
    assert isinstance(await anext(reader), Snapshot)
    market.change_often(10)
    with pytest.raises(SlowReader):
        await anext(reader)
    assert market.books.hub.disconnected == 1


async def test_a_row_of_more_events_than_are_kept_is_a_gap_too(market: Market) -> None:
    reader = market.follow(conflated=True)
    assert isinstance(await anext(reader), Snapshot)
    for number in range(20):
        market.script.order(1, 1, 100 + number)
    market.run()
    assert [type(await anext(reader)) for _ in range(2)] == [Gap, Snapshot]
    market.change_often(1)
    assert isinstance(await anext(reader), Updates)


async def test_a_snapshot_that_is_ahead_of_what_was_told_is_followed_by_what_comes_after_it(
    market: Market,
) -> None:
    outcomes = []
    for number in range(2):  # the engine has run both when the snapshot is read, and nobody was told yet
        market.script.order(1, 5, 200 + number)
        start = len(market.script.notes) - 1
        outcomes.append(market.script.run_row(market.venue, market.engine, start))
    reader = market.follow(conflated=False)
    assert len((await anext(reader)).value[0].bids) == 2
    following = asyncio.create_task(anext(reader))
    for outcome in outcomes:
        market.books.publish(outcome)
        await asyncio.sleep(0)
    market._done += 2
    market.change_often(1)
    (change,) = (await following).items
    assert change.bids == [(100 + market._done - 1, 1, 1)]


@pytest.mark.parametrize("conflated", [True, False])
async def test_a_reader_resumes_in_the_middle_of_a_row(market: Market, conflated: bool) -> None:
    epoch, before = market.books.hub.epoch, market.books.hub.position
    for number in range(3):
        market.script.order(1, 1, 100 + number)
    market.run()
    reader = market.follow(conflated=conflated, token=f"{epoch}.{before + 2}")  # its first level was seen
    update = await anext(reader)
    assert [level[0] for change in update.items for level in change.bids] == [101, 102]

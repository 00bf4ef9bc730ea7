"""Group commit: nothing is lost or doubled when the store fails, and who waits is told in time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from tickmesh.services.pricing.domain.bars import Bar, BarBook
from tickmesh.services.pricing.domain.listings import Listings
from tickmesh.services.pricing.domain.market import Market
from tickmesh.services.pricing.domain.ticklog import TickLog
from tickmesh.services.pricing.domain.trades import Trade
from tickmesh.services.pricing.recorder import Recorder
from tickmesh.services.pricing.store import Batch, Progress
from tickmesh.services.runtime.outages import DatabaseUnavailable

HOUR_S = 3_600.0


class Shelf:
    """A store in a list. It may be told to fail, or to wait."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.failures = 0
        self.failure: Exception = OSError("the disk is full")
        self.tries: list[int] = []
        self.open = asyncio.Event()
        self.open.set()

    async def save(self, batch: Batch) -> list[Bar]:
        self.tries.append(batch.progress.batch)
        await self.open.wait()
        if self.failures:
            self.failures -= 1
            raise self.failure
        self.batches.append(batch)
        return []

    def trade_ids(self) -> list[str]:
        return [trade.trade_id for batch in self.batches for trade in batch.trades]


class Desk:
    def __init__(self, pace_s: float = HOUR_S, rows_max: int = 100) -> None:
        listings = Listings()
        self.listing = listings.learn("AAPL", "0.01", "1")
        self.market = Market(listings, BarBook(listings), TickLog(100))
        self.shelf = Shelf()
        self.recorder = Recorder(self.market, self.shelf, Progress(7, "start"), pace_s, rows_max)  # type: ignore[arg-type]

    def trade(self, *names: str) -> None:
        self.market.add_trades([Trade(self.listing, name, 1, 1, True, 1) for name in names])
        self.recorder.advance(names[-1])

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.recorder.run())
        await asyncio.sleep(0)
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_settle_stores_at_once_what_came_before_it() -> None:
    desk = Desk()
    async with desk.running():
        desk.trade("a", "b")
        await desk.recorder.settle()
        assert desk.shelf.trade_ids() == ["a", "b"]
        assert [batch.progress for batch in desk.shelf.batches] == [Progress(8, "b")]


async def test_settle_returns_at_once_when_nothing_is_open() -> None:
    desk = Desk()
    await desk.recorder.settle()
    assert desk.shelf.batches == []


async def test_settle_waits_for_a_batch_that_is_being_stored_and_for_what_came_during_it() -> None:
    desk = Desk()
    async with desk.running():
        desk.trade("a")
        desk.shelf.open.clear()
        first = asyncio.create_task(desk.recorder.settle())
        await until(lambda: desk.shelf.tries == [8])
        desk.trade("b")
        second = asyncio.create_task(desk.recorder.settle())
        await asyncio.sleep(0)
        assert not first.done() and not second.done()
        desk.shelf.open.set()
        await asyncio.gather(first, second)
        assert [[trade.trade_id for trade in batch.trades] for batch in desk.shelf.batches] == [["a"], ["b"]]


async def test_a_batch_that_fails_is_tried_again_with_its_number() -> None:
    desk = Desk()
    desk.shelf.failures = 2
    async with desk.running():
        desk.trade("a")
        await desk.recorder.settle()
        assert desk.shelf.tries == [8, 8, 8]
        assert desk.shelf.trade_ids() == ["a"]


async def test_nobody_waits_for_a_database_that_is_away_and_nothing_is_lost() -> None:
    desk = Desk()
    desk.shelf.failures, desk.shelf.failure = 2, DatabaseUnavailable()
    async with desk.running():
        desk.trade("a")
        for _ in range(2):
            with pytest.raises(DatabaseUnavailable):
                await desk.recorder.settle()
        await desk.recorder.settle()
        assert desk.shelf.tries == [8, 8, 8]
        assert desk.shelf.trade_ids() == ["a"]


async def test_a_caller_who_leaves_does_not_disturb_the_commit() -> None:
    desk = Desk()
    async with desk.running():
        desk.trade("a")
        desk.shelf.open.clear()
        waiting = asyncio.create_task(desk.recorder.settle())
        await until(lambda: desk.shelf.tries == [8])
        waiting.cancel()
        desk.shelf.open.set()
        await desk.recorder.settle()
        assert desk.shelf.trade_ids() == ["a"]


async def test_a_position_without_trades_is_stored_too() -> None:
    desk = Desk()
    async with desk.running():
        desk.recorder.advance("further")
        await desk.recorder.settle()
        assert [batch.progress for batch in desk.shelf.batches] == [Progress(8, "further")]


async def test_who_brings_too_much_waits_for_room() -> None:
    desk = Desk(rows_max=2)
    desk.trade("a")
    await desk.recorder.make_room()
    desk.trade("b")
    waiting = asyncio.create_task(desk.recorder.make_room())
    await asyncio.sleep(0)
    assert not waiting.done()
    async with desk.running():
        await waiting
    assert desk.shelf.trade_ids() == ["a", "b"]


async def until(check: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not check():
            await asyncio.sleep(0)

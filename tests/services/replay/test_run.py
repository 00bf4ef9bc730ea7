"""A replay against real services: what was recorded happens again, and the report says how exactly."""

import asyncio
from pathlib import Path

import pytest

from tickmesh.orders.v1 import orders_pb2, orders_pb2_grpc
from tickmesh.services.replay import sending
from tickmesh.services.replay.files import Recording
from tickmesh.services.replay.run import Job, Manner, load_job, replay
from tickmesh.services.replay.sending import Pace
from tickmesh.services.runtime.host import Host

from .platform import platform
from .sample import recording


async def book_of(host: Host, symbol: str) -> orders_pb2.Book:
    stub = orders_pb2_grpc.OrdersServiceStub(host.channel("orders"))
    book: orders_pb2.Book = await stub.GetBook(orders_pb2.GetBookRequest(symbol=symbol))
    return book


def ignore(done: int, total: int) -> None:
    """Shows no progress."""


def written(folder: Path, lines: str) -> Job:
    path = folder / "TEST_message_1.csv"
    path.write_text(lines)
    return load_job(Recording(path, None, None))


async def test_2_000_recorded_messages_rebuild_the_recorded_book(tmp_path: Path) -> None:
    job, seen = load_job(recording(), limit=2_000), list[tuple[int, int]]()
    async with platform(tmp_path) as host:
        report = await replay(host.channel, job, Manner(), lambda *done: seen.append(done), asyncio.Event())
        book = await book_of(host, report.symbol)
    assert (report.messages, report.states_compared, report.states_reproduced) == (2_000, 2_000, 2_000)
    assert (report.rejected, report.gaps, report.book_complete) == ({}, 0, True)
    assert report.hits == report.hits_on_named_order > 100
    assert report.is_perfect
    assert report.canceled_at_end > 100
    assert not book.bids and not book.asks
    assert seen[-1] == (len(job.plan.actions), len(job.plan.actions))
    assert 0 < report.latency_ms.p50 <= report.latency_ms.p99 <= report.latency_ms.p99_9
    assert report.orders_per_second > 0


ORDERS = """36000,1,1,10,1000000,1
36000.01,1,2,20,1010000,-1
36000.02,4,1,4,1000000,1
36000.03,2,2,5,1010000,-1
"""


async def test_at_recorded_times_each_order_is_sent_when_it_is_due(tmp_path: Path) -> None:
    job = written(tmp_path, ORDERS)
    async with platform(tmp_path) as host:
        report = await replay(host.channel, job, Manner(Pace(speed=1.0), keep=True), ignore, asyncio.Event())
        book = await book_of(host, report.symbol)
    assert report.duration_s >= 0.03
    assert (report.orders, report.states_compared, report.rejected) == (4, 0, {})
    assert (report.hits, report.hits_on_named_order) == (1, 1)
    assert [(level.price, level.quantity) for level in (*book.bids, *book.asks)] == [
        ("100.00", "6"),
        ("101.00", "15"),
    ]


async def test_a_replay_that_is_stopped_cancels_what_rests_and_says_how_far_it_came(tmp_path: Path) -> None:
    job = written(tmp_path, ORDERS + "39600,3,2,15,1010000,-1\n")  # an hour later
    stop = asyncio.Event()

    def stop_at(done: int, total: int) -> None:
        if done == 4:
            stop.set()

    async with platform(tmp_path) as host:
        report = await replay(host.channel, job, Manner(Pace(speed=1.0)), stop_at, stop)
        book = await book_of(host, report.symbol)
    assert (report.interrupted, report.orders, report.messages, report.messages_total) == (True, 4, 4, 5)
    assert report.canceled_at_end == 2
    assert not book.bids and not book.asks


async def test_a_platform_that_has_too_much_to_do_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of four batches under way some are refused, and sent again when there is room."""
    refused, describe = list[str](), sending.describe
    monkeypatch.setenv("TICKMESH_ORDERS_WAITING_MAX", "120")
    monkeypatch.setattr(
        sending, "describe", lambda error: (refused.append(error.code().name), describe(error))[1]
    )
    job = load_job(recording(), limit=500)
    async with platform(tmp_path) as host:
        report = await replay(host.channel, job, Manner(Pace(batch=50)), ignore, asyncio.Event())
    assert refused
    assert set(refused) == {"RESOURCE_EXHAUSTED"}
    assert (report.orders, report.states_compared, report.rejected) == (len(job.plan.actions), 500, {})
    assert report.is_perfect


@pytest.mark.parametrize("batch", [1, 7])
async def test_small_batches_rebuild_the_same_book(tmp_path: Path, batch: int) -> None:
    job = load_job(recording(), limit=300)
    async with platform(tmp_path) as host:
        report = await replay(host.channel, job, Manner(Pace(batch=batch)), ignore, asyncio.Event())
    assert (report.states_compared, report.states_reproduced) == (300, 300)

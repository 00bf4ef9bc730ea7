"""What readers follow: each report once, in order, and books that add up."""

import asyncio
import random
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.services.orders.desk import BUY, SELL, Desk, Report, an_order, open_desk
from tests.services.orders.following import BookReader, Reader, random_batch
from tickmesh.common.v1 import streams_pb2
from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.services.orders.streams import Executions, Overtaken
from tickmesh.services.runtime.errors import describe
from tickmesh.services.runtime.streams import Gap

pytestmark = pytest.mark.usefixtures("on_both_databases")

KINDS = (Report.NEW, Report.TRADE)


async def newest_id(desk: Desk) -> str:
    answer = await desk.stub.ListExecutions(pb.ListExecutionsRequest(page_size=1))
    return str(answer.executions[0].execution_id)


async def flood(desk: Desk, count: int, seed: int = 7) -> None:
    chance = random.Random(seed)
    for _ in range(count // 100):
        await desk.send(random_batch(chance, 100))


@pytest.mark.parametrize("kept", [200_000, 500])
async def test_a_reader_that_breaks_off_again_and_again_sees_each_report_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    monkeypatch.setenv("TICKMESH_ORDERS_EXECUTIONS_KEPT", str(kept))
    chance = random.Random(11)
    async with open_desk(tmp_path) as desk:
        reader = Reader(desk)
        flooding = asyncio.create_task(flood(desk, 3_000))
        while not flooding.done():
            await reader.read("", len(reader.reports) + chance.randint(1, 400))
            if chance.random() < 0.3:
                await asyncio.sleep(0.02)
        await flooding
        await reader.read(await newest_id(desk))
        every = await desk.executions()
    assert reader.reports == every
    assert reader.ids == sorted(set(reader.ids))
    assert reader.gaps == 0


async def test_readers_choose_portfolios_and_kinds_and_lists_agree(desk: Desk) -> None:
    await flood(desk, 300)
    last = await newest_id(desk)
    for chosen in ({"portfolio_id": "demo"}, {"exec_types": [Report.TRADE]}, {"exec_types": KINDS}):
        reader = Reader(desk, **chosen)
        every = await desk.executions()
        wanted = [
            report
            for report in every
            if report.order.portfolio_id == chosen.get("portfolio_id", report.order.portfolio_id)
            and report.exec_type in chosen.get("exec_types", [report.exec_type])
        ]
        await reader.read(last, len(wanted))
        assert reader.reports == wanted
    trades = await desk.executions(exec_type=Report.TRADE, portfolio_id="other", symbol="AAPL")
    assert trades == [r for r in every if r.exec_type == Report.TRADE and r.order.portfolio_id == "other"]


async def test_without_a_token_a_reader_starts_now(desk: Desk) -> None:
    await desk.submit()
    call = desk.stub.StreamExecutions(pb.StreamExecutionsRequest())
    assert (await call.read()).HasField("heartbeat")
    order = await desk.submit()
    assert [report.order for report in (await call.read()).update.reports] == [order]
    call.cancel()


async def test_a_token_of_another_journal_is_told_of_the_gap(desk: Desk) -> None:
    await desk.submit()
    call = desk.stub.StreamExecutions(pb.StreamExecutionsRequest(resume_token="elsewhere.5"))
    assert (await call.read()).HasField("gap")
    call.cancel()


@pytest.mark.parametrize("is_owner", [True, False])
async def test_only_the_owner_says_that_something_was_lost(is_owner: bool) -> None:
    async def owns() -> bool:
        return is_owner

    nothing: Any = None  # neither venue nor tables are asked for what is ahead of both
    executions = Executions(10, "journal", nothing, nothing, owns)
    events = executions.follow("journal.5", False, nothing)
    if is_owner:
        assert isinstance(await anext(events), Gap)
        return
    with pytest.raises(Overtaken):
        await anext(events)


async def test_both_sides_of_a_trade_are_reported_with_one_trade_id(desk: Desk) -> None:
    maker = await desk.submit(SELL, "5", portfolio_id="other")
    taker = await desk.submit(BUY, "3")
    made, took = await desk.executions(exec_type=Report.TRADE)
    assert (made.order.order_id, took.order.order_id) == (maker.order_id, taker.order_id)
    assert (made.liquidity, took.liquidity) == (Report.ADDED, Report.REMOVED)
    assert made.trade_id == took.trade_id != ""
    assert (took.last_quantity, took.last_price, took.order) == ("3", "189.20", taker)


async def test_a_reader_that_does_not_read_is_let_go_and_resumes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKMESH_ORDERS_EXECUTIONS_KEPT", "200")
    async with open_desk(tmp_path) as desk:
        reader = Reader(desk)
        call = desk.stub.StreamExecutions(pb.StreamExecutionsRequest(from_start=True))
        await desk.submit()
        first = await call.read()
        reader.reports += first.update.reports
        reader.token = first.resume_token
        await flood(desk, 3_000)
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            while True:
                response = await call.read()
                reader.reports += response.update.reports
                reader.token = response.resume_token
        assert describe(failure.value).reason == "SLOW_READER"
        await reader.read(await newest_id(desk))
        assert reader.reports == await desk.executions()


async def follow_book(desk: Desk, reader: BookReader, stop: asyncio.Event, **chosen: Any) -> None:
    call = desk.stub.StreamBook(pb.StreamBookRequest(**chosen))
    async for response in call:
        reader.take(response)
        if response.HasField("heartbeat") and stop.is_set():
            break
    call.cancel()


async def test_books_rebuilt_from_their_streams_are_the_book(desk: Desk) -> None:
    await flood(desk, 100, seed=1)
    complete, conflated, stop = BookReader(), BookReader(), asyncio.Event()
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        mode = streams_pb2.Delivery.COMPLETE
        group.create_task(follow_book(desk, complete, stop, symbols=["AAPL"], delivery=mode))
        group.create_task(follow_book(desk, conflated, stop))
        while not (complete.books and conflated.books):
            await asyncio.sleep(0.01)
        await flood(desk, 600, seed=2)
        stop.set()
    assert complete.levels() == conflated.levels() == await desk.levels()
    assert [trade.trade_id for trade in complete.trades] == [trade.trade_id for trade in conflated.trades]
    assert complete.commands == sorted(set(complete.commands))
    assert len(conflated.commands) < len(complete.commands)


async def test_every_command_that_changes_a_book_is_one_update(desk: Desk) -> None:
    call = desk.stub.StreamBook(
        pb.StreamBookRequest(symbols=["AAPL"], delivery=streams_pb2.Delivery.COMPLETE)
    )
    await call.read()
    results = await desk.batch(
        *(an_order(SELL, "5", f"189.2{n}") for n in range(5)), an_order(BUY, "12", "189.30")
    )
    updates = list((await call.read()).update.updates)
    assert [update.command for update in updates] == [result.command for result in results]
    assert [trade.quantity for trade in updates[-1].trades] == ["5", "5", "2"]
    assert {trade.aggressor_side for trade in updates[-1].trades} == {BUY}
    call.cancel()


async def test_a_book_shows_as_many_levels_as_are_asked_for(desk: Desk) -> None:
    await desk.batch(*(an_order(BUY, "1", f"18{n // 10}.{n % 10}0") for n in range(30)))
    assert len((await desk.book(depth=0)).bids) == 20
    assert [level.price for level in (await desk.book(depth=2)).bids] == ["182.90", "182.80"]


async def test_orders_are_listed_in_pages_newest_first(desk: Desk) -> None:
    results = await desk.batch(*(an_order() for _ in range(25)))
    token = ""
    pages: list[list[str]] = []
    while token or not pages:
        page = await desk.stub.ListOrders(pb.ListOrdersRequest(page_size=10, page_token=token))
        pages.append([order.order_id for order in page.orders])
        token = page.next_page_token
    assert [len(page) for page in pages] == [10, 10, 5]
    assert [order_id for page in pages for order_id in page] == [
        result.order_id for result in reversed(results)
    ]


async def test_lists_of_orders_choose(desk: Desk) -> None:
    resting = await desk.submit()
    canceled = await desk.cancel(await desk.submit())
    theirs = await desk.submit(portfolio_id="other", symbol="MSFT", price="300")
    assert await desk.orders(open_only=True) == [theirs, resting]
    assert await desk.orders(status=canceled.status) == [canceled]
    assert await desk.orders(portfolio_id="other") == await desk.orders(symbol="MSFT") == [theirs]
    assert await desk.orders(client_order_id=resting.client_order_id) == [resting]
    assert await desk.orders(portfolio_id="nobody") == []


async def test_what_was_acknowledged_is_read_at_once(desk: Desk) -> None:
    for _ in range(30):
        order = await desk.submit()
        assert await desk.get(order) == order
        assert (await desk.executions(order_id=order.order_id))[0].order == order


async def test_the_engines_status_counts_commands_and_orders(desk: Desk) -> None:
    before = await desk.status()
    await desk.batch(*(an_order() for _ in range(10)))
    await desk.orders()
    after = await desk.status()
    assert after.command_sequence == before.command_sequence + 10
    assert (before.open_orders, after.open_orders, after.epoch) == (0, 10, 1)
    assert after.instruments > 40
    assert after.projected_sequence > 0
    assert before.state_hash != after.state_hash

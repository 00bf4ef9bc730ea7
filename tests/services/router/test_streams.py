"""Streams over several shards: one place in all of them, nothing missed, nothing twice, whoever goes away."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc
import pytest

from tests.services.orders.desk import Desk, actions, an_order, refusal_of
from tests.services.orders.following import BookReader, Reader
from tests.services.router.flow import random_orders, shard_of_id
from tests.services.router.mesh import Mesh
from tickmesh.orders.v1 import orders_pb2 as pb


async def trade(desk: Desk, chance: random.Random, batches: int) -> None:
    requests = [actions(*random_orders(chance, chance.randint(1, 60))) for _ in range(batches)]
    async for _ in desk.stub.SubmitOrders(iter(requests)):
        pass


async def all_ids(mesh: Mesh, **chosen: Any) -> list[list[int]]:
    """Returns the execution ids of each shard, in order."""
    found = [await shard.executions(**chosen) for shard in mesh.shards]
    return [[int(report.execution_id) for report in reports] for reports in found]


def by_shard(ids: list[int]) -> list[list[int]]:
    return [[number for number in ids if number >> 48 == shard] for shard in (0, 1)]


async def read_all(reader: Reader, wanted: int) -> None:
    """Reads until so many reports are here, each stream for a part of them."""
    async with asyncio.timeout(60):
        while len(reader.reports) < wanted:
            await reader.read("none", len(reader.reports) + random.randint(1, 400))


@pytest.mark.parametrize("seed", range(3))
async def test_a_reader_that_resumes_anywhere_gets_each_report_once(mesh: Mesh, seed: int) -> None:
    chance = random.Random(seed)
    reader = Reader(mesh.desk)
    async with asyncio.TaskGroup() as group:
        sending = group.create_task(trade(mesh.desk, chance, 60))
        while not sending.done():
            await reader.read("none", len(reader.reports) + chance.randint(1, 200))
    expected = await all_ids(mesh)
    await read_all(reader, sum(map(len, expected)))
    assert by_shard(reader.ids) == expected
    assert reader.gaps == 0


async def test_a_reader_of_one_kind_and_portfolio_gets_those_alone(mesh: Mesh) -> None:
    await trade(mesh.desk, random.Random(7), 20)
    chosen = {"portfolio_id": "demo", "exec_type": pb.ExecutionReport.TRADE}
    expected = await all_ids(mesh, **chosen)
    reader = Reader(mesh.desk, portfolio_id="demo", exec_types=[pb.ExecutionReport.TRADE])
    await read_all(reader, sum(map(len, expected)))
    assert by_shard(reader.ids) == expected


async def test_the_token_of_a_single_shard_goes_on_behind_a_router(mesh: Mesh) -> None:
    await mesh.desk.submit(symbol="AAPL")
    single = Reader(mesh.shards[0])
    await single.read("none", 1)
    later = [await mesh.desk.submit(symbol=symbol) for symbol in ("MSFT", "TSLA")]
    reader = Reader(mesh.desk)
    reader.token = single.token
    await read_all(reader, 2)
    assert {report.order.order_id for report in reader.reports} == {order.order_id for order in later}


async def test_a_stream_without_a_token_starts_now_on_every_shard(mesh: Mesh) -> None:
    for symbol in ("AAPL", "MSFT"):
        await mesh.desk.submit(symbol=symbol)
    async with aclosing(opened(mesh.desk)) as responses:
        assert (await anext(responses)).HasField("heartbeat")
        orders = [await mesh.desk.submit(symbol=symbol) for symbol in ("MSFT", "AAPL")]
        found = [report async for report in reports_of(responses, 2)]
    assert {report.order.order_id for report in found} == {order.order_id for order in orders}


async def opened(desk: Desk, **asked: Any) -> AsyncIterator[pb.StreamExecutionsResponse]:
    call = desk.stub.StreamExecutions(pb.StreamExecutionsRequest(**asked))
    try:
        async for response in call:
            yield response
    finally:
        call.cancel()


async def reports_of(
    responses: AsyncIterator[pb.StreamExecutionsResponse], count: int
) -> AsyncIterator[pb.ExecutionReport]:
    async with asyncio.timeout(30):
        async for response in responses:
            for report in response.update.reports:
                yield report
                count -= 1
            if count <= 0:
                return


@pytest.mark.parametrize("token", ["nonsense", "abc.1~def.2~ghi.3", "abc.1~x"])
async def test_what_is_no_token_is_refused(mesh: Mesh, token: str) -> None:
    call = mesh.desk.stub.StreamExecutions(pb.StreamExecutionsRequest(resume_token=token))
    assert (await refusal_of(call.read())).reason == "RESUME_TOKEN_INVALID"


async def test_books_of_all_shards_are_one_snapshot_and_stay_true(mesh: Mesh) -> None:
    await trade(mesh.desk, random.Random(8), 10)
    symbols = ["AAPL", "MSFT"]
    call = mesh.desk.stub.StreamBook(pb.StreamBookRequest(symbols=symbols, delivery="COMPLETE"))
    reader = BookReader()
    first = await call.read()
    assert sorted(book.symbol for book in first.snapshot.books) == symbols
    reader.take(first)
    await trade(mesh.desk, random.Random(9), 30)
    for symbol in symbols:
        await follow_until(call, reader, symbol, await mesh.desk.book(symbol))
    call.cancel()


async def follow_until(call: Any, reader: BookReader, symbol: str, book: pb.Book) -> None:
    """Reads until a book is what it is now."""
    from tests.services.orders.desk import levels_of

    async with asyncio.timeout(30):
        while reader.levels(symbol) != levels_of(book):
            response = await call.read()
            assert not response.HasField("gap")
            reader.take(response)


async def test_a_reader_of_all_books_resumes_with_its_token(mesh: Mesh) -> None:
    call = mesh.desk.stub.StreamBook(pb.StreamBookRequest(delivery="COMPLETE"))
    reader = BookReader()
    first = await call.read()
    assert len(first.snapshot.books) == (await mesh.desk.status()).instruments
    reader.take(first)
    call.cancel()
    await trade(mesh.desk, random.Random(10), 10)
    request = pb.StreamBookRequest(resume_token=first.resume_token, delivery="COMPLETE")
    call = mesh.desk.stub.StreamBook(request)
    for symbol in ("AAPL", "MSFT", "TSLA", "BTC-USD"):
        await follow_until(call, reader, symbol, await mesh.desk.book(symbol))
    call.cancel()


async def test_a_shard_that_is_away_takes_its_own_instruments_only(mesh: Mesh) -> None:
    await mesh.close_shard(1)
    refused = await mesh.desk.refused(symbol="MSFT")
    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAVAILABLE, "SHARD_UNAVAILABLE")
    assert refused.metadata == {"shard": "1"}
    order = await mesh.desk.submit(symbol="AAPL")
    assert await mesh.desk.get(order) == order
    both = [an_order(symbol=symbol) for symbol in ("AAPL", "MSFT")]
    results = await mesh.desk.batch(*both, pb.CancelOrderRequest(order_id=order.order_id))
    assert [result.reason for result in results] == ["", "SHARD_UNAVAILABLE", ""]
    status = await mesh.desk.status()
    assert ([one.shard for one in status.shards], list(status.shards_away)) == ([0], [1])
    await mesh.open_shard(1)
    async with asyncio.timeout(30):
        while (await mesh.desk.batch(both[1]))[0].reason:
            await asyncio.sleep(0.05)
    again = await mesh.desk.batch(*both)
    assert [shard_of_id(result.order_id) for result in again] == [0, 1]
    assert again[0].order_id == results[0].order_id


async def test_executions_and_books_go_on_when_a_shard_goes_away_and_catch_up(mesh: Mesh) -> None:
    reader, books = Reader(mesh.desk), BookReader()
    call = mesh.desk.stub.StreamBook(pb.StreamBookRequest(delivery="COMPLETE"))
    books.take(await call.read())
    async with aclosing(opened(mesh.desk, from_start=True)) as responses:
        first = [await mesh.desk.submit(symbol=symbol) for symbol in ("AAPL", "MSFT")]
        found = [report async for report in reports_of(responses, 2)]
        await mesh.close_shard(1)
        first.append(await mesh.desk.submit(symbol="TSLA"))
        found += [report async for report in reports_of(responses, 1)]
        await follow_until(call, books, "TSLA", await mesh.desk.book("TSLA"))
        await mesh.open_shard(1)
        first.append(await mesh.shards[1].submit(symbol="BTC-USD"))
        found += [report async for report in reports_of(responses, 1)]
    assert [report.order.order_id for report in found][2:] == [order.order_id for order in first[2:]]
    async with asyncio.timeout(30):
        while not books.levels("BTC-USD")[0]:
            books.take(await call.read())
    assert len(books.books) == (await mesh.desk.status()).instruments
    call.cancel()
    await reader.read("none", 4)
    assert len(reader.reports) == 4

"""Ticks in and out over real gRPC: published, refused, streamed, resumed."""

import asyncio
from typing import Any

import grpc
import numpy as np
import pytest

from tests.services.pricing.fakes import (
    NOON_NS,
    both_sides,
)
from tests.services.pricing.world import (
    DAY_1,
    MINUTE_1,
    World,
    bars_of,
    columns,
    in_lots_of,
    publish,
    refusal,
    trades_of,
)
from tickmesh.orders.v1 import orders_pb2
from tickmesh.pricing.v1 import pricing_pb2 as pb


async def test_published_ticks_become_quotes_trades_and_bars(world: World) -> None:
    async with world.running() as pricing:
        taken = await publish(
            pricing,
            columns((0, 1, 1_000, 5, NOON_NS), (1, 2, 7, 9, NOON_NS), instruments=("AAPL", "BTC-USD")),
            columns((0, 4, 1_001, 3, NOON_NS + 1), instruments=()),
        )
        assert taken == 3
        quote = await pricing.GetQuote(pb.GetQuoteRequest(symbol="AAPL"))
        assert (quote.bid_price, quote.bid_quantity, quote.last_price) == ("10.00", "5", "10.01")
        other = await pricing.GetQuote(pb.GetQuoteRequest(symbol="BTC-USD"))
        assert (other.ask_price, other.ask_quantity) == ("3.5", "0.009")
        (trade,) = (await pricing.ListTrades(pb.ListTradesRequest(symbol="AAPL"))).trades
        assert (trade.price, trade.aggressor_side) == ("10.01", orders_pb2.Order.SELL)
        assert trade.trade_id.startswith("P")
        assert [bar.volume for bar in await bars_of(pricing, MINUTE_1)] == ["3"]


async def test_what_was_published_and_acknowledged_is_there_after_a_restart(world: World) -> None:
    async with world.running() as pricing:
        await publish(pricing, columns((0, 3, 1_000, 5, NOON_NS)))
    async with world.running() as pricing:
        assert len(await trades_of(pricing, "AAPL", 1)) == 1
        assert [bar.trade_count for bar in await bars_of(pricing, DAY_1)] == [1]


async def test_a_wrong_batch_is_refused_whole_and_those_before_it_stay(world: World) -> None:
    async with world.running() as pricing:
        good = columns((0, 3, 1_000, 5, NOON_NS))
        bad = columns((0, 3, 1_000, 5, NOON_NS + 1), (0, 3, -4, 5, NOON_NS + 2))
        error = await refusal(publish(pricing, good, bad))
        assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "TICK_INVALID")
        assert error.metadata == {"row": "1", "column": "price_ticks", "rows_taken": "1"}
        assert error.fields[0].field == "ticks.price_ticks[1]"
        assert len(await trades_of(pricing, "AAPL", 1)) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"kind": b"\x01\x01"}, "TICK_COLUMNS_INVALID"),
        ({"price_ticks": b"123"}, "TICK_COLUMNS_INVALID"),
        ({"instrument_index": b"\x09\x00\x00\x00"}, "TICK_INVALID"),
        ({"price_ticks": np.array([np.nan]).tobytes()}, "TICK_INVALID"),
        ({"time_ns": np.array([NOON_NS * 2]).tobytes()}, "TICK_INVALID"),
        ({"kind": bytes(65_537)}, "TICK_COLUMNS_INVALID"),
    ],
)
async def test_bad_columns_are_refused_by_reason(world: World, change: dict[str, bytes], reason: str) -> None:
    ticks = columns((0, 3, 1_000, 5, NOON_NS))
    for name, data in change.items():
        setattr(ticks, name, data)
    async with world.running() as pricing:
        error = await refusal(publish(pricing, ticks))
        assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, reason)
        assert (await pricing.ListTrades(pb.ListTradesRequest(symbol="AAPL"))).trades == []


async def test_no_rows_an_empty_stream_and_an_unlisted_symbol(world: World) -> None:
    async with world.running() as pricing:
        assert await publish(pricing, columns()) == 0
        assert await publish(pricing) == 0
        error = await refusal(publish(pricing, columns(instruments=("NOPE",))))
        assert error.reason == "UNKNOWN_INSTRUMENT"
        missing = await refusal(pricing.PublishTicks(iter([pb.PublishTicksRequest()])))
        assert missing.reason == "INVALID_REQUEST"


async def next_update(stream: Any) -> pb.StreamTicksResponse:
    async with asyncio.timeout(10):
        while True:
            response: pb.StreamTicksResponse = await anext(stream)
            if response.WhichOneof("event") != "heartbeat":
                return response


async def test_ticks_arrive_as_columns_with_their_instruments_named_once(world: World) -> None:
    async with world.running() as pricing:
        stream = aiter(pricing.StreamTicks(pb.StreamTicksRequest()))
        await anext(stream)  # a heartbeat: the stream stands
        both = ("BTC-USD", "AAPL")
        await publish(pricing, columns((0, 1, 5, 6, NOON_NS), (1, 3, 7, 8, NOON_NS), instruments=both))
        first = (await next_update(stream)).update
        assert list(in_lots_of(first)) == [(1, 5, 6), (3, 7, 8)]
        named = {entry.index: entry for entry in first.instruments}
        symbols = [named[index].symbol for index in np.frombuffer(first.instrument_index, "<u4").tolist()]
        assert symbols == ["BTC-USD", "AAPL"]
        bitcoin = next(entry for entry in first.instruments if entry.symbol == "BTC-USD")
        assert (bitcoin.price_increment, bitcoin.quantity_increment) == ("0.5", "0.001")
        await publish(pricing, columns((0, 1, 5, 7, NOON_NS), instruments=both))
        assert len((await next_update(stream)).update.instruments) == 0


async def test_ticks_of_chosen_instruments_only(world: World) -> None:
    async with world.running() as pricing:
        stream = aiter(pricing.StreamTicks(pb.StreamTicksRequest(symbols=["AAPL"])))
        await anext(stream)
        rows = (0, 1, 5, 6, NOON_NS), (1, 3, 7, 8, NOON_NS)
        await publish(pricing, columns(*rows, instruments=("BTC-USD", "AAPL")))
        update = (await next_update(stream)).update
        assert [entry.symbol for entry in update.instruments] == ["AAPL"]
        assert list(in_lots_of(update)) == [(3, 7, 8)]


async def test_ticks_of_the_venue_arrive_too(world: World) -> None:
    async with world.running() as pricing:
        stream = aiter(pricing.StreamTicks(pb.StreamTicksRequest()))
        await anext(stream)
        world.orders.add(*both_sides(1))
        update = (await next_update(stream)).update
        assert list(in_lots_of(update)) == [(3, 18_920, 5)]


async def test_ticks_resume_from_a_token_without_loss(world: World) -> None:
    async with world.running() as pricing:
        beat = await anext(aiter(pricing.StreamTicks(pb.StreamTicksRequest())))
        await publish(pricing, columns((0, 1, 5, 6, NOON_NS), (0, 1, 6, 6, NOON_NS)))
        again = aiter(pricing.StreamTicks(pb.StreamTicksRequest(resume_token=beat.resume_token)))
        response = await next_update(again)
        assert response.sequence == 1
        assert list(in_lots_of(response.update)) == [(1, 5, 6), (1, 6, 6)]


async def test_ticks_that_are_no_longer_kept_are_announced_as_a_gap(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKMESH_PRICING_TICK_RING_ROWS", "65536")
    async with world.running() as pricing:
        beat = await anext(aiter(pricing.StreamTicks(pb.StreamTicksRequest())))
        full = columns(*[(0, 1, 5, 6, NOON_NS)] * 60_000)
        await publish(pricing, full, full)
        again = aiter(pricing.StreamTicks(pb.StreamTicksRequest(resume_token=beat.resume_token)))
        gap = await next_update(again)
        assert (gap.gap.from_position, gap.gap.to_position) == (0, 120_000 - 32_768)
        rows = 0
        while rows < 32_768:
            rows += len((await next_update(again)).update.kind)
        assert rows == 32_768


async def test_a_token_of_before_a_restart_is_announced_as_a_gap(world: World) -> None:
    async with world.running() as pricing:
        beat = await anext(aiter(pricing.StreamTicks(pb.StreamTicksRequest())))
    async with world.running() as pricing:
        again = aiter(pricing.StreamTicks(pb.StreamTicksRequest(resume_token=beat.resume_token)))
        assert (await next_update(again)).HasField("gap")
        error = await refusal(anext(aiter(pricing.StreamTicks(pb.StreamTicksRequest(resume_token="x")))))
        assert error.reason == "RESUME_TOKEN_INVALID"

"""PricingService over real gRPC, with a venue that says what a test tells it to say."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest

from tests.services.pricing.fakes import (
    NOON_NS,
    SECOND,
    FakeAssets,
    FakeOrders,
    both_sides,
    instrument,
    level,
    starts,
)
from tickmesh.orders.v1 import orders_pb2
from tickmesh.pricing.v1 import pricing_pb2 as pb
from tickmesh.pricing.v1.pricing_pb2_grpc import PricingServiceStub
from tickmesh.services.pricing.service import start
from tickmesh.services.runtime.errors import RemoteError, describe
from tickmesh.services.runtime.testing import serve_for_test
from tickmesh.services.values import timestamp

SECOND_1, MINUTE_1, DAY_1 = pb.Bar.SECOND_1, pb.Bar.MINUTE_1, pb.Bar.DAY_1


class Clock:
    def __init__(self) -> None:
        self.now_ns = NOON_NS

    def __call__(self) -> int:
        return self.now_ns


class World:
    """The venue, the clock, and the pricing service, which may stop and start again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.assets = FakeAssets()
        self.orders = FakeOrders()
        self.clock = Clock()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Any]:
        every = [*starts(self.assets, self.orders), start]
        async with serve_for_test(every, self.folder, self.clock) as host:
            yield PricingServiceStub(host.channel("pricing"))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def eventually(check: Any, timeout_s: float = 10.0) -> Any:
    async with asyncio.timeout(timeout_s):
        while not (found := await check()):
            await asyncio.sleep(0.02)
        return found


async def trades_of(pricing: Any, symbol: str, count: int) -> list[pb.TradePrint]:
    async def check() -> list[pb.TradePrint]:
        found = (await pricing.ListTrades(pb.ListTradesRequest(symbol=symbol))).trades
        return list(found) if len(found) >= count else []

    found: list[pb.TradePrint] = await eventually(check)
    return found


async def bars_of(pricing: Any, interval: pb.Bar.Interval.ValueType, **request: Any) -> list[pb.Bar]:
    asked = pb.ListBarsRequest(symbol="AAPL", interval=interval, **request)
    return list((await pricing.ListBars(asked)).bars)


Row = tuple[int, int, int, int, int]


def columns(*rows: Row, instruments: tuple[str, ...] = ("AAPL",)) -> pb.TickColumns:
    index, kind, price, lots, time_ns = zip(*rows, strict=True) if rows else ((),) * 5
    return pb.TickColumns(
        instruments=[pb.TickInstrument(index=i, symbol=symbol) for i, symbol in enumerate(instruments)],
        instrument_index=np.array(index, "<u4").tobytes(),
        kind=np.array(kind, "u1").tobytes(),
        price_ticks=np.array(price, "<i8").tobytes(),
        quantity_lots=np.array(lots, "<i8").tobytes(),
        time_ns=np.array(time_ns, "<i8").tobytes(),
    )


async def publish(pricing: Any, *batches: pb.TickColumns) -> int:
    requests = iter([pb.PublishTicksRequest(ticks=ticks) for ticks in batches])
    return int((await pricing.PublishTicks(requests)).row_count)


async def refusal(call: Any) -> RemoteError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return describe(caught.value)


def in_lots_of(ticks: pb.TickColumns) -> Iterator[tuple[int, int, int]]:
    kinds = np.frombuffer(ticks.kind, "u1").tolist()
    prices = np.frombuffer(ticks.price_ticks, "<i8").tolist()
    lots = np.frombuffer(ticks.quantity_lots, "<i8").tolist()
    return zip(kinds, prices, lots, strict=True)


async def test_a_quote_shows_the_top_of_the_venue_book_and_the_last_trade(world: World) -> None:
    world.orders.books.append(
        orders_pb2.Book(
            symbol="BTC-USD",
            bids=[level("100.0", "0.5")],
            asks=[level("101.5", "2")],
            time=timestamp(NOON_NS),
        )
    )
    world.orders.add(*both_sides(1, "BTC-USD", "100.5", "0.250"))
    async with world.running() as pricing:
        await trades_of(pricing, "BTC-USD", 1)
        quote = await pricing.GetQuote(pb.GetQuoteRequest(symbol="BTC-USD"))
        assert (quote.bid_price, quote.bid_quantity) == ("100.0", "0.500")
        assert (quote.ask_price, quote.ask_quantity) == ("101.5", "2.000")
        assert (quote.last_price, quote.last_quantity, quote.open_price) == ("100.5", "0.250", "100.5")
        assert quote.quote_time == quote.last_time == timestamp(NOON_NS)


async def test_a_quote_follows_the_levels_of_the_book(world: World) -> None:
    world.orders.books.append(
        orders_pb2.Book(
            symbol="AAPL", bids=[level("10.00", "5"), level("9.99", "7")], asks=[level("10.02", "1")]
        )
    )
    async with world.running() as pricing:
        stream = aiter(pricing.StreamQuotes(pb.StreamQuotesRequest(symbols=["AAPL"])))
        known = dict[str, pb.Quote]()

        async def until(bid: str, ask: str) -> None:
            while (known.get("AAPL", pb.Quote()).bid_price, known.get("AAPL", pb.Quote()).ask_price) != (
                bid,
                ask,
            ):
                response = await anext(stream)
                changed = response.snapshot.quotes or response.update.quotes
                known.update({quote.symbol: quote for quote in changed})

        await until("10.00", "10.02")
        gone = orders_pb2.BookUpdate(symbol="AAPL", bids=[level("10.00", "0")], asks=[level("10.01", "3")])
        world.orders.book_updates.publish(gone)
        await until("9.99", "10.01")
        world.orders.book_updates.publish(orders_pb2.BookUpdate(symbol="AAPL", bids=[level("9.99", "0")]))
        await until("", "10.01")
        assert set(known) == {"AAPL"}


async def test_an_unlisted_instrument_is_not_found_by_any_call(world: World) -> None:
    async with world.running() as pricing:
        calls = [
            pricing.GetQuote(pb.GetQuoteRequest(symbol="NOPE")),
            pricing.ListQuotes(pb.ListQuotesRequest(symbols=["NOPE"])),
            pricing.ListTrades(pb.ListTradesRequest(symbol="NOPE")),
            pricing.ListBars(pb.ListBarsRequest(symbol="NOPE", interval=DAY_1)),
            anext(aiter(pricing.StreamQuotes(pb.StreamQuotesRequest(symbols=["NOPE"])))),
            anext(aiter(pricing.StreamBars(pb.StreamBarsRequest(symbols=["NOPE"], interval=DAY_1)))),
            anext(aiter(pricing.StreamTicks(pb.StreamTicksRequest(symbols=["NOPE"])))),
        ]
        for call in calls:
            error = await refusal(call)
            assert (error.code, error.reason) == (grpc.StatusCode.NOT_FOUND, "UNKNOWN_INSTRUMENT")


async def test_quotes_are_listed_by_symbol_in_pages(world: World) -> None:
    world.assets.instruments["MSFT"] = instrument("MSFT", "0.01", "1")
    async with world.running() as pricing:
        first = await pricing.ListQuotes(pb.ListQuotesRequest(page_size=2))
        assert [quote.symbol for quote in first.quotes] == ["AAPL", "BTC-USD"]
        rest = await pricing.ListQuotes(pb.ListQuotesRequest(page_size=2, page_token=first.next_page_token))
        assert [quote.symbol for quote in rest.quotes] == ["MSFT"]
        assert rest.next_page_token == ""
        error = await refusal(pricing.ListQuotes(pb.ListQuotesRequest(page_token="x")))
        assert error.reason == "PAGE_TOKEN_INVALID"


async def test_each_trade_is_counted_once_by_the_side_that_came(world: World) -> None:
    for number in range(7):
        world.orders.add(*both_sides(number, after_s=number, price=f"189.{20 + number}"))
    async with world.running() as pricing:
        trades = await trades_of(pricing, "AAPL", 7)
        assert [trade.trade_id for trade in trades] == [f"T{number}" for number in reversed(range(7))]
        assert {trade.aggressor_side for trade in trades} == {orders_pb2.Order.BUY}
        (day,) = await bars_of(pricing, DAY_1)
        assert (day.open, day.high, day.low, day.close) == ("189.20", "189.26", "189.20", "189.26")
        assert (day.volume, day.trade_count, day.complete) == ("35", 7, False)
        page = await pricing.ListTrades(pb.ListTradesRequest(symbol="AAPL", page_size=4))
        rest = await pricing.ListTrades(
            pb.ListTradesRequest(symbol="AAPL", page_size=4, page_token=page.next_page_token)
        )
        assert [*page.trades, *rest.trades] == trades
        assert rest.next_page_token == ""


async def test_the_first_start_reads_from_the_beginning_and_the_next_one_goes_on(world: World) -> None:
    world.orders.add(*both_sides(1))
    async with world.running() as pricing:
        await trades_of(pricing, "AAPL", 1)
    world.orders.add(*both_sides(2, price="190.00"))
    async with world.running() as pricing:
        assert len(await trades_of(pricing, "AAPL", 2)) == 2
        (second,) = await bars_of(pricing, SECOND_1)
        assert (second.trade_count, second.open, second.close) == (2, "189.20", "190.00")
        quote = await pricing.GetQuote(pb.GetQuoteRequest(symbol="AAPL"))
        assert (quote.open_price, quote.last_price) == ("189.20", "190.00")
    asked = [(request.from_start, request.resume_token) for request in world.orders.requests]
    assert asked[0] == (True, "")
    assert asked[-1] == (False, "2")


async def test_the_last_trade_is_known_after_a_restart_without_new_ones(world: World) -> None:
    world.orders.add(*both_sides(1))
    async with world.running() as pricing:
        await trades_of(pricing, "AAPL", 1)
    async with world.running() as pricing:
        quote = await pricing.GetQuote(pb.GetQuoteRequest(symbol="AAPL"))
        assert (quote.last_price, quote.last_time) == ("189.20", timestamp(NOON_NS))


async def test_a_gap_in_the_executions_is_survived(world: World) -> None:
    world.orders.batch = 2
    world.orders.gap_at = 2
    for number in range(3):
        world.orders.add(*both_sides(number, after_s=number))
    async with world.running() as pricing:
        trades = await trades_of(pricing, "AAPL", 2)
        assert [trade.trade_id for trade in trades] == ["T2", "T0"]


async def test_a_trade_of_an_instrument_that_the_stream_has_not_brought_yet_is_kept(world: World) -> None:
    world.orders.add(*both_sides(1, "LATE"))
    world.orders.add(*both_sides(2, "NOPE"), *both_sides(3, "AAPL"))
    async with world.running() as pricing:
        await trades_of(pricing, "AAPL", 1)
        assert len(await trades_of(pricing, "LATE", 1)) == 1


async def test_a_newly_listed_instrument_has_a_quote(world: World) -> None:
    async with world.running() as pricing:
        await refusal(pricing.GetQuote(pb.GetQuoteRequest(symbol="MSFT")))
        world.assets.hub.publish(instrument("MSFT", "0.01", "1"))

        async def listed() -> bool:
            return len((await pricing.ListQuotes(pb.ListQuotesRequest())).quotes) == 3

        await eventually(listed)


async def test_bars_are_listed_by_range_in_pages(world: World) -> None:
    for number in range(5):
        world.orders.add(*both_sides(number, after_s=number * 2))
    async with world.running() as pricing:
        await trades_of(pricing, "AAPL", 5)
        starts_s = [bar.start_time.seconds - NOON_NS // SECOND for bar in await bars_of(pricing, SECOND_1)]
        assert starts_s == [0, 2, 4, 6, 8]
        newest = await bars_of(pricing, SECOND_1, page_size=2)
        assert [bar.start_time.seconds - NOON_NS // SECOND for bar in newest] == [6, 8]
        asked = pb.ListBarsRequest(
            symbol="AAPL",
            interval=SECOND_1,
            start_time=timestamp(NOON_NS + SECOND),
            end_time=timestamp(NOON_NS + 8 * SECOND),
            page_size=2,
        )
        page = await pricing.ListBars(asked)
        asked.page_token = page.next_page_token
        rest = await pricing.ListBars(asked)
        assert [bar.start_time.seconds - NOON_NS // SECOND for bar in [*page.bars, *rest.bars]] == [2, 4, 6]
        assert rest.next_page_token == ""


async def test_a_bar_is_complete_when_a_later_one_begins_or_the_clock_says_so(world: World) -> None:
    world.orders.add(*both_sides(1), *both_sides(2, after_s=1))
    async with world.running() as pricing:
        await trades_of(pricing, "AAPL", 2)
        assert [bar.complete for bar in await bars_of(pricing, SECOND_1)] == [True, False]
        world.clock.now_ns += 3 * SECOND
        assert [bar.complete for bar in await bars_of(pricing, SECOND_1)] == [True, True]


async def test_a_stream_of_bars_shows_growth_and_the_end_by_the_clock(world: World) -> None:
    world.orders.add(*both_sides(1))
    async with world.running() as pricing:
        await trades_of(pricing, "AAPL", 1)
        stream = aiter(pricing.StreamBars(pb.StreamBarsRequest(interval=SECOND_1)))
        first = await anext(stream)
        assert [(bar.symbol, bar.trade_count) for bar in first.snapshot.bars] == [("AAPL", 1)]
        world.orders.add(*both_sides(2, after_s=0.5))
        seen = await until_bar(stream, lambda bar: bar.trade_count == 2)
        assert not seen.complete
        world.clock.now_ns += 5 * SECOND
        assert (await until_bar(stream, lambda bar: bar.complete)).trade_count == 2


async def until_bar(stream: Any, wanted: Any) -> pb.Bar:
    async with asyncio.timeout(10):
        while True:
            response = await anext(stream)
            for bar in response.update.bars:
                if wanted(bar):
                    return bar


async def test_a_late_trade_corrects_a_finished_bar_and_the_stream_says_so(world: World) -> None:
    world.orders.add(*both_sides(1), *both_sides(2, after_s=10))
    async with world.running() as pricing:
        await trades_of(pricing, "AAPL", 2)
        stream = aiter(pricing.StreamBars(pb.StreamBarsRequest(interval=SECOND_1)))
        await anext(stream)
        await publish(pricing, columns((0, 3, 18_000, 4, NOON_NS + 5)))
        bar = await until_bar(stream, lambda bar: bar.start_time == timestamp(NOON_NS))
        assert (bar.low, bar.volume, bar.complete) == ("180.00", "9", True)
        assert bar in await bars_of(pricing, SECOND_1)


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

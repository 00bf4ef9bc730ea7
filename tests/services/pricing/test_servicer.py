"""Quotes, trades and bars over real gRPC, with a venue that says what a test tells it to say."""

import asyncio
from typing import Any

import grpc
import pytest

from tests.services.pricing.fakes import (
    NOON_NS,
    SECOND,
    both_sides,
    instrument,
    level,
)
from tests.services.pricing.world import (
    DAY_1,
    SECOND_1,
    World,
    bars_of,
    columns,
    eventually,
    publish,
    refusal,
    trades_of,
)
from tickmesh.orders.v1 import orders_pb2
from tickmesh.pricing.v1 import pricing_pb2 as pb
from tickmesh.services.values import timestamp

pytestmark = pytest.mark.usefixtures("on_both_databases")


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
        bar = await until_bar(stream, lambda bar: bar.start_time == timestamp(NOON_NS) and bar.volume == "9")
        assert (bar.low, bar.volume, bar.complete) == ("180.00", "9", True)
        assert bar in await bars_of(pricing, SECOND_1)

"""Pricing behind the real assets and orders services: what the engine matches is what the market sees."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tickmesh.orders.v1 import orders_pb2
from tickmesh.orders.v1.orders_pb2_grpc import OrdersServiceStub
from tickmesh.pricing.v1 import pricing_pb2 as pb
from tickmesh.pricing.v1.pricing_pb2_grpc import PricingServiceStub
from tickmesh.services.assets import service as assets
from tickmesh.services.orders import service as orders
from tickmesh.services.pricing import service as pricing
from tickmesh.services.runtime.testing import serve_for_test

Order = orders_pb2.Order


class Venue:
    """The engine and what the pricing service says of it."""

    def __init__(self, host: Any) -> None:
        self.orders: Any = OrdersServiceStub(host.channel("orders"))
        self.pricing: Any = PricingServiceStub(host.channel("pricing"))

    async def open_accounts(self) -> None:
        controls = [
            orders_pb2.Control(account=orders_pb2.Account(portfolio_id=name, desk_id="desk"))
            for name in ("maker", "taker")
        ]
        await self.orders.ApplyControls(orders_pb2.ApplyControlsRequest(request_id="open", controls=controls))

    async def place(
        self, name: str, portfolio: str, side: Order.Side.ValueType, price: str, quantity: str
    ) -> None:
        request = orders_pb2.SubmitOrderRequest(
            client_order_id=name,
            portfolio_id=portfolio,
            symbol="AAPL",
            side=side,
            order_type=Order.LIMIT,
            quantity=quantity,
            price=price,
            time_in_force=Order.GTC,
        )
        await self.orders.SubmitOrder(request)

    async def quote_where(self, wanted: Any) -> pb.Quote:
        async with asyncio.timeout(10):
            while True:
                quote: pb.Quote = await self.pricing.GetQuote(pb.GetQuoteRequest(symbol="AAPL"))
                if wanted(quote):
                    return quote
                await asyncio.sleep(0.02)

    async def trades(self) -> list[pb.TradePrint]:
        return list((await self.pricing.ListTrades(pb.ListTradesRequest(symbol="AAPL"))).trades)


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Venue]:
    async with serve_for_test([assets.start, orders.start, pricing.start], folder) as host:
        yield Venue(host)


async def test_quotes_trades_and_bars_follow_the_engine_and_survive_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path) as venue:
        await venue.open_accounts()
        await venue.place("m1", "maker", Order.SELL, "189.30", "10")
        await venue.place("m2", "maker", Order.BUY, "189.10", "7")
        quote = await venue.quote_where(lambda quote: quote.ask_price and quote.bid_price)
        assert (quote.bid_price, quote.bid_quantity) == ("189.10", "7")
        assert (quote.ask_price, quote.ask_quantity) == ("189.30", "10")
        await venue.place("t1", "taker", Order.BUY, "189.30", "4")
        quote = await venue.quote_where(lambda quote: quote.last_price and quote.ask_quantity == "6")
        assert (quote.last_price, quote.last_quantity, quote.open_price) == ("189.30", "4", "189.30")
    async with running(tmp_path) as venue:
        await venue.quote_where(lambda quote: quote.ask_quantity == "6")
        await venue.place("t2", "taker", Order.SELL, "189.10", "7")
        await venue.quote_where(lambda quote: quote.last_price == "189.10" and not quote.bid_price)
        second, first = await venue.trades()
        assert (first.price, first.quantity, first.aggressor_side) == ("189.30", "4", Order.BUY)
        assert (second.price, second.quantity, second.aggressor_side) == ("189.10", "7", Order.SELL)
        asked = pb.ListBarsRequest(symbol="AAPL", interval=pb.Bar.DAY_1)
        bars = (await venue.pricing.ListBars(asked)).bars
        assert sum(bar.trade_count for bar in bars) == 2  # two bars when the test runs over midnight


async def test_an_order_that_sweeps_the_book_is_as_many_trades_as_the_engine_says(tmp_path: Path) -> None:
    async with running(tmp_path) as venue:
        await venue.open_accounts()
        for number in range(5):
            await venue.place(f"m{number}", "maker", Order.SELL, f"189.{30 + number}", "2")
        await venue.place("t", "taker", Order.BUY, "189.40", "9")
        await venue.quote_where(lambda quote: quote.last_price == "189.34" and quote.ask_quantity == "1")
        reports = orders_pb2.ListExecutionsRequest(symbol="AAPL", exec_type=orders_pb2.ExecutionReport.TRADE)
        executions = (await venue.orders.ListExecutions(reports)).executions
        removed = [item for item in executions if item.liquidity == orders_pb2.ExecutionReport.REMOVED]
        trades = await venue.trades()
        assert [trade.trade_id for trade in trades] == [item.trade_id for item in removed]
        assert [trade.quantity for trade in trades] == ["1", "2", "2", "2", "2"]

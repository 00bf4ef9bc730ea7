"""PortfolioService over real gRPC: trades become positions once, marks become profit."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.services.portfolio.fakes import (
    FakeAssets,
    FakeOrders,
    FakePricing,
    eventually,
    pair,
    starts,
    stock,
    trade,
)
from tickmesh.orders.v1.orders_pb2 import ExecutionReport
from tickmesh.portfolio.v1 import portfolio_pb2 as pb
from tickmesh.portfolio.v1 import portfolio_pb2_grpc
from tickmesh.services.portfolio.service import start
from tickmesh.services.runtime.errors import describe
from tickmesh.services.runtime.testing import serve_for_test

pytestmark = pytest.mark.usefixtures("on_both_databases")

LISTED = (stock("AAPL"), stock("SAP", "EUR"), pair("EUR", "USD"))


@dataclass
class World:
    """The neighbours, and the portfolio service between them, which may stop and start again."""

    folder: Path
    orders: FakeOrders = field(default_factory=FakeOrders)
    pricing: FakePricing = field(default_factory=FakePricing)
    assets: FakeAssets = field(
        default_factory=lambda: FakeAssets(*LISTED)  # type: ignore[abstract]
    )

    @asynccontextmanager
    async def running(self) -> AsyncIterator["portfolio_pb2_grpc.PortfolioServiceAsyncStub"]:
        every = [*starts(self.orders, self.pricing, self.assets), start]
        async with serve_for_test(every, self.folder) as host:
            yield portfolio_pb2_grpc.PortfolioServiceStub(host.channel("portfolio"))


def both_sides(quantity: str, price: str) -> tuple[ExecutionReport, ExecutionReport]:
    return (
        trade(1, "demo", "AAPL", "BUY", quantity, price),
        trade(2, "takers", "AAPL", "SELL", quantity, price),
    )


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def position(stub: Any, portfolio: str = "demo", symbol: str = "AAPL", trades: int = 0) -> pb.Position:
    async def find() -> pb.Position | None:
        listed = await stub.ListPositions(pb.ListPositionsRequest(portfolio_id=portfolio, symbol=symbol))
        ready = listed.positions and listed.positions[0].trade_count >= trades
        return listed.positions[0] if ready else None

    found: pb.Position = await eventually(find)
    return found


async def test_a_first_start_makes_the_default_portfolios_and_opens_their_accounts(world: World) -> None:
    async with world.running() as stub:
        listed = await stub.ListPortfolios(pb.ListPortfoliosRequest())
    assert [(each.portfolio_id, each.desk_id) for each in listed.portfolios] == [
        ("demo", "demo"),
        ("market-makers", "market"),
        ("takers", "market"),
    ]
    assert [control.account.portfolio_id for control in world.orders.controls] == [
        "demo",
        "market-makers",
        "takers",
    ]


async def test_both_sides_of_a_trade_are_booked_each_to_its_own_portfolio(world: World) -> None:
    async with world.running() as stub:
        world.orders.add(*both_sides("100", "10.5"))
        bought, sold = await position(stub), await position(stub, "takers")
    assert (bought.quantity, bought.average_price, bought.last_execution_id) == ("100", "10.5", "1")
    assert (sold.quantity, sold.average_price, sold.volume, sold.trade_count) == ("-100", "10.5", "100", 1)


async def test_a_mark_is_the_mid_and_moves_profit_and_sums(world: World) -> None:
    async with world.running() as stub:
        world.orders.add(trade(1, "demo", "SAP", "BUY", "100", "10"))
        unmarked = await position(stub, symbol="SAP")
        assert (unmarked.mark_price, unmarked.unrealized_pnl, unmarked.market_value) == ("", "", "")
        before = await stub.GetPortfolio(pb.GetPortfolioRequest(portfolio_id="demo"))
        assert (before.unrealized_pnl, before.gross_exposure, before.realized_pnl) == ("", "", "0.00")
        assert list(before.missing) == ["no mark for SAP", "no rate from EUR to USD"]
        world.pricing.quote("SAP", "11.98", "12.02")
        world.pricing.quote("EURUSD", last="1.25")
        after = await eventually(lambda: whole_portfolio(stub))
        marked = await position(stub, symbol="SAP")
    assert (after.unrealized_pnl, after.gross_exposure, after.net_exposure) == (
        "250.00",
        "1500.00",
        "1500.00",
    )
    assert (marked.mark_price, marked.unrealized_pnl, marked.unrealized_pnl_base) == ("12", "200", "250")
    assert (marked.currency, marked.base_currency, marked.market_value) == ("EUR", "USD", "1200")


async def whole_portfolio(stub: Any) -> pb.Portfolio | None:
    portfolio: pb.Portfolio = await stub.GetPortfolio(pb.GetPortfolioRequest(portfolio_id="demo"))
    return None if portfolio.missing else portfolio


async def test_a_restart_finds_the_positions_and_resumes_where_it_stopped(world: World) -> None:
    world.orders.add(*(trade(number, "demo", "AAPL", "BUY", "1", "10") for number in range(1, 6)))
    async with world.running() as stub:
        await position(stub, trades=5)
    world.orders.requests.clear()
    world.orders.add(trade(6, "demo", "AAPL", "SELL", "2", "11"))
    async with world.running() as stub:
        found = await position(stub, trades=6)
    assert (found.quantity, found.realized_pnl, found.trade_count) == ("3", "2", 6)
    assert [(each.resume_token, each.from_start) for each in world.orders.requests] == [("5", False)]


async def test_reports_that_come_twice_count_once(world: World) -> None:
    again = trade(1, "demo", "AAPL", "BUY", "5", "10")
    world.orders.add(again, again, trade(2, "demo", "AAPL", "BUY", "5", "10"), again)
    async with world.running() as stub:
        found = await position(stub, trades=2)
    assert (found.quantity, found.trade_count) == ("10", 2)


async def test_a_created_portfolio_is_open_for_trading_and_there_after_a_restart(world: World) -> None:
    new = pb.Portfolio(portfolio_id="alpha", desk_id="macro", name="Alpha", base_currency="EUR")
    async with world.running() as stub:
        first = await stub.CreatePortfolio(pb.CreatePortfolioRequest(request_id="r1", portfolio=new))
        again = await stub.CreatePortfolio(pb.CreatePortfolioRequest(request_id="r1", portfolio=new))
    assert (first.base_currency, first.realized_pnl) == ("EUR", "0.00")
    assert first == again
    assert world.orders.controls[-1].account.desk_id == "macro"
    async with world.running() as stub:
        found = await stub.GetPortfolio(pb.GetPortfolioRequest(portfolio_id="alpha"))
    assert found.name == "Alpha"
    assert "alpha" in [control.account.portfolio_id for control in world.orders.controls[-4:]]


async def test_an_id_in_use_is_refused(world: World) -> None:
    async with world.running() as stub:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await create(stub, "demo")
    said = describe(refused.value)
    assert (said.code, said.reason) == (grpc.StatusCode.ALREADY_EXISTS, "PORTFOLIO_EXISTS")


async def create(stub: Any, portfolio_id: str, request_id: str = "") -> pb.Portfolio:
    portfolio = pb.Portfolio(portfolio_id=portfolio_id, desk_id="macro")
    made: pb.Portfolio = await stub.CreatePortfolio(
        pb.CreatePortfolioRequest(request_id=request_id, portfolio=portfolio)
    )
    return made


async def test_nothing_is_left_when_the_orders_service_is_down(world: World) -> None:
    async with world.running() as stub:
        world.orders.down = True
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await create(stub, "alpha", "r1")
        assert refused.value.code() == grpc.StatusCode.UNAVAILABLE
        with pytest.raises(grpc.aio.AioRpcError) as missing:
            await stub.GetPortfolio(pb.GetPortfolioRequest(portfolio_id="alpha"))
        assert missing.value.code() == grpc.StatusCode.NOT_FOUND
        world.orders.down = False
        assert (await create(stub, "alpha", "r1")).portfolio_id == "alpha"


async def test_a_client_that_leaves_does_not_stop_a_portfolio_halfway(world: World) -> None:
    async with world.running() as stub:
        told = len(world.orders.controls)
        world.orders.held = asyncio.Event()
        leaving = asyncio.ensure_future(create(stub, "alpha"))
        await eventually(lambda: len(world.orders.controls) > told)
        leaving.cancel()
        await asyncio.wait([leaving])
        world.orders.held.set()
        await eventually(lambda: is_open(stub, "alpha"))


async def is_open(stub: Any, portfolio_id: str) -> bool:
    listed = await stub.ListPortfolios(pb.ListPortfoliosRequest())
    return portfolio_id in [portfolio.portfolio_id for portfolio in listed.portfolios]


@pytest.mark.parametrize("portfolio_id", ["", "Demo", "a b", "x" * 49, "../etc"])
async def test_a_malformed_id_is_refused_with_its_field(world: World, portfolio_id: str) -> None:
    async with world.running() as stub:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await create(stub, portfolio_id)
    said = describe(refused.value)
    assert said.code == grpc.StatusCode.INVALID_ARGUMENT
    assert said.fields[0].field == "portfolio.portfolio_id"


async def test_positions_come_in_pages_and_only_those_asked_for(world: World) -> None:
    world.orders.add(
        trade(1, "demo", "AAPL", "BUY", "5", "10"),
        trade(2, "demo", "SAP", "BUY", "5", "10"),
        trade(3, "demo", "SAP", "SELL", "5", "10"),
        trade(4, "takers", "AAPL", "SELL", "5", "10"),
    )
    async with world.running() as stub:
        await position(stub, "takers")
        first = await stub.ListPositions(pb.ListPositionsRequest(page_size=2))
        rest = await stub.ListPositions(
            pb.ListPositionsRequest(page_size=2, page_token=first.next_page_token)
        )
        open_ones = await stub.ListPositions(pb.ListPositionsRequest(portfolio_id="demo", open_only=True))
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.ListPositions(pb.ListPositionsRequest(page_token="!"))
    assert [(each.portfolio_id, each.symbol) for each in [*first.positions, *rest.positions]] == [
        ("demo", "AAPL"),
        ("demo", "SAP"),
        ("takers", "AAPL"),
    ]
    assert rest.next_page_token == ""
    assert [each.symbol for each in open_ones.positions] == ["AAPL"]
    assert describe(refused.value).reason == "PAGE_TOKEN_INVALID"


async def test_the_stream_sends_all_positions_then_the_newest_of_each_that_changes(world: World) -> None:
    world.orders.add(*both_sides("5", "10"))
    async with world.running() as stub:
        await position(stub, "takers")
        stream: Any = stub.StreamPositions(pb.StreamPositionsRequest(portfolio_id="demo"))
        snapshot = await stream.read()
        world.orders.add(*(trade(number, "demo", "AAPL", "BUY", "1", "10") for number in range(3, 9)))
        world.pricing.quote("AAPL", "11", "13")
        newest = await eventually(lambda: next_update(stream, "11"))
        queried = await position(stub, trades=7)
        stream.cancel()
    assert [each.symbol for each in snapshot.snapshot.positions] == ["AAPL"]
    assert newest.mark_price == "12"
    assert newest == queried


async def next_update(stream: Any, quantity: str) -> pb.Position | None:
    response = await stream.read()
    for found in response.update.positions:
        if found.quantity == quantity and found.mark_price:
            position: pb.Position = found
            return position
    return None

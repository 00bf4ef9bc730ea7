"""The market in a box with the real services around it: assets, orders, portfolio, risk and strategy."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.services.strategy.fakes import eventually
from tickmesh.orders.v1 import orders_pb2, orders_pb2_grpc
from tickmesh.portfolio.v1 import portfolio_pb2, portfolio_pb2_grpc
from tickmesh.services.assets.service import start as start_assets
from tickmesh.services.orders.service import start as start_orders
from tickmesh.services.portfolio.service import start as start_portfolio
from tickmesh.services.runtime.host import Host
from tickmesh.services.runtime.testing import serve_for_test
from tickmesh.services.strategy.service import start as start_strategy
from tickmesh.strategy.v1 import strategy_pb2, strategy_pb2_grpc

MAKER, TAKER = "market-maker-stock", "taker-stock"
EVERY = [start_assets, start_orders, start_portfolio, start_strategy]


@dataclass
class Client:
    """Calls all of them."""

    host: Host

    def __post_init__(self) -> None:
        self.orders = orders_pb2_grpc.OrdersServiceStub(self.host.channel("orders"))
        self.portfolio = portfolio_pb2_grpc.PortfolioServiceStub(self.host.channel("portfolio"))
        self.strategy = strategy_pb2_grpc.StrategyServiceStub(self.host.channel("strategy"))

    async def book(self, symbol: str) -> orders_pb2.Book:
        return await self.orders.GetBook(orders_pb2.GetBookRequest(symbol=symbol))

    async def get(self, strategy_id: str) -> strategy_pb2.Strategy:
        return await self.strategy.GetStrategy(strategy_pb2.GetStrategyRequest(strategy_id=strategy_id))

    async def stop(self, strategy_id: str) -> strategy_pb2.Strategy:
        return await self.strategy.StopStrategy(strategy_pb2.StopStrategyRequest(strategy_id=strategy_id))

    async def start(self, strategy_id: str) -> strategy_pb2.Strategy:
        return await self.strategy.StartStrategy(strategy_pb2.StartStrategyRequest(strategy_id=strategy_id))

    async def open_orders(self, portfolio_id: str) -> list[orders_pb2.Order]:
        found = await self.orders.ListOrders(
            orders_pb2.ListOrdersRequest(portfolio_id=portfolio_id, open_only=True, page_size=1_000)
        )
        return list(found.orders)

    async def is_quoted(self, symbol: str = "AAPL") -> bool:
        found = await self.book(symbol)
        return len(found.bids) >= 5 and len(found.asks) >= 5

    async def has_traded(self) -> bool:
        return (await self.get(MAKER)).trades > 3

    async def halt(self, state: "orders_pb2.TradingState.State.ValueType") -> None:
        scope = orders_pb2.RiskScope(level=orders_pb2.RiskScope.FIRM)
        change = orders_pb2.TradingState(scope=scope, state=state)
        controls = [orders_pb2.Control(trading_state=change)]
        await self.orders.ApplyControls(orders_pb2.ApplyControlsRequest(controls=controls))

    async def is_in(self, strategy_id: str, state: "strategy_pb2.Strategy.State.ValueType") -> bool:
        return (await self.get(strategy_id)).state == state


@asynccontextmanager
async def market(folder: Path) -> AsyncIterator[Client]:
    async with serve_for_test(EVERY, folder) as host:
        yield Client(host)


@pytest.fixture(autouse=True)
def only_stocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKMESH_MARKET", "0")


async def open_market(client: Client) -> None:
    for strategy_id in (MAKER, TAKER):
        await client.start(strategy_id)
    await eventually(client.is_quoted)


async def test_the_market_is_quoted_trades_and_shows_in_positions(tmp_path: Path) -> None:
    async with market(tmp_path) as client:
        await open_market(client)
        await eventually(client.has_traded)
        book = await client.book("AAPL")
        assert float(book.bids[0].price) < float(book.asks[0].price)
        assert (await client.get(MAKER)).orders_rejected == 0

        async def sides_agree() -> bool:
            listed = await client.portfolio.ListPositions(portfolio_pb2.ListPositionsRequest(page_size=1_000))
            held = [float(position.quantity) for position in listed.positions]
            return any(held) and sum(held) == 0

        await eventually(sides_agree)


async def test_stopping_leaves_no_order_in_the_book(tmp_path: Path) -> None:
    async with market(tmp_path) as client:
        await open_market(client)
        assert (await client.stop(MAKER)).state == strategy_pb2.Strategy.STOPPED
        assert await client.open_orders("market-makers") == []


async def test_a_halt_makes_it_fail_and_the_end_of_the_halt_mends_it(tmp_path: Path) -> None:
    async with market(tmp_path) as client:
        await open_market(client)
        await client.halt(orders_pb2.TradingState.HALTED)
        await eventually(lambda: client.is_in(MAKER, strategy_pb2.Strategy.FAILING), 30)
        assert "HALTED" in (await client.get(MAKER)).message
        await client.halt(orders_pb2.TradingState.ACTIVE)
        await eventually(lambda: client.is_in(MAKER, strategy_pb2.Strategy.RUNNING), 30)
        await eventually(client.is_quoted)


async def test_after_a_restart_there_are_no_orders_of_the_earlier_life(tmp_path: Path) -> None:
    async with market(tmp_path) as client:
        await open_market(client)
        before = {order.order_id for order in await client.open_orders("market-makers")}
        assert before
    async with market(tmp_path) as client:
        await eventually(lambda: client.is_in(MAKER, strategy_pb2.Strategy.RUNNING))

        async def is_fresh() -> bool:
            after = {order.order_id for order in await client.open_orders("market-makers")}
            return len(after) > 100 and before.isdisjoint(after)

        await eventually(is_fresh)

"""Risk and portfolio with the real assets, orders and pricing: from an order to a position or a breach."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.services.portfolio.fakes import eventually
from tickmesh.assets.v1 import assets_pb2, assets_pb2_grpc
from tickmesh.orders.v1 import orders_pb2, orders_pb2_grpc
from tickmesh.portfolio.v1 import portfolio_pb2, portfolio_pb2_grpc
from tickmesh.risk.v1 import risk_pb2, risk_pb2_grpc
from tickmesh.services.assets import service as assets
from tickmesh.services.orders import service as orders
from tickmesh.services.portfolio import service as portfolio
from tickmesh.services.pricing import service as pricing
from tickmesh.services.risk import service as risk
from tickmesh.services.runtime.errors import RemoteError, describe
from tickmesh.services.runtime.testing import serve_for_test

SYMBOL = "AAPL"
Order = orders_pb2.Order
DEMO = orders_pb2.RiskScope(level=orders_pb2.RiskScope.PORTFOLIO, id="demo")


@dataclass
class Platform:
    """The services, and the price that orders are placed around."""

    orders: Any
    portfolio: Any
    risk: Any
    price: Decimal
    placed: int = 0

    async def place(self, portfolio_id: str, side: str, quantity: str, price: Decimal | None = None) -> Any:
        self.placed += 1
        request = orders_pb2.SubmitOrderRequest(
            client_order_id=f"{portfolio_id}-{self.placed}-{uuid.uuid4().hex}",
            portfolio_id=portfolio_id,
            symbol=SYMBOL,
            side=Order.Side.Value(side),
            order_type=Order.LIMIT,
            quantity=quantity,
            price=str(price or self.price),
            time_in_force=Order.GTC,
        )
        return await self.orders.SubmitOrder(request)

    async def position(self, portfolio_id: str, trades: int) -> portfolio_pb2.Position:
        async def find() -> portfolio_pb2.Position | None:
            asked = portfolio_pb2.ListPositionsRequest(portfolio_id=portfolio_id, symbol=SYMBOL)
            found = (await self.portfolio.ListPositions(asked)).positions
            return found[0] if found and found[0].trade_count >= trades and found[0].mark_price else None

        position: portfolio_pb2.Position = await eventually(find)
        return position

    async def breaches(self) -> list[risk_pb2.RiskEvent]:
        kind = risk_pb2.RiskEvent.BREACH_PREVENTED
        return list((await self.risk.ListRiskEvents(risk_pb2.ListRiskEventsRequest(kind=kind))).events)


@asynccontextmanager
async def platform(folder: Path) -> AsyncIterator[Platform]:
    every = [each.start for each in (assets, orders, portfolio, pricing, risk)]
    async with serve_for_test(every, folder) as host:
        listed = assets_pb2_grpc.AssetsServiceStub(host.channel("assets"))
        instrument: Any = await listed.GetInstrument(assets_pb2.GetInstrumentRequest(symbol=SYMBOL))
        yield Platform(
            orders_pb2_grpc.OrdersServiceStub(host.channel("orders")),
            portfolio_pb2_grpc.PortfolioServiceStub(host.channel("portfolio")),
            risk_pb2_grpc.RiskServiceStub(host.channel("risk")),
            Decimal(instrument.reference_price),
        )


async def refused(call: Any) -> RemoteError:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    return describe(error.value)


async def test_a_trade_becomes_two_positions_and_is_found_after_a_restart(tmp_path: Path) -> None:
    async with platform(tmp_path) as mesh:
        await mesh.place("market-makers", "SELL", "100")
        await mesh.place("demo", "BUY", "40")
        await mesh.place("demo", "BUY", "10")
        bought, sold = await mesh.position("demo", 2), await mesh.position("market-makers", 2)
    assert (bought.quantity, sold.quantity) == ("50", "-50")
    assert Decimal(bought.average_price) == Decimal(sold.average_price) == mesh.price
    assert Decimal(bought.market_value) == 50 * mesh.price
    async with platform(tmp_path) as mesh:
        await mesh.place("demo", "BUY", "50")
        again = await mesh.position("demo", 3)
    assert (again.quantity, again.trade_count, again.volume) == ("100", 3, "100")


async def test_a_limit_set_at_risk_refuses_orders_and_is_told_as_a_breach(tmp_path: Path) -> None:
    limit = risk_pb2.SetLimitRequest(
        scope=orders_pb2.RiskScope(level=orders_pb2.RiskScope.PORTFOLIO, id="demo", symbol=SYMBOL),
        limit_type=orders_pb2.EngineLimit.POSITION,
        value="100",
    )
    async with platform(tmp_path) as mesh:
        await mesh.risk.SetLimit(limit)
        await mesh.place("demo", "BUY", "60")
        said = await refused(mesh.place("demo", "BUY", "41"))
        assert said.reason == "POSITION_LIMIT"
        event = (await eventually(mesh.breaches))[0]
        assert (event.check, event.scope.id, event.scope.symbol) == ("POSITION_LIMIT", "demo", SYMBOL)
        figures = [Decimal(text) for text in (event.limit, event.used, event.asked, event.headroom)]
        assert figures == [100, 60, 41, 40]
    async with platform(tmp_path) as mesh:
        assert (await refused(mesh.place("demo", "BUY", "41"))).reason == "POSITION_LIMIT"
        await eventually(lambda: two_breaches(mesh))
        await mesh.risk.DeleteLimit(risk_pb2.DeleteLimitRequest(limit_id=f"portfolio:demo:{SYMBOL}:POSITION"))
        await mesh.place("demo", "BUY", "41")


async def two_breaches(mesh: Platform) -> bool:
    return len(await mesh.breaches()) == 2


async def test_the_default_limits_and_collars_are_in_force(tmp_path: Path) -> None:
    async with platform(tmp_path) as mesh:
        too_far = mesh.price * 2
        assert (await refused(mesh.place("takers", "BUY", "1", too_far))).reason == "PRICE_COLLAR"
        too_much = str(int(1_000_000 / mesh.price) + 1)
        assert (await refused(mesh.place("demo", "BUY", too_much))).reason == "ORDER_NOTIONAL_LIMIT"
        await mesh.place("takers", "BUY", too_much)


async def test_the_kill_switch_cancels_what_rests_and_refuses_what_comes(tmp_path: Path) -> None:
    async with platform(tmp_path) as mesh:
        for _ in range(3):
            await mesh.place("demo", "BUY", "10")
        killed = await mesh.risk.KillSwitch(risk_pb2.KillSwitchRequest(scope=DEMO, comment="drill"))
        assert killed.record.canceled_count == 3
        assert (await refused(mesh.place("demo", "BUY", "10"))).reason == "TRADING_HALTED"
        active = risk_pb2.SetTradingStateRequest(scope=DEMO, state=orders_pb2.TradingState.ACTIVE)
        await mesh.risk.SetTradingState(active)
        await mesh.place("demo", "BUY", "10")


async def test_a_scope_or_instrument_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    unknown = orders_pb2.RiskScope(level=orders_pb2.RiskScope.PORTFOLIO, id="nobody")
    async with platform(tmp_path) as mesh:
        before = await mesh.risk.ListLimits(risk_pb2.ListLimitsRequest(page_size=1_000))
        said = await refused(mesh.risk.SetLimit(rate_limit(unknown)))
        assert said.code == grpc.StatusCode.NOT_FOUND
        assert await mesh.risk.ListLimits(risk_pb2.ListLimitsRequest(page_size=1_000)) == before


def rate_limit(scope: orders_pb2.RiskScope) -> risk_pb2.SetLimitRequest:
    return risk_pb2.SetLimitRequest(scope=scope, limit_type=orders_pb2.EngineLimit.ORDER_RATE, value="5")

"""Orders and the services that follow it, kept running as by a supervisor, and what each is asked."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import grpc

from tickmesh.assets.v1 import assets_pb2, assets_pb2_grpc
from tickmesh.orders.v1 import orders_pb2
from tickmesh.portfolio.v1 import portfolio_pb2, portfolio_pb2_grpc
from tickmesh.pricing.v1 import pricing_pb2, pricing_pb2_grpc
from tickmesh.risk.v1 import risk_pb2, risk_pb2_grpc
from tickmesh.services.runtime import contract, identity
from tickmesh.services.runtime.errors import describe
from tickmesh.services.runtime.ports import free_ports

from .crew import PORTFOLIOS, WITHIN_S, Crew

ORDERS = "orders"
FOLLOWERS = ("portfolio", "risk", "pricing")
ASK_WITHIN_S = 2.0
TOKEN_TTL_S = 1e6


class Company(Crew):
    """A crew of one owner, with portfolio, risk and pricing."""

    def __init__(self, folder: Path, database_url: str, environment: Mapping[str, str]) -> None:
        super().__init__(folder, database_url, (ORDERS,), silence_s=1.5)
        ports = free_ports(len(FOLLOWERS))
        self.followers = {name: f"127.0.0.1:{port}" for name, port in zip(FOLLOWERS, ports, strict=True)}
        addresses = {f"TICKMESH_{name.upper()}_ADDRESS": each for name, each in self.followers.items()}
        self._environment.update({**addresses, **environment})
        token = identity.Signer.load(folder / "keys").mint("test", contract.all_scopes(), TOKEN_TTL_S)
        self._token = lambda: token  # for long: here the clock is right, whatever it is there

    async def open(self) -> None:
        """Starts everything, keeps it running, and waits until it answers."""
        await super().open()
        await self.start(ORDERS)
        for name in FOLLOWERS:
            await self._run(name, name, {})
        for name in (ORDERS, "assets", *FOLLOWERS):
            self.keep(name)
        self._open_stubs()
        await self.open_portfolios()
        await self.all_answer()

    def _open_stubs(self) -> None:
        self.assets = assets_pb2_grpc.AssetsServiceStub(
            self.channel(self._environment["TICKMESH_ASSETS_ADDRESS"])
        )
        self.portfolio = portfolio_pb2_grpc.PortfolioServiceStub(self.channel(self.followers["portfolio"]))
        self.risk = risk_pb2_grpc.RiskServiceStub(self.channel(self.followers["risk"]))
        self.pricing = pricing_pb2_grpc.PricingServiceStub(self.channel(self.followers["pricing"]))

    def questions(self) -> dict[str, Callable[[], Awaitable[Any]]]:
        """Returns a call to each service that needs its database."""
        bars = pricing_pb2.ListBarsRequest(symbol="AAPL", interval=pricing_pb2.Bar.MINUTE_1)
        wanted = portfolio_pb2.CreatePortfolioRequest(
            request_id="company",
            portfolio=portfolio_pb2.Portfolio(portfolio_id="company", desk_id="desk", name="company"),
        )
        renamed = assets_pb2.UpdateInstrumentRequest(instrument={"symbol": "MSFT", "name": "Microsoft Corp"})
        renamed.update_mask.paths.append("name")
        limit = risk_pb2.SetLimitRequest(
            scope=orders_pb2.RiskScope(level=orders_pb2.RiskScope.PORTFOLIO, id="other", symbol="MSFT"),
            limit_type=orders_pb2.EngineLimit.ORDER_QUANTITY,
            value="1000000",
        )
        return {
            "orders": lambda: self.desk.stub.ListOrders(orders_pb2.ListOrdersRequest(), timeout=ASK_WITHIN_S),
            "assets": lambda: self.assets.UpdateInstrument(renamed, timeout=ASK_WITHIN_S),
            "portfolio": lambda: self.portfolio.CreatePortfolio(wanted, timeout=ASK_WITHIN_S),
            "risk": lambda: self.risk.SetLimit(limit, timeout=ASK_WITHIN_S),
            "pricing": lambda: self.pricing.ListBars(bars, timeout=ASK_WITHIN_S),
        }

    async def told(self, name: str) -> str:
        """Asks a service; returns "OK", or with what code and reason it refused."""
        try:
            await self.questions()[name]()
        except grpc.aio.AioRpcError as error:
            said = describe(error)
            return f"{said.code.name} {said.reason}"
        return "OK"

    async def told_for(self, seconds: float) -> dict[str, Counter[str]]:
        """Asks all services again and again for some seconds; returns what each said, and how often."""
        heard: dict[str, Counter[str]] = {name: Counter() for name in self.questions()}

        async def ask(name: str) -> None:
            while True:
                heard[name][await self.told(name)] += 1
                await asyncio.sleep(0.05)

        tasks = [asyncio.create_task(ask(name)) for name in heard]
        await asyncio.sleep(seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return heard

    async def all_answer(self, within_s: float = WITHIN_S) -> None:
        """Waits until every service does what it is asked."""
        async with asyncio.timeout(within_s):
            for name in self.questions():
                while (said := await self.told(name)) != "OK":
                    print(f"{name}: {said}")
                    await asyncio.sleep(0.2)

    async def check_positions(self) -> None:
        """Waits until positions are the sum of the trades: each counts once."""
        trades = [one for one in await self.desk.executions() if one.exec_type == one.TRADE]
        for portfolio_id, sign in zip(PORTFOLIOS, (1, -1), strict=True):
            own = [one for one in trades if one.order.portfolio_id == portfolio_id]
            total = sum(Decimal(one.last_quantity) for one in own)
            async with asyncio.timeout(WITHIN_S):
                while await self._booked(portfolio_id) != (total * sign, len(own)):
                    await asyncio.sleep(0.1)

    async def _booked(self, portfolio_id: str) -> tuple[Decimal, int]:
        request = portfolio_pb2.ListPositionsRequest(portfolio_id=portfolio_id)
        (position,) = (await self.portfolio.ListPositions(request, timeout=ASK_WITHIN_S)).positions
        return Decimal(position.quantity), position.trade_count


@asynccontextmanager
async def a_company(
    folder: Path, database_url: str, environment: Mapping[str, str] | None = None
) -> AsyncIterator[Company]:
    """Runs everything for the length of a with block, with more in its environment if so wished."""
    company = Company(folder, database_url, environment or {})
    try:
        await company.open()
        yield company
    finally:
        await company.close()

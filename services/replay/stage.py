"""Sets the stage for a replay: an instrument and two portfolios of its own, out of the live market's way."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

import grpc

from tickmesh.assets.v1 import assets_pb2, assets_pb2_grpc
from tickmesh.orders.v1 import orders_pb2, orders_pb2_grpc
from tickmesh.portfolio.v1 import portfolio_pb2, portfolio_pb2_grpc
from tickmesh.risk.v1 import risk_pb2, risk_pb2_grpc

from ..runtime.errors import describe
from ..values import Increment
from .lobster import PRICE_UNITS

CALL_TIMEOUT_S = 10.0
READY_TIMEOUT_S = 30.0
_RETRY_S = 0.05
_LATER = (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNIMPLEMENTED)

T = TypeVar("T")
Channels = Callable[[str], grpc.aio.Channel]


class Stubs:
    """The four services that a replay calls."""

    def __init__(self, channel: Channels) -> None:
        self.assets: Any = assets_pb2_grpc.AssetsServiceStub(channel("assets"))
        self.orders: Any = orders_pb2_grpc.OrdersServiceStub(channel("orders"))
        self.portfolio: Any = portfolio_pb2_grpc.PortfolioServiceStub(channel("portfolio"))
        self.risk: Any = risk_pb2_grpc.RiskServiceStub(channel("risk"))


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the replay takes place."""

    symbol: str
    passive: str  # the portfolio of the orders that rest
    takers: str  # the portfolio of the orders that hit them
    price_step: int  # of the instrument, in price units
    reference_price: int  # in price units, a multiple of the step

    @property
    def increment(self) -> Increment:
        """The price increment of the instrument."""
        return Increment(Decimal(self.price_step) / PRICE_UNITS)


async def set_stage(stubs: Stubs, stage: Stage) -> None:
    """Lists the instrument, opens the portfolios and lifts the price collar. Fails with RpcError."""
    await stubs.assets.CreateInstrument(_instrument(stage), timeout=CALL_TIMEOUT_S)
    for portfolio_id in (stage.passive, stage.takers):
        await _open_portfolio(stubs, portfolio_id)
    book = orders_pb2.GetBookRequest(symbol=stage.symbol, depth=1)
    await _until_known(lambda: stubs.orders.GetBook(book, timeout=CALL_TIMEOUT_S))
    await _lift_collar(stubs, stage)


async def _open_portfolio(stubs: Stubs, portfolio_id: str) -> None:
    portfolio = portfolio_pb2.Portfolio(portfolio_id=portfolio_id, desk_id="replay", name="Replay")
    request = portfolio_pb2.CreatePortfolioRequest(portfolio=portfolio)
    await _until_known(lambda: stubs.portfolio.CreatePortfolio(request, timeout=CALL_TIMEOUT_S))


def _instrument(stage: Stage) -> assets_pb2.CreateInstrumentRequest:
    reference_ticks = stage.reference_price // stage.price_step
    instrument = assets_pb2.Instrument(
        symbol=stage.symbol,
        name=f"Replay of {stage.symbol.partition('-')[0]}",
        asset_type=assets_pb2.Instrument.STOCK,
        currency="USD",
        price_increment=stage.increment.to_text(1),
        quantity_increment="1",
        calendar="24X7",
        reference_price=stage.increment.to_text(reference_ticks),
        attributes={"simulated": "false"},  # the built-in strategies leave it alone
        stock=assets_pb2.Stock(),
    )
    return assets_pb2.CreateInstrumentRequest(instrument=instrument)


async def _lift_collar(stubs: Stubs, stage: Stage) -> None:
    """Removes the price collar. It is set first: the default comes only while nobody has set any."""
    limit = risk_pb2.SetLimitRequest(
        scope=orders_pb2.RiskScope(level=orders_pb2.RiskScope.FIRM, symbol=stage.symbol),
        limit_type=orders_pb2.EngineLimit.PRICE_COLLAR,
        value="10000",
    )
    collar = await _until_known(lambda: stubs.risk.SetLimit(limit, timeout=CALL_TIMEOUT_S))
    await stubs.risk.DeleteLimit(
        risk_pb2.DeleteLimitRequest(limit_id=collar.limit_id), timeout=CALL_TIMEOUT_S
    )


async def _until_known(call: Callable[[], Awaitable[T]]) -> T:
    """Returns the answer of a call, repeated while a service has not yet heard what another just made."""
    give_up_s = time.monotonic() + READY_TIMEOUT_S
    while True:
        try:
            return await call()
        except grpc.aio.AioRpcError as error:
            if describe(error).code not in _LATER or time.monotonic() > give_up_s:
                raise
        await asyncio.sleep(_RETRY_S)

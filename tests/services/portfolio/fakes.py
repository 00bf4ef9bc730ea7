"""Neighbours of a service under test, over real gRPC: they say what a test tells them to say."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import grpc

from tickmesh.assets.v1 import assets_pb2, assets_pb2_grpc
from tickmesh.orders.v1 import orders_pb2, orders_pb2_grpc
from tickmesh.pricing.v1 import pricing_pb2, pricing_pb2_grpc
from tickmesh.services.runtime.errors import NotFound, Unavailable
from tickmesh.services.runtime.host import Host, Start
from tickmesh.services.runtime.streams import Hub, respond

ExecType = orders_pb2.ExecutionReport.ExecType


@dataclass
class FakeOrders(orders_pb2_grpc.OrdersServiceServicer):
    """Keeps the controls that it is sent, and streams the reports of a list from any position on."""

    reports: list[orders_pb2.ExecutionReport] = field(default_factory=list)
    controls: list[orders_pb2.Control] = field(default_factory=list)
    requests: list[orders_pb2.StreamExecutionsRequest] = field(default_factory=list)
    down: bool = False
    unknown: set[str] = field(default_factory=set)
    batch: int = 2
    held: asyncio.Event | None = None  # answers wait for it
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, *reports: orders_pb2.ExecutionReport) -> None:
        self.reports += reports
        self.news.set()

    async def ApplyControls(self, request: Any, context: Any) -> orders_pb2.ApplyControlsResponse:
        if self.down:
            raise Unavailable("the orders service is down")
        for control in request.controls:
            if control.limit.scope.id in self.unknown or control.limit.scope.symbol in self.unknown:
                raise NotFound("never heard of it", reason="UNKNOWN_SCOPE")
        self.controls += request.controls
        if self.held is not None:
            await self.held.wait()
        return orders_pb2.ApplyControlsResponse(command=len(self.controls), canceled_count=3)

    async def StreamExecutions(
        self, request: Any, context: Any
    ) -> AsyncIterator[orders_pb2.StreamExecutionsResponse]:
        self.requests.append(request)
        position = int(request.resume_token) if request.resume_token else 0
        sequence = 0
        while True:
            self.news.clear()  # before looking: what comes from here on must wake us
            batch = self.reports[position : position + self.batch]
            position += len(batch)
            sequence += 1
            response = orders_pb2.StreamExecutionsResponse(sequence=sequence, resume_token=str(position))
            wanted = [report for report in batch if report.exec_type in request.exec_types]
            if wanted:
                response.update.reports.extend(wanted)
            else:
                response.heartbeat.SetInParent()
            yield response
            if not batch:
                await self.news.wait()


class FakePricing(pricing_pb2_grpc.PricingServiceServicer):
    """Streams the quotes that it is given."""

    def __init__(self) -> None:
        self.quotes: dict[str, pricing_pb2.Quote] = {}
        self.hub: Hub[pricing_pb2.Quote] = Hub(1_000)

    def quote(self, symbol: str, bid: str = "", ask: str = "", last: str = "") -> None:
        quote = pricing_pb2.Quote(symbol=symbol, bid_price=bid, ask_price=ask, last_price=last)
        quote.quote_time.seconds = 1_700_000_000
        self.quotes[symbol] = quote
        self.hub.publish(quote)

    async def StreamQuotes(
        self, request: Any, context: Any
    ) -> AsyncIterator[pricing_pb2.StreamQuotesResponse]:
        events = self.hub.follow(request.resume_token, snapshot=lambda: list(self.quotes.values()))
        async for response in respond(
            events,
            pricing_pb2.StreamQuotesResponse,
            update=lambda quotes: pricing_pb2.QuoteUpdates(quotes=quotes),
            snapshot=lambda quotes: pricing_pb2.QuoteSnapshot(quotes=quotes),
        ):
            yield response


class FakeAssets(assets_pb2_grpc.AssetsServiceServicer):
    """Streams the instruments that it is given."""

    def __init__(self, *instruments: assets_pb2.Instrument) -> None:
        self.instruments = list(instruments)
        self.hub: Hub[assets_pb2.Instrument] = Hub(1_000)

    def list(self, instrument: assets_pb2.Instrument) -> None:
        self.instruments.append(instrument)
        self.hub.publish(instrument)

    async def StreamInstruments(
        self, request: Any, context: Any
    ) -> AsyncIterator[assets_pb2.StreamInstrumentsResponse]:
        events = self.hub.follow(request.resume_token, snapshot=lambda: list(self.instruments))
        async for response in respond(
            events,
            assets_pb2.StreamInstrumentsResponse,
            update=lambda instruments: iter(instruments),
            snapshot=lambda instruments: assets_pb2.InstrumentSnapshot(instruments=instruments),
        ):
            yield response


def stock(
    symbol: str, currency: str = "USD", multiplier: str = "1", price: str = "100"
) -> assets_pb2.Instrument:
    return assets_pb2.Instrument(
        symbol=symbol,
        asset_type=assets_pb2.Instrument.STOCK,
        currency=currency,
        multiplier=multiplier,
        reference_price=price,
        price_increment="0.01",
        quantity_increment="1",
        stock=assets_pb2.Stock(),
    )


def pair(base: str, quote: str, price: str = "1.25") -> assets_pb2.Instrument:
    return assets_pb2.Instrument(
        symbol=base + quote,
        asset_type=assets_pb2.Instrument.FOREX,
        currency=quote,
        reference_price=price,
        price_increment="0.00001",
        quantity_increment="1",
        forex=assets_pb2.Forex(base_currency=base, quote_currency=quote),
    )


def trade(
    number: int, portfolio: str, symbol: str, side: str, quantity: str, price: str
) -> orders_pb2.ExecutionReport:
    report = orders_pb2.ExecutionReport(
        execution_id=str(number),
        exec_type=orders_pb2.ExecutionReport.TRADE,
        order=orders_pb2.Order(
            order_id=str(number),
            portfolio_id=portfolio,
            symbol=symbol,
            side=orders_pb2.Order.Side.Value(side),
        ),
        last_quantity=quantity,
        last_price=price,
        trade_id=f"t{number}",
    )
    report.transact_time.seconds = 1_700_000_000 + number
    return report


def starts(orders: FakeOrders, pricing: FakePricing, assets: FakeAssets) -> list[Start]:
    """Returns how a test host starts the three."""
    return [
        _start("orders", orders_pb2_grpc.add_OrdersServiceServicer_to_server, orders),
        _start("pricing", pricing_pb2_grpc.add_PricingServiceServicer_to_server, pricing),
        _start("assets", assets_pb2_grpc.add_AssetsServiceServicer_to_server, assets),
    ]


def _start(name: str, add: Callable[[Any, Any], None], servicer: object) -> Start:
    async def start(host: Host) -> None:
        host.serve(add, servicer)

    start.__module__ = f"fakes.{name}.service"
    return start


async def eventually(check: Callable[[], Any], timeout_s: float = 10.0) -> Any:
    """Waits until an asynchronous check returns something true, and returns it."""
    async with asyncio.timeout(timeout_s):
        while True:
            found = check()
            found = await found if asyncio.iscoroutine(found) else found
            if found:
                return found
            await asyncio.sleep(0.02)


def code_of(error: grpc.RpcError) -> grpc.StatusCode:
    assert isinstance(error, grpc.Call)
    return error.code()

"""A venue that says what a test tells it to say, over real gRPC: instruments, books and executions."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from tickmesh.assets.v1 import assets_pb2, assets_pb2_grpc
from tickmesh.orders.v1 import orders_pb2, orders_pb2_grpc
from tickmesh.services.runtime.errors import NotFound
from tickmesh.services.runtime.host import Host, Start
from tickmesh.services.runtime.streams import Hub, respond
from tickmesh.services.values import timestamp

NOON_NS = 1_700_000_000_000_000_000  # 2023-11-14 22:13:20 UTC
SECOND = 1_000_000_000
Side = orders_pb2.Order.Side
Report = orders_pb2.ExecutionReport


class FakeAssets(assets_pb2_grpc.AssetsServiceServicer):
    """Streams instruments; `hidden` ones are known to GetInstrument alone."""

    def __init__(self) -> None:
        self.instruments = {
            "AAPL": instrument("AAPL", "0.01", "1"),
            "BTC-USD": instrument("BTC-USD", "0.5", "0.001"),
        }
        self.hidden = {"LATE": instrument("LATE", "0.01", "1")}
        self.hub: Hub[assets_pb2.Instrument] = Hub(100)

    async def GetInstrument(self, request: Any, context: Any) -> assets_pb2.Instrument:
        known = self.instruments | self.hidden
        if request.symbol not in known:
            raise NotFound("never heard of it")
        return known[request.symbol]

    async def StreamInstruments(
        self, request: Any, context: Any
    ) -> AsyncIterator[assets_pb2.StreamInstrumentsResponse]:
        async for response in respond(
            self.hub.follow(request.resume_token, snapshot=lambda: list(self.instruments.values())),
            assets_pb2.StreamInstrumentsResponse,
            update=iter,
            snapshot=lambda found: assets_pb2.InstrumentSnapshot(instruments=found),
        ):
            yield response


class FakeOrders(orders_pb2_grpc.OrdersServiceServicer):
    """Streams a list of reports from any position on, and the books that it is given."""

    def __init__(self, batch: int = 3) -> None:
        self.batch = batch
        self.reports: list[Report] = []
        self.requests: list[orders_pb2.StreamExecutionsRequest] = []
        self.gap_at = -1
        self.books: list[orders_pb2.Book] = []
        self.book_updates: Hub[orders_pb2.BookUpdate] = Hub(100)
        self._news = asyncio.Event()

    def add(self, *reports: Report) -> None:
        self.reports += reports
        self._news.set()

    async def StreamExecutions(
        self, request: Any, context: Any
    ) -> AsyncIterator[orders_pb2.StreamExecutionsResponse]:
        self.requests.append(request)
        position = int(request.resume_token or 0)
        sequence = 0
        while True:
            sequence += 1
            response = orders_pb2.StreamExecutionsResponse(sequence=sequence)
            if position == self.gap_at:
                position += self.batch
                response.gap.message = "lost"
            elif part := self.reports[position : position + self.batch]:
                position += len(part)
                response.update.reports.extend(part)
            else:
                response.heartbeat.SetInParent()
            response.resume_token = str(position)
            yield response
            if position >= len(self.reports):
                self._news.clear()
                await self._news.wait()

    async def StreamBook(self, request: Any, context: Any) -> AsyncIterator[orders_pb2.StreamBookResponse]:
        async for response in respond(
            self.book_updates.follow(request.resume_token, snapshot=lambda: list(self.books)),
            orders_pb2.StreamBookResponse,
            update=lambda updates: orders_pb2.BookUpdates(updates=updates),
            snapshot=lambda books: orders_pb2.BookSnapshot(books=books),
        ):
            yield response


def instrument(symbol: str, price_increment: str, quantity_increment: str) -> assets_pb2.Instrument:
    return assets_pb2.Instrument(
        symbol=symbol, price_increment=price_increment, quantity_increment=quantity_increment, currency="USD"
    )


def both_sides(
    number: int, symbol: str = "AAPL", price: str = "189.20", quantity: str = "5", after_s: float = 0.0
) -> list[Report]:
    """Returns the two reports of a trade in which the buyer came."""
    return [
        report(number, Report.ADDED, Side.SELL, symbol, price, quantity, after_s),
        report(number, Report.REMOVED, Side.BUY, symbol, price, quantity, after_s),
    ]


def report(
    number: int,
    liquidity: Report.Liquidity.ValueType,
    side: Side.ValueType,
    symbol: str,
    price: str,
    quantity: str,
    after_s: float,
) -> Report:
    return Report(
        exec_type=Report.TRADE,
        order=orders_pb2.Order(symbol=symbol, side=side),
        liquidity=liquidity,
        last_price=price,
        last_quantity=quantity,
        trade_id=f"T{number}",
        transact_time=timestamp(NOON_NS + int(after_s * SECOND)),
    )


def level(price: str, quantity: str) -> orders_pb2.BookLevel:
    return orders_pb2.BookLevel(price=price, quantity=quantity)


def starts(assets: FakeAssets, orders: FakeOrders) -> list[Start]:
    """Returns how a test host starts the two."""
    return [
        _start("assets", assets_pb2_grpc.add_AssetsServiceServicer_to_server, assets),
        _start("orders", orders_pb2_grpc.add_OrdersServiceServicer_to_server, orders),
    ]


def _start(name: str, add: Callable[[Any, Any], None], servicer: object) -> Start:
    async def start(host: Host) -> None:
        host.serve(add, servicer)

    start.__module__ = f"fakes.{name}.service"
    return start

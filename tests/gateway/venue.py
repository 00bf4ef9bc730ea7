"""A small venue for the gateway's tests: a real gRPC server behind the real gate, steered by the test."""

from collections.abc import AsyncIterator
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from tickmesh.assets.v1 import assets_pb2, assets_pb2_grpc
from tickmesh.orders.v1 import orders_pb2, orders_pb2_grpc
from tickmesh.pricing.v1 import pricing_pb2, pricing_pb2_grpc
from tickmesh.services.runtime import errors
from tickmesh.services.runtime.host import Host
from tickmesh.services.runtime.streams import Hub, respond

MOMENT = Timestamp(seconds=1_700_000_000)


class Venue:
    """What the servicers below share with the test."""

    def __init__(self, reports_kept: int = 10_000) -> None:
        self.quotes: Hub[pricing_pb2.Quote] = Hub(1_000)
        self.reports: Hub[orders_pb2.ExecutionReport] = Hub(reports_kept)
        self.books: Hub[orders_pb2.BookUpdate] = Hub(1_000)
        self.submitted: list[orders_pb2.SubmitOrderRequest] = []
        self.metadata: dict[str, str] = {}
        self.deadline_s: float | None = None
        self.open_streams = 0
        self.resumed_with: list[str] = []
        self.fail_stream_after: int | None = None

    async def start(self, host: Host) -> None:
        """Adds the servicers to a host's server."""
        host.serve(assets_pb2_grpc.add_AssetsServiceServicer_to_server, Assets(self))
        host.serve(orders_pb2_grpc.add_OrdersServiceServicer_to_server, Orders(self))
        host.serve(pricing_pb2_grpc.add_PricingServiceServicer_to_server, Pricing(self))


class Assets(assets_pb2_grpc.AssetsServiceServicer):
    """One instrument."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    async def GetInstrument(self, request: Any, context: Any) -> Any:
        if request.symbol != "AAPL":
            raise errors.NotFound(
                f"{request.symbol} is not listed",
                reason="UNKNOWN_INSTRUMENT",
                metadata={"symbol": request.symbol},
            )
        return assets_pb2.Instrument(
            symbol="AAPL",
            name="Apple Inc.",
            asset_type=assets_pb2.Instrument.STOCK,
            attributes={"colour": "grün"},
            stock=assets_pb2.Stock(sector="IT"),
            version=7,
            reference_time=MOMENT,
        )

    async def UpdateInstrument(self, request: Any, context: Any) -> Any:
        answer = assets_pb2.Instrument()
        answer.CopyFrom(request.instrument)
        answer.attributes["mask"] = ",".join(request.update_mask.paths)
        return answer


class Orders(orders_pb2_grpc.OrdersServiceServicer):
    """Takes every order, and streams what the test publishes."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    async def SubmitOrder(self, request: Any, context: Any) -> Any:
        self._venue.submitted.append(request)
        self._venue.metadata = {key: str(value) for key, value in context.invocation_metadata()}
        self._venue.deadline_s = context.time_remaining()
        if request.symbol == "FAST":
            raise errors.ResourceExhausted("slow down", reason="ORDER_RATE_LIMIT", metadata={"limit": "10"})
        context.set_trailing_metadata((("server-timing", "queue;dur=0.125"), ("x-inside", "kept")))
        return orders_pb2.Order(
            order_id="1", symbol=request.symbol, side=request.side, status=orders_pb2.Order.NEW
        )

    async def GetOrder(self, request: Any, context: Any) -> Any:
        return orders_pb2.Order(order_id=request.order_id)

    async def CancelOrder(self, request: Any, context: Any) -> Any:
        return orders_pb2.Order(order_id=request.order_id, status=orders_pb2.Order.CANCELED)

    async def ListOrders(self, request: Any, context: Any) -> Any:
        orders = [orders_pb2.Order(symbol=request.symbol, status=request.status, post_only=request.open_only)]
        return orders_pb2.ListOrdersResponse(orders=orders, next_page_token=str(request.page_size))

    async def SubmitOrders(self, requests: Any, context: Any) -> AsyncIterator[Any]:
        async for request in requests:
            results = [
                orders_pb2.ActionResult(order_id=str(number)) for number, _ in enumerate(request.actions)
            ]
            yield orders_pb2.SubmitOrdersResponse(results=results)

    async def ListExecutions(self, request: Any, context: Any) -> Any:
        reports = [orders_pb2.ExecutionReport(execution_id=number) for number in ("2", "1")]
        return orders_pb2.ListExecutionsResponse(executions=reports)

    async def StreamExecutions(self, request: Any, context: Any) -> AsyncIterator[Any]:
        venue = self._venue
        venue.open_streams += 1
        venue.resumed_with.append(request.resume_token)
        try:
            events = venue.reports.follow(request.resume_token)
            count = 0
            async for response in respond(events, orders_pb2.StreamExecutionsResponse, update=_reports):
                if venue.fail_stream_after is not None and count >= venue.fail_stream_after:
                    raise errors.ResourceExhausted("too slow", reason="SLOW_READER")
                count += 1
                yield response
        finally:
            venue.open_streams -= 1

    async def StreamBook(self, request: Any, context: Any) -> AsyncIterator[Any]:
        venue = self._venue
        venue.open_streams += 1
        try:
            events = venue.books.follow(
                request.resume_token,
                snapshot=lambda: _books(request.symbols),
                conflate=lambda item: item.symbol,
            )
            async for response in respond(
                events, orders_pb2.StreamBookResponse, update=_book_updates, snapshot=lambda value: value
            ):
                yield response
        finally:
            venue.open_streams -= 1

    async def GetEngineStatus(self, request: Any, context: Any) -> Any:
        return orders_pb2.EngineStatus(epoch=1, state_hash="00000000000000ff", open_orders=3)


def _reports(items: list[Any]) -> Any:
    return orders_pb2.ExecutionReports(reports=items)


def _books(symbols: Any) -> Any:
    books = [
        orders_pb2.Book(symbol=symbol, bids=[orders_pb2.BookLevel(price="10", quantity="1", order_count=1)])
        for symbol in symbols
    ]
    return orders_pb2.BookSnapshot(books=books)


def _book_updates(items: list[Any]) -> Any:
    return orders_pb2.BookUpdates(updates=items)


class Pricing(pricing_pb2_grpc.PricingServiceServicer):
    """Streams the quotes that the test publishes, and counts ticks."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    async def StreamQuotes(self, request: Any, context: Any) -> AsyncIterator[Any]:
        venue = self._venue
        venue.open_streams += 1
        try:
            wanted = set(request.symbols)
            events = venue.quotes.follow(
                request.resume_token,
                snapshot=lambda: pricing_pb2.QuoteSnapshot(
                    quotes=[pricing_pb2.Quote(symbol=symbol, bid_price="1") for symbol in sorted(wanted)]
                ),
                conflate=lambda quote: quote.symbol,
                select=lambda quote: not wanted or quote.symbol in wanted,
            )
            async for response in respond(
                events, pricing_pb2.StreamQuotesResponse, update=_quotes, snapshot=lambda value: value
            ):
                yield response
        finally:
            venue.open_streams -= 1

    async def PublishTicks(self, requests: Any, context: Any) -> Any:
        rows = 0
        async for request in requests:
            rows += len(request.ticks.kind)
        return pricing_pb2.PublishTicksResponse(row_count=rows)


def _quotes(items: list[Any]) -> Any:
    return pricing_pb2.QuoteUpdates(quotes=items)

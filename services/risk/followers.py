"""What the service hears from others: rejected orders, instruments, quotes."""

from collections.abc import AsyncIterable, Callable
from decimal import Decimal

import grpc

from tickmesh.assets.v1 import assets_pb2, assets_pb2_grpc
from tickmesh.orders.v1 import orders_pb2, orders_pb2_grpc
from tickmesh.pricing.v1 import pricing_pb2, pricing_pb2_grpc

from ..runtime import telemetry
from ..runtime.streams import Follower
from .domain.events import Refusal, breach_of
from .store import Progress, RiskStore
from .wire import price_of, refusal_of

log = telemetry.logger(__name__)


class RefusalFollower:
    """Tells each order that the gate refused exactly once: event and place are stored in one transaction."""

    def __init__(
        self,
        channel: grpc.aio.Channel,
        store: RiskStore,
        progress: Progress,
        on_refusal: Callable[[Refusal], None],
    ) -> None:
        self._on_refusal = on_refusal
        self._orders = orders_pb2_grpc.OrdersServiceStub(channel)
        self._store = store
        self._progress = progress

    async def run(self) -> None:
        """Follows rejected orders for ever."""
        async for response in Follower(self._open, self._progress.resume_token, "rejections"):
            if response.WhichOneof("event") == "gap":
                log.error("rejected orders were lost", gap=response.gap.message)
            await self._tell(response)

    def _open(self, token: str) -> AsyncIterable[orders_pb2.StreamExecutionsResponse]:
        request = orders_pb2.StreamExecutionsRequest(
            exec_types=[orders_pb2.ExecutionReport.REJECTED], resume_token=token, from_start=not token
        )
        return self._orders.StreamExecutions(request)

    async def _tell(self, response: orders_pb2.StreamExecutionsResponse) -> None:
        before = self._progress
        refusals = [refusal_of(report) for report in response.update.reports]
        events = [breach_of(refusal) for refusal in refusals]
        after = Progress(response.resume_token, before.epoch)
        await self._store.record([event for event in events if event is not None], before, after)
        self._progress = after
        for refusal in refusals:
            self._on_refusal(refusal)


async def follow_instruments(
    channel: grpc.aio.Channel, on_instruments: Callable[[list[assets_pb2.Instrument]], None]
) -> None:
    """Hands on every instrument, new or changed, for ever."""
    stub = assets_pb2_grpc.AssetsServiceStub(channel)

    def open_stream(token: str) -> AsyncIterable[assets_pb2.StreamInstrumentsResponse]:
        return stub.StreamInstruments(assets_pb2.StreamInstrumentsRequest(resume_token=token))

    async for response in Follower(open_stream, name="instruments"):
        changed = [response.update] if response.HasField("update") else []
        on_instruments([*response.snapshot.instruments, *changed])


async def follow_prices(channel: grpc.aio.Channel, on_prices: Callable[[dict[str, Decimal]], None]) -> None:
    """Hands on the prices that every new quote tells, for ever."""
    stub = pricing_pb2_grpc.PricingServiceStub(channel)

    def open_stream(token: str) -> AsyncIterable[pricing_pb2.StreamQuotesResponse]:
        return stub.StreamQuotes(pricing_pb2.StreamQuotesRequest(resume_token=token))

    async for response in Follower(open_stream, name="quotes"):
        quotes = [*response.snapshot.quotes, *response.update.quotes]
        prices = {quote.symbol: price_of(quote) for quote in quotes}
        on_prices({symbol: price for symbol, price in prices.items() if price is not None})

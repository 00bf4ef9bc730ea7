"""What the service hears from others: executions, quotes, instruments; and what it tells orders."""

import asyncio
from collections.abc import AsyncIterable, Iterable

import grpc

from tickmesh.assets.v1 import assets_pb2, assets_pb2_grpc
from tickmesh.orders.v1 import orders_pb2, orders_pb2_grpc
from tickmesh.pricing.v1 import pricing_pb2, pricing_pb2_grpc

from ..runtime import telemetry
from ..runtime.errors import Unavailable, describe
from ..runtime.outages import DatabaseUnavailable
from ..runtime.streams import Follower, Hub
from .domain.ledger import Counted, Ledger
from .domain.portfolios import PortfolioRecord
from .domain.positions import PositionKey
from .store import PortfolioStore
from .wire import fill_of, sides_of, terms_of

RETRY_S = 0.5
CONTROLS_MAX = 1_000

log = telemetry.logger(__name__)


class OrdersUnreachable(Unavailable):
    """The orders service does not answer, so that a portfolio cannot be opened for trading."""

    reason = "ORDERS_UNREACHABLE"


class Accounts:
    """Tells the orders service which portfolios may trade. Telling it twice changes nothing."""

    def __init__(self, channel: grpc.aio.Channel, timeout_s: float) -> None:
        self._orders = orders_pb2_grpc.OrdersServiceStub(channel)
        self._timeout_s = timeout_s

    async def open(self, records: Iterable[PortfolioRecord]) -> None:
        """Opens portfolios for trading. Fails with OrdersUnreachable."""
        controls = [_account(record) for record in records]
        try:
            for start in range(0, len(controls), CONTROLS_MAX):
                part = orders_pb2.ApplyControlsRequest(controls=controls[start : start + CONTROLS_MAX])
                await self._orders.ApplyControls(part, timeout=self._timeout_s)
        except grpc.RpcError as error:
            said = describe(error)
            raise OrdersUnreachable(f"orders did not take it: {said.reason}: {said.message}") from error

    async def open_again_until_known(self, records: list[PortfolioRecord]) -> None:
        """Opens portfolios for trading, again and again until the orders service knows them."""
        while True:
            try:
                return await self.open(records)
            except OrdersUnreachable as error:
                log.info("the orders service does not know the portfolios yet", problem=error.message)
                await asyncio.sleep(RETRY_S)


def _account(record: PortfolioRecord) -> orders_pb2.Control:
    account = orders_pb2.Account(portfolio_id=record.portfolio_id, desk_id=record.desk_id)
    return orders_pb2.Control(account=account)


class ExecutionFollower:
    """Counts each trade exactly once: positions and the place in the stream are stored in one transaction."""

    def __init__(
        self,
        channel: grpc.aio.Channel,
        store: PortfolioStore,
        ledger: Ledger,
        hub: Hub[PositionKey],
        token: str,
    ) -> None:
        self._orders = orders_pb2_grpc.OrdersServiceStub(channel)
        self._store = store
        self._ledger = ledger
        self._hub = hub
        self._token = token

    async def run(self) -> None:
        """Follows executions for ever."""
        async for response in Follower(self._open, self._token, "executions"):
            if response.WhichOneof("event") == "gap":
                log.error("executions were lost, positions may be wrong", gap=response.gap.message)
            await self.count(response)

    def _open(self, token: str) -> AsyncIterable[orders_pb2.StreamExecutionsResponse]:
        request = orders_pb2.StreamExecutionsRequest(
            exec_types=[orders_pb2.ExecutionReport.TRADE], resume_token=token, from_start=not token
        )
        return self._orders.StreamExecutions(request)

    async def count(self, response: orders_pb2.StreamExecutionsResponse) -> None:
        """Counts the trades of one response, stores them, and then tells readers."""
        counted = self._ledger.count(fill_of(report) for report in response.update.reports)
        await self._keep(counted, response.resume_token)
        self._token = response.resume_token
        self._ledger.adopt(counted)
        for key in counted.holdings:
            self._hub.publish(key)

    async def _keep(self, counted: Counted, token: str) -> None:
        """Stores trades and the token after them; a database that is away is asked again and again."""
        is_kept = False
        while not is_kept:
            try:
                await self._store.record(counted, self._token, token)
                is_kept = True
            except DatabaseUnavailable:
                await asyncio.sleep(RETRY_S)
                is_kept = await self._was_kept(token)

    async def _was_kept(self, token: str) -> bool:
        """Says whether a transaction was committed whose end was not heard of."""
        while True:
            try:
                stored, _ = await self._store.progress()
                return stored == token
            except DatabaseUnavailable:
                await asyncio.sleep(RETRY_S)


async def follow_quotes(channel: grpc.aio.Channel, ledger: Ledger, hub: Hub[PositionKey]) -> None:
    """Marks positions with every new quote, for ever."""
    stub = pricing_pb2_grpc.PricingServiceStub(channel)

    def open_stream(token: str) -> AsyncIterable[pricing_pb2.StreamQuotesResponse]:
        return stub.StreamQuotes(pricing_pb2.StreamQuotesRequest(resume_token=token))

    async for response in Follower(open_stream, name="quotes"):
        for quote in [*response.snapshot.quotes, *response.update.quotes]:
            for key in ledger.quote(quote.symbol, sides_of(quote)):
                hub.publish(key)


async def follow_instruments(channel: grpc.aio.Channel, ledger: Ledger, hub: Hub[PositionKey]) -> None:
    """Learns what instruments are, for ever."""
    stub = assets_pb2_grpc.AssetsServiceStub(channel)

    def open_stream(token: str) -> AsyncIterable[assets_pb2.StreamInstrumentsResponse]:
        return stub.StreamInstruments(assets_pb2.StreamInstrumentsRequest(resume_token=token))

    async for response in Follower(open_stream, name="instruments"):
        changed = [response.update] if response.HasField("update") else []
        for instrument in [*response.snapshot.instruments, *changed]:
            for key in ledger.list_instrument(terms_of(instrument)):
                hub.publish(key)

"""What the service hears from others: which instruments there are, and what became of its orders."""

from collections.abc import AsyncGenerator, AsyncIterable, Mapping
from contextlib import aclosing
from typing import Protocol, cast

import grpc

from tickmesh.assets.v1 import assets_pb2, assets_pb2_grpc
from tickmesh.orders.v1 import orders_pb2, orders_pb2_grpc

from ..runtime import telemetry
from ..runtime.errors import describe
from ..runtime.streams import Follower
from .domain.instruments import AssetType, Instrument, of_type
from .domain.inventory import Inventory
from .wire import bought, instrument_of

KINDS = (
    orders_pb2.ExecutionReport.TRADE,
    orders_pb2.ExecutionReport.CANCELED,
    orders_pb2.ExecutionReport.EXPIRED,
)

Responses = AsyncGenerator[orders_pb2.StreamExecutionsResponse, None]

log = telemetry.logger(__name__)


class Instruments:
    """All instruments that strategies may trade, as the assets service tells them."""

    def __init__(self) -> None:
        self.are_known = False
        self._instruments: dict[str, Instrument] = {}
        self._by_type: dict[AssetType, tuple[Instrument, ...]] = {}

    def of_type(self, asset_type: AssetType) -> tuple[Instrument, ...]:
        """Returns the instruments of one type, sorted by symbol."""
        return self._by_type.get(asset_type, ())

    def get(self, symbol: str) -> Instrument | None:
        """Returns an instrument, or nothing when no strategy trades it."""
        return self._instruments.get(symbol)

    def take(self, response: assets_pb2.StreamInstrumentsResponse) -> None:
        """Takes a snapshot or a change of one instrument."""
        if response.HasField("snapshot"):
            self._instruments.clear()
            self.are_known = True
        changed = [response.update] if response.HasField("update") else []
        for message in [*response.snapshot.instruments, *changed]:
            instrument = instrument_of(message)
            if instrument is None:
                self._instruments.pop(message.symbol, None)
            else:
                self._instruments[message.symbol] = instrument
        every = self._instruments.values()
        self._by_type = {asset_type: of_type(every, asset_type) for asset_type in AssetType}

    async def follow(self, channel: grpc.aio.Channel) -> None:
        """Follows the assets service for ever."""
        stub = assets_pb2_grpc.AssetsServiceStub(channel)

        def open_stream(token: str) -> AsyncIterable[assets_pb2.StreamInstrumentsResponse]:
            return stub.StreamInstruments(assets_pb2.StreamInstrumentsRequest(resume_token=token))

        async for response in Follower(open_stream, name="instruments"):
            self.take(response)


class Trader(Protocol):
    """Whoever wants to know what became of its orders."""

    def executed(self, report: orders_pb2.ExecutionReport) -> None:
        """Takes one report about one of its orders."""

    def reset(self) -> None:
        """Hears that reports are missing, and that all of them come again."""


class Executions:
    """Follows the executions of one portfolio: counts inventories and tells each strategy about its orders.

    `token` and the inventories always belong together; they are stored together, too.
    """

    def __init__(
        self, portfolio_id: str, token: str, inventory: Inventory, traders: Mapping[str, Trader]
    ) -> None:
        self.portfolio_id = portfolio_id
        self.token = token
        self._inventory = inventory
        self._traders = traders

    async def follow(self, channel: grpc.aio.Channel) -> None:
        """Follows the orders service for ever."""
        stub = orders_pb2_grpc.OrdersServiceStub(channel)

        def open_stream(token: str) -> AsyncIterable[orders_pb2.StreamExecutionsResponse]:
            request = orders_pb2.StreamExecutionsRequest(
                portfolio_id=self.portfolio_id, exec_types=KINDS, resume_token=token, from_start=not token
            )
            return stub.StreamExecutions(request)

        while True:
            try:
                follower = Follower(open_stream, self.token, f"executions/{self.portfolio_id}")
                async with aclosing(cast(Responses, aiter(follower))) as responses:
                    await self._take_until_gap(responses)
            except grpc.RpcError as error:
                if describe(error).code is not grpc.StatusCode.INVALID_ARGUMENT or not self.token:
                    raise
            self._count_again()

    async def _take_until_gap(self, responses: Responses) -> None:
        """Takes responses until one says that some are missing; those from the first on are all there are."""
        async for response in responses:
            if response.HasField("gap") and self.token:
                return
            self.take(response)

    def take(self, response: orders_pb2.StreamExecutionsResponse) -> None:
        """Takes one response."""
        for report in response.update.reports:
            order = report.order
            if report.exec_type == orders_pb2.ExecutionReport.TRADE:
                self._inventory.add(order.strategy_id, order.symbol, bought(report))
            if trader := self._traders.get(order.strategy_id):
                trader.executed(report)
        self.token = response.resume_token

    def _count_again(self) -> None:
        """Counts from the first execution on: reports are missing, or the token is of another journal."""
        log.warning("counting executions from the first on", portfolio=self.portfolio_id)
        self.token = ""
        self._inventory.forget(frozenset(self._traders))
        for trader in self._traders.values():
            trader.reset()

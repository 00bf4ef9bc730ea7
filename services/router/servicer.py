"""Speaks as the orders service does, and lets the shards decide."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.orders.v1 import orders_pb2_grpc

from ..runtime.errors import NotFound, TickmeshError
from ..runtime.parsing import parsed
from ..runtime.server import Context, takes_bytes
from . import executions, status, usage
from .batches import Router, Splitter
from .books import Books, passed_on
from .controls import Controls
from .directory import Directory
from .lanes import Lane
from .lists import Listing
from .shards import TIMING, Shards, ShardUnavailable, headers_of

ORDERS = Listing(
    "ListOrders", "orders", pb.ListOrdersResponse, lambda row: row.submit_time, lambda row: row.order_id
)
EXECUTIONS = Listing(
    "ListExecutions",
    "executions",
    pb.ListExecutionsResponse,
    lambda row: row.transact_time,
    lambda row: row.execution_id,
)


class RouterServicer(orders_pb2_grpc.OrdersServiceServicer):
    """The orders service over several shards. What is for one shard passes as bytes, and is checked there."""

    def __init__(self, shards: Shards, directory: Directory, clock: Callable[[], int]) -> None:
        self._shards = shards
        self._directory = directory
        self._clock = clock
        self._controls = Controls(shards, self._shard_of)

    def _shard_of(self, symbol: str) -> int:
        """Returns the shard of an instrument. Fails with ShardUnavailable where the router knows none."""
        return self._shards.get(self._directory.shard_of(symbol)).number

    @takes_bytes
    async def SubmitOrder(self, request: bytes, context: Context) -> bytes:  # type: ignore[override]
        symbol = parsed(pb.SubmitOrderRequest, request).symbol
        return await self._timed(self._directory.shard_of(symbol), "SubmitOrder", request, context)

    @takes_bytes
    async def SubmitOrders(  # type: ignore[override]
        self, requests: AsyncIterator[bytes], context: Context
    ) -> AsyncIterator[bytes]:
        headers, timeout_s = headers_of(context), context.time_remaining()
        lanes = [Lane(shard, headers, timeout_s) for shard in self._shards.every]
        splitter = Splitter(self._shards, self._directory.shard_of)
        async with aclosing(Router(splitter, lanes).answers(requests)) as answers:
            async for answer in answers:
                yield answer

    @takes_bytes
    async def CancelOrder(self, request: bytes, context: Context) -> bytes:  # type: ignore[override]
        return await self._changed("CancelOrder", pb.CancelOrderRequest, request, context)

    @takes_bytes
    async def ReplaceOrder(self, request: bytes, context: Context) -> bytes:  # type: ignore[override]
        return await self._changed("ReplaceOrder", pb.ReplaceOrderRequest, request, context)

    async def _changed(self, method: str, kind: Any, request: bytes, context: Context) -> bytes:
        """Asks the shard of an id; for an order that is named by its client, one shard after the other."""
        order_id = parsed(kind, request).order_id
        if order_id:
            return await self._timed(self._shards.of_id(order_id), method, request, context)
        unknown: list[TickmeshError] = []
        for number in range(len(self._shards)):
            try:
                return await self._timed(number, method, request, context)
            except TickmeshError as error:
                if error.reason not in ("UNKNOWN_ORDER", ShardUnavailable.reason):
                    raise
                unknown.append(error)
        raise max(unknown, key=lambda error: error.reason == ShardUnavailable.reason)

    async def _timed(self, shard: int, method: str, request: bytes, context: Context) -> bytes:
        """Returns what a shard answers, and passes on where the time went."""
        answer, call = await self._shards.get(shard).ask_timed(method, request, context)
        trailers = tuple((key, value) for key, value in await call.trailing_metadata() if key == TIMING)
        context.set_trailing_metadata(trailers)
        headers = tuple((key, value) for key, value in await call.initial_metadata() if key == TIMING)
        if headers:
            await context.send_initial_metadata(headers)
        return answer

    async def MassCancel(self, request: pb.MassCancelRequest, context: Context) -> pb.MassCancelResponse:
        if request.symbol:
            chosen = [self._directory.shard_of(request.symbol)]
        else:
            chosen = list(range(len(self._shards)))
        content = request.SerializeToString()
        asked = (self._shards.get(shard).ask("MassCancel", content, context) for shard in chosen)
        answers = await asyncio.gather(*asked, return_exceptions=True)
        for answer in answers:
            if isinstance(answer, BaseException):  # the other shards have cancelled; it may be repeated
                raise answer
        counts = (pb.MassCancelResponse.FromString(answer).canceled_count for answer in answers)  # type: ignore[arg-type]
        return pb.MassCancelResponse(canceled_count=sum(counts))

    @takes_bytes
    async def GetOrder(self, request: bytes, context: Context) -> bytes:  # type: ignore[override]
        order_id = parsed(pb.GetOrderRequest, request).order_id
        return await self._shards.get(self._shards.of_id(order_id)).ask("GetOrder", request, context)

    async def ListOrders(self, request: pb.ListOrdersRequest, context: Context) -> Any:
        if request.symbol:
            return await self._of_one(
                self._directory.shard_of(request.symbol), "ListOrders", request, context
            )
        return await ORDERS.page(self._shards, request, context)

    async def ListExecutions(self, request: pb.ListExecutionsRequest, context: Context) -> Any:
        if request.order_id:
            number = self._shards.of_id(request.order_id)
            return await self._of_one(number, "ListExecutions", request, context)
        if request.symbol:
            number = self._directory.shard_of(request.symbol)
            return await self._of_one(number, "ListExecutions", request, context)
        return await EXECUTIONS.page(self._shards, request, context)

    async def _of_one(self, shard: int, method: str, request: Any, context: Context) -> bytes:
        return await self._shards.get(shard).ask(method, request.SerializeToString(), context)

    async def StreamExecutions(  # type: ignore[override]  # it writes bytes
        self, request: pb.StreamExecutionsRequest, context: Context
    ) -> AsyncIterator[bytes]:
        async with aclosing(executions.follow(self._shards, request, context, self._clock)) as responses:
            async for response in responses:
                yield response

    @takes_bytes
    async def GetBook(self, request: bytes, context: Context) -> bytes:  # type: ignore[override]
        symbol = parsed(pb.GetBookRequest, request).symbol
        return await self._shards.get(self._directory.shard_of(symbol)).ask("GetBook", request, context)

    async def StreamBook(  # type: ignore[override]  # it writes bytes
        self, request: pb.StreamBookRequest, context: Context
    ) -> AsyncIterator[bytes]:
        async with aclosing(self._books(request, context)) as responses:
            async for response in responses:
                yield response

    def _books(self, request: pb.StreamBookRequest, context: Context) -> AsyncGenerator[bytes, None]:
        wanted: dict[int, list[str]] = {}
        for symbol in request.symbols:
            wanted.setdefault(self._shard_of(symbol), []).append(symbol)
        if len(wanted) == 1:
            (shard,) = wanted
            return passed_on(self._shards.get(shard), request, context)
        every = wanted or {shard.number: [] for shard in self._shards.every}
        return Books(self._shards, request, headers_of(context), self._clock).follow(every)

    async def GetEngineStatus(self, request: pb.GetEngineStatusRequest, context: Context) -> pb.EngineStatus:
        if not request.HasField("shard"):
            return await status.of_all(self._shards, context)
        if request.shard >= len(self._shards):
            raise UnknownShard(request.shard)
        return await self._shards.status(request.shard, context)

    async def ApplyControls(
        self, request: pb.ApplyControlsRequest, context: Context
    ) -> pb.ApplyControlsResponse:
        return await self._controls.apply(request, context)

    async def GetLimitUsage(
        self, request: pb.GetLimitUsageRequest, context: Context
    ) -> pb.GetLimitUsageResponse:
        return await usage.of_all(self._shards, self._directory.shard_of, request, context)


class UnknownShard(NotFound):
    """A shard that there is not."""

    reason = "UNKNOWN_SHARD"

    def __init__(self, shard: int) -> None:
        super().__init__(f"there is no shard {shard}", metadata={"shard": str(shard)})

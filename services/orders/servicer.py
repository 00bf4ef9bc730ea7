"""Speaks protobuf outwards and the domain's types inwards."""

import asyncio
from collections.abc import AsyncIterator, Callable

from tickmesh.common.v1 import streams_pb2
from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.orders.v1 import orders_pb2_grpc

from ..runtime import as_of, paging
from ..runtime.errors import NotFound
from ..runtime.server import Context, takes_bytes
from ..runtime.streams import respond
from ..runtime.wire import Pieces
from ..values import timestamp
from .domain import faults
from .entry import Entry, read_order_id
from .history import History
from .shard import Shard
from .store import Filter, Reader
from .streams import Chosen
from .wire import book_message, change_message, order_message, report_message


class OrderNotFound(NotFound):
    """An id that no order has."""

    reason = "UNKNOWN_ORDER"


class OrdersServicer(orders_pb2_grpc.OrdersServiceServicer):
    """The orders service on the wire."""

    def __init__(self, shard: Shard) -> None:
        self._shard = shard
        self._controls_lock = asyncio.Lock()

    @takes_bytes
    async def SubmitOrder(  # type: ignore[override]  # it reads bytes, and may write them
        self, request: bytes, context: Context
    ) -> pb.Order | bytes:
        with self._shard.hold(1):
            return await self._shard.singles.submit(request, context)

    @takes_bytes
    async def SubmitOrders(  # type: ignore[override]  # it reads and writes bytes
        self, requests: AsyncIterator[bytes], context: Context
    ) -> AsyncIterator[bytes]:
        async for answer in self._shard.pipeline().answers(requests):
            yield answer

    async def CancelOrder(self, request: pb.CancelOrderRequest, context: Context) -> pb.Order:
        return await self._changed(context, lambda entry: entry.cancel(request))

    async def ReplaceOrder(self, request: pb.ReplaceOrderRequest, context: Context) -> pb.Order:
        return await self._changed(context, lambda entry: entry.replace(request))

    async def _changed(self, context: Context, stamp: Callable[[Entry], int]) -> pb.Order:
        with self._shard.hold(1):
            answer = await self._shard.entered(context, stamp)
        if answer.report is None:
            raise faults.refusal(answer.reason, answer.risk or {})
        return order_message(answer.report)

    async def MassCancel(self, request: pb.MassCancelRequest, context: Context) -> pb.MassCancelResponse:
        with self._shard.hold(1):
            sequence = self._shard.entry.mass_cancel(request)
            if sequence is None:
                return pb.MassCancelResponse()
            answer = await self._shard.entered(context, lambda entry: sequence)
        return pb.MassCancelResponse(canceled_count=answer.canceled)

    async def GetOrder(self, request: pb.GetOrderRequest, context: Context) -> pb.Order:
        order_id, moment_ns = read_order_id(request.order_id), as_of.as_of_ns(request)
        report = await self._shard.queries.read(
            lambda reader, connection: _at(reader, moment_ns).order(connection, order_id)
        )
        if report is None:
            then = "" if moment_ns is None else f" at {request.as_of.ToJsonString()}"
            problem = f"order {request.order_id} does not exist{then}"
            raise OrderNotFound(problem, metadata={"order_id": request.order_id})
        return order_message(report)

    async def ListOrders(self, request: pb.ListOrdersRequest, context: Context) -> pb.ListOrdersResponse:
        chosen = Filter(
            portfolio_id=request.portfolio_id,
            symbol=request.symbol,
            status=request.status,
            open_only=request.open_only,
            client_order_id=request.client_order_id,
        )
        page = _Page(request)
        found = await self._shard.queries.read(
            lambda reader, connection: _at(reader, page.moment_ns).orders(
                connection, chosen, page.before, page.limit + 1
            )
        )
        shown = found[: page.limit]
        token = page.next_token(shown[-1].ticket.order_id) if len(found) > page.limit else ""
        return pb.ListOrdersResponse(orders=map(order_message, shown), next_page_token=token)

    async def ListExecutions(
        self, request: pb.ListExecutionsRequest, context: Context
    ) -> pb.ListExecutionsResponse:
        chosen = Filter(
            order_id=read_order_id(request.order_id) if request.order_id else 0,
            portfolio_id=request.portfolio_id,
            symbol=request.symbol,
            exec_type=request.exec_type,
        )
        page = _Page(request)
        found = await self._shard.queries.read(
            lambda reader, connection: _at(reader, page.moment_ns).executions(
                connection, chosen, page.before, page.limit + 1
            )
        )
        shown = found[: page.limit]
        token = page.next_token(shown[-1].sequence) if len(found) > page.limit else ""
        return pb.ListExecutionsResponse(executions=map(report_message, shown), next_page_token=token)

    async def StreamExecutions(
        self, request: pb.StreamExecutionsRequest, context: Context
    ) -> AsyncIterator[pb.StreamExecutionsResponse]:
        chosen = Chosen(self._shard.venue, frozenset(request.exec_types), request.portfolio_id)
        events = self._shard.executions.follow(request.resume_token, request.from_start, chosen)
        async for response in respond(
            events, pb.StreamExecutionsResponse, update=Pieces, clock=self._shard.clock
        ):
            yield response

    async def GetBook(self, request: pb.GetBookRequest, context: Context) -> pb.Book:
        listing = self._shard.venue.listings.get(request.symbol)
        return book_message(await self._shard.books.book(listing.index, request.depth or 20))

    async def StreamBook(
        self, request: pb.StreamBookRequest, context: Context
    ) -> AsyncIterator[pb.StreamBookResponse]:
        for symbol in request.symbols:
            self._shard.venue.listings.get(symbol, "symbols")
        conflated = request.delivery != streams_pb2.Delivery.COMPLETE
        events = self._shard.books.follow(request.resume_token, frozenset(request.symbols), conflated)
        async for response in respond(
            events,
            pb.StreamBookResponse,
            update=lambda changes: pb.BookUpdates(updates=map(change_message, changes)),
            snapshot=lambda books: pb.BookSnapshot(books=map(book_message, books)),
            clock=self._shard.clock,
        ):
            yield response

    async def GetEngineStatus(self, request: pb.GetEngineStatusRequest, context: Context) -> pb.EngineStatus:
        if request.HasField("shard") and request.shard != self._shard.number:
            raise faults.UnknownShard(request.shard)
        status, state_hash = await self._shard.sequencer.inspect()
        return pb.EngineStatus(
            shard=self._shard.number,
            epoch=self._shard.epoch,
            command_sequence=status.command_sequence,
            event_sequence=status.event_sequence,
            state_hash=f"{state_hash:016x}",
            open_orders=status.orders,
            instruments=status.instruments,
            projected_sequence=self._shard.projected(status.event_sequence),
            start_time=timestamp(self._shard.start_time_ns),
            commands_per_second=self._shard.sequencer.commands_per_second(),
            executions_token=self._shard.executions.token(),
        )

    async def GetLimitUsage(
        self, request: pb.GetLimitUsageRequest, context: Context
    ) -> pb.GetLimitUsageResponse:
        async with self._controls_lock:  # who asks may divide what is left: a limit on its way counts
            return pb.GetLimitUsageResponse(usages=await self._shard.usages(request.limits))

    async def ApplyControls(
        self, request: pb.ApplyControlsRequest, context: Context
    ) -> pb.ApplyControlsResponse:
        # Shielded: who hangs up and asks again waits for the first answer instead of stamping it twice.
        return await asyncio.shield(self._apply_once(request))

    async def _apply_once(self, request: pb.ApplyControlsRequest) -> pb.ApplyControlsResponse:
        async with self._controls_lock:
            first = self._shard.controls.first_answer(request)
            if first is not None:
                return first
            return await self._apply(request)

    async def _apply(self, request: pb.ApplyControlsRequest) -> pb.ApplyControlsResponse:
        sequences = self._shard.controls.stamp(request)
        if not sequences:
            return pb.ApplyControlsResponse(command=self._shard.venue.last_command)
        answers = await self._shard.sequencer.settled(sequences)
        for answer in answers:
            if answer.reason:
                raise faults.refusal(answer.reason, {"command": str(answer.command)})
        canceled = sum(answer.canceled for answer in answers)
        return pb.ApplyControlsResponse(command=sequences[-1], canceled_count=canceled)


def _at(reader: Reader, moment_ns: int | None) -> Reader | History:
    """Returns who answers for a moment; without one it is now."""
    return reader if moment_ns is None else History(reader, moment_ns)


class _Page:
    """Where a page begins, how long it is, and at which moment."""

    def __init__(self, request: pb.ListOrdersRequest | pb.ListExecutionsRequest) -> None:
        self.moment_ns = as_of.as_of_ns(request)
        key = as_of.decode(request.page_token, (int,), self.moment_ns)
        self.before = None if key is None else int(key[0])
        self.limit = paging.page_limit(request.page_size)

    def next_token(self, last: int) -> str:
        """Returns the token of the page that follows the row with this number."""
        return as_of.encode(self.moment_ns, last)

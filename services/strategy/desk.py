"""The way to the orders service: one stream of batches, and the mass cancel."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc

from tickmesh.orders.v1 import orders_pb2, orders_pb2_grpc

from ..runtime.errors import Unavailable

ACTIONS_MAX = 1_000
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class OrderStreamEnded(Unavailable):
    """The stream of orders ended: the server is leaving, or gone."""

    reason = "ORDER_STREAM_ENDED"


def base36(number: int) -> str:
    """Returns a number, zero or more, in digits and lower-case letters."""
    text = ""
    while True:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
        if number == 0:
            return text


class ClientOrderIds:
    """Ids for new orders that never come again, not over a restart either."""

    def __init__(self, start_ns: int) -> None:
        self._prefix = base36(start_ns)
        self._count = 0

    def next(self) -> str:
        """Returns an id that nobody else has."""
        self._count += 1
        return f"{self._prefix}-{base36(self._count)}"


class OrderStream:
    """One open stream of batches. A batch waits for the answer to the one before."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._requests: asyncio.Queue[orders_pb2.SubmitOrdersRequest] = asyncio.Queue(1)
        self._call: Any = None

    def open(self, stub: "orders_pb2_grpc.OrdersServiceAsyncStub") -> None:
        """Begins the call."""
        self._call = stub.SubmitOrders(self._sent())

    async def _sent(self) -> AsyncIterator[orders_pb2.SubmitOrdersRequest]:
        while True:
            yield await self._requests.get()

    async def send(self, actions: Sequence[orders_pb2.OrderAction]) -> list[orders_pb2.ActionResult]:
        """Returns one result an action, in order. Fails with RpcError, TimeoutError or OrderStreamEnded."""
        results: list[orders_pb2.ActionResult] = []
        for start in range(0, len(actions), ACTIONS_MAX):
            results += await self._send(actions[start : start + ACTIONS_MAX])
        return results

    async def _send(self, actions: Sequence[orders_pb2.OrderAction]) -> Sequence[orders_pb2.ActionResult]:
        async with asyncio.timeout(self._timeout_s):
            await self._requests.put(orders_pb2.SubmitOrdersRequest(actions=actions))
            response = await self._call.read()
        if not isinstance(response, orders_pb2.SubmitOrdersResponse):
            raise OrderStreamEnded("the orders service ended the stream")
        return response.results

    def check(self) -> None:
        """Fails with OrderStreamEnded when the call is over: one that seldom sends would not notice."""
        if self._call.done():
            raise OrderStreamEnded("the orders service is gone")

    def close(self) -> None:
        """Ends the call, whatever it is doing."""
        self._call.cancel()


class Desk:
    """Sends orders for all strategies, each over a stream of its own."""

    def __init__(self, channel: grpc.aio.Channel, timeout_s: float, start_ns: int | None = None) -> None:
        self._stub = orders_pb2_grpc.OrdersServiceStub(channel)
        self._timeout_s = timeout_s
        self.ids = ClientOrderIds(time.time_ns() if start_ns is None else start_ns)

    @asynccontextmanager
    async def stream(self) -> AsyncIterator[OrderStream]:
        """Opens a stream of batches for the length of a with block."""
        stream = OrderStream(self._timeout_s)
        stream.open(self._stub)
        try:
            yield stream
        finally:
            stream.close()

    async def cancel_all(self, portfolio_id: str, strategy_id: str) -> int:
        """Cancels every live order of a strategy and returns how many there were. Fails with RpcError."""
        request = orders_pb2.MassCancelRequest(portfolio_id=portfolio_id, strategy_id=strategy_id)
        response = await self._stub.MassCancel(request, timeout=self._timeout_s)
        return response.canceled_count

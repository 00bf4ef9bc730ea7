"""Those who use the order path and never give up: traders, and readers of the streams."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import grpc
from grpc.aio import AioRpcError

from tests.services.orders.following import BookReader
from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.orders.v1 import orders_pb2_grpc
from tickmesh.services.runtime.streams import Follower

from .nodes import SYMBOLS
from .process import Process
from .virtual_loop import VirtualLoop

CALL_S = 0.4
ASKED_AGAIN = 3  # orders of a trader, in the end
AGAIN = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.INTERNAL,
    }
)


class Lie(AssertionError):
    """Somebody was told what cannot be so."""


@dataclass(slots=True)
class Told:
    """What traders were answered, by client_order_id."""

    orders: dict[str, pb.Order] = field(default_factory=dict)
    results: dict[str, pb.ActionResult] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)  # answers that blame the server


class Trader:
    """A client who sends everything again, with the same client_order_id, until it is answered."""

    def __init__(self, name: str, told: Told, anyone: Any, newest: Any, chance: random.Random) -> None:
        self.name = name
        self._told = told
        self._stub = orders_pb2_grpc.OrdersServiceStub(anyone)
        self._newest = orders_pb2_grpc.OrdersServiceStub(newest)
        self._chance = chance
        self._numbers = 0
        self._sent: list[str] = []
        self._answered: list[pb.SubmitOrderRequest] = []

    async def run(self, actions: int) -> None:
        """Opens the portfolio, then trades."""
        await self._control(pb.Control(account=pb.Account(portfolio_id=self.name, desk_id="desk")))
        for _ in range(actions):
            await asyncio.sleep(self._chance.expovariate(50.0))
            kind = self._chance.random()
            if kind < 0.55:
                await self._submit()
            elif kind < 0.92:
                await self._batch()
            else:
                await self._halt_and_go_on()

    async def _submit(self) -> None:
        request = self._order()
        order = await self._until_answered(self._stub.SubmitOrder, request)
        if order is None:
            return
        self._told.orders[request.client_order_id] = order
        self._answered.append(request)
        if self._chance.random() < 0.2:
            await self._ask_again(self._chance.choice(self._answered))
        if self._chance.random() < 0.3:
            found = await self._until_answered(
                self._newest.GetOrder, pb.GetOrderRequest(order_id=order.order_id)
            )
            if found is None or int(found.cum_quantity) < int(order.cum_quantity):
                raise Lie(f"order {order.order_id} was acknowledged, and read back as {found}")

    async def ask_again(self) -> None:
        """Sends orders again that were answered long ago."""
        for request in self._chance.sample(self._answered, min(len(self._answered), ASKED_AGAIN)):
            await self._ask_again(request)

    async def _ask_again(self, request: pb.SubmitOrderRequest) -> None:
        first = self._told.orders[request.client_order_id]
        again = await self._until_answered(self._newest.SubmitOrder, request)
        if again != first:
            raise Lie(f"{request.client_order_id} was answered {first}, and then {again}")

    async def _batch(self) -> None:
        batch = pb.SubmitOrdersRequest()
        for _ in range(self._chance.randint(1, 8)):
            self._add_action(batch)
        response = await self._until_answered(self._send, batch)
        for action, result in zip(batch.actions, response.results, strict=True):
            if action.HasField("submit") and not result.reason:
                self._told.results[action.submit.client_order_id] = result

    async def _send(self, batch: pb.SubmitOrdersRequest, timeout: float) -> Any:
        async for response in self._stub.SubmitOrders([batch], timeout=timeout):
            return response
        raise Lie("a stream ended without an answer to its message")

    def _add_action(self, batch: pb.SubmitOrdersRequest) -> None:
        kind = self._chance.random()
        if kind < 0.7 or not self._sent:
            batch.actions.add(submit=self._order())
            return
        mine = {"portfolio_id": self.name, "client_order_id": self._chance.choice(self._sent[-12:])}
        if kind < 0.9:
            batch.actions.add(cancel=pb.CancelOrderRequest(**mine))
        else:
            quantity = str(self._chance.randint(1, 30))
            batch.actions.add(replace=pb.ReplaceOrderRequest(**mine, quantity=quantity))

    def _order(self) -> pb.SubmitOrderRequest:
        self._numbers += 1
        market = self._chance.random() < 0.1
        request = pb.SubmitOrderRequest(
            client_order_id=f"{self.name}-{self._numbers}",
            portfolio_id=self.name,
            symbol=self._chance.choice(SYMBOLS),
            side=self._chance.choice([pb.Order.BUY, pb.Order.SELL]),
            order_type=pb.Order.MARKET if market else pb.Order.LIMIT,
            quantity=str(self._chance.randint(1, 30)),
            price="" if market else f"{self._chance.randint(9_990, 10_010) / 100:.2f}",
            time_in_force=0 if market else self._chance.choice([1, 2, 2, 3]),
        )
        self._sent.append(request.client_order_id)
        return request

    async def _halt_and_go_on(self) -> None:
        scope = pb.RiskScope(level=pb.RiskScope.PORTFOLIO, id=self.name)
        for state in (pb.TradingState.HALTED, pb.TradingState.ACTIVE):
            await self._control(pb.Control(trading_state=pb.TradingState(scope=scope, state=state)))

    async def _control(self, control: pb.Control) -> None:
        self._numbers += 1
        request = pb.ApplyControlsRequest(request_id=f"{self.name}-r{self._numbers}", controls=[control])
        answer = await self._until_answered(self._stub.ApplyControls, request)
        again = await self._until_answered(self._newest.ApplyControls, request)
        if answer not in (None, again):  # an owner of old may not know the portfolio, and refuse
            raise Lie(f"request {request.request_id} was answered {answer}, and then {again}")

    async def _until_answered(self, call: Any, request: Any) -> Any:
        """Returns the answer, or None when it was refused for good."""
        while True:
            try:
                return await call(request, timeout=CALL_S)
            except AioRpcError as error:
                if error.code() not in AGAIN:
                    return None
                if error.code() is grpc.StatusCode.INTERNAL:
                    self._told.faults.append(error.details() or "")
            await asyncio.sleep(self._chance.expovariate(20.0))


class ExecutionReader:
    """A consumer that keeps each report and its token together, and counts nothing twice."""

    def __init__(self, loop: VirtualLoop, name: str, channel: Any, chance: random.Random) -> None:
        self.name = name
        self.token = ""
        self.reports: list[pb.ExecutionReport] = []
        self.lie = ""  # that it was told
        self._loop = loop
        self._stub = orders_pb2_grpc.OrdersServiceStub(channel)
        self._chance = chance
        self.begin()

    def begin(self) -> None:
        """Starts the process, from what was kept."""
        self.process = Process(self._loop, self.name)
        self.process.spawn(self._run(), vital=True)

    async def _run(self) -> None:
        async for response in Follower(self._open, self.token, self.name):
            if response.HasField("gap"):
                self.lie = f"{self.name} was told of a gap: {response.gap.message}"
            if self._chance.random() < 0.1:
                await asyncio.sleep(self._chance.expovariate(4.0))
            self.reports += response.update.reports
            self.token = response.resume_token

    def _open(self, token: str) -> AsyncIterator[pb.StreamExecutionsResponse]:
        request = pb.StreamExecutionsRequest(resume_token=token, from_start=not token)
        stream: AsyncIterator[pb.StreamExecutionsResponse] = self._stub.StreamExecutions(request)
        return stream

    @property
    def position(self) -> int:
        """Returns the last report that came."""
        return int(self.reports[-1].execution_id) if self.reports else 0


class BookWatcher:
    """A reader that rebuilds books from snapshots and changes."""

    def __init__(self, loop: VirtualLoop, channel: Any, mode: int) -> None:
        self.books = BookReader()
        self._stub = orders_pb2_grpc.OrdersServiceStub(channel)
        self._mode = mode
        self.process = Process(loop, "book watcher")
        self.process.spawn(self._run(), vital=True)

    async def _run(self) -> None:
        async for response in Follower(self._open, "", "books"):
            self.books.take(response)

    def _open(self, token: str) -> AsyncIterator[pb.StreamBookResponse]:
        request: Any = pb.StreamBookRequest(symbols=SYMBOLS, delivery=self._mode, resume_token=token)
        stream: AsyncIterator[pb.StreamBookResponse] = self._stub.StreamBook(request)
        return stream

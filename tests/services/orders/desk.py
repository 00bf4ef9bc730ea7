"""What the tests of orders share: a server with two portfolios, and short ways to say what they do."""

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.orders.v1 import orders_pb2_grpc
from tickmesh.services.assets import service as assets
from tickmesh.services.orders import service as orders
from tickmesh.services.runtime.errors import RemoteError, describe
from tickmesh.services.runtime.testing import serve_for_test

Order, Report = pb.Order, pb.ExecutionReport
BUY, SELL = Order.BUY, Order.SELL
PORTFOLIOS = ("demo", "other")
PRICE = "189.20"

_numbers = itertools.count(1)


def an_order(side: Any = BUY, quantity: str = "10", price: str = PRICE, **more: Any) -> pb.SubmitOrderRequest:
    """Returns a limit order in AAPL with a client_order_id of its own."""
    told = {
        "client_order_id": f"c-{next(_numbers)}",
        "portfolio_id": "demo",
        "symbol": "AAPL",
        "side": side,
        "order_type": Order.LIMIT if price else Order.MARKET,
        "quantity": quantity,
        "price": price,
    }
    return pb.SubmitOrderRequest(**(told | more))


def actions(*requests: Any) -> pb.SubmitOrdersRequest:
    """Returns a batch of new orders, cancels and replaces."""
    names = {
        pb.SubmitOrderRequest: "submit",
        pb.CancelOrderRequest: "cancel",
        pb.ReplaceOrderRequest: "replace",
    }
    every = [pb.OrderAction(**{names[type(request)]: request}) for request in requests]
    return pb.SubmitOrdersRequest(actions=every)


def scope(level: str, name: str = "", symbol: str = "") -> pb.RiskScope:
    """Returns a place for a limit or a trading state."""
    return pb.RiskScope(level=pb.RiskScope.Level.Value(level), id=name, symbol=symbol)


def a_limit(kind: str, value: str, place: pb.RiskScope) -> pb.Control:
    """Returns a control that sets a limit."""
    return pb.Control(
        limit=pb.EngineLimit(scope=place, limit_type=pb.EngineLimit.LimitType.Value(kind), value=value)
    )


def a_state(state: str, place: pb.RiskScope, cancel: bool = False) -> pb.Control:
    """Returns a control that sets a trading state."""
    told = pb.TradingState(scope=place, state=pb.TradingState.State.Value(state), cancel_orders=cancel)
    return pb.Control(trading_state=told)


def an_account(portfolio_id: str, desk_id: str = "desk") -> pb.Control:
    """Returns a control that opens a portfolio."""
    return pb.Control(account=pb.Account(portfolio_id=portfolio_id, desk_id=desk_id))


async def refusal_of(call: Any) -> RemoteError:
    """Returns what a call fails with."""
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await call
    return describe(failure.value)


class Desk:
    """A client of the orders service."""

    def __init__(self, stub: Any, channel: grpc.aio.Channel | None = None) -> None:
        self.stub = stub
        self.channel = channel

    async def submit(
        self, side: Any = BUY, quantity: str = "10", price: str = PRICE, **more: Any
    ) -> pb.Order:
        """Sends one order."""
        order: pb.Order = await self.stub.SubmitOrder(an_order(side, quantity, price, **more))
        return order

    async def refused(self, *told: Any, **more: Any) -> RemoteError:
        """Sends one order that must be refused."""
        return await refusal_of(self.submit(*told, **more))

    async def batch(self, *requests: Any) -> list[pb.ActionResult]:
        """Sends one batch."""
        return await self.send(actions(*requests))

    async def send(self, request: pb.SubmitOrdersRequest) -> list[pb.ActionResult]:
        """Sends one message of the stream of batches."""
        (response,) = [found async for found in self.stub.SubmitOrders(iter([request]))]
        return list(response.results)

    async def control(self, *controls: pb.Control, request_id: str = "") -> pb.ApplyControlsResponse:
        """Applies controls."""
        request = pb.ApplyControlsRequest(request_id=request_id, controls=controls)
        answer: pb.ApplyControlsResponse = await self.stub.ApplyControls(request)
        return answer

    async def cancel(self, order: pb.Order) -> pb.Order:
        """Cancels an order."""
        canceled: pb.Order = await self.stub.CancelOrder(pb.CancelOrderRequest(order_id=order.order_id))
        return canceled

    async def get(self, order: pb.Order) -> pb.Order:
        """Reads an order."""
        found: pb.Order = await self.stub.GetOrder(pb.GetOrderRequest(order_id=order.order_id))
        return found

    async def status(self) -> pb.EngineStatus:
        """Returns where the engine stands."""
        status: pb.EngineStatus = await self.stub.GetEngineStatus(pb.GetEngineStatusRequest())
        return status

    async def book(self, symbol: str = "AAPL", depth: int = 1_000) -> pb.Book:
        """Reads a book."""
        book: pb.Book = await self.stub.GetBook(pb.GetBookRequest(symbol=symbol, depth=depth))
        return book

    async def levels(self) -> tuple[list[tuple[str, str, int]], list[tuple[str, str, int]]]:
        """Returns bids and asks of AAPL: price, quantity, orders."""
        return levels_of(await self.book())

    async def executions(self, **chosen: Any) -> list[pb.ExecutionReport]:
        """Lists every report, oldest first."""
        found: list[pb.ExecutionReport] = []
        token = ""
        while True:
            page = await self.stub.ListExecutions(
                pb.ListExecutionsRequest(page_size=1_000, page_token=token, **chosen)
            )
            found += page.executions
            token = page.next_page_token
            if not token:
                return found[::-1]

    async def orders(self, **chosen: Any) -> list[pb.Order]:
        """Lists orders, newest first, up to a page."""
        page = await self.stub.ListOrders(pb.ListOrdersRequest(page_size=1_000, **chosen))
        return list(page.orders)


def levels_of(book: pb.Book) -> tuple[list[tuple[str, str, int]], list[tuple[str, str, int]]]:
    """Returns bids and asks: price, quantity, orders."""
    bids, asks = (
        [(level.price, level.quantity, level.order_count) for level in side]
        for side in (book.bids, book.asks)
    )
    return bids, asks


@asynccontextmanager
async def open_desk(
    tmp_path: Path, clock: Callable[[], int] | None = None, **settings: Any
) -> AsyncIterator[Desk]:
    """Runs assets and orders with the portfolios open."""
    told = settings if clock is None else settings | {"clock": clock}
    async with serve_for_test([assets.start, orders.start], tmp_path, **told) as host:
        channel = host.channel("orders")
        desk = Desk(orders_pb2_grpc.OrdersServiceStub(channel), channel)
        await desk.control(*(an_account(name) for name in PORTFOLIOS))
        yield desk

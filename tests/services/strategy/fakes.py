"""An orders service for tests: rests what rests, lets takers hit it, refuses what it is told to."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.orders.v1 import orders_pb2_grpc
from tickmesh.services.runtime.errors import InvalidArgument, NotFound, Unavailable
from tickmesh.services.runtime.host import Host, Start


@dataclass
class FakeOrders(orders_pb2_grpc.OrdersServiceServicer):
    """One place for all orders. `refuse` answers every new order and replace with a reason."""

    portfolios: set[str] = field(default_factory=lambda: {"market-makers", "takers"})
    refuse: str = ""
    down: bool = False
    live: dict[str, pb.Order] = field(default_factory=dict)
    reports: list[pb.ExecutionReport] = field(default_factory=list)
    batches: list[pb.SubmitOrdersRequest] = field(default_factory=list)
    mass_cancels: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    opened: int = 0
    number: int = 0
    says_gap: bool = False

    def of(self, strategy_id: str) -> list[pb.Order]:
        return [order for order in self.live.values() if order.strategy_id == strategy_id]

    async def SubmitOrders(
        self, requests: AsyncIterator[pb.SubmitOrdersRequest], context: Any
    ) -> AsyncIterator[pb.SubmitOrdersResponse]:
        self.opened += 1
        async for request in requests:
            if self.down:
                raise Unavailable("the orders service is down")
            self.batches.append(request)
            yield pb.SubmitOrdersResponse(results=[self._act(action) for action in request.actions])

    async def MassCancel(self, request: Any, context: Any) -> pb.MassCancelResponse:
        if self.down:
            raise Unavailable("the orders service is down")
        if request.portfolio_id not in self.portfolios:
            raise NotFound(f"there is no portfolio {request.portfolio_id}", reason="UNKNOWN_PORTFOLIO")
        self.mass_cancels.append(request.strategy_id)
        gone = self.of(request.strategy_id)
        for order in gone:
            del self.live[order.order_id]
        return pb.MassCancelResponse(canceled_count=len(gone))

    async def StreamExecutions(
        self, request: Any, context: Any
    ) -> AsyncIterator[pb.StreamExecutionsResponse]:
        position = int(request.resume_token or 0)
        if position > len(self.reports):
            if not self.says_gap:
                raise InvalidArgument("resume_token: of a journal that is gone")
            response = pb.StreamExecutionsResponse(sequence=1, resume_token="0")
            response.gap.message = "the journal is gone"
            yield response
            return
        for sequence in range(1, 1_000_000):
            batch = self.reports[position : position + 100]
            position += len(batch)
            mine = [report for report in batch if report.order.portfolio_id == request.portfolio_id]
            response = pb.StreamExecutionsResponse(sequence=sequence, resume_token=str(position))
            response.update.reports.extend(mine)
            if not mine:
                response.heartbeat.SetInParent()
            yield response
            await asyncio.sleep(0 if batch else 0.01)

    def _act(self, action: pb.OrderAction) -> pb.ActionResult:
        kind = action.WhichOneof("action")
        if kind == "cancel":
            return self._cancel(action.cancel.order_id)
        if self.refuse:
            return pb.ActionResult(status=pb.Order.REJECTED, reason=self.refuse, message="says the test")
        if kind == "replace":
            return self._replace(action.replace)
        return self._submit(action.submit)

    def _submit(self, new: pb.SubmitOrderRequest) -> pb.ActionResult:
        assert new.client_order_id not in self.names
        self.names.add(new.client_order_id)
        self.number += 1
        order = pb.Order(
            order_id=str(self.number), client_order_id=new.client_order_id, portfolio_id=new.portfolio_id,
            strategy_id=new.strategy_id, symbol=new.symbol, side=new.side, quantity=new.quantity,
            price=new.price, status=pb.Order.NEW, cum_quantity="0", leaves_quantity=new.quantity,
        )  # fmt: skip
        if new.time_in_force == pb.Order.IOC:
            self._take(order)
            order.status = pb.Order.CANCELED if order.status == pb.Order.NEW else order.status
        else:
            self.live[order.order_id] = order
        return _result(order)

    def _replace(self, request: pb.ReplaceOrderRequest) -> pb.ActionResult:
        order = self.live.get(request.order_id)
        if order is None:
            return pb.ActionResult(reason="UNKNOWN_ORDER")
        order.price, order.quantity = request.price, request.quantity
        order.leaves_quantity = str(Decimal(order.quantity) - Decimal(order.cum_quantity))
        return _result(order)

    def _cancel(self, order_id: str) -> pb.ActionResult:
        order = self.live.pop(order_id, None)
        if order is None:
            return pb.ActionResult(reason="UNKNOWN_ORDER")
        order.status = pb.Order.CANCELED
        return _result(order)

    def _take(self, order: pb.Order) -> None:
        """Lets an order trade with the best order of the other side, once."""
        buys = order.side == pb.Order.BUY
        others = [one for one in self.live.values() if one.symbol == order.symbol and one.side != order.side]
        if not others:
            return
        best = (min if buys else max)(others, key=lambda one: Decimal(one.price))
        if (Decimal(best.price) > Decimal(order.price)) is buys and best.price != order.price:
            return
        quantity = min(Decimal(order.leaves_quantity), Decimal(best.leaves_quantity))
        for one in (best, order):
            self._fill(one, quantity, best.price)

    def _fill(self, order: pb.Order, quantity: Decimal, price: str) -> None:
        order.cum_quantity = str(Decimal(order.cum_quantity) + quantity)
        order.leaves_quantity = str(Decimal(order.leaves_quantity) - quantity)
        is_done = Decimal(order.leaves_quantity) == 0
        order.status = pb.Order.FILLED if is_done else pb.Order.PARTIALLY_FILLED
        if is_done:
            self.live.pop(order.order_id, None)
        report = pb.ExecutionReport(
            exec_type=pb.ExecutionReport.TRADE, order=order, last_quantity=str(quantity), last_price=price
        )
        report.transact_time.GetCurrentTime()
        self.reports.append(report)


def _result(order: pb.Order) -> pb.ActionResult:
    return pb.ActionResult(
        order_id=order.order_id,
        status=order.status,
        cum_quantity=order.cum_quantity,
        leaves_quantity=order.leaves_quantity,
    )


def fake_orders() -> FakeOrders:
    """Returns an orders service without orders."""
    return FakeOrders()  # type: ignore[abstract]  # the calls that no strategy makes are not there


def orders_start(orders: FakeOrders) -> Start:
    """Returns how a test host starts it."""

    async def start(host: Host) -> None:
        host.serve(orders_pb2_grpc.add_OrdersServiceServicer_to_server, orders)

    start.__module__ = "fakes.orders.service"
    return start


async def eventually(check: Callable[[], Any], timeout_s: float = 15.0) -> Any:
    """Waits until a check returns something true, and returns it."""
    async with asyncio.timeout(timeout_s):
        while True:
            found = check()
            found = await found if asyncio.iscoroutine(found) else found
            if found:
                return found
            await asyncio.sleep(0.02)

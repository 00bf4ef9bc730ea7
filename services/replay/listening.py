"""Hears what the platform tells about the replay: every change of the book, and the trades."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any

from tickmesh.common.v1 import streams_pb2
from tickmesh.orders.v1 import orders_pb2 as pb

from ..runtime.streams import Follower
from .plan import Do, Plan
from .sending import Sent
from .stage import Stage
from .wire import hit_name

PAGE_MAX = 1_000
LIST_TIMEOUT_S = 60.0  # a list waits until the tables hold all that was acknowledged


class BookListener:
    """Keeps every response of the book's stream, to be looked at later."""

    def __init__(self, stub: Any, symbol: str) -> None:
        self.responses: list[pb.StreamBookResponse] = []
        self.gaps = 0
        self._stub = stub
        self._symbol = symbol
        self._command = 0
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Listens for ever. A stream that breaks is resumed where it broke."""
        async for response in Follower(self._open, name="book"):
            self.gaps += response.HasField("gap")
            self.responses.append(response)
            commands = [book.command for book in response.snapshot.books]
            commands += [update.command for update in response.update.updates[-1:]]
            self._command = max([self._command, *commands])
            self._news.set()

    def _open(self, token: str) -> AsyncIterable[pb.StreamBookResponse]:
        request = pb.StreamBookRequest(
            symbols=[self._symbol], delivery=streams_pb2.Delivery.COMPLETE, resume_token=token
        )
        stream: AsyncIterable[pb.StreamBookResponse] = self._stub.StreamBook(request)
        return stream

    async def wait_for_start(self, timeout_s: float) -> None:
        """Waits for the first snapshot. Fails with TimeoutError."""
        async with asyncio.timeout(timeout_s):
            await self._news.wait()

    async def wait_for(self, command: int, silence_s: float) -> bool:
        """Waits until a command was told; gives up, and says so, when nothing comes for so long."""
        try:
            while self._command < command:
                self._news.clear()
                async with asyncio.timeout(silence_s):
                    await self._news.wait()
        except TimeoutError:
            return False
        return True


async def count_named_hits(stub: Any, stage: Stage, plan: Plan, sent: Sent) -> int:
    """Returns how many hits traded in full with the very order that the recording names, and no other."""
    resting: dict[str, str] = {}
    async for report in _trades(stub, stage.passive, stage.symbol):
        resting[report.trade_id] = report.order.client_order_id
    met: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    async for report in _trades(stub, stage.takers, stage.symbol):
        met[report.order.client_order_id].append(
            (resting.get(report.trade_id, ""), int(report.last_quantity))
        )
    wanted = plan.actions[: sent.answered]
    return sum(
        met[hit_name(number)] == [(action.name, action.quantity)]
        for number, action in enumerate(wanted)
        if action.do is Do.HIT
    )


async def _trades(stub: Any, portfolio: str, symbol: str) -> AsyncIterator[pb.ExecutionReport]:
    token = ""
    while True:
        request = pb.ListExecutionsRequest(
            portfolio_id=portfolio,
            symbol=symbol,
            exec_type=pb.ExecutionReport.TRADE,
            page_size=PAGE_MAX,
            page_token=token,
        )
        page = await stub.ListExecutions(request, timeout=LIST_TIMEOUT_S)
        for report in page.executions:
            yield report
        token = page.next_page_token
        if not token:
            return

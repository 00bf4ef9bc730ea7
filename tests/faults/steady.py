"""Clients that never give up: an order is sent until it is answered, executions are followed for ever."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc
from grpc import StatusCode as Code

from tests.services.orders.desk import BUY, SELL, Desk, an_order
from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.services.runtime.following import Follower

WORKERS = 8
TIMEOUT_S = 1.0
# CANCELLED is what gRPC makes of calls that had reached a server which ends before it looked at them.
COME_AGAIN = (Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.RESOURCE_EXHAUSTED, Code.CANCELLED)
PAUSE_S = 0.02  # before an order is sent again


@dataclass(frozen=True, slots=True)
class Answered:
    """An order, its first answer, and when it was first sent."""

    request: pb.SubmitOrderRequest
    answer: pb.Order
    sent_s: float
    answered_s: float


class Steady:
    """Some workers, each with one order on its way."""

    def __init__(self, desk: Desk) -> None:
        self.answered: list[Answered] = []
        self.retries = 0
        self.unavailable = 0  # how many of them because nobody was there
        self._desk = desk
        self._chance = random.Random(11)
        self._ends = False
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Sends until `end`; then every order is answered."""
        async with asyncio.TaskGroup() as group:
            for _ in range(WORKERS):
                group.create_task(self._work())
        self._ended.set()

    async def stop(self) -> None:
        """Sends nothing new, and waits until everything is answered."""
        self._ends = True
        async with asyncio.timeout(60):
            await self._ended.wait()

    async def _work(self) -> None:
        while not self._ends:
            sent_s = time.monotonic()
            request = self._request()
            answer = await self._answer(request)
            self.answered.append(Answered(request, answer, sent_s, time.monotonic()))

    def _request(self) -> pb.SubmitOrderRequest:
        side = self._chance.choice((BUY, SELL))
        price = f"{189.00 + self._chance.randint(0, 40) / 100:.2f}"
        who = "demo" if side == BUY else "other"
        return an_order(side, str(self._chance.randint(1, 20)), price, portfolio_id=who)

    async def _answer(self, request: pb.SubmitOrderRequest) -> pb.Order:
        while True:
            try:
                answer: pb.Order = await self._desk.stub.SubmitOrder(request, timeout=TIMEOUT_S)
                return answer
            except grpc.aio.AioRpcError as error:
                if error.code() not in COME_AGAIN:
                    raise
                self.retries += 1
                self.unavailable += error.code() is Code.UNAVAILABLE
                await asyncio.sleep(PAUSE_S)

    async def wait_for_more(self, count: int = 200) -> None:
        """Waits until so many more are answered that were sent from now on."""
        now_s = time.monotonic()
        async with asyncio.timeout(60):
            while sum(one.sent_s >= now_s for one in self.answered) < count:
                await asyncio.sleep(0.02)

    async def first_answer_after(self, moment_s: float) -> float:
        """Waits for an answer to an order that was first sent after a moment; returns when it came."""
        async with asyncio.timeout(60):
            while True:
                found = [one.answered_s for one in self.answered if one.sent_s > moment_s]
                if found:
                    return min(found)
                await asyncio.sleep(0.005)


class Following:
    """Follows executions from the first one on."""

    def __init__(self, desk: Desk) -> None:
        self.ids: list[int] = []
        self.follower: Follower[pb.StreamExecutionsResponse] = Follower(self._open, name="executions")
        self._desk = desk

    def _open(self, token: str) -> AsyncIterator[pb.StreamExecutionsResponse]:
        request = pb.StreamExecutionsRequest(resume_token=token, from_start=not token)
        return aiter(self._desk.stub.StreamExecutions(request))

    async def run(self) -> None:
        async for response in self.follower:
            self.ids += [int(report.execution_id) for report in response.update.reports]

    async def wait_for(self, execution_id: int) -> None:
        """Waits until it has come as far as one."""
        async with asyncio.timeout(60):
            while not self.ids or self.ids[-1] < execution_id:
                await asyncio.sleep(0.02)


@asynccontextmanager
async def under_load(desk: Desk) -> AsyncIterator[tuple[Steady, Following]]:
    """Sends and follows for the length of a with block; in the end every order is answered."""
    steady, following = Steady(desk), Following(desk)
    async with asyncio.TaskGroup() as group:
        group.create_task(steady.run())
        reading = group.create_task(following.run())
        try:
            await steady.wait_for_more()
            yield steady, following
        finally:
            await steady.stop()
            reading.cancel()

"""Sends the actions of a plan over one stream of batches, at full speed or at the recorded times."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
import numpy as np
from numpy.typing import NDArray

from tickmesh.orders.v1 import orders_pb2 as pb

from ..runtime.errors import describe
from .lobster import Message
from .plan import Action, Do, Plan
from .wire import OrderWriter

BATCHES_IN_FLIGHT = 4
BATCH_MAX = 1_000
OVERLOADED = "OVERLOADED"  # the platform's word for: nothing was taken, come again
RETRY_S = 0.1

Progress = Callable[[int, int], None]  # actions answered, actions in all


class StreamEnded(Exception):
    """The platform ended the stream of orders before everything was answered."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast to send."""

    batch: int = 500  # actions in a request, at most
    speed: float | None = None  # 1: as recorded, 10: ten times as fast, None: as fast as it goes


@dataclass(slots=True)
class Sent:
    """What was sent and what came back. Each array has a place for each action of the plan."""

    due_ns: NDArray[np.int64]  # when it was to be sent: at full speed, when it was
    answered_ns: NDArray[np.int64]
    commands: list[int] = field(default_factory=list)  # what it became, or 0; one for each that was answered
    rejected: Counter[str] = field(default_factory=Counter)
    short_hits: int = 0  # hits that did not trade in full
    last_book_command: int = 0  # the last one that must have changed the book

    @property
    def answered(self) -> int:
        """How many actions were answered."""
        return len(self.commands)


def due_times_ns(plan: Plan, messages: Sequence[Message], speed: float) -> NDArray[np.int64]:
    """Returns when each action is due, counted from the first."""
    times = np.array([messages[action.row].time_ns for action in plan.actions], dtype=np.int64)
    since_first = (times - messages[0].time_ns) / speed
    return since_first.astype(np.int64)


class Sender:
    """Sends one plan once. A bounded number of batches is under way at any time."""

    def __init__(
        self, plan: Plan, writer: OrderWriter, pace: Pace, offsets_ns: NDArray[np.int64], progress: Progress
    ) -> None:
        count = len(plan.actions)
        self.sent = Sent(np.zeros(count, np.int64), np.zeros(count, np.int64))
        self._actions = plan.actions
        self._writer = writer
        self._pace = pace
        self._offsets_ns = offsets_ns
        self._progress = progress
        self._under_way: deque[tuple[int, int]] = deque()

    async def run(self, stub: Any, stop: asyncio.Event) -> Sent:
        """Sends until all is answered, or what is under way when `stop` is set. Fails with RpcError.

        Where the platform has more to do than it takes, it waits as long as it is told to. What is refused
        with that, and all behind it, was not taken: it goes on there.
        """
        self._start_ns = time.perf_counter_ns()
        while True:
            try:
                await self._stream(stub, stop)
                return self.sent
            except grpc.aio.AioRpcError as error:
                told = describe(error)
                if told.reason != OVERLOADED or stop.is_set():
                    raise
                await _wait(stop, told.retry_after_s or RETRY_S)

    async def _stream(self, stub: Any, stop: asyncio.Event) -> None:
        """Sends on one stream all that is not answered yet."""
        self._free = asyncio.Semaphore(BATCHES_IN_FLIGHT)
        self._under_way.clear()
        call = stub.SubmitOrders()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._write(call, stop))
                tasks.create_task(self._read(call))
        except ExceptionGroup as group:
            raise group.exceptions[0] from None
        finally:
            call.cancel()
        self._require_all_answered()

    async def _write(self, call: Any, stop: asyncio.Event) -> None:
        start_ns, at = self._start_ns, self.sent.answered
        while at < len(self._actions) and not stop.is_set():
            await self._free.acquire()
            end = await self._next_end(start_ns, at, stop)
            if end == at:
                break
            request = self._writer.request(self._actions[at:end], at)
            at_once = self._pace.speed is None
            self.sent.due_ns[at:end] = (
                time.perf_counter_ns() if at_once else start_ns + self._offsets_ns[at:end]
            )
            self._under_way.append((at, end))
            if not await _is_written(call, request):
                return  # whoever reads the answers hears why
            at = end
        await call.done_writing()

    async def _next_end(self, start_ns: int, at: int, stop: asyncio.Event) -> int:
        """Waits until an action is due; returns where its batch ends, or its own place to stop."""
        most = min(at + self._pace.batch, len(self._actions))
        if self._pace.speed is None:
            return most
        while not stop.is_set():
            since_ns = time.perf_counter_ns() - start_ns
            if since_ns >= self._offsets_ns[at]:
                due = int(np.searchsorted(self._offsets_ns, since_ns, side="right"))
                return min(due, most)
            await _wait(stop, (self._offsets_ns[at] - since_ns) / 1e9)
        return at

    async def _read(self, call: Any) -> None:
        while isinstance(response := await call.read(), pb.SubmitOrdersResponse):
            self._take(response.results)
            self._free.release()
            self._progress(self.sent.answered, len(self._actions))
        self._require_all_answered()

    def _require_all_answered(self) -> None:
        if self._under_way:
            raise StreamEnded("the platform ended the stream of orders before it had answered all")

    def _take(self, results: Sequence[pb.ActionResult]) -> None:
        start, end = self._under_way.popleft()
        self.sent.answered_ns[start:end] = time.perf_counter_ns()
        if len(results) != end - start:
            raise StreamEnded(f"{end - start} actions were answered by {len(results)} results")
        for action, result in zip(self._actions[start:end], results, strict=True):
            self._take_one(action, result)

    def _take_one(self, action: Action, result: pb.ActionResult) -> None:
        command = result.command
        self.sent.commands.append(command)
        if action.do is Do.HIT and result.status != pb.Order.FILLED:
            self.sent.short_hits += 1
        elif not result.reason:
            self.sent.last_book_command = command
        if result.reason:
            self.sent.rejected[result.reason] += 1


async def _is_written(call: Any, request: pb.SubmitOrdersRequest) -> bool:
    """Writes a request. Returns False where the call has ended."""
    try:
        await call.write(request)
    except asyncio.InvalidStateError:
        return False
    return True


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return

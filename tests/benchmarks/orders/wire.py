"""The client: bytes out and in over gRPC, as many in flight as is said, or each when it is due.

What is sent was built with the ordinary generated stubs before the clock starts, and answers are read after
it has stopped, so that on a machine with few cores the client takes no more than a client must.
"""

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc

from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.services.runtime.server import MESSAGE_BYTES_MAX

SUBMIT_ORDER = "/tickmesh.orders.v1.OrdersService/SubmitOrder"
SUBMIT_ORDERS = "/tickmesh.orders.v1.OrdersService/SubmitOrders"
STREAM_EXECUTIONS = "/tickmesh.orders.v1.OrdersService/StreamExecutions"
TIMING = "server-timing"
ORDERS_IN_FLIGHT = 8_000
MESSAGES_IN_FLIGHT = 64
LENGTHS = ("grpc.max_receive_message_length", "grpc.max_send_message_length")
Content = bytes | Callable[[], bytes]  # a message, or what builds it

sys.setswitchinterval(0.000_2)  # the thread that keeps time waits no longer for its turn


@dataclass
class Answers:
    """What came back, and when."""

    start_ns: int = 0  # of time.perf_counter_ns, which all processes of a machine share
    seconds: float = 0.0
    contents: list[bytes] = field(default_factory=list)
    waited_ns: list[int] = field(default_factory=list)  # since each was sent, or was due
    timings: list[str] = field(default_factory=list)  # of single orders, as they stand beside their answers
    late_ns: list[int] = field(default_factory=list)  # how much later than due each was sent


class Caller:
    """A channel that calls with bytes and a token."""

    def __init__(self, address: str, token: str) -> None:
        options = [*((name, MESSAGE_BYTES_MAX) for name in LENGTHS), ("grpc.use_local_subchannel_pool", 1)]
        self.channel = grpc.aio.insecure_channel(address, options=options)
        self._metadata = (("authorization", f"Bearer {token}"),)

    async def __aenter__(self) -> "Caller":
        await self.channel.channel_ready()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.channel.close(None)

    def batches(self, requests: AsyncIterator[bytes]) -> Any:
        """Opens a stream of messages of orders."""
        return self.channel.stream_stream(SUBMIT_ORDERS, None, None)(requests, metadata=self._metadata)

    def single(self, content: bytes) -> Any:
        """Begins a call with one order."""
        return self.channel.unary_unary(SUBMIT_ORDER, None, None)(content, metadata=self._metadata)

    def executions(self, request: pb.StreamExecutionsRequest) -> Any:
        """Opens a stream of reports."""
        content = request.SerializeToString()
        return self.channel.unary_stream(STREAM_EXECUTIONS, None, None)(content, metadata=self._metadata)


def window(size: int) -> int:
    """Returns how many messages of so many orders are in flight."""
    return max(4, min(MESSAGES_IN_FLIGHT, ORDERS_IN_FLIGHT // size))


async def flood(caller: Caller, contents: Sequence[Content], in_flight: int) -> Answers:
    """Sends messages on one stream as fast as they are answered."""
    answers, free = Answers(), asyncio.Semaphore(in_flight)
    sent_ns: list[int] = []

    async def requests() -> AsyncIterator[bytes]:
        for content in contents:
            await free.acquire()
            sent_ns.append(time.perf_counter_ns())
            yield content if isinstance(content, bytes) else content()

    answers.start_ns = time.perf_counter_ns()
    async for content in caller.batches(requests()):
        answers.waited_ns.append(time.perf_counter_ns() - sent_ns[len(answers.contents)])
        answers.contents.append(content)
        free.release()
    answers.seconds = (time.perf_counter_ns() - answers.start_ns) / 1e9
    return answers


async def flood_all(callers: Sequence[Caller], parts: Sequence[Sequence[Content]], in_flight: int) -> Answers:
    """Sends messages on as many streams as there are callers, all at once."""
    start_ns = time.perf_counter_ns()
    each = max(1, in_flight // len(callers))
    pairs = zip(callers, parts, strict=True)
    found = await asyncio.gather(*(flood(caller, part, each) for caller, part in pairs))
    together = Answers(seconds=(time.perf_counter_ns() - start_ns) / 1e9)
    for answers in found:
        together.contents += answers.contents
        together.waited_ns += answers.waited_ns
    return together


class Metronome:
    """Says when messages are due: a thread of its own, as the event loop knows whole milliseconds only."""

    def __init__(self, count: int, per_second: float) -> None:
        self.start_ns = time.perf_counter_ns() + 50_000_000
        self._due = asyncio.Queue[int]()
        self._count, self._per_second = count, per_second
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._tick, daemon=True)

    def due_ns(self, number: int) -> int:
        """Returns when a message is due."""
        return self.start_ns + round(number * 1e9 / self._per_second)

    def _tick(self) -> None:
        for number in range(self._count):
            left_ns = self.due_ns(number) - time.perf_counter_ns()
            if left_ns > 0:
                time.sleep(left_ns / 1e9)
            self._loop.call_soon_threadsafe(self._due.put_nowait, number)

    async def beats(self) -> AsyncIterator[int]:
        """Yields the number of each message once it is due."""
        self._thread.start()
        for _ in range(self._count):
            yield await self._due.get()


async def open_loop(caller: Caller, contents: Sequence[bytes], per_second: float) -> Answers:
    """Sends each message of a stream when it is due, however late answers are."""
    answers, metronome = Answers(), Metronome(len(contents), per_second)

    async def requests() -> AsyncIterator[bytes]:
        async for number in metronome.beats():
            answers.late_ns.append(time.perf_counter_ns() - metronome.due_ns(number))
            yield contents[number]

    async for content in caller.batches(requests()):
        answers.waited_ns.append(time.perf_counter_ns() - metronome.due_ns(len(answers.contents)))
        answers.contents.append(content)
    answers.seconds = (time.perf_counter_ns() - metronome.start_ns) / 1e9
    return answers


async def open_loop_singles(caller: Caller, contents: Sequence[bytes], per_second: float) -> Answers:
    """Sends each order in a call of its own when it is due."""
    answers, metronome = Answers(), Metronome(len(contents), per_second)

    async def one(number: int) -> None:
        answers.late_ns.append(time.perf_counter_ns() - metronome.due_ns(number))
        call = caller.single(contents[number])
        answers.contents.append(await call)
        answers.waited_ns.append(time.perf_counter_ns() - metronome.due_ns(number))
        answers.timings += [str(value) for key, value in await call.trailing_metadata() if key == TIMING]

    async with asyncio.TaskGroup() as group:
        async for number in metronome.beats():
            group.create_task(one(number))
    answers.seconds = (time.perf_counter_ns() - metronome.start_ns) / 1e9
    return answers

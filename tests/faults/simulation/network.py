"""Calls between virtual processes: late, lost, doubled, torn, and to whoever is there.

`VirtualChannel` stands where a gRPC channel stands, so that the stubs, the follower of streams and the
services' own clients run as they are.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from enum import Enum
from typing import Any

import grpc
from grpc.aio import AioRpcError, Metadata

from tickmesh.services.runtime import contract, identity
from tickmesh.services.runtime.errors import TickmeshError
from tickmesh.services.runtime.server import validate

from .process import Process

WINDOW = 4  # messages of a stream on the way; then its sender waits
SILENCE_S = 0.5  # after which a keepalive of HTTP/2 must be answered
LATENCY_S, LATE_S = 0.001, 0.3  # on the mean; late ones
HEARD = 0.5  # of those who hang up on a stopped process: it may read a request before it reads the end
TORN_AFTER_MAX = 6  # messages of a stream
_END = object()


class Fate(Enum):
    """What becomes of a call."""

    FINE = "arrives"
    LATE = "arrives late"
    LOST = "never arrives"
    ANSWER_LOST = "arrives, and its answer does not"
    TORN = "is torn off in the middle of its answers"
    DOUBLED = "arrives twice"


BAD_FATES = [Fate.LATE, Fate.LOST, Fate.ANSWER_LOST, Fate.TORN, Fate.DOUBLED]


class Server:
    """What answers calls in a process."""

    def __init__(self, process: Process, servicer: Any) -> None:
        self.process = process
        self.is_cut_off = False  # by the network
        self._servicer = servicer

    @property
    def is_reachable(self) -> bool:
        return not (self.process.is_dead or self.is_cut_off)

    def handler(self, path: str) -> Any:
        return getattr(self._servicer, path.rpartition("/")[2])


@dataclass(slots=True)
class Network:
    """What the messages of everybody go through."""

    chance: random.Random
    say: Callable[[str], None]
    badness: float = 0.0  # the part of calls that something happens to

    def latency_s(self) -> float:
        return self.chance.expovariate(1.0) * LATENCY_S

    def fate(self, name: str, path: str) -> Fate:
        """Returns what becomes of a call."""
        if self.chance.random() >= self.badness:
            return Fate.FINE
        fate = self.chance.choice(BAD_FATES)
        self.say(f"a {path.rpartition('/')[2]} of {name} {fate.value}")
        return fate


class _Context:
    """What a servicer may ask of its call."""

    def invocation_metadata(self) -> None:
        """Returns nothing: nobody comes through HTTP here."""

    def set_trailing_metadata(self, told: Any) -> None:
        """Does nothing: nobody reads receipts here."""


@dataclass(frozen=True, slots=True)
class _Call:
    """A request as it is on the wire: one message, or the messages of a stream."""

    path: str
    content: Any
    streams: bool  # answers

    def request(self, handler: Any) -> Any:
        """Returns the request as its handler takes it. Fails with InvalidArgument."""
        if isinstance(self.content, list):
            return _each(self.content)
        if getattr(handler, "takes_bytes", False):
            return self.content
        request = contract.methods()[self.path].request_type.FromString(self.content)
        validate(request)
        return request


class VirtualChannel:
    """Calls of one client. `find` says which server a call reaches; None is nobody."""

    def __init__(self, network: Network, name: str, find: Callable[[], Server | None]) -> None:
        self._network = network
        self._name = name
        self._find = find
        self._principal = identity.Principal(name, frozenset(), 0.0)

    def unary_unary(self, path: str, request_serializer: Any, response_deserializer: Any, **_: Any) -> Any:
        async def call(request: Any, timeout: float | None = None) -> Any:
            sent = _Call(path, request_serializer(request), False)
            async with aclosing(self._exchange(sent, timeout)) as answers:
                return response_deserializer(await anext(answers))

        return call

    def unary_stream(self, path: str, request_serializer: Any, response_deserializer: Any, **_: Any) -> Any:
        async def call(request: Any, timeout: float | None = None) -> AsyncIterator[Any]:
            sent = _Call(path, request_serializer(request), True)
            async with aclosing(self._exchange(sent, timeout)) as answers:
                async for answer in answers:
                    yield response_deserializer(answer)

        return call

    def stream_stream(self, path: str, request_serializer: Any, response_deserializer: Any, **_: Any) -> Any:
        async def call(requests: Any, timeout: float | None = None) -> AsyncIterator[Any]:
            sent = _Call(path, [request_serializer(request) for request in requests], True)
            async with aclosing(self._exchange(sent, timeout)) as answers:
                async for answer in answers:
                    yield response_deserializer(answer)

        return call

    async def _exchange(self, call: _Call, timeout_s: float | None) -> AsyncGenerator[bytes, None]:
        """Sends a request and yields what comes back. Fails as gRPC does."""
        try:
            async with asyncio.timeout(timeout_s):
                fate = self._network.fate(self._name, call.path)
                await asyncio.sleep(self._network.latency_s() + (LATE_S if fate is Fate.LATE else 0.0))
                async with aclosing(self._delivered(call, fate)) as answers:
                    async for answer in answers:
                        yield answer
        except TimeoutError:
            raise _failure(grpc.StatusCode.DEADLINE_EXCEEDED, "too late") from None

    async def _delivered(self, call: _Call, fate: Fate) -> AsyncGenerator[bytes, None]:
        server = self._find()
        if server is None or not server.is_reachable:
            raise _failure(grpc.StatusCode.UNAVAILABLE, "nobody listens")
        if fate is Fate.DOUBLED:
            server.process.spawn(self._serve(server, call, asyncio.Queue(WINDOW)))
        if fate is Fate.LOST:
            await asyncio.sleep(SILENCE_S)
            raise _failure(grpc.StatusCode.UNAVAILABLE, "the connection broke")
        async with aclosing(self._connected(server, call)) as answers:
            left = self._network.chance.randint(0, TORN_AFTER_MAX) if fate is Fate.TORN else -1
            async for answer in answers:
                if left == 0 or fate is Fate.ANSWER_LOST:
                    raise _failure(grpc.StatusCode.UNAVAILABLE, "the connection broke")
                left -= 1
                yield answer

    async def _connected(self, server: Server, call: _Call) -> AsyncGenerator[bytes, None]:
        answers: asyncio.Queue[Any] = asyncio.Queue(WINDOW)
        serving = server.process.spawn(self._serve(server, call, answers))
        hangup = asyncio.create_task(server.process.died.wait())
        try:
            while (answer := await _next(server, answers, hangup)) is not _END:
                await asyncio.sleep(self._network.latency_s())
                if server.is_cut_off:
                    raise _failure(grpc.StatusCode.UNAVAILABLE, "the connection broke")
                yield answer
        finally:
            hangup.cancel()
            if server.process.is_running or self._network.chance.random() < HEARD:
                serving.cancel()

    async def _serve(self, server: Server, call: _Call, answers: asyncio.Queue[Any]) -> None:
        """Runs in the server's process."""
        identity.set_current(self._principal)
        try:
            async for answer in _called(server.handler(call.path), call):
                await answers.put(answer)
            await answers.put(_END)
        except TickmeshError as error:
            await answers.put(_failure(error.code, error.reason))
        except Exception as error:  # what a server answers to a fault of its own
            await answers.put(_failure(grpc.StatusCode.INTERNAL, repr(error)))


async def _next(server: Server, answers: asyncio.Queue[Any], hangup: asyncio.Task[Any]) -> Any:
    """Returns the next answer. Fails when the server's end is gone or says nothing to a keepalive."""
    getting = asyncio.create_task(answers.get())
    try:
        while not getting.done():
            await asyncio.wait([getting, hangup], timeout=SILENCE_S, return_when=asyncio.FIRST_COMPLETED)
            if not (getting.done() or (server.is_reachable and server.process.is_running)):
                raise _failure(grpc.StatusCode.UNAVAILABLE, "the connection broke")
    finally:
        getting.cancel()
    answer = getting.result()
    if isinstance(answer, Exception):
        raise answer
    return answer


async def _called(handler: Any, call: _Call) -> AsyncIterator[bytes]:
    request, context = call.request(handler), _Context()
    if not call.streams:
        yield _bytes(await handler(request, context))
        return
    async with aclosing(handler(request, context)) as answers:
        async for answer in answers:
            yield _bytes(answer)


async def _each(contents: list[bytes]) -> AsyncIterator[bytes]:
    for content in contents:
        yield content


def _bytes(answer: Any) -> bytes:
    """Returns an answer as it goes over the wire; some servicers write it themselves."""
    return answer if isinstance(answer, bytes) else bytes(answer.SerializeToString())


def _failure(code: grpc.StatusCode, details: str) -> AioRpcError:
    return AioRpcError(code, Metadata(), Metadata(), details)

"""The client of all streams: reconnects, resumes, and checks that nothing is missing."""

import asyncio
import random
from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import Any, Generic, TypeVar

import grpc

from . import telemetry

R = TypeVar("R")

log = telemetry.logger(__name__)


class OutOfSequence(Exception):
    """A response is missing: the stream must be opened again."""


class Follower(Generic[R]):
    """Follows a stream for ever: reconnects with backoff, resumes with the last token, checks the sequence.

    Yields responses with a snapshot, an update or a gap; heartbeats are swallowed, unless asked for.
    `token` is where to resume after the response that was yielded last. Errors that repeating cannot mend
    are raised.
    UNIMPLEMENTED is none of those: a server that is starting does not have its methods yet.
    """

    FATAL = frozenset(
        {
            grpc.StatusCode.UNAUTHENTICATED,
            grpc.StatusCode.PERMISSION_DENIED,
            grpc.StatusCode.INVALID_ARGUMENT,
        }
    )

    def __init__(
        self,
        open_stream: Callable[[str], AsyncIterable[R]],
        token: str = "",
        name: str = "",
        *,
        heartbeats: bool = False,
    ) -> None:
        self._open = open_stream
        self._heartbeats = heartbeats
        self._name = name
        self.token = token
        self.reconnects = 0
        self.gaps = 0

    async def __aiter__(self) -> AsyncIterator[R]:
        delay_s = 0.05
        while True:
            try:
                async for response in self._once():
                    delay_s = 0.05
                    yield response
            except grpc.aio.AioRpcError as error:
                if error.code() in self.FATAL:
                    raise
                log.info("a stream ended, following again", stream=self._name, code=error.code().name)
            except OutOfSequence:
                log.warning("a stream lost a response, following again", stream=self._name)
            self.reconnects += 1
            await asyncio.sleep(delay_s * (0.5 + random.random()))  # noqa: S311  jitter, no secret
            delay_s = min(delay_s * 2, 1.0)

    async def _once(self) -> AsyncIterator[R]:
        sequence = 0
        async for response in self._open(self.token):
            message: Any = response
            sequence += 1
            if message.sequence != sequence:
                raise OutOfSequence
            kind = message.WhichOneof("event")
            if kind == "heartbeat" and not self._heartbeats:
                self.token = message.resume_token
                continue
            self.gaps += kind == "gap"
            yield response
            self.token = message.resume_token

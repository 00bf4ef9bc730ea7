"""One caller's stream of batches to one shard: opened when it is needed, and again after it has failed."""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Any

import grpc

from ..runtime.errors import TickmeshError
from .shards import Headers, Shard, ShardUnavailable


class Lane:
    """What is on its way to one shard, answered in order."""

    def __init__(self, shard: Shard, headers: Headers, timeout_s: float | None) -> None:
        self._shard = shard
        self._headers = headers
        self._timeout_s = timeout_s
        self._call: Any = None
        self._reading: asyncio.Task[None] | None = None
        self._unanswered: deque[asyncio.Future[bytes]] = deque()

    async def send(self, message: bytes) -> asyncio.Future[bytes]:
        """Sends a message and returns its answer to come. Fails with ShardUnavailable: nothing was sent."""
        if self._call is None:
            if self._shard.is_away:
                raise ShardUnavailable(self._shard.number)
            self._open()
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._unanswered.append(answer)
        with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):  # whoever reads hears why
            await self._call.write(message)
        return answer

    def _open(self) -> None:
        self._unanswered = deque()
        self._call = self._shard.batches(self._headers, self._timeout_s)
        self._reading = asyncio.create_task(self._read(self._call, self._unanswered))

    async def _read(self, call: Any, unanswered: deque[asyncio.Future[bytes]]) -> None:
        error: TickmeshError = ShardUnavailable(self._shard.number, "it ended the stream")
        try:
            async for response in call:
                _settle(unanswered.popleft(), response)
        except grpc.aio.AioRpcError as failure:
            error = self._shard.fault(failure)
        finally:
            self._call = None
            for answer in unanswered:
                _settle(answer, error)

    def close(self) -> None:
        """Hangs up."""
        if self._call is not None:
            self._call.cancel()
        if self._reading is not None:
            self._reading.cancel()


def _settle(answer: asyncio.Future[bytes], told: bytes | TickmeshError) -> None:
    """Answers who waits, unless that one hung up."""
    if answer.done():
        return
    if isinstance(told, bytes):
        answer.set_result(told)
    else:
        answer.set_exception(told)
        answer.exception()  # which counts as having looked: perhaps nobody waits

"""Follows one stream on several shards; one that goes away is followed again while the others go on."""

import asyncio
from collections.abc import AsyncIterable, Callable, Mapping
from types import TracebackType

import grpc

from ..runtime.following import Follower
from .envelopes import Envelope, opened
from .shards import Shard

WAITING_MAX = 64  # responses of all shards together that a reader has not taken; then no more are read
_HOPELESS = frozenset(
    {
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.OUT_OF_RANGE,
        grpc.StatusCode.FAILED_PRECONDITION,
    }
)
Open = Callable[[Shard, str], AsyncIterable[bytes]]


class _ShardFollower(Follower[Envelope]):
    """Gives up what a shard refuses for good: the reader is told."""

    FATAL = Follower.FATAL | _HOPELESS


class Feeds:
    """The responses of several shards, heartbeats included, in the order of their arrival."""

    def __init__(self, shards: Mapping[int, Shard], tokens: Mapping[int, str], open_stream: Open) -> None:
        self._shards = shards
        self._open = open_stream
        self._arrived: asyncio.Queue[tuple[int, Envelope | Exception]] = asyncio.Queue(WAITING_MAX)
        self._tasks = [asyncio.create_task(self._follow(shard, token)) for shard, token in tokens.items()]

    async def _follow(self, number: int, token: str) -> None:
        shard = self._shards[number]
        follower = _ShardFollower(
            lambda place: opened(self._open(shard, place)), token, f"shard {number}", heartbeats=True
        )
        try:
            async for envelope in follower:
                await self._arrived.put((number, envelope))
        except grpc.aio.AioRpcError as error:
            await self._arrived.put((number, shard.fault(error)))
        except Exception as error:
            await self._arrived.put((number, error))

    async def next(self, within_s: float) -> tuple[int, Envelope] | None:
        """Returns a shard and its response, None when there is none in time. Fails with what a shard says."""
        try:
            async with asyncio.timeout(within_s):
                number, arrived = await self._arrived.get()
        except TimeoutError:
            return None
        if isinstance(arrived, Exception):
            raise arrived
        return number, arrived

    async def __aenter__(self) -> "Feeds":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

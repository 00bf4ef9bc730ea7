"""One stream of books over several shards.

A snapshot replaces all that a reader knows, so it holds the books of all shards: whenever one shard
begins anew, because it was away for too long or has a new owner, all of them do. A shard that is away
when the stream begins is missing from the first snapshot, and its return brings another.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Mapping

import grpc

from tickmesh.common.v1 import streams_pb2
from tickmesh.orders.v1 import orders_pb2 as pb

from ..runtime.server import Context
from ..runtime.streams import SILENCE_S, InvalidResumeToken
from ..values import timestamp
from .domain import places
from .envelopes import Envelope, Writer
from .following import Feeds
from .shards import Headers, Shard, Shards, headers_of

TOGETHER_S = (
    2.5  # how long the first snapshot waits for a shard: longer than it takes to see that one is away
)
Wanted = Mapping[int, list[str]]  # the instruments of each shard; none named: all of them


class Books:
    """Follows the books of one reader."""

    def __init__(
        self, shards: Shards, request: pb.StreamBookRequest, headers: Headers, clock: Callable[[], int]
    ) -> None:
        self._shards = dict(enumerate(shards.every))
        self._request = request
        self._headers = headers
        self._clock = clock
        self._writer = Writer(pb.StreamBookResponse)
        self._now_s = asyncio.get_running_loop().time
        self._spoke_s = self._now_s()
        self._tokens = _begin(request.resume_token, len(shards))

    async def follow(self, wanted: Wanted) -> AsyncGenerator[bytes, None]:
        """Yields responses, for ever. Fails with what a shard refuses for good."""

        def open_stream(shard: Shard, token: str) -> AsyncIterable[bytes]:
            asked = pb.StreamBookRequest(
                symbols=wanted[shard.number], delivery=self._request.delivery, resume_token=token
            )
            return shard.stream("StreamBook", asked.SerializeToString(), self._headers)

        is_whole = bool(self._request.resume_token)
        while True:
            tokens = {shard: self._tokens[shard] if is_whole else "" for shard in wanted}
            async with Feeds(self._shards, tokens, open_stream) as feeds:
                if not is_whole:
                    async for response in self._whole(feeds, set(wanted)):
                        yield response
                async for response in self._changes(feeds):
                    yield response
            is_whole = False

    async def _whole(self, feeds: Feeds, missing: set[int]) -> AsyncGenerator[bytes, None]:
        """Yields one snapshot of all shards, and what changed in some while others were waited for."""
        until_s = self._now_s() + TOGETHER_S
        self._tokens = [""] * len(self._tokens)
        snapshots: list[bytes] = []
        held: list[tuple[int, Envelope]] = []
        while missing and (found := await feeds.next(max(0.0, until_s - self._now_s()))) is not None:
            shard, envelope = found
            if shard in missing and envelope.WhichOneof("event") == "snapshot":
                missing.discard(shard)
                self._tokens[shard] = envelope.resume_token
                snapshots.append(envelope.event)
            else:
                held.append(found)
        empty = pb.StreamBookResponse(snapshot=pb.BookSnapshot()).SerializeToString()
        yield self._write(empty + b"".join(snapshots))  # of a message that stands twice the parts go together
        for shard, envelope in held:
            self._tokens[shard] = envelope.resume_token
            if envelope.WhichOneof("event") == "update":
                yield self._write(envelope.event)

    async def _changes(self, feeds: Feeds) -> AsyncGenerator[bytes, None]:
        """Yields what changes, until a shard begins anew."""
        while True:
            found = await feeds.next(max(0.0, SILENCE_S - (self._now_s() - self._spoke_s)))
            if found is not None:
                shard, envelope = found
                kind = envelope.WhichOneof("event")
                if kind == "gap":
                    yield self._write(envelope.event)
                    return
                if kind == "snapshot":
                    return
                self._tokens[shard] = envelope.resume_token
                if kind == "update":
                    yield self._write(envelope.event)
            if self._now_s() - self._spoke_s >= SILENCE_S:
                beat = streams_pb2.Heartbeat(time=timestamp(self._clock()))
                yield self._write(pb.StreamBookResponse(heartbeat=beat).SerializeToString())

    def _write(self, event: bytes) -> bytes:
        self._spoke_s = self._now_s()
        return self._writer.write(event, places.joined(self._tokens))


def _begin(token: str, shards: int) -> list[str]:
    try:
        return [place if place != places.START else "" for place in places.split(token, shards)]
    except places.NoPlace as error:
        raise InvalidResumeToken from error


async def passed_on(
    shard: Shard, request: pb.StreamBookRequest, context: Context
) -> AsyncGenerator[bytes, None]:
    """Yields the responses of the only shard that is asked. Fails with what it says."""
    try:
        async for response in shard.stream("StreamBook", request.SerializeToString(), headers_of(context)):
            yield response
    except grpc.aio.AioRpcError as error:
        raise shard.fault(error) from error

"""One stream of executions over all shards. Each report comes once; those of one shard come in order."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable

from tickmesh.common.v1 import streams_pb2
from tickmesh.orders.v1 import orders_pb2 as pb

from ..runtime.server import Context
from ..runtime.streams import SILENCE_S, InvalidResumeToken, read_token
from ..values import timestamp
from .domain import places
from .envelopes import Writer
from .following import Feeds
from .shards import Shard, Shards, ShardUnavailable, headers_of


async def follow(
    shards: Shards, request: pb.StreamExecutionsRequest, context: Context, clock: Callable[[], int]
) -> AsyncGenerator[bytes, None]:
    """Yields responses. Fails with InvalidResumeToken, and with what a shard refuses for good."""
    headers = headers_of(context)
    tokens = await _begin(shards, request, context)

    def open_stream(shard: Shard, token: str) -> AsyncIterable[bytes]:
        asked = pb.StreamExecutionsRequest(
            portfolio_id=request.portfolio_id,
            exec_types=request.exec_types,
            resume_token="" if token == places.START else token,
            from_start=token == places.START,
        )
        return shard.stream("StreamExecutions", asked.SerializeToString(), headers)

    numbered = dict(enumerate(shards.every))
    async with Feeds(numbered, dict(enumerate(tokens)), open_stream) as feeds:
        async for response in _merged(feeds, tokens, clock):
            yield response


async def _begin(shards: Shards, request: pb.StreamExecutionsRequest, context: Context) -> list[str]:
    """Returns from where each shard is followed."""
    if request.resume_token:
        try:
            tokens = places.split(request.resume_token, len(shards))
        except places.NoPlace as error:
            raise InvalidResumeToken from error
        for token in tokens:
            if token not in (places.NOW, places.START):
                read_token(token)
        return tokens
    if request.from_start:
        return [places.START] * len(shards)
    return list(await asyncio.gather(*(_now(shards, number, context) for number in range(len(shards)))))


async def _now(shards: Shards, number: int, context: Context) -> str:
    """Returns where a shard is; one that is away is followed from when it is reached."""
    try:
        return (await shards.status(number, context)).executions_token
    except ShardUnavailable:
        return places.NOW


async def _merged(feeds: Feeds, tokens: list[str], clock: Callable[[], int]) -> AsyncGenerator[bytes, None]:
    writer, now_s = Writer(pb.StreamExecutionsResponse), asyncio.get_running_loop().time
    spoke_s = now_s()
    while True:
        found = await feeds.next(max(0.0, SILENCE_S - (now_s() - spoke_s)))
        if found is not None:
            shard, envelope = found
            tokens[shard] = envelope.resume_token
            if envelope.WhichOneof("event") != "heartbeat":
                yield writer.write(envelope.event, places.joined(tokens))
                spoke_s = now_s()
        if now_s() - spoke_s >= SILENCE_S:
            beat = streams_pb2.Heartbeat(time=timestamp(clock()))
            yield writer.write(pb.StreamExecutionsResponse(heartbeat=beat), places.joined(tokens))
            spoke_s = now_s()

"""Batches over shards: each message is cut up by instrument, and its results come back in its own order.

An order that is named by its client_order_id may be on any shard: all are asked, in the place that the
action has among those sent there, and the one that knows the order answers. Actions whose shard is known
to be away are refused alone, before anything is sent. When a shard goes away with actions that it has not
answered, nobody knows what became of them: the stream ends, as it does when there is one shard, and the
client sends them again.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import repeat

from google.protobuf.message import DecodeError

from tickmesh.orders.v1 import orders_pb2 as pb

from ..runtime.errors import TickmeshError
from .domain.frames import Malformed, repeated
from .lanes import Lane
from .shards import Shards, ShardUnavailable

ACTIONS_MAX = 1_000
UNANSWERED_MAX = 64  # messages of one stream; the next is read when one of them is answered
EVERY = -1
_ACTIONS = _RESULTS = 1


@dataclass(slots=True)
class Message:
    """One message: which shard each action goes to, and what each shard is sent."""

    where: list[int]
    parts: dict[int, bytes]
    waiting: dict[int, asyncio.Future[bytes]] = field(default_factory=dict)
    refused: dict[int, TickmeshError] = field(default_factory=dict)

    async def answer(self) -> bytes:
        """Waits for all shards and returns a SubmitOrdersResponse. Fails with what a shard says."""
        told = {shard: await answer for shard, answer in self.waiting.items()}
        if len(told) == 1 and not self.refused:
            return next(iter(told.values()))
        return _merged(self.where, told, self.refused)


class Splitter:
    """Cuts messages up."""

    def __init__(self, shards: Shards, shard_of_symbol: Callable[[str], int]) -> None:
        self._shards = shards
        self._shard_of_symbol = shard_of_symbol

    def split(self, message: bytes) -> Message:
        """Returns a message in parts. One that is wrong as a whole goes to the first shard, which says so."""
        try:
            actions = repeated(message, _ACTIONS)
        except Malformed:
            return Message([0], {0: message})
        if not 1 <= len(actions) <= ACTIONS_MAX:
            return Message([0], {0: message})
        where = [self._place(message[body:end]) for _, body, end in actions]
        named = set(where)
        if len(named) == 1 and EVERY not in named:
            return Message(where, {where[0]: message})
        return Message(where, self._parts(message, actions, where))

    def _parts(
        self, message: bytes, actions: list[tuple[int, int, int]], where: list[int]
    ) -> dict[int, bytes]:
        every = range(len(self._shards))
        found: dict[int, list[bytes]] = {}
        for (start, _, end), shard in zip(actions, where, strict=True):
            for one in every if shard == EVERY else (shard,):
                found.setdefault(one, []).append(message[start:end])
        return {shard: b"".join(content) for shard, content in found.items()}

    def _place(self, content: bytes) -> int:
        try:
            action = pb.OrderAction.FromString(content)
        except DecodeError:
            return 0
        kind = action.WhichOneof("action")
        if kind == "submit":
            return self._shard_of_symbol(action.submit.symbol)
        target = action.cancel if kind == "cancel" else action.replace
        return self._shards.of_id(target.order_id) if target.order_id else EVERY


class Router:
    """The messages of one caller's stream."""

    def __init__(self, splitter: Splitter, lanes: list[Lane]) -> None:
        self._splitter = splitter
        self._lanes = lanes
        self._unanswered: asyncio.Queue[Message | BaseException | None] = asyncio.Queue(UNANSWERED_MAX)

    async def answers(self, messages: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        """Yields an answer a message, in order. What a shard refuses as a whole ends the stream."""
        reading = asyncio.create_task(self._read(messages))
        try:
            while (message := await self._unanswered.get()) is not None:
                if isinstance(message, BaseException):
                    raise message
                yield await message.answer()
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading
            for lane in self._lanes:
                lane.close()

    async def _read(self, messages: AsyncIterator[bytes]) -> None:
        try:
            async for content in messages:
                message = self._splitter.split(content)
                await self._send(message)
                await self._unanswered.put(message)
        except Exception as error:
            await self._unanswered.put(error)
        else:
            await self._unanswered.put(None)

    async def _send(self, message: Message) -> None:
        for shard, content in message.parts.items():
            try:
                if shard >= len(self._lanes):
                    raise ShardUnavailable(shard, "this router does not know where it is")
                message.waiting[shard] = await self._lanes[shard].send(content)
            except ShardUnavailable as error:
                message.refused[shard] = error


def _merged(where: list[int], told: dict[int, bytes], refused: dict[int, TickmeshError]) -> bytes:
    """Returns one answer: the results in the order of the actions, and the timing of the slowest shard."""
    answers = {shard: _taken_apart(answer) for shard, answer in told.items()}
    results = {shard: iter(found) for shard, (found, _) in answers.items()}
    results |= {shard: repeat(_framed(error)) for shard, error in refused.items()}
    if EVERY in where:
        every = list(results.values())
        content = [_choose(map(next, every)) if shard == EVERY else next(results[shard]) for shard in where]
    else:
        content = [next(results[shard]) for shard in where]
    timings = [timing for _, timing in answers.values() if timing.HasField("timing")]
    slowest = max(timings, key=lambda answer: _total_ns(answer.timing), default=pb.SubmitOrdersResponse())
    return b"".join(content) + slowest.SerializeToString()


def _taken_apart(answer: bytes) -> tuple[list[bytes], pb.SubmitOrdersResponse]:
    """Returns the bytes of each result, and what stands behind them: the timing."""
    results = repeated(answer, _RESULTS)
    behind = results[-1][2] if results else 0
    return [answer[start:end] for start, _, end in results], pb.SubmitOrdersResponse.FromString(
        answer[behind:]
    )


def _choose(results: Iterable[bytes]) -> bytes:
    """Returns the result of the shard that knows an order; if none does, of one that is away, or of any."""
    found = {_reason(result): result for result in results}
    known = [reason for reason in found if reason not in ("UNKNOWN_ORDER", ShardUnavailable.reason)]
    return found[known[0] if known else max(found, key=lambda reason: reason == ShardUnavailable.reason)]


def _reason(result: bytes) -> str:
    return pb.SubmitOrdersResponse.FromString(result).results[0].reason


def _framed(error: TickmeshError) -> bytes:
    """Returns the result of an action that was not sent."""
    result = pb.ActionResult(reason=error.reason, message=error.message)
    return pb.SubmitOrdersResponse(results=[result]).SerializeToString()


def _total_ns(timing: pb.Timing) -> int:
    return timing.queue_ns + timing.journal_ns + timing.engine_ns + timing.publish_ns

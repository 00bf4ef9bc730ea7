"""/ws/api/v1/...: any server stream of the contract, for one reader, with the reader's own token.

The source's rules for slow readers hold: while the reader takes nothing, nothing is taken from the source.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf.message import Message

from tickmesh.services.runtime import errors

from ..http.answers import to_value
from ..settings import GatewaySettings
from .backlogs import Complete, Update
from .counters import Counters
from .feeds import Feed, FeedFailedError


class Unhurried(Complete):
    """A short queue, and a sign that there is room in it."""

    def __init__(self, capacity: int) -> None:
        super().__init__(capacity)
        self.room = asyncio.Event()
        self.room.set()

    def add(self, update: Update) -> bool:
        """Keeps an update; the source waits from now on."""
        self.room.clear()
        return super().add(update)

    def take(self) -> bytes | None:
        """Returns the oldest body. Once there is none, the source goes on."""
        oldest = super().take()
        if oldest is None:
            self.room.set()
        return oldest


class StreamFeed(Feed):
    """One call of one streaming RPC."""

    def __init__(
        self, channel: str, open_call: Callable[[], Any], counters: Counters, settings: GatewaySettings
    ) -> None:
        super().__init__(channel, counters, settings)
        self._open = open_call
        self._backlog = Unhurried(settings.websocket_queue_max)

    def snapshot(self) -> bytes | None:
        """Returns nothing: the source sends its snapshot itself."""
        return None

    def backlog(self) -> Unhurried:
        """Returns the queue of the only reader."""
        return self._backlog

    async def run(self) -> None:
        """Passes on what the source sends. Fails with FeedFailedError when that ends."""
        call = self._open()
        try:
            async for message in call:
                self._pass_on(message)
                await self._backlog.room.wait()
        except grpc.aio.AioRpcError as error:
            remote = errors.describe(error)
            raise FeedFailedError(remote.reason, remote.message, again=_may_mend(remote.code)) from error
        finally:
            call.cancel()
        raise FeedFailedError("ENDED", "the source ended the stream", again=True)

    def _pass_on(self, message: Message) -> None:
        kind = message.WhichOneof("event")
        if kind is not None:
            data = to_value(getattr(message, kind))
            token = getattr(message, "resume_token", "")
            self.publish(Update(self._body(kind, data, token)))


def _may_mend(code: grpc.StatusCode) -> bool:
    return code in (
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.INTERNAL,
    )

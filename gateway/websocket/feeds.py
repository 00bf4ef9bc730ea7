"""A feed: one source of updates, the readers that share it, and how it is kept alive."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
from google.protobuf.message import Message

from ..settings import GatewaySettings
from .backlogs import Backlog, Update
from .clients import Client
from .counters import Counters
from .frames import body

_HOPELESS = (
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.UNIMPLEMENTED,
)


class FeedFailedError(Exception):
    """A feed that has come to its end: its readers are told why, and whether to try again."""

    def __init__(self, reason: str, message: str, *, again: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        self.again = again


class Feed(ABC):
    """What all readers of one channel share. `run` is started for the first and cancelled after the last."""

    def __init__(self, channel: str, counters: Counters, settings: GatewaySettings) -> None:
        self.channel = channel
        self.clients: set[Client] = set()
        self._counters = counters
        self._settings = settings
        self._stale: set[str] = set()

    @abstractmethod
    async def run(self) -> None:
        """Follows the source for ever. Fails with FeedFailedError when that cannot work."""

    @abstractmethod
    def snapshot(self) -> bytes | None:
        """Returns the body of a snapshot, or None while nothing is known."""

    @abstractmethod
    def backlog(self) -> Backlog:
        """Returns what keeps updates for one slow reader."""

    def join(self, client: Client) -> None:
        """Adds a reader: it gets what is known first."""
        self.clients.add(client)
        known = self.snapshot()
        if known is not None:
            client.send(known)
        for source in sorted(self._stale):
            client.send(self._body("stale", {"source": source}))

    def publish(self, update: Update) -> None:
        """Gives an update to every reader."""
        for client in tuple(self.clients):
            client.deliver(update)

    def beat(self, data: dict[str, object]) -> None:
        """Says to every reader that the connection lives."""
        self.publish(Update(self._body("heartbeat", data)))

    def _body(self, kind: str, data: dict[str, object] | None = None, token: str = "") -> bytes:
        return body(kind, self.channel, data, token)

    def mark(self, source: str, *, live: bool) -> None:
        """Tells the readers, once, that a source is lost or back."""
        if live == (source not in self._stale):
            return
        (self._stale.discard if live else self._stale.add)(source)
        self.publish(Update(self._body("live" if live else "stale", {"source": source})))

    def watched(
        self, source: str, open_call: Callable[[str], Any]
    ) -> Callable[[str], AsyncIterator[Message]]:
        """Returns how to open a stream so that the readers learn when it is lost and when it is back."""

        async def follow(token: str) -> AsyncIterator[Message]:
            try:
                async for message in open_call(token):
                    self.mark(source, live=True)
                    yield message
            except grpc.aio.AioRpcError as error:
                if error.code() in _HOPELESS:
                    raise FeedFailedError(error.code().name, error.details() or "") from error
                raise
            finally:
                self.mark(source, live=False)

        return follow

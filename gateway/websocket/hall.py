"""Where readers and feeds meet: opens a feed for its first reader, closes it after its last."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

from picows import WSCloseCode

from tickmesh.services.runtime import telemetry

from .clients import Client
from .counters import Counters
from .feeds import Feed, FeedFailedError

log = telemetry.logger(__name__)

MakeFeed = Callable[[], Feed]


class Hall:
    """All feeds of the process and their readers."""

    def __init__(self, counters: Counters, heartbeat_s: float) -> None:
        self._counters = counters
        self._heartbeat_s = heartbeat_s
        self._feeds: dict[str, Feed] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.empty = asyncio.Event()  # set while nobody is connected
        self.empty.set()

    def enter(self, key: str, channel: str, token_seconds_left: float, make: MakeFeed) -> Client:
        """Returns a reader. Once connected it joins the feed of a key, which is made when it is the first."""
        return Client(
            channel,
            self._counters,
            token_seconds_left,
            joined=lambda reader: self._join(key, make, reader),
            left=lambda reader: self._leave(key, reader),
        )

    def _join(self, key: str, make: MakeFeed, client: Client) -> None:
        self.empty.clear()
        feed = self._feeds.get(key)
        if feed is None:
            feed = self._feeds[key] = make()
            self._tasks[key] = asyncio.create_task(self._run(key, feed), name=f"feed {key}")
            self._counters.feeds += 1
        client.backlog = feed.backlog()
        feed.join(client)

    def _leave(self, key: str, client: Client) -> None:
        if self._counters.connections == 0:
            self.empty.set()
        feed = self._feeds.get(key)
        if feed is None:
            return
        feed.clients.discard(client)
        if not feed.clients:
            self._forget(key).cancel()

    def _forget(self, key: str) -> "asyncio.Task[None]":
        del self._feeds[key]
        self._counters.feeds -= 1
        return self._tasks.pop(key)

    async def _run(self, key: str, feed: Feed) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(feed.run())
                group.create_task(self._beat(feed))
        except* FeedFailedError as hopeless:
            error = _first(hopeless)
            self._forget(key)
            code = WSCloseCode.TRY_AGAIN_LATER if error.again else WSCloseCode.POLICY_VIOLATION
            _close_all(feed, code, error.reason, str(error))
        except* Exception as failed:
            log.error("a feed failed", feed=key, exc_info=failed)
            self._forget(key)
            _close_all(
                feed, WSCloseCode.INTERNAL_ERROR, "INTERNAL", "the feed failed; the gateway's log says why"
            )

    async def _beat(self, feed: Feed) -> None:
        while True:
            await asyncio.sleep(self._heartbeat_s)
            feed.beat({"time": datetime.fromtimestamp(time.time(), UTC).isoformat().replace("+00:00", "Z")})

    async def close(self) -> None:
        """Says goodbye to every reader and ends all feeds."""
        for feed in tuple(self._feeds.values()):
            _close_all(feed, WSCloseCode.GOING_AWAY, "GOING_AWAY", "the gateway is stopping; connect again")
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _close_all(feed: Feed, code: WSCloseCode, reason: str, message: str) -> None:
    for client in tuple(feed.clients):
        client.close(code, reason, message)


def _first(failures: BaseExceptionGroup[FeedFailedError]) -> FeedFailedError:
    """Returns the first failure. A feed that follows several sources fails with a group in the group."""
    found: BaseException = failures
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    assert isinstance(found, FeedFailedError)
    return found

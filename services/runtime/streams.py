"""One source for all streams, and one client.

A stream is a snapshot and the updates after it, each at a position. `Hub` keeps the newest
updates in a ring and lets any number of readers follow; `respond` puts its events into the
envelope that every streamed response has; `Follower` is the other end: it reconnects, resumes
and checks that nothing is missing.
"""

import asyncio
import random
import uuid
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import grpc

from ..values import timestamp
from . import telemetry
from .errors import FieldViolation, InvalidArgument, ResourceExhausted

T = TypeVar("T")
S = TypeVar("S")
R = TypeVar("R")

SILENCE_S = 1.0
BATCH_MAX = 1_000

log = telemetry.logger(__name__)


@dataclass(frozen=True, slots=True)
class Snapshot(Generic[S]):
    """Replaces everything known so far."""

    value: S
    token: str


@dataclass(frozen=True, slots=True)
class Updates(Generic[T]):
    """Changes what is known: at least one, in order."""

    items: list[T]
    token: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Positions that are lost; a snapshot follows where the stream has one."""

    from_position: int
    to_position: int
    message: str
    token: str


@dataclass(frozen=True, slots=True)
class Beat:
    """Says that nothing happened."""

    token: str


Event = Snapshot[S] | Updates[T] | Gap | Beat


class SlowReader(ResourceExhausted):
    """A reader that fell behind what is kept. It resumes with its token."""

    reason = "SLOW_READER"


class InvalidResumeToken(InvalidArgument):
    """A resume token that no stream gave."""

    reason = "RESUME_TOKEN_INVALID"

    def __init__(self) -> None:
        problem = "not a token of this stream; leave it empty to start afresh"
        super().__init__(f"resume_token: {problem}", fields=[FieldViolation("resume_token", problem)])


def make_token(epoch: str, position: int) -> str:
    """Returns the resume token of a position."""
    return f"{epoch}.{position}"


def read_token(token: str) -> tuple[str, int]:
    """Returns epoch and position of a resume token. Fails with InvalidResumeToken."""
    epoch, _, position = token.rpartition(".")
    if not epoch or not position.isdecimal() or not position.isascii() or len(position) > 19:
        raise InvalidResumeToken
    return epoch, int(position)


class Hub(Generic[T]):
    """One source of updates with any number of readers, and a ring of the newest updates."""

    def __init__(self, capacity: int, epoch: str | None = None, position: int = 0) -> None:
        self.epoch = epoch or uuid.uuid4().hex[:12]
        self.position = position
        self.conflated = 0  # updates that a slow reader never saw, all readers together
        self.disconnected = 0  # readers that were too slow
        self._ring: deque[tuple[int, T]] = deque(maxlen=capacity)
        self._oldest = position + 1  # the first position that can still be read
        self._news = asyncio.Event()

    def publish(self, item: T, position: int | None = None) -> int:
        """Adds an update and returns its position: the one given, which must rise, or the next."""
        place = self.position + 1 if position is None else position
        if len(self._ring) == self._ring.maxlen:
            self._oldest = self._ring[0][0] + 1
        self._ring.append((place, item))
        self.position = place
        self._news.set()
        return place

    async def follow(
        self,
        token: str,
        *,
        snapshot: Callable[[], S] | None = None,
        conflate: Callable[[T], Hashable] | None = None,
        select: Callable[[T], bool] | None = None,
        pace_s: float = 0.0,
    ) -> AsyncIterator[Event[S, T]]:
        """Yields events from a token on, or from a snapshot on. Fails with SlowReader, InvalidResumeToken."""
        reader = _Reader(self, snapshot, conflate, select)
        for event in reader.begin(token):
            yield event
        while True:
            if not await self._wait(reader.position):
                yield Beat(reader.token)
                continue
            if pace_s:
                await asyncio.sleep(pace_s)
            for event in reader.advance():
                yield event

    async def _wait(self, position: int) -> bool:
        """Waits until there is more than a position; False after a second of silence."""
        if self.position > position:
            return True
        if self._news.is_set():
            self._news = asyncio.Event()
        try:
            async with asyncio.timeout(SILENCE_S):
                await self._news.wait()
        except TimeoutError:
            return False
        return True

    def since(self, position: int) -> list[tuple[int, T]]:
        """Returns what is kept after a position, in order."""
        missing = self.position - position
        if missing < len(self._ring) // 8:  # a reader that is nearly abreast: walk back from the newest
            return self._newest_after(position)
        return [entry for entry in self._ring if entry[0] > position]

    def _newest_after(self, position: int) -> list[tuple[int, T]]:
        found: list[tuple[int, T]] = []
        for entry in reversed(self._ring):
            if entry[0] <= position:
                break
            found.append(entry)
        found.reverse()
        return found

    def keeps(self, position: int) -> bool:
        """Says whether everything after a position can still be read."""
        return self._oldest - 1 <= position <= self.position


class _Reader(Generic[S, T]):
    """Where one reader of a hub stands."""

    def __init__(
        self,
        hub: Hub[T],
        snapshot: Callable[[], S] | None,
        conflate: Callable[[T], Hashable] | None,
        select: Callable[[T], bool] | None,
    ) -> None:
        self._hub = hub
        self._snapshot = snapshot
        self._conflate = conflate
        self._select = select
        self.position = hub.position

    @property
    def token(self) -> str:
        return make_token(self._hub.epoch, self.position)

    def begin(self, token: str) -> list[Event[S, T]]:
        if not token:
            return self._snapshots()
        epoch, position = read_token(token)
        if epoch == self._hub.epoch and self._hub.keeps(position):
            self.position = position
            return []
        self.position = self._hub.position
        lost_from = position + 1 if epoch == self._hub.epoch else 0
        gap = Gap(lost_from, self._hub.position, "the position asked for is no longer kept", self.token)
        return [gap, *self._snapshots()]

    def _snapshots(self) -> list[Event[S, T]]:
        self.position = self._hub.position
        return [] if self._snapshot is None else [Snapshot(self._snapshot(), self.token)]

    def advance(self) -> list[Event[S, T]]:
        if not self._hub.keeps(self.position):
            return self._overrun()
        entries = self._hub.since(self.position)
        items = [item for _, item in entries if self._select is None or self._select(item)]
        if self._conflate is not None:
            self.position = self._hub.position
            kept = self._newest(items, self._conflate)
            return [Updates(kept, self.token)] if kept else []
        return self._batches(entries)

    def _newest(self, items: list[T], key: Callable[[T], Hashable]) -> list[T]:
        newest = {key(item): item for item in items}
        self._hub.conflated += len(items) - len(newest)
        return list(newest.values())

    def _batches(self, entries: list[tuple[int, T]]) -> list[Event[S, T]]:
        batches: list[Event[S, T]] = []
        for start in range(0, len(entries), BATCH_MAX):
            part = entries[start : start + BATCH_MAX]
            self.position = part[-1][0]
            items = [item for _, item in part if self._select is None or self._select(item)]
            if items:
                batches.append(Updates(items, self.token))
        return batches

    def _overrun(self) -> list[Event[S, T]]:
        if self._conflate is not None and self._snapshot is not None:
            self._hub.conflated += self._hub.position - self.position
            return self._snapshots()
        self._hub.disconnected += 1
        raise SlowReader("the reader fell behind what is kept; resume with its token")


async def respond(
    events: AsyncIterator[Event[S, T]],
    response_type: Callable[[], R],
    *,
    update: Callable[[list[T]], Any],
    snapshot: Callable[[S], Any] | None = None,
    clock: Callable[[], int] | None = None,
) -> AsyncIterator[R]:
    """Puts events into responses with sequence, resume_token and one of snapshot, update, gap, heartbeat.

    `update` makes the update message of some items, or an iterable of several, which become a
    response each; `snapshot` makes the snapshot message.
    """
    sequence = 0
    async for event in events:
        for fill in _fillers(event, update, snapshot, clock):
            sequence += 1
            response: Any = response_type()
            fill(response)
            response.sequence = sequence
            response.resume_token = event.token
            yield response


def _fillers(event: Any, update: Any, snapshot: Any, clock: Callable[[], int] | None) -> list[Callable[[Any], None]]:
    if isinstance(event, Snapshot):
        message = snapshot(event.value)
        return [lambda response: response.snapshot.MergeFrom(message)]
    if isinstance(event, Updates):
        made = update(event.items)
        several = [made] if hasattr(made, "DESCRIPTOR") else list(made)
        return [lambda response, part=part: response.update.MergeFrom(part) for part in several]
    if isinstance(event, Gap):
        return [lambda response: _fill_gap(response.gap, event)]
    return [lambda response: _fill_heartbeat(response.heartbeat, clock)]


def _fill_gap(message: Any, gap: Gap) -> None:
    message.from_position = gap.from_position
    message.to_position = gap.to_position
    message.message = gap.message


def _fill_heartbeat(message: Any, clock: Callable[[], int] | None) -> None:
    message.SetInParent()
    if clock is not None:
        message.time.CopyFrom(timestamp(clock()))


class OutOfSequence(Exception):
    """A response is missing: the stream must be opened again."""


class Follower(Generic[R]):
    """Follows a stream for ever: reconnects with backoff, resumes with the last token, checks the sequence.

    Yields responses with a snapshot, an update or a gap; heartbeats are swallowed. `token` is
    where to resume after the response that was yielded last. Errors that repeating cannot mend are raised.
    UNIMPLEMENTED is none of those: a server that is starting does not have its methods yet.
    """

    FATAL = frozenset(
        {
            grpc.StatusCode.UNAUTHENTICATED,
            grpc.StatusCode.PERMISSION_DENIED,
            grpc.StatusCode.INVALID_ARGUMENT,
        }
    )

    def __init__(self, open_stream: Callable[[str], AsyncIterable[R]], token: str = "", name: str = "") -> None:
        self._open = open_stream
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
            if kind == "heartbeat":
                self.token = message.resume_token
                continue
            self.gaps += kind == "gap"
            yield response
            self.token = message.resume_token

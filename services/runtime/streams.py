"""One source for all streams, and one client.

A stream is a snapshot and the updates after it, each at a position. `Hub` keeps the newest
updates in a ring and lets any number of readers follow; `respond` puts its events into the
envelope that every streamed response has; `Follower` is the other end.
"""

import asyncio
import uuid
from bisect import bisect_right
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Hashable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from google.protobuf.message import Message

from ..values import timestamp
from . import wire
from .errors import FieldViolation, InvalidArgument, ResourceExhausted
from .following import Follower as Follower

T = TypeVar("T")
S = TypeVar("S")
R = TypeVar("R")

Answer = tuple[Any, str, wire.Pieces | None]  # a response, its token, and its update where that is serialised

SILENCE_S = 1.0
BATCH_MAX = 1_000


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
    token_before: str = ""  # where to resume when only a part of the items was seen


@dataclass(frozen=True, slots=True)
class Gap:
    """Positions that are lost, without the last; a snapshot follows where the stream has one.

    Then its token is empty: who resumes before the snapshot came gets one.
    """

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

    def __init__(
        self,
        capacity: int,
        epoch: str | None = None,
        position: int = 0,
        silence_s: float = SILENCE_S,
        weigh: Callable[[T], int] = lambda item: 1,
    ) -> None:
        self.silence_s = silence_s
        self.epoch = epoch or uuid.uuid4().hex[:12]
        self.position = position
        self.conflated = 0  # updates that a slow reader never saw, all readers together
        self.disconnected = 0  # readers that were too slow
        self._capacity = capacity
        self._weigh = weigh
        self._weight = 0
        self._ring: deque[tuple[int, T]] = deque()
        self._oldest = position + 1  # the first position that can still be read
        self._news = asyncio.Event()

    def start_after(self, position: int) -> None:
        """Begins behind a position, before anything is published: what came up to it is not kept here."""
        assert not self._ring, "updates are kept already"
        self.position, self._oldest = position, position + 1

    def publish(self, item: T, position: int | None = None) -> int:
        """Adds an update and returns its position: the one given, which must rise, or the next."""
        place = self.position + 1 if position is None else position
        if place <= self.position:
            raise ValueError(f"position {place} does not follow {self.position}")
        self._ring.append((place, item))
        self._weight += self._weigh(item)
        while self._weight > self._capacity:
            dropped, old = self._ring.popleft()
            self._weight -= self._weigh(old)
            self._oldest = dropped + 1
        self.position = place
        self._news.set()
        return place

    def last_up_to(self, value: int, key: Callable[[T], int]) -> T | None:
        """Returns the newest item that is kept whose key, which rises, is at most a value; None for none."""
        place = bisect_right(self._ring, value, key=lambda entry: key(entry[1]))
        return self._ring[place - 1][1] if place else None

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
        now_s = asyncio.get_running_loop().time
        spoke_s = now_s()
        while True:
            found: list[Event[S, T]] = []
            if await self.wait(reader.position, self.silence_s - (now_s() - spoke_s)):
                if pace_s:
                    await asyncio.sleep(pace_s)
                found = reader.advance()
            # Updates that this reader does not select are silence to it, and its token moves on with them.
            if not found and now_s() - spoke_s >= self.silence_s:
                found = [Beat(reader.token)]
            for event in found:
                yield event
            if found:
                spoke_s = now_s()

    async def wait(self, position: int, within_s: float) -> bool:
        """Waits until there is more than a position; False when there is none within so many seconds.

        The event of the news is replaced when it is set and a reader that is abreast begins to wait,
        so nobody waits on an event that is not set again.
        """
        if self.position > position:
            return True
        try:
            async with asyncio.timeout(within_s):
                while self.position <= position:  # news may be older than a position that is ahead of it
                    if self._news.is_set():
                        self._news = asyncio.Event()
                    await self._news.wait()
        except TimeoutError:
            return self.position > position
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
        is_behind = epoch == self._hub.epoch and position < self._hub.position
        lost_from = position + 1 if is_behind else 0
        follows = self._hub.position + 1
        # Whoever is cut off before the snapshot came has nothing that updates would fit: it starts afresh.
        resumes = self.token if self._snapshot is None else ""
        gap = Gap(lost_from, follows, "the position asked for is no longer kept", resumes)
        return [gap, *self._snapshots()]

    def _snapshots(self) -> list[Event[S, T]]:
        self.position = self._hub.position
        return [] if self._snapshot is None else [Snapshot(self._snapshot(), self.token)]

    def advance(self) -> list[Event[S, T]]:
        if not self._hub.keeps(self.position):
            return self._overrun()
        entries = self._hub.since(self.position)
        if self._conflate is None:
            return self._batches(entries)
        before, self.position = self.token, self._hub.position
        kept = self._newest(self._selected(entries), self._conflate)
        return [Updates(kept, self.token, before)] if kept else []

    def _selected(self, entries: list[tuple[int, T]]) -> list[T]:
        return [item for _, item in entries if self._select is None or self._select(item)]

    def _newest(self, items: list[T], key: Callable[[T], Hashable]) -> list[T]:
        newest = {key(item): item for item in items}
        self._hub.conflated += len(items) - len(newest)
        return list(newest.values())

    def _batches(self, entries: list[tuple[int, T]]) -> list[Event[S, T]]:
        batches: list[Event[S, T]] = []
        for start in range(0, len(entries), BATCH_MAX):
            part = entries[start : start + BATCH_MAX]
            before, self.position = self.token, part[-1][0]
            items = self._selected(part)
            if items:
                batches.append(Updates(items, self.token, before))
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
    response each; it may make `Pieces` in place of a message, whose response is yielded serialised then.
    `snapshot` makes the snapshot message.
    """
    sequence = 0
    async with AsyncExitStack() as stack:
        if isinstance(events, AsyncGenerator):
            stack.push_async_callback(events.aclose)
        async for event in events:
            for response, token, pieces in _responses(event, response_type, update, snapshot, clock):
                sequence += 1
                response.sequence = sequence
                response.resume_token = token
                yield response if pieces is None else cast(R, wire.enclosed(response, "update", pieces))


def _responses(
    event: Any, response_type: Any, update: Any, snapshot: Any, clock: Callable[[], int] | None
) -> Iterator[Answer]:
    if isinstance(event, Updates):
        yield from _parts(event, response_type, update)
        return
    response = response_type()
    if isinstance(event, Snapshot):
        response.snapshot.MergeFrom(snapshot(event.value))
    elif isinstance(event, Gap):
        _fill_gap(response.gap, event)
    else:
        _fill_heartbeat(response.heartbeat, clock)
    yield response, event.token, None


def _parts(event: Updates[Any], response_type: Any, update: Any) -> Iterator[Answer]:
    made = update(event.items)
    parts = [made] if isinstance(made, Message | wire.Pieces) else list(made)
    for number, part in enumerate(parts, start=1):
        response = response_type()
        token = event.token if number == len(parts) else event.token_before or event.token
        if isinstance(part, wire.Pieces):
            yield response, token, part
        else:
            response.update.MergeFrom(part)
            yield response, token, None


def _fill_gap(message: Any, gap: Gap) -> None:
    message.from_position = gap.from_position
    message.to_position = gap.to_position
    message.message = gap.message


def _fill_heartbeat(message: Any, clock: Callable[[], int] | None) -> None:
    message.SetInParent()
    if clock is not None:
        message.time.CopyFrom(timestamp(clock()))

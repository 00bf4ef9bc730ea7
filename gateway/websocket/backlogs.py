"""What waits for a slow reader: everything in order up to a bound, or only what is newest."""

from collections import deque
from dataclasses import dataclass
from typing import Protocol

from .counters import Counters


@dataclass(frozen=True, slots=True)
class Update:
    """A frame's shared body, and what the feed needs to merge it with others."""

    body: bytes
    part: object = None


class Backlog(Protocol):
    """Keeps updates while a reader takes none."""

    def add(self, update: Update) -> bool:
        """Keeps an update. False: the bound is reached, the reader is too slow."""

    def take(self) -> bytes | None:
        """Returns the next body for the reader, or None when nothing waits."""


class Complete:
    """Every update in order, so many at most."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._waiting: deque[bytes] = deque()

    def add(self, update: Update) -> bool:
        """Keeps an update behind those that wait."""
        if len(self._waiting) >= self._capacity:
            return False
        self._waiting.append(update.body)
        return True

    def take(self) -> bytes | None:
        """Returns the oldest body."""
        return self._waiting.popleft() if self._waiting else None


class Newest:
    """The newest update alone: for channels in which each replaces the one before."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters
        self._waiting: bytes | None = None

    def add(self, update: Update) -> bool:
        """Keeps an update in place of the one that waits."""
        self._counters.updates_conflated += self._waiting is not None
        self._waiting = update.body
        return True

    def take(self) -> bytes | None:
        """Returns the newest body."""
        waiting, self._waiting = self._waiting, None
        return waiting

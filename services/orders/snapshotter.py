"""Takes snapshots of the order path while it works, and keeps them beside the journal.

The order path stands still only while the engine and the venue write their bytes. These are packed in
another thread, and the parts are written between rows of the journal.
"""

import asyncio
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol, TypeVar

import sqlalchemy as sa

from tickmesh.native.engine import Engine

from ..runtime import telemetry
from .domain import frozen
from .domain.frozen import Frozen
from .domain.venue import Venue
from .journal import Journal
from .projector import Projector
from .snapshots import Head, Snapshots, cut

T = TypeVar("T")
PAUSE_S = 0.005  # after each part
REST = 50  # the order path stands still for snapshots no longer than a fiftieth of the time
ROW_COMMANDS = 5  # a row takes as long to read and to check as so many commands to replay
PACKING = 1  # the fastest: the bytes become about a fifth

log = telemetry.logger(__name__)


class Aside(Protocol):
    """Runs work in the thread that writes the journal and runs the engine, between two rows."""

    async def __call__(self, work: Callable[[], T], /) -> T: ...


@dataclass(frozen=True, slots=True)
class _Taken:
    """Everything as it was after one row, on its way to the tables."""

    venue: Frozen
    engine: bytes
    state_hash: str
    row_hash: bytes
    pause_s: float


class Snapshotter:
    """Decides when a snapshot is due, takes it, and keeps the newest two and the one that the tables need."""

    def __init__(
        self, snapshots: Snapshots, projector: Projector, epoch: int, *, commands: int, last: int
    ) -> None:
        self._snapshots = snapshots
        self._projector = projector
        self._epoch = epoch
        self._commands = commands
        self._last = last  # sequence of the newest one that was taken
        self._last_row = 0  # counted as the journal counts
        self._kept = last  # of the newest one that can be used
        self._rests_until_s = 0.0
        self._is_busy = False
        self._waiting: asyncio.Queue[_Taken] = asyncio.Queue(1)

    def is_due(self, command: int, row: int) -> bool:
        """Says whether a snapshot is to be taken after a command, the last of a row with this number."""
        behind = command - self._last + ROW_COMMANDS * (row - self._last_row)
        if not self._commands or self._is_busy or behind < self._commands:
            return False
        return asyncio.get_running_loop().time() >= self._rests_until_s

    async def take(self, venue: Venue, engine: Engine, journal: Journal, aside: Aside) -> None:
        """Takes everything as it is. Call it between two rows, and run none before it returns."""
        now_s = asyncio.get_running_loop().time
        self._is_busy, self._last, self._last_row = True, venue.last_command, journal.row_count
        start_s = now_s()
        copied = frozen.freeze(venue)
        copying_s = now_s() - start_s
        content, state_hash, writing_s = await aside(partial(_write, engine, now_s))
        pause_s = copying_s + writing_s
        self._rests_until_s = now_s() + REST * pause_s
        self._waiting.put_nowait(_Taken(copied, content, state_hash, journal.hash, pause_s))

    async def run(self, aside: Aside) -> None:
        """Keeps what is taken, for ever. One that cannot be written is missed by nobody but a restart."""
        while True:
            taken = await self._waiting.get()
            try:
                await self._keep(taken, aside)
            except sa.exc.DatabaseError as error:
                log.error("a snapshot was not kept", commands=taken.venue.command, problem=str(error.orig))
            self._is_busy = False

    def _of_the_tables(self) -> int:
        """Returns the newest snapshot that the tables have reached: the projector may have to begin there."""
        usable = [head for head in self._snapshots.heads() if head.sequence <= self._kept]
        reached = [head.sequence for head in usable if head.report <= self._projector.sequence]
        return max(reached, default=0)

    async def _keep(self, taken: _Taken, aside: Aside) -> None:
        packed = await asyncio.to_thread(_pack, taken.venue)
        parts = cut(taken.engine, packed)
        head = await asyncio.to_thread(_head, self._snapshots.shard, taken, len(packed), parts)
        for number, part in enumerate(parts):
            await aside(partial(self._snapshots.write_part, head.sequence, number, part))
            await asyncio.sleep(PAUSE_S)
        keep = {self._kept, await aside(self._of_the_tables)}
        await aside(partial(self._snapshots.publish, head, keep, self._epoch))
        self._kept = head.sequence
        pause_ms = round(taken.pause_s * 1e3, 1)
        log.info("snapshot", commands=head.sequence, engine_bytes=head.engine_size,
                 venue_bytes=head.venue_size, pause_ms=pause_ms)  # fmt: skip


def _write(engine: Engine, now_s: Callable[[], float]) -> tuple[bytes, str, float]:
    """Returns the engine's bytes, its state hash, and how long both took."""
    start_s = now_s()
    content, state_hash = engine.snapshot(), engine.state_hash()
    return content, f"{state_hash:016x}", now_s() - start_s


def _pack(venue: Frozen) -> bytes:
    """Returns the packed bytes of a venue."""
    return zlib.compress(frozen.to_bytes(venue), PACKING)


def _head(shard: int, taken: _Taken, venue_size: int, parts: list[memoryview]) -> Head:
    venue = taken.venue
    head = Head(
        shard=shard,
        sequence=venue.command,
        report=venue.report,
        row_hash=taken.row_hash,
        state_hash=taken.state_hash,
        engine_size=len(taken.engine),
        venue_size=venue_size,
    )
    return replace(head, digest=head.expected_digest(parts))

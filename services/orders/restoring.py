"""The way back through a snapshot: the newest one that fits everything else, or none."""

import zlib
from dataclasses import dataclass

from tickmesh.native.engine import Engine, EngineConfig, SnapshotError

from ..runtime import telemetry
from .domain import frozen
from .domain.venue import Venue
from .journal import Journal
from .snapshots import Head, Snapshots, Unfit

log = telemetry.logger(__name__)


@dataclass(frozen=True, slots=True)
class Restored:
    """Engine and venue as they were after a row of the journal."""

    engine: Engine
    venue: Venue


def restore(snapshots: Snapshots, journal: Journal, config: EngineConfig, projected: int) -> Restored | None:
    """Returns the newest snapshot that can be used, the journal behind it, or None when there is none.

    `projected` is up to which event the tables are written: what they lack only a replay can tell them.
    """
    for head in snapshots.heads():
        try:
            restored = _load(snapshots, journal, config, projected, head)
        except Unfit as error:
            log.warning("a snapshot is passed over", sequence=head.sequence, problem=str(error))
            continue
        journal.resume(head.sequence, head.row_hash)
        log.info("restored", commands=head.sequence, state_hash=head.state_hash)
        return restored
    return None


def _load(
    snapshots: Snapshots, journal: Journal, config: EngineConfig, projected: int, head: Head
) -> Restored:
    if journal.hash_at(head.sequence) != head.row_hash:
        raise Unfit("it belongs to another history than the journal's")
    if head.report > projected:
        raise Unfit(f"the tables end before it, at event {projected}")
    engine_bytes, venue_bytes = snapshots.content(head)
    venue = _venue(venue_bytes)
    try:
        engine = Engine.restore(config, engine_bytes)
    except SnapshotError as error:
        raise Unfit(str(error)) from error
    if f"{engine.state_hash():016x}" != head.state_hash:
        engine.close()
        raise Unfit("the engine is not as it was: its state hash differs")
    return Restored(engine, venue)


def _venue(packed: bytes) -> Venue:
    try:
        return frozen.from_lines(zlib.decompress(packed).splitlines())
    except frozen.OtherVersion as error:
        raise Unfit(str(error)) from error

"""The way back through a snapshot: the newest one that fits everything else, or none."""

import zlib
from dataclasses import dataclass

from tickmesh.native.engine import Engine, SnapshotError

from ..runtime import telemetry
from ..runtime.shards import origin_of
from .capacities import engine_config, venue_config
from .domain import frozen
from .domain.venue import Venue
from .journal import Journal
from .settings import OrdersSettings
from .snapshots import Head, Snapshots, Unfit

log = telemetry.logger(__name__)


@dataclass(frozen=True, slots=True)
class Restored:
    """Engine and venue as they were after a row of the journal."""

    engine: Engine
    venue: Venue


def restore(
    snapshots: Snapshots, journal: Journal, settings: OrdersSettings, before: int | None = None
) -> Restored:
    """Returns the newest snapshot that can be used, the journal behind it, or the very beginning.

    `before` is the last event that it may contain.
    """
    for head in snapshots.heads():
        try:
            if before is not None and head.report > before:
                continue
            restored = _load(snapshots, journal, settings, head)
        except Unfit as error:
            log.warning("a snapshot is passed over", sequence=head.sequence, problem=str(error))
            continue
        journal.resume(head.sequence, head.row_hash)
        log.info("restored", commands=head.sequence, state_hash=head.state_hash)
        return restored
    return Restored(Engine(engine_config(settings)), _empty(settings))


def _empty(settings: OrdersSettings) -> Venue:
    venue = Venue(venue_config(settings), row_commands_max=settings.orders_row_commands_max)
    venue.last_command = origin_of(settings.orders_shard)
    return venue


def _load(snapshots: Snapshots, journal: Journal, settings: OrdersSettings, head: Head) -> Restored:
    if journal.hash_at(head.sequence) != head.row_hash:
        raise Unfit("it belongs to another history than the journal's")
    engine_bytes, venue_bytes = snapshots.content(head)
    venue = _empty(settings)
    try:
        frozen.thaw(zlib.decompress(venue_bytes), venue)
        engine = Engine.restore(engine_config(settings), engine_bytes)
    except (frozen.Unreadable, SnapshotError, zlib.error) as error:
        raise Unfit(str(error)) from error
    if f"{engine.state_hash():016x}" != head.state_hash:
        engine.close()
        raise Unfit("the engine is not as it was: its state hash differs")
    return Restored(engine, venue)

"""Starts the orders service on a host."""

import asyncio
import sys
from pathlib import Path

from tickmesh.orders.v1 import orders_pb2_grpc

from ..runtime import migrate
from ..runtime import settings as runtime_settings
from ..runtime.host import Host
from ..runtime.server import STARTING
from ..runtime.shards import journal_of, tables_of
from ..runtime.signing import SigningKey, load_public_keys, public_name
from .followers import InstrumentFollower
from .heads import KEY_NAME, Heads
from .journal import Journal
from .servicer import OrdersServicer
from .settings import OrdersSettings
from .shard import JOURNAL_REVISIONS, Shard
from .snapshots import Snapshots
from .standby import Standby
from .upkeep import Upkeep

SWITCH_S = 0.0005  # the thread that has just written a row waits no longer for the event loop


async def start(host: Host) -> None:
    """Makes everything as it was, stands by while another owns the shard, then takes orders.

    Healthy once it owns the shard and the instruments are listed.
    """
    settings = runtime_settings.load(OrdersSettings)
    journal_database = await host.database(journal_of(settings.orders_shard), JOURNAL_REVISIONS)
    database = await host.database(tables_of(settings.orders_shard), migrate.folder("orders"))
    journal = Journal(journal_database.engine, settings.orders_shard, _heads(host, settings))
    snapshots = Snapshots(journal_database.engine, settings.orders_shard)
    shard = Shard(settings, journal, snapshots, database, host.clock)
    sys.setswitchinterval(SWITCH_S)
    standby = Standby(journal, shard, settings.orders_silence_s)
    await standby.run(
        lambda: host.is_not_ready("another process owns the shard", "STANDING_BY"),
        lambda: host.is_not_ready("the journal cannot be read or written at present", "JOURNAL_UNAVAILABLE"),
    )
    host.is_not_ready(*STARTING)
    shard.open()
    host.on_stop(lambda: asyncio.to_thread(shard.close))
    host.spawn(shard.projector.run(), "projector")
    host.spawn(shard.sequencer.run(), "sequencer")
    host.spawn(shard.beat(), "beat")
    host.spawn(shard.snapshotter.run(shard.sequencer.aside), "snapshots")
    days_ahead, days_kept = settings.orders_days_ahead, settings.orders_executions_days
    upkeep = Upkeep(database, host.clock, days_ahead=days_ahead, days_kept=days_kept)
    host.spawn(upkeep.run(), "days of executions")
    await shard.make_root()
    await shard.end_day_if_due()
    host.spawn(shard.end_days(), "end of day")
    follower = InstrumentFollower(host.channel("assets"), shard)
    host.spawn(follower.run(), "instruments")
    host.serve(orders_pb2_grpc.add_OrdersServiceServicer_to_server, OrdersServicer(shard))
    await follower.listed.wait()


def _heads(host: Host, settings: OrdersSettings) -> Heads:
    """Returns what signs the journal."""
    key = SigningKey.load_or_create(host.settings.keys, KEY_NAME)
    file = settings.orders_heads_file
    keys = load_public_keys(host.settings.keys / public_name(KEY_NAME))
    return Heads(key, host.clock, settings.orders_head_interval_s, None if file == Path() else file, keys)

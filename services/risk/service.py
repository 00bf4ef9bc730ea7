"""Puts the risk service together on a host."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from tickmesh.assets.v1 import assets_pb2
from tickmesh.risk.v1 import risk_pb2_grpc

from ..runtime import settings as runtime_settings
from ..runtime.host import Host
from .changes import Changes
from .domain.conversion import Conversions
from .domain.rulebook import RuleBook
from .engine import Engine
from .feed import Feed
from .followers import RefusalFollower, follow_instruments, follow_prices
from .leases import Leases
from .servicer import RiskServicer
from .settings import RiskSettings
from .store import RiskStore
from .upkeep import Defaults, RateTeller, send_all_until_taken


async def start(host: Host) -> None:
    """Loads what is in force, tells the engine, serves, and follows orders, instruments and quotes."""
    settings = runtime_settings.load(RiskSettings)
    store, rules = RiskStore(await host.database("risk")), RuleBook()
    rules.adopt(await store.in_force())
    engine = Engine(host.channel("orders"), settings.risk_call_timeout_s)
    changes = Changes(engine, store, rules)
    feed = await _feed(store, settings.risk_stream_kept)
    store.on_event = feed.publish
    servicer = RiskServicer(changes, rules, store, feed, host.clock)
    host.serve(risk_pb2_grpc.add_RiskServiceServicer_to_server, servicer)
    leases, progress = Leases(changes, rules), await store.progress()
    refusals = RefusalFollower(host.channel("orders"), store, progress, leases.refused)
    host.spawn(refusals.run(), "risk-refusals")
    host.spawn(leases.run(), "risk-leases")
    defaults = Defaults(changes, rules, host.clock, settings.default_limits(), settings.risk_collar_bps)
    rates = RateTeller(engine, Conversions(settings.risk_conversion_bps))
    sent = _keep_up(host, changes, defaults, rates)
    await _at_most(settings.risk_ready_wait_s, _all(sent.wait(), defaults.complete.wait()))


async def _feed(store: RiskStore, capacity: int) -> Feed:
    progress, newest = await store.progress(), await store.events(capacity)
    return Feed(capacity, progress.epoch, newest[::-1])


def _keep_up(host: Host, changes: Changes, defaults: Defaults, rates: RateTeller) -> asyncio.Event:
    """Starts what risk does without being asked; the event: the engine knows all that is in force."""

    def listed(instruments: list[assets_pb2.Instrument]) -> None:
        defaults.list_instruments(instruments)
        rates.list_instruments(instruments)

    sent = asyncio.Event()
    host.spawn(send_all_until_taken(changes, sent), "risk-in-force")
    host.spawn(defaults.run(), "risk-defaults")
    host.spawn(rates.run(), "risk-rates")
    host.spawn(follow_instruments(host.channel("assets"), listed), "risk-instruments")
    host.spawn(follow_prices(host.channel("pricing"), rates.price), "risk-quotes")
    return sent


async def _all(*waits: Coroutine[Any, Any, Any]) -> None:
    await asyncio.gather(*waits)


async def _at_most(seconds: float, work: Coroutine[Any, Any, None]) -> None:
    """Waits for a while: a platform whose parts start in any order must not wait for ever."""
    try:
        await asyncio.wait_for(work, seconds)
    except TimeoutError:
        return

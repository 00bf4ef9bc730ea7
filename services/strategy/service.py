"""Puts the strategy service together on a host."""

import asyncio

from tickmesh.strategy.v1 import strategy_pb2_grpc

from ..runtime import settings as runtime_settings
from ..runtime.host import Host
from ..runtime.streams import Hub
from .desk import Desk
from .domain.catalog import programs
from .domain.fair_value import Market
from .domain.inventory import Inventory
from .domain.market_clock import MarketClock
from .domain.randomness import seeded
from .domain.status import Status
from .followers import Executions, Instruments
from .servicer import StrategyServicer
from .settings import StrategySettings
from .store import MARKET_STEP, Stored, StrategyStore
from .strategies import Strategies
from .trading import Floor

STATUSES_KEPT = 1_024


async def start(host: Host) -> None:
    """Loads what is stored, serves it, and lets the strategies look for the other services by themselves."""
    settings = runtime_settings.load(StrategySettings)
    store = StrategyStore(await host.database("strategy"))
    stored = await store.load()
    hub: Hub[Status] = Hub(STATUSES_KEPT)
    floor = _floor(host, settings, stored, hub)
    strategies = Strategies(programs(), floor, store, hub, stored.wishes, settings.market)
    followed = _executions(strategies, floor.inventory, stored)
    keeper = Keeper(store, floor, followed)
    host.on_stop(keeper.store)
    _spawn(host, strategies, floor.instruments, followed)
    host.spawn(keeper.run(settings.strategy_store_interval_s), "strategy-keeper")
    servicer = StrategyServicer(strategies, host.clock, settings.strategy_stop_timeout_s)
    host.serve(strategy_pb2_grpc.add_StrategyServiceServicer_to_server, servicer)


def _floor(host: Host, settings: StrategySettings, stored: Stored, hub: Hub[Status]) -> Floor:
    source = seeded(settings.seed)

    def publish(status: Status) -> None:
        hub.publish(status)

    return Floor(
        desk=Desk(host.channel("orders"), settings.strategy_call_timeout_s),
        instruments=Instruments(),
        inventory=Inventory(dict(stored.quantities)),
        market=Market(source),
        source=source,
        market_clock=MarketClock(stored.market_step, host.clock()),
        clock=host.clock,
        publish=publish,
    )


def _executions(strategies: Strategies, inventory: Inventory, stored: Stored) -> list[Executions]:
    portfolios = sorted({runner.program.portfolio_id for runner in strategies.runners.values()})
    followed: list[Executions] = []
    for portfolio_id in portfolios:
        traders = {
            strategy_id: runner
            for strategy_id, runner in strategies.runners.items()
            if runner.program.portfolio_id == portfolio_id
        }
        token = stored.positions.get(portfolio_id, "")
        followed.append(Executions(portfolio_id, token, inventory, traders))
    return followed


def _spawn(host: Host, strategies: Strategies, instruments: Instruments, followed: list[Executions]) -> None:
    host.spawn(instruments.follow(host.channel("assets")), "strategy-instruments")
    orders = host.channel("orders")
    for executions in followed:
        host.spawn(executions.follow(orders), f"strategy-executions-{executions.portfolio_id}")
    for strategy_id, runner in strategies.runners.items():
        host.spawn(runner.run(), strategy_id)


class Keeper:
    """Stores, from time to time, how far the market and the inventories have come."""

    def __init__(self, store: StrategyStore, floor: Floor, followed: list[Executions]) -> None:
        self._store = store
        self._floor = floor
        self._followed = followed

    async def run(self, interval_s: float) -> None:
        """Stores at intervals, for ever."""
        while True:
            await asyncio.sleep(interval_s)
            await self.store()

    async def store(self) -> None:
        """Stores everything as of one moment: nothing runs between reading the parts."""
        step = self._floor.market_clock.step_at(self._floor.clock())
        positions = {one.portfolio_id: one.token for one in self._followed} | {MARKET_STEP: str(step)}
        await self._store.record(self._floor.inventory.take_changed(), positions)

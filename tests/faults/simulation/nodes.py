"""The processes of the order path, put together as the services put themselves together."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tickmesh.assets.v1 import assets_pb2
from tickmesh.services.orders.heads import Heads
from tickmesh.services.orders.journal import Journal
from tickmesh.services.orders.projecting import Projection
from tickmesh.services.orders.servicer import OrdersServicer
from tickmesh.services.orders.settings import OrdersSettings
from tickmesh.services.orders.shard import Shard
from tickmesh.services.orders.snapshots import Snapshots
from tickmesh.services.orders.standby import Standby
from tickmesh.services.portfolio.domain.ledger import Ledger
from tickmesh.services.portfolio.domain.positions import PositionKey
from tickmesh.services.portfolio.followers import ExecutionFollower
from tickmesh.services.portfolio.store import PortfolioStore
from tickmesh.services.runtime.database import Database
from tickmesh.services.runtime.signing import SigningKey
from tickmesh.services.runtime.streams import Hub

from .disk import Disk
from .network import Server, VirtualChannel
from .process import Process, words_of
from .virtual_loop import VirtualLoop

SETTINGS = OrdersSettings(
    orders_capacity=2_000,
    orders_instruments=4,
    orders_nodes=32,
    orders_positions=128,
    orders_client_ids=4_096,
    orders_row_commands_max=8,
    orders_waiting_max=60,
    orders_waits_max_s=0.5,
    orders_executions_kept=40,
    orders_book_updates_kept=30,
    orders_pages=256,
    orders_extras=256,
    orders_snapshot_commands=25,
    orders_head_interval_s=0.05,
    orders_silence_s=0.3,
)
SYMBOLS = ("AAPL", "MSFT")
PROJECTOR_RESTART_S = 0.1
STOPS_WITHIN_S = 0.5


@dataclass(frozen=True, slots=True)
class Place:
    """What the processes of one machine share."""

    loop: VirtualLoop
    chance: random.Random
    journal: Disk
    tables: Disk
    portfolio: Disk
    key: SigningKey
    clock: Callable[[], int]
    say: Callable[[str], None]


class Member:
    """One life of a process of the orders service: it stands by, and perhaps owns the shard one day."""

    def __init__(self, place: Place, number: int) -> None:
        self.number = number
        self.process = Process(place.loop, f"orders-{number}")
        self.server: Server | None = None  # once it serves
        self.projector: Process | None = None
        self._place = place
        self._is_open = False
        self._is_stopping = False
        tables = place.journal.open(self.process)
        self.journal = Journal(tables, 0, Heads(place.key, place.clock, SETTINGS.orders_head_interval_s))
        database = Database(place.tables.open(self.process))
        timer = lambda: int(place.loop.time() * 1e9)  # noqa: E731
        self.shard = Shard(SETTINGS, self.journal, Snapshots(tables, 0), database, place.clock, timer)
        self._spawn(self._run())

    @property
    def serves(self) -> bool:
        return self.server is not None and not self.process.is_dead

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs a task for as long as the process lives. When it fails, the process ends in order."""
        self.process.spawn(work).add_done_callback(self._look_at)

    def _look_at(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.stop(words_of(error))

    async def _run(self) -> None:
        """Does what the service's `start` does."""
        shard = self.shard
        standby = Standby(self.journal, shard, SETTINGS.orders_silence_s, self._place.loop.time)
        await standby.run()
        shard.open()
        self._is_open = True
        for work in (shard.sequencer.run(), shard.beat(), shard.snapshotter.run(shard.sequencer.aside)):
            self._spawn(work)
        self._spawn(self._keep_projecting())
        await shard.make_root()
        await shard.end_day_if_due()
        self._spawn(shard.end_days())
        stamped = [shard.controls.list_instrument(_instrument(symbol)) for symbol in SYMBOLS]
        await shard.sequencer.settled([sequence for sequence in stamped if sequence is not None])
        self._place.say(f"{self.process.name} serves in epoch {shard.epoch}")
        self.server = Server(self.process, OrdersServicer(shard))

    async def _keep_projecting(self) -> None:
        """Does what the owner's end of the projector does, with a process in place of a socket."""
        number = 0
        while True:
            number += 1
            child = self.projector = Process(self._place.loop, f"projector-{self.number}.{number}")
            child.spawn(_Projecting(self._place, child, self).run(), vital=True)
            await child.died.wait()
            self._place.say(f"{child.name} ended: {child.why}")
            await asyncio.sleep(PROJECTOR_RESTART_S)

    def stop(self, why: str) -> None:
        """Begins to stop, as Ctrl-C does."""
        if not (self._is_stopping or self.process.is_dead):
            self._is_stopping = True
            self.process.spawn(self._stop(why), vital=True)

    async def _stop(self, why: str) -> None:
        others = [task for task in self.process.tasks if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others, timeout=STOPS_WITHIN_S)
        await self.process.threads_are_idle()
        if self._is_open:
            await asyncio.to_thread(self.shard.close)
        self.process.die(why)

    def state(self) -> tuple[int, int] | None:
        """Returns the last command that was taken in here, and the hash of the engine's state after it.

        No thread rests between a row and the engine, so there is such a state from the moment at which
        this process has loaded a snapshot, or begun without one, until it stops.
        """
        if self._is_stopping or not hasattr(self.shard, "_engine"):
            return None
        return self.journal.last_sequence, self.shard._engine.state_hash()


class _Projecting:
    """A projector in a process of its own: it hears of its owner's death when it tells it something."""

    def __init__(self, place: Place, process: Process, owner: Member) -> None:
        self._place, self._process, self._owner = place, process, owner
        self._journal_tables = place.journal.open(process)
        self._tables = place.tables.open(process)

    async def run(self) -> None:
        projection = await self._aside(lambda: Projection(SETTINGS, self._journal_tables, self._tables))
        while not self._owner.process.is_dead:
            self._owner.process.spawn(self._owner.shard.projector.move_to(projection.sequence))
            if not await self._aside(projection.step):
                await asyncio.sleep(self._place.chance.expovariate(30.0))
        self._process.die("its owner is gone")

    async def _aside(self, work: Callable[[], Any]) -> Any:
        return await asyncio.to_thread(work)


class Portfolio:
    """One life of the part of the portfolio service that counts trades."""

    def __init__(self, place: Place, channel: VirtualChannel) -> None:
        self.process = Process(place.loop, "portfolio")
        self._store = PortfolioStore(Database(place.portfolio.open(self.process)))
        self._channel = channel
        self.process.spawn(self._run(), vital=True)

    async def _run(self) -> None:
        token, counted = await self._store.progress()
        ledger = Ledger()
        ledger.adopt(counted)
        hub: Hub[PositionKey] = Hub(100)
        channel: Any = self._channel
        await ExecutionFollower(channel, self._store, ledger, hub, token).run()


def positions(tables: sa.Engine) -> dict[tuple[str, str], tuple[str, str, int]]:
    """Returns quantity, volume and number of trades of each position in the tables."""
    query = sa.text("SELECT portfolio_id, symbol, quantity, volume, trade_count FROM positions")
    with tables.connect().execution_options(begin="BEGIN") as connection:
        return {(row[0], row[1]): (row[2], row[3], row[4]) for row in connection.execute(query)}


def _instrument(symbol: str) -> assets_pb2.Instrument:
    return assets_pb2.Instrument(
        symbol=symbol,
        currency="USD",
        price_increment="0.01",
        quantity_increment="1",
        reference_price="100",
        multiplier="1",
    )

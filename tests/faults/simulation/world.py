"""Everybody in one run: who stands by or owns, who trades, who follows; and the checks in the end."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.services.orders.desk import levels_of
from tickmesh.common.v1 import streams_pb2
from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.orders.v1 import orders_pb2_grpc
from tickmesh.services.runtime.database import make_engine
from tickmesh.services.runtime.signing import SigningKey

from . import oracle
from .disk import Disk
from .network import Network, Server, VirtualChannel
from .nodes import SYMBOLS, Member, Place, Portfolio, positions
from .oracle import Truth
from .process import Process
from .sabotage import Planned, Saboteur
from .users import BookWatcher, ExecutionReader, Told, Trader
from .virtual_loop import VirtualLoop

START_NS = 1_780_000_000_000_000_000
TRADERS = 3
ACTIONS = 15  # of each trader
MEMBERS = (1, 2, 2, 2, 3)
ALL_ANSWERED_WITHIN_S = 15.0
ALL_TOLD_WITHIN_S = 8.0
LAST_FAULT_ENDS_S = 1.1
KNOWS_WITHIN_S = 2.0  # a beat may still wait for a disk that was slow, or for one who was stopped
LIVES_MAX = 40  # of all processes; a run of the first thousand seeds takes up to 20
STALE_CALLS = 0.15  # of those that could go to the newest owner and go to any that lives
TABLES = ("orders_journal", "orders", "portfolio")


class World:
    """One run. `say` is told what happens."""

    def __init__(
        self,
        loop: VirtualLoop,
        seed: int,
        folder: Path,
        key: SigningKey,
        schedule: list[Planned],
        say: Callable[[str], None],
    ) -> None:
        self.loop = loop
        self.say = say
        self.told = Told()
        self.skew_ns = 0
        self.waits: list[str] = []  # who has not heard everything yet
        self._seed = seed
        self._schedule = schedule
        self._folder = folder
        self._tables = {name: make_engine("", folder, name) for name in TABLES}
        self.network = Network(self._chance("network"), say)
        self.disks = {name: Disk(folder, name, loop, self._chance(name), say) for name in TABLES}
        self._place = Place(loop, self._chance("nodes"), *self.disks.values(), key, self._clock, say)
        self.members: list[Member] = []  # that live, or have just died
        self._born = 0
        self._lost_s: dict[Member, float] = {}  # since when somebody has lost the shard, and does not stop
        self.states: dict[int, int] = {}  # of engines, after commands
        self.truth: Truth | None = None  # once the end is reached

    @property
    def owner(self) -> Member | None:
        """Returns the newest member that serves."""
        serving = [member for member in self.members if member.serves]
        return max(serving, key=lambda member: member.shard.epoch, default=None)

    def _chance(self, name: str) -> random.Random:
        return random.Random(f"{self._seed}/{name}")

    def _clock(self) -> int:
        return START_NS + int(self.loop.time() * 1e9) + self.skew_ns

    def _newest(self) -> Server | None:
        owner = self.owner
        return None if owner is None else owner.server

    def _anyone(self, chance: random.Random) -> Callable[[], Server | None]:
        """Returns what finds the newest owner, and sometimes one that only believes to be it."""

        def find() -> Server | None:
            serving = [member.server for member in self.members if member.serves]
            return chance.choice(serving) if serving and chance.random() < STALE_CALLS else self._newest()

        return find

    def _channel(self, name: str, find: Callable[[], Server | None] | None = None) -> Any:
        return VirtualChannel(self.network, name, find or self._anyone(self._chance(name)))

    async def live(self) -> None:
        """Lives through the faults, then checks everything. Fails with Lie, or with TimeoutError."""
        self._start_everybody()
        works = (self._trade_and_check(), self._supervise(), self._inspect())
        tasks = [asyncio.create_task(work) for work in works]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():
                task.result()

    async def _trade_and_check(self) -> None:
        traders = [self._trader(f"trader{number}") for number in range(TRADERS)]
        trading = asyncio.gather(*(trader.run(ACTIONS) for trader in traders))
        async with asyncio.timeout(ALL_ANSWERED_WITHIN_S):
            await self._fail()
            await trading
        await self._all_told()
        await asyncio.gather(*(trader.ask_again() for trader in traders))
        await self._all_told()
        await self._check()

    def _trader(self, name: str) -> Trader:
        anyone, newest = self._channel(name), self._channel(f"{name}-newest", self._newest)
        return Trader(name, self.told, anyone, newest, self._chance(f"{name}-orders"))

    def _start_everybody(self) -> None:
        for _ in range(self._chance("members").choice(MEMBERS)):
            self.members.append(self._new_member())
        self.portfolio = Portfolio(self._place, self._channel("portfolio"))
        self.readers = [
            ExecutionReader(self.loop, name, self._channel(name), self._chance(f"{name}-pace"))
            for name in ("reader0", "reader1")
        ]
        modes = streams_pb2.Delivery.COMPLETE, streams_pb2.Delivery.CONFLATED
        self._watchers = [
            BookWatcher(self.loop, self._channel(f"watcher{mode}", self._newest), mode) for mode in modes
        ]

    def _new_member(self) -> Member:
        self._born += 1
        return Member(self._place, self._born)

    async def _supervise(self) -> None:
        """Starts again what died."""
        chance = self._chance("supervisor")
        while True:
            await asyncio.sleep(chance.expovariate(10.0))
            born = len(self.loop.processes)
            oracle.require(born <= LIVES_MAX, f"{self.loop.processes[-2].name} and others end time and again")
            for place, member in enumerate(self.members):
                if member.process.died.is_set():
                    self._require_a_good_end(member.process)
                    self.members[place] = self._new_member()
            if self.portfolio.process.died.is_set():
                self.say(f"portfolio ended: {self.portfolio.process.why}")
                self.portfolio = Portfolio(self._place, self._channel(f"portfolio after {self.loop.time()}"))
            for reader in self.readers:
                oracle.require(not reader.lie, reader.lie)
                if reader.process.died.is_set():
                    reader.begin()

    def _require_a_good_end(self, process: Process) -> None:
        """Fails with Lie when only the table's key kept somebody from writing a row that is there already."""
        self.say(f"{process.name} ended: {process.why}")
        oracle.require("UNIQUE" not in process.why, f"{process.name} wrote a row that was there")

    async def _inspect(self) -> None:
        """Looks now and then at the state that everybody is in."""
        chance = self._chance("inspector")
        while True:
            await asyncio.sleep(chance.expovariate(10.0))
            self._look()

    def _look(self) -> None:
        oracle.check_guard(self._tables["orders_journal"])
        newest = max(member.shard.epoch for member in self.members)
        for member in self.members:
            self._require_to_know(member, newest)
        for member in self.members:
            if (state := member.state()) is not None:
                known = self.states.setdefault(*state)
                oracle.require(known == state[1], f"{member.process.name} differs at command {state[0]}")

    def _require_to_know(self, member: Member, newest: int) -> None:
        """Fails with Lie when somebody who lost the shard goes on for long."""
        is_hindered = not member.process.is_running or self.disks["orders_journal"].is_bad
        if is_hindered or not 0 < member.shard.epoch < newest:
            self._lost_s.pop(member, None)
            return
        since_s = self._lost_s.setdefault(member, self.loop.time())
        known = self.loop.time() - since_s < KNOWS_WITHIN_S
        oracle.require(known, f"{member.process.name} does not know that it lost the shard")

    async def _fail(self) -> None:
        saboteur = Saboteur(self)
        for planned in self._schedule:
            await asyncio.sleep(planned.time_s - self.loop.time())
            self.say(planned.fault.value)
            saboteur.do(planned)
        await asyncio.sleep(LAST_FAULT_ENDS_S)
        for disk in self.disks.values():
            disk.mend()
        self.say("from now on all goes well")

    async def _all_told(self) -> None:
        """Waits until nothing is on its way to anybody."""
        async with asyncio.timeout(ALL_TOLD_WITHIN_S):
            while (waits := self._who_waits()) != []:
                self.waits = waits
                await asyncio.sleep(0.1)
            self.waits = []

    def _who_waits(self) -> list[str]:
        """Returns who has not heard everything yet."""
        owner = self.owner
        if owner is None:
            return ["everybody for an owner"]
        last, command = owner.shard.venue.last_report, owner.shard.venue.last_command
        heard = {reader.name: reader.position for reader in self.readers}
        heard["the tables"] = owner.shard.projector.sequence
        late = [f"{name} at {position} of {last}" for name, position in heard.items() if position < last]
        others = [member for member in self.members if (member.state() or (0,))[0] < command]
        return late + [f"{member.process.name} for command {command}" for member in others]

    async def _check(self) -> None:
        await asyncio.sleep(1.5)  # for those who say nothing of how far they are
        self._look()
        tables = self._tables
        self.truth = truth = Truth(tables["orders_journal"])
        oracle.check_journal(truth, self._folder)
        oracle.check_trades(truth)
        oracle.check_answers(truth, self.told)
        oracle.check_states(truth, self.states)
        for reader in self.readers:
            oracle.check_reader(truth, reader.name, reader.reports)
        oracle.check_tables(truth, tables["orders"])
        oracle.check_positions(truth, positions(tables["portfolio"]))
        books = {book.symbol: _in_order(levels_of(book)) for book in await self._books()}
        for watcher in self._watchers:
            watched = {symbol: _in_order(watcher.books.levels(symbol)) for symbol in SYMBOLS}
            oracle.check_books(watched, books)
        oracle.require(not self.told.faults, f"the server blamed itself: {self.told.faults[:1]}")

    def close(self) -> None:
        """Gives connections back."""
        for engine in self._tables.values():
            engine.dispose()

    async def _books(self) -> list[pb.Book]:
        stub = orders_pb2_grpc.OrdersServiceStub(self._channel("checker", self._newest))
        return [await stub.GetBook(pb.GetBookRequest(symbol=symbol, depth=1_000)) for symbol in SYMBOLS]


def _in_order(book: tuple[list[Any], list[Any]]) -> tuple[list[Any], list[Any]]:
    bids, asks = book
    return sorted(bids), sorted(asks)

"""The book of instruments as the servicer uses it: tables, stream and cache kept in step.

Changes go to the tables first, each with its own place in the stream. Whatever the tables say
after a commit is published from there, in order: our own changes at once, those of other
replicas when `refresh` comes by. So all replicas stream the same positions.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from google.protobuf.message import DecodeError
from sqlalchemy.engine import Connection

from tickmesh.assets.v1 import assets_pb2 as pb

from ..runtime import telemetry
from ..runtime.cache import Cache
from ..runtime.database import Database
from ..runtime.outages import DatabaseUnavailable
from ..runtime.streams import Hub
from . import store
from .domain import changes
from .domain.faults import IsinInUse, SymbolInUse, UnknownInstrument
from .domain.instruments import Instrument, is_symbol
from .settings import AssetsSettings
from .translation import to_proto

T = TypeVar("T")

log = telemetry.logger(__name__)


def cache_key(symbol: str) -> str:
    """Returns under which key an instrument is cached."""
    return f"asset:metadata:{symbol}"


class Catalogue:
    """Every listed instrument. Open it with `open_catalogue`."""

    def __init__(
        self,
        database: Database,
        cache: Cache,
        clock: Callable[[], int],
        hub: Hub[pb.Instrument],
        ttl_s: float,
        shards: int,
    ) -> None:
        self._database = database
        self._cache = cache
        self._clock = clock
        self._ttl_s = ttl_s
        self._shards = shards
        self._writing = asyncio.Lock()
        self._listed: dict[str, pb.Instrument] = {}
        self.hub = hub

    def snapshot(self) -> list[pb.Instrument]:
        """Returns all instruments at the hub's present position, sorted by symbol."""
        return [self._listed[symbol] for symbol in sorted(self._listed)]

    async def commit(self, work: Callable[[Connection], T]) -> T:
        """Runs work in one transaction and publishes what it changed."""
        async with self._writing:
            result = await self._database.run(work)
            await self._publish_changes()
        return result

    async def refresh(self) -> None:
        """Publishes what other replicas changed, or a call that was cancelled."""
        async with self._writing:
            await self._publish_changes()

    async def refresh_for_ever(self, every_s: float) -> None:
        """Looks for changes of other replicas again and again; a database that is away is asked again."""
        while True:
            await asyncio.sleep(every_s)
            try:
                await self.refresh()
            except DatabaseUnavailable as error:
                log.warning("the tables cannot be read, trying again", problem=error.message)

    async def _publish_changes(self) -> None:
        position = self.hub.position
        newer = await self._database.read(lambda connection: store.changed_since(connection, position))
        for placed in newer:
            await self._remember(self._publish(placed))

    async def _remember(self, message: pb.Instrument) -> None:
        key = cache_key(message.symbol)
        await self._cache.put(key, message.SerializeToString(), self._ttl_s, message.version)

    def load(self, listed: list[store.Placed]) -> None:
        """Fills the book and the stream with what the tables hold. Call it once, before anybody reads."""
        for placed in listed:
            self._publish(placed)

    def _publish(self, placed: store.Placed) -> pb.Instrument:
        message = to_proto(placed.instrument)
        self._listed[message.symbol] = message
        self.hub.publish(message, placed.position)
        return message

    def create(self, connection: Connection, proposed: Instrument) -> Instrument:
        """Lists an instrument. Fails with SymbolInUse, IsinInUse or InvalidInstrument."""
        new = changes.listed(proposed, self._clock(), self._shards)
        position = store.next_position(connection)
        if store.find(connection, new.symbol) is not None:
            raise SymbolInUse(new.symbol)
        _refuse_used_isin(connection, new)
        store.insert(connection, new, position)
        return new

    def update(
        self,
        connection: Connection,
        symbol: str,
        based_on: int,
        change: Callable[[Instrument], Instrument],
    ) -> Instrument:
        """Changes an instrument. Fails as the contract says."""
        position = store.next_position(connection)
        current = store.find(connection, symbol) if is_symbol(symbol) else None
        if current is None:
            raise UnknownInstrument(symbol)
        new = changes.amended(current, change(current), based_on, self._clock())
        _refuse_used_isin(connection, new)
        store.update(connection, new, position)
        return new

    async def get(self, symbol: str) -> pb.Instrument:
        """Returns an instrument, from the cache when it is there. Fails with UnknownInstrument."""
        if not is_symbol(symbol):
            raise UnknownInstrument(symbol)
        cached = _parsed(await self._cache.get(cache_key(symbol)))
        if cached is not None and cached.version >= self._listed.get(symbol, cached).version:
            return cached
        found = await self._database.read(lambda connection: store.find(connection, symbol))
        if found is None:
            raise UnknownInstrument(symbol)
        message = to_proto(found)
        await self._remember(message)
        return message

    async def page(self, wanted: store.Filter, after: str, limit: int) -> tuple[list[Instrument], int]:
        """Returns up to `limit` instruments after a symbol, and how many match in all."""
        return await self._database.read(lambda connection: store.page(connection, wanted, after, limit))


def _refuse_used_isin(connection: Connection, new: Instrument) -> None:
    owner = store.owner_of_isin(connection, new.isin) if new.isin else None
    if owner is not None and owner != new.symbol:
        raise IsinInUse(new.isin, owner)


def _parsed(data: bytes | None) -> pb.Instrument | None:
    if not data:
        return None
    try:
        return pb.Instrument.FromString(data)
    except DecodeError:
        log.warning("the cache held something that is no instrument")
        return None


async def open_catalogue(
    database: Database, cache: Cache, clock: Callable[[], int], settings: AssetsSettings, shards: int
) -> Catalogue:
    """Returns the book as the tables have it. `shards` are those that may trade what is new."""
    epoch = await database.read(store.epoch)
    hub: Hub[pb.Instrument] = Hub(settings.stream_updates_max, epoch)
    catalogue = Catalogue(database, cache, clock, hub, settings.metadata_ttl_s, shards)
    catalogue.load(await database.read(lambda connection: store.changed_since(connection, 0)))
    return catalogue

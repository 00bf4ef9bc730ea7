"""Group commit: what came since the last commit is stored together, with where to resume the venue from."""

import asyncio
from contextlib import suppress

from ..runtime import telemetry
from ..runtime.outages import DatabaseUnavailable
from .domain.bars import Bar
from .domain.market import Market
from .store import Batch, PricingStore, Progress

log = telemetry.logger(__name__)
RETRY_S_MAX = 1.0


class Recorder:
    """Stores what the market took. One batch at a time; a batch that fails is tried until it is stored."""

    def __init__(
        self, market: Market, store: PricingStore, progress: Progress, pace_s: float, rows_max: int
    ) -> None:
        self._market = market
        self._store = store
        self._reached = progress  # what the last batch that was begun contains
        self._pace_s = pace_s
        self._rows_max = rows_max
        self._token = progress.token
        self._writing = False
        self._served: list[asyncio.Future[None]] = []  # who waits for what is being stored
        self._waiting: list[asyncio.Future[None]] = []
        self._wanted = asyncio.Event()
        self._late: list[Bar] = []

    @property
    def token(self) -> str:
        """Returns where the market stands in the venue's executions."""
        return self._token

    def advance(self, token: str) -> None:
        """Says that the market has taken everything up to a position. Call it in one go with taking it."""
        self._token = token

    async def run(self) -> None:
        """Stores for ever, at its pace or at once when somebody waits."""
        while True:
            self._served, self._waiting = self._waiting, []
            await self._store_all()
            for future in self._served:
                if not future.done():
                    future.set_result(None)
            await self._pause()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self._pace_s):
                await self._wanted.wait()
        except TimeoutError:
            return
        self._wanted.clear()

    async def _store_all(self) -> None:
        if not self._is_behind():
            return
        batch = self._take_batch()
        self._writing = True
        self._late += await self._stored(batch)
        self._writing = False

    def _is_behind(self) -> bool:
        return self._market.unsaved_rows > 0 or self._token != self._reached.token

    def _take_batch(self) -> Batch:
        unsaved = self._market.take_unsaved()
        self._reached = Progress(self._reached.batch + 1, self._token)
        return Batch(self._reached, unsaved.trades, unsaved.published, unsaved.parts, unsaved.late)

    async def _stored(self, batch: Batch) -> list[Bar]:
        delay_s = 0.1
        while True:
            try:
                return await self._store.save(batch)
            except DatabaseUnavailable as error:  # which has been logged
                self._refuse(error)
            except Exception as error:
                log.error("trades cannot be stored, trying again", batch=batch.progress.batch, exc_info=error)
            await asyncio.sleep(delay_s)
            delay_s = min(delay_s * 2, RETRY_S_MAX)

    def _refuse(self, error: DatabaseUnavailable) -> None:
        """Lets nobody wait for a database that is away."""
        for future in (*self._served, *self._waiting):
            if not future.done():
                future.set_exception(error)
        self._waiting.clear()

    async def settle(self) -> None:
        """Waits until everything that the market has taken is stored. Fails with DatabaseUnavailable."""
        if not self._writing and not self._is_behind():
            return
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._wanted.set()
        await future

    async def make_room(self) -> None:
        """Waits while too much is not yet stored."""
        while self._market.unsaved_rows >= self._rows_max:
            with suppress(DatabaseUnavailable):
                await self.settle()

    def take_late(self) -> list[Bar]:
        """Returns finished bars that were corrected since the last call."""
        late, self._late = self._late, []
        return late

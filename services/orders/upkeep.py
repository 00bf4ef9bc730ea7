"""Makes and detaches days of executions while the service runs. SQLite keeps one table and needs none."""

import asyncio
from collections.abc import Callable

from sqlalchemy.engine import Connection

from ..runtime import telemetry
from ..runtime.database import Database
from ..runtime.outages import DatabaseUnavailable
from .partitions import Day, detach_old, make_ahead

EVERY_S = 600.0

log = telemetry.logger(__name__)


class Upkeep:
    """Keeps partitions some days ahead and some days back."""

    def __init__(
        self, database: Database, clock: Callable[[], int], *, days_ahead: int, days_kept: int
    ) -> None:
        self._database = database
        self._clock = clock
        self._days_ahead = days_ahead
        self._days_kept = days_kept

    async def run(self) -> None:
        """Looks after the partitions, for ever."""
        while True:
            await self.look_after()
            await asyncio.sleep(EVERY_S)

    async def look_after(self) -> None:
        """Makes and detaches what is due. What finds the table in use too long is left for the next round."""
        if self._database.engine.dialect.name != "postgresql":
            return
        now_ns = self._clock()
        await self._do("attached", lambda connection: make_ahead(connection, now_ns, self._days_ahead))
        await self._do("detached", lambda connection: detach_old(connection, now_ns, self._days_kept))

    async def _do(self, what: str, work: Callable[[Connection], list[Day]]) -> None:
        try:
            days = await self._database.run(work)
        except DatabaseUnavailable as error:
            log.warning("partitions were not looked after", problem=str(error.__cause__))
            return
        for day in days:
            log.info(f"a day of executions was {what}", partition=day.name)

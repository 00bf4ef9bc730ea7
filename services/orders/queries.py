"""Reads orders and reports from the tables, once these hold everything that was acknowledged before."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.engine import Connection

from ..runtime.database import Database
from .domain.orders import Report
from .projector import Projector
from .store import Reader

T = TypeVar("T")
PAGE_ROWS = 1_000


class Queries:
    """The reading side of the tables."""

    def __init__(self, database: Database, reader: Reader, projector: Projector, waits_max_s: float) -> None:
        self._database = database
        self._reader = reader
        self._projector = projector
        self._waits_max_s = waits_max_s

    async def read(self, work: Callable[[Reader, Connection], T]) -> T:
        """Reads what has happened so far. Fails with TablesBehind when the tables lack some of it."""
        await self._projector.caught_up(self._waits_max_s)
        return await self._database.read(lambda connection: work(self._reader, connection))

    async def first_answer(self, order_id: int) -> Report:
        """Returns an order that the engine remembers as it was right after the command that made it."""
        report = await self.read(lambda reader, connection: reader.first_answer(connection, order_id))
        assert report is not None, "an order that the engine remembers is in the tables"
        return report

    async def executions_after(self, sequence: int) -> list[Report]:
        """Returns a page of reports after a sequence, as far as they are written."""
        return await self._database.read(
            lambda connection: self._reader.executions_after(connection, sequence, PAGE_ROWS)
        )

"""Writes what happened into the tables of orders and executions, behind the order path.

The tables may lag, never lie: a query waits until everything acknowledged before it is written.
"""

import asyncio

from ..runtime.database import Database
from . import store
from .domain.orders import Report

ROWS_MAX = 2_000


class Projector:
    """Follows the reports of one shard."""

    def __init__(self, database: Database, shard: int, sequence: int) -> None:
        self._database = database
        self._shard = shard
        self._waiting: list[Report] = []
        self._news = asyncio.Event()
        self._done = asyncio.Condition()
        self.newest = sequence  # the last report that must be written
        self.sequence = sequence  # the last that is

    def add(self, reports: list[Report]) -> None:
        """Takes reports, in order; those that are written already are left out."""
        fresh = (
            [report for report in reports if report.sequence > self.sequence] if self.sequence else reports
        )
        if not fresh:
            return
        self._waiting += fresh
        self.newest = fresh[-1].sequence
        self._news.set()

    @property
    def behind(self) -> int:
        """Returns how many reports wait to be written."""
        return len(self._waiting)

    async def caught_up(self) -> None:
        """Waits until everything that has happened so far is in the tables."""
        wanted = self.newest
        async with self._done:
            await self._done.wait_for(lambda: self.sequence >= wanted)

    async def run(self) -> None:
        """Writes, for ever."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                await self._write()

    async def _write(self) -> None:
        part = self._waiting[:ROWS_MAX]
        await self._database.run(lambda connection: store.project(connection, self._shard, part))
        del self._waiting[: len(part)]
        async with self._done:
            self.sequence = part[-1].sequence
            self._done.notify_all()

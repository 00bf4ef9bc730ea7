"""What readers follow: execution reports, from memory or from the table, and books."""

import asyncio
from collections.abc import AsyncIterator, Callable

from ..runtime.database import Database
from ..runtime.streams import Event, Gap, Hub, SlowReader, Snapshot, Updates, make_token, read_token
from . import store
from .domain.books import Book, BookChange, merge
from .domain.orders import Report
from .domain.venue import Outcome, Venue
from .projector import Projector

PAGE_ROWS = 1_000
CONFLATION_S = 0.02


class Executions:
    """Reports by position: the newest in memory, all of them in the table. None is ever dropped."""

    def __init__(
        self, kept: int, journal_id: str, database: Database, reader: store.Reader, projector: Projector
    ) -> None:
        self.hub: Hub[Report] = Hub(kept, epoch=journal_id)
        self._database = database
        self._reader = reader
        self._projector = projector

    def publish(self, outcome: Outcome) -> None:
        """Gives reports to readers and to the tables."""
        for report in outcome.reports:
            self.hub.publish(report, report.sequence)
        if outcome.reports:
            self._projector.add(outcome.reports)

    def skip(self, sequence: int) -> None:
        """Leaves out reports up to a sequence, which only the table has."""
        self.hub.start_after(max(sequence, self.hub.position))

    async def follow(
        self, token: str, from_start: bool, select: Callable[[Report], bool] | None
    ) -> AsyncIterator[Event[None, Report]]:
        """Yields reports after a position: from the table as long as memory does not reach back so far."""
        if not token:
            token = make_token(self.hub.epoch, 0 if from_start else self.hub.position)
        epoch, position = read_token(token)
        if epoch == self.hub.epoch:
            async for updates in self._stored(position, select):
                token = updates.token
                if updates.items:
                    yield updates
        event: Event[None, Report]
        async for event in self.hub.follow(token, select=select):
            yield event

    async def _stored(
        self, position: int, select: Callable[[Report], bool] | None
    ) -> AsyncIterator[Updates[Report]]:
        while position < self.hub.position and not self.hub.keeps(position):
            after = position
            page = await self._database.read(
                lambda connection, after=after: self._reader.executions_after(connection, after, PAGE_ROWS)  # type: ignore[misc]
            )
            if not page:
                await self._projector.caught_up()
                await asyncio.sleep(0.01)
                continue
            position = page[-1].sequence
            chosen = [report for report in page if select is None or select(report)]
            yield Updates(chosen, make_token(self.hub.epoch, position))


class Books:
    """Books and their changes. A conflated reader gets merged changes and sees every trade."""

    def __init__(self, kept: int, venue: Venue) -> None:
        self.hub: Hub[BookChange] = Hub(kept)
        self._venue = venue

    def publish(self, outcome: Outcome) -> None:
        """Gives changes to readers."""
        for change in outcome.changes:
            self.hub.publish(change)

    def snapshot(self, symbols: frozenset[str]) -> list[Book]:
        """Returns the books asked for, all when none is named."""
        return [book for book in self._venue.books if not symbols or book.listing.symbol in symbols]

    async def follow(
        self, token: str, symbols: frozenset[str], conflated: bool
    ) -> AsyncIterator[Event[list[Book], BookChange]]:
        """Yields snapshots and changes; a conflated reader merged ones, and a gap where it was too slow."""
        while True:
            try:
                async for event in self._events(token, symbols, conflated):
                    token = event.token
                    yield event
            except SlowReader:
                if not conflated:
                    raise  # a conflated reader goes on from a token that is no longer kept

    async def _events(
        self, token: str, symbols: frozenset[str], conflated: bool
    ) -> AsyncIterator[Event[list[Book], BookChange]]:
        select = (lambda change: change.listing.symbol in symbols) if symbols else None
        pace_s = CONFLATION_S if conflated else 0.0
        events: AsyncIterator[Event[list[Book], BookChange]] = self.hub.follow(
            token, snapshot=lambda: self.snapshot(symbols), select=select, pace_s=pace_s
        )
        async for event in events:
            if conflated and isinstance(event, Updates):
                yield Updates(merge(event.items), event.token)
            else:
                yield event


__all__ = ["Books", "Executions", "Gap", "Snapshot"]

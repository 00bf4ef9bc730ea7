"""What readers follow: execution reports, from memory or from the table, and books.

What a row of commands did is one batch for all readers. Reports are turned into bytes once, for everybody
who follows all of them.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tickmesh.native import venue as native
from tickmesh.native.engine import NONE, Engine, Side

from ..runtime.errors import Unavailable
from ..runtime.streams import Beat, Event, Gap, Hub, SlowReader, Snapshot, Updates, make_token, read_token
from .domain.books import Book, BookChange, Level, changes, newest, tape
from .domain.tree import PORTFOLIO
from .domain.venue import Outcome, Venue
from .queries import Queries
from .wire import reports_bytes

MESSAGE_REPORTS = 1_000  # in one response, at most
MESSAGE_COMMANDS = 1_000
CONFLATION_S = 0.02
NOWHERE = NONE - 1  # a node that no order can have


class Overtaken(Unavailable):
    """A process that was away does not know what the owner of today has told. Nothing is lost: ask again."""

    reason = "OVERTAKEN"

    def __init__(self) -> None:
        super().__init__("another process owns the shard and has told more; follow it from the same token")


class Reports:
    """The reports of one row of commands."""

    def __init__(self, orders: native.Venue, outcome: Outcome) -> None:
        self.records = outcome.reports
        self.first_command = outcome.first
        self.last_command = outcome.first + len(outcome.commands) - 1
        self._orders = orders
        self._messages: list[tuple[bytes, int, int]] | None = None

    def messages(self, position: int, chosen: "Chosen") -> list[tuple[bytes, int, int]]:
        """Returns the reports after a position as parts of ExecutionReports: bytes, how many, the last."""
        begins = position < self.records["sequence"][0]
        if not (begins and chosen.is_all):
            first = 0 if begins else int(np.searchsorted(self.records["sequence"], position, "right"))
            return self._encoded(first, chosen)
        if self._messages is None:
            self._messages = self._encoded(0, chosen)
        return self._messages

    def _encoded(self, first: int, chosen: "Chosen") -> list[tuple[bytes, int, int]]:
        found = []
        while first < len(self.records):
            content, first, count = self._orders.reports(
                self.records,
                first,
                MESSAGE_REPORTS,
                exec_types=chosen.exec_types,
                portfolio=chosen.portfolio(),
            )
            found.append((content, count, int(self.records["sequence"][first - 1])))
        return found


class Chosen:
    """Which reports a reader wants."""

    def __init__(self, venue: Venue, exec_types: frozenset[int], portfolio_id: str) -> None:
        self._venue = venue
        self._portfolio_id = portfolio_id
        self.kinds = exec_types
        self.exec_types = sum(1 << kind for kind in exec_types)

    @property
    def is_all(self) -> bool:
        """Says whether every report is wanted."""
        return not self.kinds and not self._portfolio_id

    def portfolio(self) -> int | None:
        """Returns the node of the portfolio, None for all. One that is not there yet has no order."""
        if not self._portfolio_id:
            return None
        node = self._venue.tree.find(PORTFOLIO, self._portfolio_id)
        return NOWHERE if node is None else node.index

    def wants(self, report: Any) -> bool:
        """Says whether a report from the tables is wanted."""
        if self.kinds and int(report.exec_type) not in self.kinds:
            return False
        return not self._portfolio_id or report.ticket.node.portfolio_id == self._portfolio_id


class Executions:
    """Reports by position: the newest in memory, all of them in the table. None is ever dropped."""

    def __init__(
        self,
        kept: int,
        journal_id: str,
        venue: Venue,
        queries: Queries,
        owns: Callable[[], Awaitable[bool]],
    ) -> None:
        self.hub: Hub[Reports] = Hub(kept, epoch=journal_id, weigh=lambda batch: len(batch.records))
        self._owns = owns
        self._venue = venue
        self._queries = queries
        self._paging = asyncio.Lock()  # one reader of the table at a time: each takes time from the orders

    def token(self) -> str:
        """Returns from where all that is still to come is followed."""
        return make_token(self.hub.epoch, self.hub.position)

    def publish(self, outcome: Outcome) -> None:
        """Gives reports to readers."""
        if len(outcome.reports):
            self.hub.publish(Reports(self._venue.orders, outcome), int(outcome.reports["sequence"][-1]))

    def of_command(self, command: int) -> NDArray[Any] | None:
        """Returns the reports of the row that a command was in, when they are still in memory."""
        batch = self.hub.last_up_to(command, lambda batch: batch.first_command)
        return batch.records if batch is not None and command <= batch.last_command else None

    async def follow(self, token: str, from_start: bool, chosen: Chosen) -> AsyncIterator[Event[None, bytes]]:
        """Yields reports after a position: from the table as long as memory does not reach back so far.

        Fails with Overtaken when another process knows more than this one.
        """
        hub = self.hub
        epoch, position = read_token(token) if token else (hub.epoch, 0 if from_start else hub.position)
        if epoch != hub.epoch or position > hub.position:
            if not await self._owns():
                raise Overtaken
            lost_to, position = hub.position + 1, hub.position
            token = make_token(hub.epoch, position)
            yield Gap(0, lost_to, "the position asked for is no longer kept", token)
        async for updates in self._stored(position, chosen):
            position = read_token(updates.token)[1]
            if updates.items:
                yield updates
        async for event in self._recent(position, chosen):
            yield event

    async def _stored(self, position: int, chosen: Chosen) -> AsyncIterator[Updates[bytes]]:
        while position < self.hub.position and not self.hub.keeps(position):
            async with self._paging:
                content, last = await self._page(position, chosen)
            if last == position:
                await asyncio.sleep(0.01)
                continue
            position = last
            yield Updates(content, make_token(self.hub.epoch, position))

    async def _page(self, position: int, chosen: Chosen) -> tuple[list[bytes], int]:
        """Returns a page of the table and where it ends. While orders flow, they have every other moment."""
        now_s, newest = asyncio.get_running_loop().time, self.hub.position
        began_s = now_s()
        page = await self._queries.executions_after(position)
        wanted = [report for report in page if chosen.wants(report)]
        content = [reports_bytes(wanted)] if wanted else []
        if self.hub.position > newest:
            await asyncio.sleep(now_s() - began_s)
        return content, page[-1].sequence if page else position

    async def _recent(self, position: int, chosen: Chosen) -> AsyncIterator[Event[None, bytes]]:
        hub, now_s = self.hub, asyncio.get_running_loop().time
        spoke_s = now_s()
        while True:
            found: list[Updates[bytes]] = []
            if await hub.wait(position, hub.silence_s - (now_s() - spoke_s)):
                if not hub.keeps(position):
                    hub.disconnected += 1
                    raise SlowReader("the reader fell behind what is kept; resume with its token")
                found = self._messages(position, chosen)
                position = hub.position
            for updates in found:
                yield updates
            # Reports that this reader does not want are silence to it, and its token moves on with them.
            if not found and now_s() - spoke_s >= hub.silence_s:
                yield Beat(make_token(hub.epoch, position))
                spoke_s = now_s()
            elif found:
                spoke_s = now_s()

    def _messages(self, position: int, chosen: Chosen) -> list[Updates[bytes]]:
        """Returns what is kept after a position; rows of few reports go together into one response."""
        found: list[Updates[bytes]] = []
        parts: list[bytes] = []
        room, last = MESSAGE_REPORTS, position

        def close() -> None:
            nonlocal parts, room
            if parts:
                found.append(Updates([b"".join(parts)], make_token(self.hub.epoch, last)))
            parts, room = [], MESSAGE_REPORTS

        for _, batch in self.hub.since(position):
            for content, count, sequence in batch.messages(position, chosen):
                if count > room:
                    close()
                parts += [content] if count else []
                room, last = room - count, sequence
        close()
        return found


class Tape:
    """What one row of commands changed in books. Read when somebody asks."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self._rows: NDArray[Any] | None = None

    def __len__(self) -> int:
        return len(self._outcome.events)

    def rows(self) -> NDArray[Any]:
        """Returns levels and trades, a row of TAPE_DTYPE each."""
        if self._rows is None:
            self._rows = tape(self._outcome.events, self._outcome.commands)
        return self._rows


class Books:
    """Books and their changes. A conflated reader gets merged changes and sees every trade."""

    def __init__(
        self, kept: int, venue: Venue, engine: Engine, aside: Callable[[Callable[[], Any]], Awaitable[Any]]
    ) -> None:
        self.hub: Hub[Tape] = Hub(kept, weigh=len)
        self._venue = venue
        self._engine = engine
        self._aside = aside

    def publish(self, outcome: Outcome) -> None:
        """Gives changes to readers."""
        if len(outcome.events):
            self.hub.publish(Tape(outcome), int(outcome.events["sequence"][-1]))

    async def book(self, index: int, depth: int) -> Book:
        """Returns the best levels of an instrument's book."""
        return (await self._read([index], depth))[0][0]

    async def snapshot(self, symbols: frozenset[str]) -> tuple[list[Book], int]:
        """Returns the books asked for, all when none is named, and the event up to which they reach."""
        every = self._venue.listings.by_index[: self._venue.journaled.listings]
        chosen = [listing.index for listing in every if not symbols or listing.symbol in symbols]
        return await self._read(chosen, None)

    async def _read(self, indices: list[int], depth: int | None) -> tuple[list[Book], int]:
        """Reads books between two rows of the journal."""
        listings, engine = self._venue.listings.by_index, self._engine

        def read() -> tuple[list[Book], int]:
            status = engine.status()
            told = status.command_sequence, status.time_ns
            books = [
                Book(listings[index], *told, *(_levels(engine, index, side, depth) for side in Side))
                for index in indices
            ]
            return books, status.event_sequence

        found: tuple[list[Book], int] = await self._aside(read)
        return found

    async def follow(
        self, token: str, symbols: frozenset[str], conflated: bool
    ) -> AsyncIterator[Event[list[Book], BookChange]]:
        """Yields snapshots and changes; a conflated reader merged ones, and a gap where it was too slow."""
        hub, now_s = self.hub, asyncio.get_running_loop().time
        position, spoke_s = -1, now_s()
        if token:
            epoch, position = read_token(token)
            if epoch != hub.epoch or not hub.keeps(position):
                yield self._gap(position if epoch == hub.epoch else -1)
                position = -1
        while True:
            if position < 0:
                books, position = await self.snapshot(symbols)
                yield Snapshot(books, make_token(hub.epoch, position))
                spoke_s = now_s()
            found: list[Updates[BookChange]] = []
            if await hub.wait(position, hub.silence_s - (now_s() - spoke_s)):
                if conflated:
                    await asyncio.sleep(CONFLATION_S)
                if not hub.keeps(position):
                    yield self._overrun(position, conflated)
                    position = -1
                    continue
                found, position = self._updates(position, symbols, conflated), hub.position
            for updates in found:
                yield updates
            if found:
                spoke_s = now_s()
            elif now_s() - spoke_s >= hub.silence_s:
                yield Beat(make_token(hub.epoch, position))
                spoke_s = now_s()

    def _overrun(self, position: int, conflated: bool) -> Gap:
        """Returns the gap of a conflated reader that was too slow. Fails with SlowReader for any other."""
        if not conflated:
            self.hub.disconnected += 1
            raise SlowReader("the reader fell behind what is kept; resume with its token")
        self.hub.conflated += self.hub.position - position
        return self._gap(position)

    def _gap(self, position: int) -> Gap:
        is_behind = 0 <= position < self.hub.position
        problem = "the position asked for is no longer kept"
        return Gap(position + 1 if is_behind else 0, self.hub.position + 1, problem, "")

    def _updates(self, position: int, symbols: frozenset[str], conflated: bool) -> list[Updates[BookChange]]:
        batches = [batch.rows() for _, batch in self.hub.since(position)]
        rows = np.concatenate(batches)
        rows = rows[np.searchsorted(rows["sequence"], position, "right") :]
        if symbols:
            wanted = [self._venue.listings.get(symbol).index for symbol in symbols]
            rows = rows[np.isin(rows["instrument"], wanted)]
        if not conflated:
            return [self._update(part, merged=False) for part in _parts(rows)]
        kept = newest(rows)
        self.hub.conflated += len(rows) - len(kept)
        return [self._update(kept, merged=True)] if len(kept) else []

    def _update(self, rows: NDArray[Any], *, merged: bool) -> Updates[BookChange]:
        found = changes(rows, self._venue.listings.by_index, merged=merged)
        return Updates(found, make_token(self.hub.epoch, int(rows["sequence"][-1])))


def _parts(rows: NDArray[Any]) -> list[NDArray[Any]]:
    """Returns rows of a tape in parts of so many commands that fit into a response."""
    if not len(rows):
        return []
    begins = np.flatnonzero(np.diff(rows["command"])) + 1
    return np.split(rows, begins[MESSAGE_COMMANDS - 1 :: MESSAGE_COMMANDS])


def _levels(engine: Engine, index: int, side: Side, depth: int | None) -> list[Level]:
    """Returns the best levels of one side, all of them without a depth."""
    room = depth or 256
    while True:
        found = engine.depth(index, side, room)
        if depth or len(found) < room:
            return [(level.price, level.quantity, level.orders) for level in found]
        room *= 8

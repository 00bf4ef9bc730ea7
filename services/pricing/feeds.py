"""What goes out: changed quotes and bars at a pace, and ticks as they come."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from functools import partial
from typing import Generic, TypeVar

import numpy as np

from tickmesh.pricing.v1 import pricing_pb2 as pb

from ..runtime import telemetry
from ..runtime.streams import SILENCE_S, Beat, Event, Gap, Hub, Updates, make_token, read_token
from ..values import Symbol
from .domain.bars import Bar, Interval
from .domain.listings import Listing
from .domain.market import Market
from .domain.part import Part
from .domain.quotes import Quote
from .domain.ticklog import TickLog
from .domain.ticks import Bools, Ticks
from .messages import bar_message, quote_message
from .recorder import Recorder

log = telemetry.logger(__name__)
RING = 16_384
PARTS = 16  # messages of ticks that are kept for other readers
M = TypeVar("M")


class Later(Generic[M]):
    """What one reader or none may want to see: its message is made for the first who does, and kept."""

    __slots__ = ("_make", "_message", "key", "symbol")

    def __init__(self, symbol: Symbol, start_ns: int, make: Callable[[], M]) -> None:
        self.symbol = symbol
        self.key = symbol, start_ns
        self._make: Callable[[], M] | None = make
        self._message: M

    @property
    def message(self) -> M:
        """Returns the message."""
        if self._make is not None:
            self._message, self._make = self._make(), None
        return self._message


class Feeds:
    """The sources of the streams of quotes and bars."""

    def __init__(self, market: Market, recorder: Recorder, clock: Callable[[], int], pace_s: float) -> None:
        self._market = market
        self._recorder = recorder
        self._clock = clock
        self._pace_s = pace_s
        self.quotes: Hub[Later[pb.Quote]] = Hub(RING)
        self.bars: dict[Interval, Hub[Later[pb.Bar]]] = {interval: Hub(RING) for interval in Interval}

    async def run(self) -> None:
        """Publishes for ever."""
        while True:
            await asyncio.sleep(self._pace_s)
            self.publish()

    def publish(self) -> None:
        """Hands what changed to the readers."""
        now_ns = self._clock()
        self._market.close_bars(now_ns)
        for quote in self._market.quotes.take_changed():
            self.quotes.publish(Later(quote.symbol, 0, partial(self.quote, quote)))
        for bar in [*self._market.bars.take_changed(), *self._recorder.take_late()]:
            complete = self._market.bars.is_complete(bar, now_ns)
            listing = self._market.listings.find(bar.symbol)
            self.bars[bar.interval].publish(
                Later(bar.symbol, bar.start_ns, partial(bar_message, bar, listing, complete))
            )

    def quote(self, quote: Quote) -> pb.Quote:
        """Returns a quote as a message."""
        open_ticks = self._market.open_ticks(quote.symbol, self._clock())
        return quote_message(quote, self._market.listings.find(quote.symbol), open_ticks)

    def bar(self, bar: Bar) -> pb.Bar:
        """Returns a bar as a message."""
        complete = self._market.bars.is_complete(bar, self._clock())
        return bar_message(bar, self._market.listings.find(bar.symbol), complete)

    def current_bars(self, interval: Interval, listings: Iterable[Listing]) -> list[pb.Bar]:
        """Returns the newest bar of each of some instruments."""
        newest = (self._market.bars.current(listing.symbol, interval) for listing in listings)
        return [self.bar(bar) for bar in newest if bar is not None]


class TickFeed:
    """The source of the streams of ticks: readers of the log, each at its own position."""

    def __init__(self, ticks: TickLog, rows_max: int, gather_s: float) -> None:
        self._log = ticks
        self._rows_max = rows_max
        self._gather_s = gather_s
        self._news = asyncio.Event()
        self._parts: dict[tuple[int, int], Part] = {}
        self.epoch = Hub[None](1).epoch
        self.lost_rows = 0  # rows that slow readers never saw, all readers together

    def wake(self) -> None:
        """Says that the log has grown."""
        self._news.set()

    async def follow(self, token: str, chosen: list[Listing]) -> AsyncIterator[Event[None, Part]]:
        """Yields rows from a token on, or from now on; only those of the chosen instruments, if any."""
        keep = _mask(chosen)
        position = self._log.position
        if token:
            position, gap = self._resume(*read_token(token))
            if gap is not None:
                yield gap
        while True:
            if position < self._log.oldest:
                position, gap = self._skip(position)
                yield gap
            part = self._read(position)
            position += len(part.ticks)
            shown = part if keep is None else Part(_chosen(part.ticks, keep))
            if len(shown.ticks):
                yield Updates([shown], self._token(position))
            is_abreast = position == self._log.position or position % self._rows_max
            if is_abreast and not await self._wait(position):
                yield Beat(self._token(position))

    def _read(self, position: int) -> Part:
        """Returns rows from a position on, at most up to where the next message is cut for everybody.

        Readers that are abreast, or behind by whole messages, share what is copied out of the log for one.
        """
        end = min(self._log.position, position - position % self._rows_max + self._rows_max)
        part = self._parts.get((position, end))
        if part is None:
            if len(self._parts) == PARTS:
                del self._parts[next(iter(self._parts))]
            part = self._parts[position, end] = Part(self._log.read(position, end - position))
        return part

    def _resume(self, epoch: str, position: int) -> tuple[int, Gap | None]:
        if epoch == self.epoch and position <= self._log.position:
            return position, None
        now = self._log.position
        return now, Gap(0, now, "the ticks of before the restart are no longer kept", self._token(now))

    def _skip(self, position: int) -> tuple[int, Gap]:
        next_position = self._log.position - (self._log.position - self._log.oldest) // 2
        self.lost_rows += next_position - position
        message = f"{next_position - position} ticks are no longer kept"
        log.warning("a reader of ticks fell behind", lost_rows=self.lost_rows)
        return next_position, Gap(position, next_position, message, self._token(next_position))

    async def _wait(self, position: int) -> bool:
        """Waits for rows after a position, and a little for more of them; False after a second of silence."""
        if self._log.position == position:
            self._news = asyncio.Event() if self._news.is_set() else self._news
            try:
                async with asyncio.timeout(SILENCE_S):
                    await self._news.wait()
            except TimeoutError:
                return False
        await asyncio.sleep(self._gather_s)
        return True

    def _token(self, position: int) -> str:
        return make_token(self.epoch, position)


def _mask(chosen: list[Listing]) -> Bools | None:
    if not chosen:
        return None
    keep = np.zeros(max(listing.index for listing in chosen) + 2, np.bool_)
    keep[[listing.index for listing in chosen]] = True
    return keep


def _chosen(ticks: Ticks, keep: Bools) -> Ticks:
    return ticks.where(keep.take(ticks.instrument, mode="clip"))  # larger numbers meet the last entry: False

"""What goes out: changed quotes and bars at a pace, and ticks as they come."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable

import numpy as np

from tickmesh.pricing.v1 import pricing_pb2 as pb

from ..runtime import telemetry
from ..runtime.streams import SILENCE_S, Beat, Event, Gap, Hub, Updates, make_token, read_token
from .domain.bars import Bar, Interval
from .domain.listings import Listing
from .domain.market import Market
from .domain.quotes import Quote
from .domain.ticklog import TickLog
from .domain.ticks import Bools, Ticks
from .messages import bar_message, quote_message
from .recorder import Recorder

log = telemetry.logger(__name__)
RING = 16_384


class Feeds:
    """The sources of the streams of quotes and bars."""

    def __init__(self, market: Market, recorder: Recorder, clock: Callable[[], int], pace_s: float) -> None:
        self._market = market
        self._recorder = recorder
        self._clock = clock
        self._pace_s = pace_s
        self.quotes: Hub[pb.Quote] = Hub(RING)
        self.bars: dict[Interval, Hub[pb.Bar]] = {interval: Hub(RING) for interval in Interval}

    async def run(self) -> None:
        """Publishes for ever."""
        while True:
            await asyncio.sleep(self._pace_s)
            self.publish()

    def publish(self) -> None:
        """Hands what changed to the readers."""
        self._market.close_bars(self._clock())
        for quote in self._market.quotes.take_changed():
            self.quotes.publish(self.quote(quote))
        for bar in [*self._market.bars.take_changed(), *self._recorder.take_late()]:
            self.bars[bar.interval].publish(self.bar(bar))

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
        self.epoch = Hub[None](1).epoch
        self.lost_rows = 0  # rows that slow readers never saw, all readers together

    def wake(self) -> None:
        """Says that the log has grown."""
        self._news.set()

    async def follow(self, token: str, chosen: list[Listing]) -> AsyncIterator[Event[None, Ticks]]:
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
            ticks = self._log.read(position, self._rows_max)
            position += len(ticks)
            shown = ticks if keep is None else _chosen(ticks, keep)
            if len(shown):
                yield Updates([shown], self._token(position))
            if len(ticks) < self._rows_max and not await self._wait(position):
                yield Beat(self._token(position))

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

"""Protobuf in, protobuf out."""

from collections.abc import AsyncIterator, Callable, Hashable, Iterable
from typing import Any

from tickmesh.pricing.v1 import pricing_pb2 as pb
from tickmesh.pricing.v1 import pricing_pb2_grpc

from ..runtime import paging, streams, wire
from ..runtime.errors import TickmeshError
from ..runtime.server import Context
from ..values import time_ns
from .domain.bars import Interval
from .domain.intake import Intake
from .domain.market import Market
from .domain.part import Part
from .domain.table import SentTable
from .domain.ticks import Ticks
from .feeds import Feeds, Later, TickFeed
from .messages import tick_pieces, trade_message
from .recorder import Recorder
from .store import TIME_MAX_NS, PricingStore


class PricingServicer(pricing_pb2_grpc.PricingServiceServicer):
    """Speaks protobuf outwards and domain types inwards."""

    def __init__(
        self,
        market: Market,
        store: PricingStore,
        recorder: Recorder,
        feeds: Feeds,
        ticks: TickFeed,
        clock: Callable[[], int],
        future_ns: int,
    ) -> None:
        self._market = market
        self._listings = market.listings
        self._store = store
        self._recorder = recorder
        self._feeds = feeds
        self._ticks = ticks
        self._clock = clock
        self._future_ns = future_ns

    async def GetQuote(self, request: pb.GetQuoteRequest, context: Context) -> pb.Quote:
        """Returns the latest quote."""
        listing = self._listings.find(request.symbol)
        return self._feeds.quote(self._market.quotes.latest(listing.symbol))

    async def ListQuotes(self, request: pb.ListQuotesRequest, context: Context) -> pb.ListQuotesResponse:
        """Returns a page of the latest quotes."""
        after = paging.decode(request.page_token, (str,))
        chosen = self._listings.select(list(request.symbols))
        rest = [listing for listing in chosen if after is None or listing.symbol > str(after[0])]
        limit = paging.page_limit(request.page_size)
        page = rest[:limit]
        return pb.ListQuotesResponse(
            quotes=[self._feeds.quote(quote) for quote in self._market.quotes_of(page)],
            next_page_token=paging.encode(page[-1].symbol) if len(rest) > limit else "",
        )

    async def StreamQuotes(
        self, request: pb.StreamQuotesRequest, context: Context
    ) -> AsyncIterator[pb.StreamQuotesResponse]:
        """Sends the latest quotes, then every change."""
        symbols = list(request.symbols)
        self._listings.select(symbols)

        def snapshot() -> pb.QuoteSnapshot:
            quotes = self._market.quotes_of(self._listings.select(symbols))
            return pb.QuoteSnapshot(quotes=map(self._feeds.quote, quotes))

        events = self._feeds.quotes.follow(
            request.resume_token,
            snapshot=snapshot,
            conflate=_key,
            select=_selector(symbols),
        )
        async for response in streams.respond(
            events,
            pb.StreamQuotesResponse,
            update=lambda quotes: pb.QuoteUpdates(quotes=[quote.message for quote in quotes]),
            snapshot=_itself,
            clock=self._clock,
        ):
            yield response

    async def ListTrades(self, request: pb.ListTradesRequest, context: Context) -> pb.ListTradesResponse:
        """Returns a page of trades, newest first."""
        listing = self._listings.find(request.symbol)
        key = paging.decode(request.page_token, (int, int))
        limit = paging.page_limit(request.page_size)
        await self._recorder.settle()
        before = None if key is None else (int(key[0]), int(key[1]))
        found = await self._store.list_trades(listing.symbol, before, limit + 1)
        page = found[:limit]
        return pb.ListTradesResponse(
            trades=[trade_message(trade, listing) for trade in page],
            next_page_token=paging.encode(page[-1].time_ns, page[-1].id) if len(found) > limit else "",
        )

    async def ListBars(self, request: pb.ListBarsRequest, context: Context) -> pb.ListBarsResponse:
        """Returns a page of bars, oldest first."""
        symbol = self._listings.find(request.symbol).symbol
        interval = Interval(request.interval)
        key = paging.decode(request.page_token, (int,))
        limit = paging.page_limit(request.page_size, 500)
        end_ns = time_ns(request.end_time) if request.HasField("end_time") else TIME_MAX_NS
        await self._recorder.settle()
        if key is None and not request.HasField("start_time"):
            newest = await self._store.newest_bars_before(symbol, interval, end_ns, limit)
            return pb.ListBarsResponse(bars=map(self._feeds.bar, newest))
        start_ns = time_ns(request.start_time) if key is None else int(key[0])
        found = await self._store.list_bars(symbol, interval, start_ns, end_ns, limit + 1)
        return pb.ListBarsResponse(
            bars=map(self._feeds.bar, found[:limit]),
            next_page_token=paging.encode(found[limit].start_ns) if len(found) > limit else "",
        )

    async def StreamBars(
        self, request: pb.StreamBarsRequest, context: Context
    ) -> AsyncIterator[pb.StreamBarsResponse]:
        """Sends the current bars, then every change. A slow reader gets the newest state of each bar."""
        symbols = list(request.symbols)
        interval = Interval(request.interval)
        self._listings.select(symbols)

        def snapshot() -> pb.BarSnapshot:
            return pb.BarSnapshot(bars=self._feeds.current_bars(interval, self._listings.select(symbols)))

        events = self._feeds.bars[interval].follow(
            request.resume_token,
            snapshot=snapshot,
            conflate=_key,
            select=_selector(symbols),
        )
        async for response in streams.respond(
            events,
            pb.StreamBarsResponse,
            update=lambda bars: pb.BarUpdates(bars=[bar.message for bar in bars]),
            snapshot=_itself,
            clock=self._clock,
        ):
            yield response

    async def PublishTicks(
        self, requests: AsyncIterator[pb.PublishTicksRequest], context: Context
    ) -> pb.PublishTicksResponse:
        """Takes batches of ticks and answers once what they mean for trades and bars is stored."""
        intake = Intake(self._listings, self._future_ns)
        try:
            async for request in requests:
                await self._recorder.make_room()
                self._market.add_ticks(self._taken(intake, request.ticks))
                self._ticks.wake()
        except TickmeshError as error:
            error.metadata["rows_taken"] = str(intake.row_count)
            raise
        await self._recorder.settle()
        return pb.PublishTicksResponse(row_count=intake.row_count)

    def _taken(self, intake: Intake, ticks: pb.TickColumns) -> Ticks:
        instruments = [(entry.index, entry.symbol) for entry in ticks.instruments]
        columns = (ticks.instrument_index, ticks.kind, ticks.price_ticks, ticks.quantity_lots, ticks.time_ns)
        return intake.take(instruments, columns, self._clock())

    async def StreamTicks(
        self, request: pb.StreamTicksRequest, context: Context
    ) -> AsyncIterator[pb.StreamTicksResponse]:
        """Sends ticks as columns from now on, or from a position on."""
        chosen = self._listings.select(list(request.symbols)) if request.symbols else []
        sent = SentTable()

        def update(parts: list[Part]) -> Iterable[wire.Pieces]:
            for part in parts:
                yield tick_pieces(part, sent.news(part.instruments, len(self._listings)), self._listings)

        async for response in streams.respond(
            self._ticks.follow(request.resume_token, chosen),
            pb.StreamTicksResponse,
            update=update,
            clock=self._clock,
        ):
            yield response


def _itself(message: Any) -> Any:
    return message


def _key(item: Later[Any]) -> Hashable:
    return item.key


def _selector(symbols: list[str]) -> Callable[[Later[Any]], bool] | None:
    if not symbols:
        return None
    chosen = frozenset(symbols)
    return lambda item: item.symbol in chosen

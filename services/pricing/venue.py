"""Follows the venue: instruments of the assets service, books and executions of the orders service."""

import asyncio
from collections.abc import AsyncIterator, Iterable

import grpc

from tickmesh.assets.v1 import assets_pb2 as assets
from tickmesh.assets.v1.assets_pb2_grpc import AssetsServiceStub
from tickmesh.orders.v1 import orders_pb2 as orders
from tickmesh.orders.v1.orders_pb2_grpc import OrdersServiceStub

from ..runtime import telemetry
from ..runtime.streams import Follower
from ..values import Increment, time_ns
from .domain.depth import Depth, Level
from .domain.listings import Listing
from .domain.market import Market, Top
from .domain.trades import Trade
from .feeds import TickFeed
from .recorder import Recorder

log = telemetry.logger(__name__)
RETRY_S = 0.5
TRADE, REMOVED = orders.ExecutionReport.TRADE, orders.ExecutionReport.REMOVED


class Instruments:
    """Learns the increments of all instruments."""

    def __init__(self, market: Market, channel: grpc.aio.Channel) -> None:
        self._listings = market.listings
        self._stub = AssetsServiceStub(channel)
        self.ready = asyncio.Event()  # all that are listed are known

    async def follow(self) -> None:
        """Follows for ever."""
        async for response in Follower(self._open, name="instruments"):
            if response.HasField("snapshot"):
                for instrument in response.snapshot.instruments:
                    self._learn(instrument)
                self.ready.set()
            elif response.HasField("update"):
                self._learn(response.update)

    def _open(self, token: str) -> AsyncIterator[assets.StreamInstrumentsResponse]:
        return aiter(self._stub.StreamInstruments(assets.StreamInstrumentsRequest(resume_token=token)))

    def _learn(self, instrument: assets.Instrument) -> Listing:
        increments = instrument.price_increment, instrument.quantity_increment
        return self._listings.learn(instrument.symbol, *increments)

    async def find(self, symbol: str) -> Listing | None:
        """Returns an instrument, asked for if the stream has not brought it yet; None when there is none."""
        while symbol not in self._listings:
            try:
                self._learn(await self._stub.GetInstrument(assets.GetInstrumentRequest(symbol=symbol)))
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.NOT_FOUND:
                    log.error("the venue trades an instrument that is not listed", symbol=symbol)
                    return None
                await asyncio.sleep(RETRY_S)
        return self._listings.find(symbol)


class Books:
    """Keeps the top of every book of the venue."""

    def __init__(
        self, market: Market, instruments: Instruments, channel: grpc.aio.Channel, ticks: TickFeed
    ) -> None:
        self._market = market
        self._instruments = instruments
        self._stub = OrdersServiceStub(channel)
        self._ticks = ticks
        self._sides: dict[str, tuple[Depth, Depth]] = {}

    async def follow(self) -> None:
        """Follows for ever."""
        async for response in Follower(self._open, name="books"):
            if response.HasField("snapshot"):
                self._sides.clear()
                await self._apply(response.snapshot.books)
            elif response.HasField("update"):
                await self._apply(response.update.updates)

    def _open(self, token: str) -> AsyncIterator[orders.StreamBookResponse]:
        return aiter(self._stub.StreamBook(orders.StreamBookRequest(resume_token=token)))

    async def _apply(self, books: Iterable[orders.Book] | Iterable[orders.BookUpdate]) -> None:
        changed = {}
        for book in books:
            listing = await self._instruments.find(book.symbol)
            if listing is not None:
                changed[book.symbol] = self._change(listing, book)
        self._market.set_tops(changed.values())
        self._ticks.wake()

    def _change(self, listing: Listing, book: orders.Book | orders.BookUpdate) -> Top:
        bids, asks = self._sides.setdefault(book.symbol, (Depth(+1), Depth(-1)))
        bids.change(_level(listing, level) for level in book.bids)
        asks.change(_level(listing, level) for level in book.asks)
        return Top(listing, bids.best(), asks.best(), time_ns(book.time))


def _level(listing: Listing, level: orders.BookLevel) -> Level:
    return Level(
        listing.price.to_units(level.price, "price"), listing.quantity.to_units(level.quantity, "quantity")
    )


class Executions:
    """Counts every trade of the venue once: by the report of the side that came."""

    def __init__(
        self,
        market: Market,
        instruments: Instruments,
        channel: grpc.aio.Channel,
        recorder: Recorder,
        ticks: TickFeed,
    ) -> None:
        self._market = market
        self._instruments = instruments
        self._stub = OrdersServiceStub(channel)
        self._recorder = recorder
        self._ticks = ticks
        self.gaps = 0

    async def follow(self) -> None:
        """Follows for ever, from where the store is."""
        async for response in Follower(self._open, self._recorder.token, "executions"):
            await self._recorder.make_room()
            if response.HasField("gap"):
                self.gaps += 1
                log.warning("executions are missing", reason=response.gap.message, gaps=self.gaps)
            trades = await self._trades(response.update.reports)
            self._market.add_trades(trades)
            self._recorder.advance(response.resume_token)  # in one go with the trades, no await between
            self._ticks.wake()

    def _open(self, token: str) -> AsyncIterator[orders.StreamExecutionsResponse]:
        request = orders.StreamExecutionsRequest(exec_types=[TRADE], resume_token=token, from_start=not token)
        return aiter(self._stub.StreamExecutions(request))

    async def _trades(self, reports: Iterable[orders.ExecutionReport]) -> list[Trade]:
        found = []
        for report in reports:
            if report.exec_type == TRADE and report.liquidity == REMOVED:
                listing = await self._instruments.find(report.order.symbol)
                if listing is not None:
                    found.append(_trade(listing, report))
        return found


def _trade(listing: Listing, report: orders.ExecutionReport) -> Trade:
    price: Increment = listing.price
    return Trade(
        listing,
        report.trade_id,
        price.to_units(report.last_price, "last_price"),
        listing.quantity.to_units(report.last_quantity, "last_quantity"),
        report.order.side == orders.Order.BUY,
        time_ns(report.transact_time),
    )

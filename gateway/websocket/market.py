"""/ws/market-data/{symbol}: the quote and the book of one instrument, and its trades."""

import asyncio
from decimal import Decimal
from typing import Any, cast

import grpc

from tickmesh.orders.v1 import orders_pb2, orders_pb2_grpc
from tickmesh.pricing.v1 import pricing_pb2, pricing_pb2_grpc
from tickmesh.services.runtime.streams import Follower

from ..http.answers import to_value
from ..settings import GatewaySettings
from .backlogs import Update
from .counters import Counters
from .feeds import Feed
from .frames import Data

TRADES_MAX = 1_000
LEVELS_MAX = 2_000  # changed levels that wait for a slow reader; past that it gets a snapshot

Side = dict[str, Data]  # a level by its price


class MarketFeed(Feed):
    """Keeps the newest quote and book, so that a new or slow reader gets what is true now."""

    def __init__(
        self,
        symbol: str,
        orders: grpc.aio.Channel,
        pricing: grpc.aio.Channel,
        counters: Counters,
        settings: GatewaySettings,
    ) -> None:
        super().__init__(f"market-data/{symbol}", counters, settings)
        self._symbol = symbol
        self._orders = orders_pb2_grpc.OrdersServiceStub(orders)
        self._pricing = pricing_pb2_grpc.PricingServiceStub(pricing)
        self.quote: Data | None = None
        self.sides: dict[str, Side] = {"bids": {}, "asks": {}}
        self._head: Data | None = None  # the book without its levels

    async def run(self) -> None:
        """Follows book and quote side by side."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow_book())
            group.create_task(self._follow_quote())

    def snapshot(self) -> bytes | None:
        """Returns the parts that are known: quote, book, or both."""
        data: Data = {}
        if self.quote is not None:
            data["quote"] = self.quote
        if self._head is not None:
            data["book"] = self.book()
        return self._body("snapshot", data) if data else None

    def book(self) -> Data:
        """Returns the whole book, best prices first."""
        bids, asks = (list(self.sides[name].values()) for name in ("bids", "asks"))
        bids.sort(key=_price, reverse=True)
        asks.sort(key=_price)
        return {**(self._head or {}), "bids": bids, "asks": asks}

    def backlog(self) -> "MarketBacklog":
        """Returns what remembers which parts changed."""
        return MarketBacklog(self, self._counters)

    def update_body(self, data: Data) -> bytes:
        """Returns the body of an update."""
        return self._body("update", data)

    async def _follow_book(self) -> None:
        def open_call(token: str) -> Any:
            request = orders_pb2.StreamBookRequest(symbols=[self._symbol], resume_token=token)
            return self._orders.StreamBook(request)

        async for message in Follower(self.watched("book", open_call), name=self.channel):
            response = cast(orders_pb2.StreamBookResponse, message)
            for book in response.snapshot.books:
                self._replace(book)
            for update in response.update.updates:
                self._change(update)
            if response.HasField("gap"):
                self.publish(Update(self._body("gap", to_value(response.gap)), "gap"))

    def _replace(self, book: orders_pb2.Book) -> None:
        if book.symbol == self._symbol:
            self.sides = {"bids": _levels(book.bids), "asks": _levels(book.asks)}
            self._set_head(book)
            self.publish(Update(self._body("snapshot", {"book": self.book()}), "snapshot"))

    def _change(self, update: orders_pb2.BookUpdate) -> None:
        if update.symbol != self._symbol:
            return
        value = to_value(update)
        for name in ("bids", "asks"):
            for level in cast(list[Data], value[name]):
                _apply(self.sides[name], level)
        self._set_head(update)
        self.publish(Update(self.update_body({"book": value}), value))

    def _set_head(self, part: orders_pb2.Book | orders_pb2.BookUpdate) -> None:
        moment = part.time.ToJsonString() if part.HasField("time") else None
        self._head = {"symbol": part.symbol, "command": str(part.command), "time": moment}

    async def _follow_quote(self) -> None:
        def open_call(token: str) -> Any:
            request = pricing_pb2.StreamQuotesRequest(symbols=[self._symbol], resume_token=token)
            return self._pricing.StreamQuotes(request)

        async for message in Follower(self.watched("quote", open_call), name=self.channel):
            response = cast(pricing_pb2.StreamQuotesResponse, message)
            for quote in response.snapshot.quotes:
                self._set_quote("snapshot", quote)
            for quote in response.update.quotes:
                self._set_quote("update", quote)

    def _set_quote(self, kind: str, quote: pricing_pb2.Quote) -> None:
        if quote.symbol == self._symbol:
            self.quote = to_value(quote)
            self.publish(Update(self._body(kind, {"quote": self.quote}), "quote"))


class MarketBacklog:
    """Changed levels, the newest quote and all trades: one update once the reader is ready."""

    def __init__(self, feed: MarketFeed, counters: Counters) -> None:
        self._feed = feed
        self._counters = counters
        self._reset()

    def _reset(self) -> None:
        self._prices: dict[str, set[str]] = {"bids": set(), "asks": set()}
        self._trades: list[object] = []
        self._head: Data = {}
        self._quote = False
        self._whole = False
        self._waiting = False

    def add(self, update: Update) -> bool:
        """Remembers what changed; nothing is too much, as it is merged."""
        self._counters.updates_conflated += self._waiting
        self._waiting = True
        part = update.part
        if isinstance(part, dict):
            self._add_book(part)
        elif part == "quote":
            self._quote = True
        else:
            self._whole = self._whole or part is not None
        return True

    def _add_book(self, part: Data) -> None:
        for name, prices in self._prices.items():
            prices.update(str(level["price"]) for level in cast(list[Data], part[name]))
        self._trades += cast(list[object], part["trades"])
        self._head = {key: part[key] for key in ("symbol", "command", "time") if key in part}
        if len(self._trades) > TRADES_MAX or sum(map(len, self._prices.values())) > LEVELS_MAX:
            self._whole = True

    def take(self) -> bytes | None:
        """Returns everything that waits as one body."""
        if not self._waiting:
            return None
        whole, data = self._whole, self._merged()
        self._reset()
        return self._feed.snapshot() if whole else self._feed.update_body(data)

    def _merged(self) -> Data:
        data: Data = {}
        if self._quote:
            data["quote"] = self._feed.quote
        if self._head:
            levels = {name: self._now(name, prices) for name, prices in self._prices.items()}
            data["book"] = {**self._head, **levels, "trades": self._trades}
        return data

    def _now(self, name: str, prices: set[str]) -> list[Data]:
        side = self._feed.sides[name]
        return [side.get(price, {"price": price, "quantity": "0", "order_count": 0}) for price in prices]


def _levels(levels: Any) -> Side:
    return {level.price: to_value(level) for level in levels}


def _apply(side: Side, level: Data) -> None:
    if level["quantity"] == "0":
        side.pop(str(level["price"]), None)
    else:
        side[str(level["price"])] = level


def _price(level: Data) -> Any:
    return Decimal(str(level["price"]))

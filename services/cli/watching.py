"""`watch`: quote, book and trades of an instrument, live."""

import asyncio
from argparse import ArgumentParser, Namespace
from collections import deque
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from . import place
from .command import OK, Command

if TYPE_CHECKING:
    from .session import Session

_TRADES_KEPT = 12
_REFRESH_S = 0.1


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("symbol", type=str.upper, metavar="SYMBOL")
    parser.add_argument("--depth", metavar="N", type=int, default=10, help="levels a side; default 10")
    parser.add_argument("--seconds", metavar="S", type=float, help="end after so long; default at Ctrl-C")
    place.add_client(parser)


@dataclass
class View:
    """What is known of one instrument: levels by price, the newest quote, the newest trades."""

    symbol: str
    bids: dict[Decimal, Any] = field(default_factory=dict)
    asks: dict[Decimal, Any] = field(default_factory=dict)
    trades: deque[Any] = field(default_factory=lambda: deque(maxlen=_TRADES_KEPT))
    quote: Any = None

    def apply_book(self, response: Any) -> None:
        """Takes a response of StreamBook."""
        if response.HasField("snapshot"):
            self.bids, self.asks = {}, {}
            for book in response.snapshot.books:
                self._change(book)
        for update in response.update.updates:
            self._change(update)
            self.trades.extend(update.trades)

    def _change(self, source: Any) -> None:
        for side, levels in ((self.bids, source.bids), (self.asks, source.asks)):
            for level in levels:
                price = Decimal(level.price)
                side[price] = level
                if not Decimal(level.quantity):
                    del side[price]

    def apply_quote(self, response: Any) -> None:
        """Takes a response of StreamQuotes."""
        for quote in (*response.snapshot.quotes, *response.update.quotes):
            self.quote = quote

    def best(self, depth: int) -> tuple[list[Any], list[Any]]:
        """Returns the best levels of both sides."""
        bids = [self.bids[price] for price in sorted(self.bids, reverse=True)[:depth]]
        return bids, [self.asks[price] for price in sorted(self.asks)[:depth]]


def _watch(args: Namespace) -> int:
    from . import session

    async def follow(connected: session.Session) -> int:
        await _check_symbol(connected, args.symbol)
        try:
            async with asyncio.timeout(args.seconds):
                await _follow(connected, args)
        except TimeoutError:
            pass
        return OK

    try:
        exit_code = session.run(args, follow)
    except KeyboardInterrupt:
        exit_code = OK
    if not args.json:
        print()
    return exit_code


async def _check_symbol(connected: "Session", symbol: str) -> None:
    """Fails as GetBook does for an instrument that is not listed; a stream of it would be silent."""
    from tickmesh.orders.v1 import orders_pb2 as pb

    from .session import TIMEOUT_S

    await connected.orders.GetBook(pb.GetBookRequest(symbol=symbol, depth=1), timeout=TIMEOUT_S)


async def _follow(connected: "Session", args: Namespace) -> None:
    from tickmesh.common.v1 import streams_pb2
    from tickmesh.orders.v1 import orders_pb2
    from tickmesh.pricing.v1 import pricing_pb2

    from ..runtime.streams import Follower
    from ..runtime.telemetry import configure

    configure("watch", "error")  # a reconnect is shown, not logged
    view, mode = View(args.symbol), streams_pb2.Delivery.COMPLETE
    books = Follower(
        lambda token: connected.orders.StreamBook(
            orders_pb2.StreamBookRequest(symbols=[args.symbol], delivery=mode, resume_token=token)
        )
    )
    quotes = Follower(
        lambda token: connected.pricing.StreamQuotes(
            pricing_pb2.StreamQuotesRequest(symbols=[args.symbol], resume_token=token)
        )
    )
    with _screen(args) as screen:
        async with asyncio.TaskGroup() as group:
            group.create_task(_feed(books, view.apply_book, args))
            group.create_task(_feed(quotes, view.apply_quote, args))
            group.create_task(_paint(screen, view, args))


async def _feed(follower: Any, apply: Any, args: Namespace) -> None:
    from . import output

    async for response in follower:
        apply(response)
        if args.json:
            output.print_json(response, indent=None)


def _screen(args: Namespace) -> AbstractContextManager[Any]:
    if args.json:
        return nullcontext()
    from rich.live import Live

    from .output import console

    return Live(console=console(), auto_refresh=False, screen=False, vertical_overflow="crop")


async def _paint(screen: Any, view: View, args: Namespace) -> None:
    while screen is not None:
        screen.update(_picture(view, args.depth), refresh=True)
        await asyncio.sleep(_REFRESH_S)


def _picture(view: View, depth: int) -> Any:
    from rich.columns import Columns
    from rich.console import Group
    from rich.text import Text

    from .market import BOOK_TITLES, book_rows
    from .output import clock_time, make_table

    quote = view.quote
    last = (
        f"last {quote.last_price or '-'}  bid {quote.bid_price or '-'}  ask {quote.ask_price or '-'}"
        if quote
        else ""
    )
    sides = ("", "BUY", "SELL")
    trades = [
        (clock_time(t.time), t.price, t.quantity, sides[t.aggressor_side]) for t in reversed(view.trades)
    ]
    book = make_table(BOOK_TITLES, book_rows(*view.best(depth)), BOOK_TITLES)
    tape = make_table(("time", "price", "quantity", "side"), trades, ("price", "quantity"))
    return Group(
        Text(f"{view.symbol}  {last}", "bold"),
        Columns([book, tape], padding=(0, 4)),
        Text("Ctrl-C ends", "dim"),
    )


COMMANDS = {
    "watch": Command(
        _configure,
        _watch,
        "  tickmesh watch AAPL\n  tickmesh watch BTCUSD --json --seconds 10 > updates.ndjson",
    )
}

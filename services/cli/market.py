"""`book`: the order book of an instrument as it is now."""

from argparse import ArgumentParser, Namespace
from itertools import zip_longest
from typing import Any

from . import place
from .command import OK, Command

BOOK_TITLES = ("orders", "bid quantity", "bid", "ask", "ask quantity", "orders ")


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("symbol", type=str.upper, metavar="SYMBOL")
    parser.add_argument(
        "--depth", metavar="N", type=int, default=10, help="levels a side, at most 1000; default 10"
    )
    place.add_client(parser)


def _book(args: Namespace) -> int:
    from tickmesh.orders.v1 import orders_pb2 as pb

    from . import output, session

    request = pb.GetBookRequest(symbol=args.symbol, depth=min(max(1, args.depth), 1_000))

    async def show(connected: session.Session) -> int:
        book = await connected.orders.GetBook(request, timeout=session.TIMEOUT_S)
        if args.json:
            output.print_json(book)
        else:
            print(f"{book.symbol} at {output.clock_time(book.time) or 'the start'}")
            output.print_table(BOOK_TITLES, book_rows(book.bids, book.asks), BOOK_TITLES)
        return OK

    return session.run(args, show)


def book_rows(bids: Any, asks: Any) -> list[tuple[Any, ...]]:
    """Returns the levels of both sides beside each other, the best first."""
    from rich.text import Text

    rows: list[tuple[Any, ...]] = []
    for bid, ask in zip_longest(bids, asks):
        left = (str(bid.order_count), bid.quantity, Text(bid.price, "green")) if bid else ("", "", "")
        right = (Text(ask.price, "red"), ask.quantity, str(ask.order_count)) if ask else ("", "", "")
        rows.append((*left, *right))
    return rows


COMMANDS = {
    "book": Command(_configure, _book, "  tickmesh book AAPL\n  tickmesh book EURUSD --depth 3 --json")
}

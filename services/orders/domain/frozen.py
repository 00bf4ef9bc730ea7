"""The venue as it is after one command, and its text: lines of JSON, cut so that each is quickly made.

The first line names the version and the command, every other one a section and some of its rows. What a
row holds may only grow at its end; anything else is another version, and a snapshot of another version
is not read: the journal says the same, only more slowly.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from .books import Level
from .listings import Listing
from .orders import State, Status, Ticket
from .tree import Node
from .venue import LiveOrder, Venue

VERSION = 1
ROWS_MAX = 500  # in one line
_TICKET, _STATE = slice(0, 10), slice(10, 17)


class OtherVersion(Exception):
    """Text that another build wrote."""


class FrozenBook(NamedTuple):
    """One book."""

    command: int
    time_ns: int
    bids: list[Level]
    asks: list[Level]


@dataclass(frozen=True, slots=True)
class Frozen:
    """What the commands up to one add up to: nothing that the door noted ahead of the journal."""

    command: int
    time_ns: int
    report: int
    listings: list[Listing]
    nodes: list[Node]
    rates: dict[str, Fraction]
    live: list[LiveOrder]
    shadowed: frozenset[int]
    books: list[FrozenBook]  # by listing
    requests: list[tuple[str, tuple[str, int, int]]]
    mass_cancels: list[tuple[int, int]]


def freeze(venue: Venue) -> Frozen:
    """Returns the venue as it is now. Copies what still changes, and shares what never does."""
    journaled = venue.journaled
    return Frozen(
        command=venue.last_command,
        time_ns=venue.last_time_ns,
        report=venue.last_report,
        listings=venue.listings.by_index[: journaled.listings],
        nodes=venue.tree.by_index[: journaled.nodes],
        rates=dict(journaled.rates),
        live=list(venue.live.values()),
        shadowed=frozenset(venue.shadowed),
        books=[
            FrozenBook(book.command, book.time_ns, list(book.bids.values()), list(book.asks.values()))
            for book in venue.books[: journaled.listings]
        ],
        requests=list(venue.requests.items()),
        mass_cancels=list(venue.mass_cancels),
    )


def to_lines(frozen: Frozen) -> Iterator[bytes]:
    """Yields the text, line by line."""
    head = {
        "version": VERSION,
        "command": frozen.command,
        "time_ns": frozen.time_ns,
        "report": frozen.report,
    }
    yield _line(head)
    for name, rows in _sections(frozen):
        part: list[Any] = []
        for row in rows:
            part.append(row)
            if len(part) == ROWS_MAX:
                yield _line([name, part])
                part = []
        if part:
            yield _line([name, part])


def _line(content: Any) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode() + b"\n"


def _sections(frozen: Frozen) -> Iterator[tuple[str, Iterable[Any]]]:
    """Yields names and rows, what others refer to first."""
    yield "listing", (listing.to_text() for listing in frozen.listings)
    yield "node", (node.to_text() for node in frozen.nodes)
    yield "rate", ((currency, str(rate)) for currency, rate in frozen.rates.items())
    yield "order", (_order_row(frozen, live) for live in frozen.live)
    books = list(enumerate(frozen.books))
    yield "book", ((index, book.command, book.time_ns) for index, book in books if book.command)
    yield "bid", ((index, *level) for index, book in books for level in book.bids)
    yield "ask", ((index, *level) for index, book in books for level in book.asks)
    yield "request", ((request_id, *answer) for request_id, answer in frozen.requests)
    yield "mass_cancel", frozen.mass_cancels


def _order_row(frozen: Frozen, live: LiveOrder) -> tuple[Any, ...]:
    """Returns ticket, state, and whether the order's key leads elsewhere."""
    order_id, words, key, node, listing, *rest = live.ticket
    is_shadowed = order_id in frozen.shadowed
    return (order_id, words, key, node.index, listing.index, *rest, *live.state, is_shadowed)


def from_lines(lines: Iterable[bytes]) -> Venue:
    """Returns the venue that a text stands for. Fails with OtherVersion."""
    source = iter(lines)
    head = json.loads(next(source))
    if head["version"] != VERSION:
        raise OtherVersion(f"version {head['version']}, not {VERSION}")
    venue = Venue()
    for line in source:
        name, rows = json.loads(line)
        take = _TAKERS[name]
        for row in rows:
            take(venue, row)
    venue.last_command, venue.last_time_ns = head["command"], head["time_ns"]
    venue.last_report = head["report"]
    venue.journaled.listings, venue.journaled.nodes = len(venue.books), len(venue.tree.by_index)
    return venue


def _take_rate(venue: Venue, row: Any) -> None:
    venue.listings.rates[row[0]] = venue.journaled.rates[row[0]] = Fraction(row[1])


def _take_order(venue: Venue, row: Any) -> None:
    order_id, words, key, node, listing, *rest = row[_TICKET]
    place, instrument = venue.tree.by_index[node], venue.listings.by_index[listing]
    quantity, price, leaves, status, *more = row[_STATE]
    ticket = Ticket(order_id, words, key, place, instrument, *rest)
    venue.live[order_id] = LiveOrder(ticket, State(quantity, price, leaves, Status(status), *more))
    if row[17]:
        venue.shadowed.add(order_id)
    else:
        venue.by_key[key] = order_id


def _take_book(venue: Venue, row: Any) -> None:
    book = venue.books[row[0]]
    book.command, book.time_ns = row[1], row[2]


def _take_bid(venue: Venue, row: Any) -> None:
    venue.books[row[0]].bids[row[1]] = (row[1], row[2], row[3])


def _take_ask(venue: Venue, row: Any) -> None:
    venue.books[row[0]].asks[row[1]] = (row[1], row[2], row[3])


def _take_request(venue: Venue, row: Any) -> None:
    venue.requests[row[0]] = (row[1], row[2], row[3])


_TAKERS: dict[str, Callable[[Venue, Any], None]] = {
    "listing": lambda venue, text: venue.list_instrument(Listing.from_text(text)),
    "node": lambda venue, text: venue.add_node(Node.from_text(text)),
    "rate": _take_rate,
    "order": _take_order,
    "book": _take_book,
    "bid": _take_bid,
    "ask": _take_ask,
    "request": _take_request,
    "mass_cancel": lambda venue, row: venue.mass_cancels.append((row[0], row[1])),
}

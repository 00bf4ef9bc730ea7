"""The venue as it is after one command, and its bytes: a length, JSON of what commands said, the orders.

What a row of the JSON holds may only grow at its end; anything else is another version, and a snapshot of
another version is not read: the journal says the same, only more slowly.
"""

import json
import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .listings import Listing
from .tree import Node
from .venue import Venue

VERSION = 2
_LENGTH = struct.Struct("<Q")
_SAYS_WHAT_CANNOT_BE = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)


class Unreadable(Exception):
    """Bytes that another build wrote, or that say what cannot be."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """What the commands up to one add up to: nothing that the door noted ahead of the journal."""

    command: int
    time_ns: int
    report: int
    listings: list[Listing]
    nodes: list[Node]
    rates: dict[str, Fraction]
    requests: list[tuple[str, tuple[str, int, int]]]
    mass_cancels: list[tuple[int, int]]
    orders: bytes


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
        requests=list(venue.requests.items()),
        mass_cancels=list(venue.mass_cancels),
        orders=venue.orders.save(),
    )


def to_bytes(frozen: Frozen) -> bytes:
    """Returns the bytes of a venue."""
    words = json.dumps(
        {
            "version": VERSION,
            "command": frozen.command,
            "time_ns": frozen.time_ns,
            "report": frozen.report,
            "listings": [listing.to_text() for listing in frozen.listings],
            "nodes": [node.to_text() for node in frozen.nodes],
            "rates": [(currency, str(rate)) for currency, rate in frozen.rates.items()],
            "requests": [(request_id, *answer) for request_id, answer in frozen.requests],
            "mass_cancels": frozen.mass_cancels,
        },
        separators=(",", ":"),
    ).encode()
    return b"".join((_LENGTH.pack(len(words)), words, frozen.orders))


def thaw(content: bytes, venue: Venue) -> None:
    """Takes bytes of a venue into an empty one. Fails with Unreadable; the venue is then of no more use."""
    words, orders = _split(content)
    if words.get("version") != VERSION:
        raise Unreadable(f"version {words.get('version')}, not {VERSION}")
    try:
        _take_words(venue, words)
        venue.orders.restore(orders)
    except _SAYS_WHAT_CANNOT_BE as error:
        raise Unreadable(f"it says what cannot be: {error!r}") from error


def _split(content: bytes) -> tuple[dict[str, Any], bytes]:
    if len(content) < _LENGTH.size:
        raise Unreadable("it is too short")
    end = _LENGTH.size + _LENGTH.unpack_from(content)[0]
    try:
        words = json.loads(content[_LENGTH.size : end])
    except (ValueError, RecursionError) as error:
        raise Unreadable("it is not of this version, or damaged") from error
    if not isinstance(words, dict):
        raise Unreadable("it is not of this version, or damaged")
    return words, content[end:]


def _take_words(venue: Venue, words: dict[str, Any]) -> None:
    for text in words["listings"]:
        venue.take_listing(text)
    for text in words["nodes"]:
        venue.take_node(text)
    told = len(words["listings"]), len(words["nodes"])
    if told != (len(venue.listings.by_index), len(venue.tree.by_index)):
        raise ValueError("an instrument or a node stands at the place of another")
    for currency, rate in words["rates"]:
        venue.listings.rates[currency] = venue.journaled.rates[currency] = Fraction(rate)
    for request_id, *answer in words["requests"]:
        venue.requests[request_id] = (answer[0], int(answer[1]), int(answer[2]))
    venue.mass_cancels.extend((int(row[0]), int(row[1])) for row in words["mass_cancels"])
    venue.last_command, venue.last_time_ns = int(words["command"]), int(words["time_ns"])
    venue.last_report = int(words["report"])

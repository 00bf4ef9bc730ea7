"""Readers of books that are slower than the market."""

from decimal import Decimal

import pytest

from tickmesh.services.orders.domain.books import BookChange
from tickmesh.services.orders.domain.listings import Listing
from tickmesh.services.orders.domain.venue import Outcome, Venue
from tickmesh.services.orders.streams import Books
from tickmesh.services.runtime.streams import Gap, SlowReader, Snapshot
from tickmesh.services.values import Increment


def a_market(kept: int) -> tuple[Books, Listing]:
    venue = Venue()
    cent, one = Increment(Decimal("0.01")), Increment(Decimal(1))
    listing = Listing(0, "AAPL", "USD", cent, one, Decimal(1), Decimal(0), 18_920)
    venue.list_instrument(listing)
    return Books(kept, venue), listing


def change_often(books: Books, listing: Listing, times: int) -> None:
    changes = [
        BookChange(listing, command, command, bids=[(100, command, 1)]) for command in range(1, times + 1)
    ]
    books.publish(Outcome(changes=changes))


async def test_a_conflated_reader_that_falls_behind_hears_of_the_gap_and_gets_a_snapshot() -> None:
    books, listing = a_market(kept=4)
    reader = books.follow("", frozenset(), conflated=True)
    assert isinstance(await anext(reader), Snapshot)
    change_often(books, listing, 10)
    gap = await anext(reader)
    assert isinstance(gap, Gap) and gap.from_position == 1
    assert isinstance(await anext(reader), Snapshot)


async def test_a_complete_reader_that_falls_behind_is_disconnected() -> None:
    books, listing = a_market(kept=4)
    reader = books.follow("", frozenset(), conflated=False)
    assert isinstance(await anext(reader), Snapshot)
    change_often(books, listing, 10)
    with pytest.raises(SlowReader):
        await anext(reader)

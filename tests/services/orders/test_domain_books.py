"""Books, and changes that are merged for readers who want the newest only."""

from copy import deepcopy

from hypothesis import given
from hypothesis import strategies as st

from tests.services.orders.samples import a_listing
from tickmesh.services.orders.domain.books import Book, BookChange, Trade, merge

AAPL, MSFT = a_listing(), a_listing(1, "MSFT")
LEVELS = st.lists(st.tuples(st.integers(1, 6), st.integers(0, 3), st.integers(1, 3)), max_size=4)


@st.composite
def flows(draw: st.DrawFn) -> list[BookChange]:
    """Changes of two books, one a command."""
    flow = []
    for command in range(1, draw(st.integers(1, 12)) + 1):
        change = BookChange(draw(st.sampled_from([AAPL, MSFT])), command, command * 10)
        change.bids, change.asks = draw(LEVELS), draw(LEVELS)
        change.trades = [Trade(command, 5, 1, 1, command * 10)] * draw(st.integers(0, 2))
        flow.append(change)
    return flow


def books_after(changes: list[BookChange]) -> list[Book]:
    books = [Book(AAPL), Book(MSFT)]
    for change in changes:
        books[change.listing.index].apply(change)
    return books


@given(flows())
def test_merged_changes_give_the_books_that_all_of_them_give(flow: list[BookChange]) -> None:
    assert books_after(merge(flow)) == books_after(flow)


@given(flows())
def test_merging_loses_no_trade_and_leaves_the_changes_alone(flow: list[BookChange]) -> None:
    before = deepcopy(flow)
    merged = merge(flow)
    assert flow == before
    for listing in (AAPL, MSFT):
        sent = [trade for change in flow if change.listing is listing for trade in change.trades]
        assert [trade for change in merged if change.listing is listing for trade in change.trades] == sent


@given(flows())
def test_a_merged_instrument_has_one_change(flow: list[BookChange]) -> None:
    names = [change.listing.symbol for change in merge(flow)]
    assert len(names) == len(set(names))


def test_levels_come_best_first_and_an_empty_one_is_gone() -> None:
    book = Book(AAPL)
    book.apply(BookChange(AAPL, 1, 10, bids=[(5, 1, 1), (7, 2, 1), (6, 3, 1)], asks=[(9, 1, 1), (8, 1, 1)]))
    book.apply(BookChange(AAPL, 2, 20, bids=[(6, 0, 0), (4, 0, 0)]))
    assert book.best_bids() == [(7, 2, 1), (5, 1, 1)]
    assert book.best_asks(1) == [(8, 1, 1)]
    assert (book.command, book.time_ns) == (2, 20)

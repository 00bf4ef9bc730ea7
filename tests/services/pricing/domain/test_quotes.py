"""Quotes follow tops of books, trades and published ticks."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.services.pricing.reference_quotes import ReferenceQuotes
from tickmesh.services.pricing.domain.bars import BarBook
from tickmesh.services.pricing.domain.depth import Depth, Level
from tickmesh.services.pricing.domain.listings import Listings
from tickmesh.services.pricing.domain.market import Market, Top
from tickmesh.services.pricing.domain.quotes import QuoteBook
from tickmesh.services.pricing.domain.ticklog import TickLog
from tickmesh.services.pricing.domain.ticks import Kind, Ticks
from tickmesh.services.pricing.domain.trades import Trade

DAY_NS = 86_400_000_000_000


def a_market() -> Market:
    listings = Listings()
    for symbol in ("AAPL", "MSFT"):
        listings.learn(symbol, "0.01", "1")
    return Market(listings, BarBook(listings), TickLog(1_000))


def a_trade(market: Market, price: int, time_ns: int) -> Trade:
    return Trade(market.listings.find("AAPL"), "t", price, 5, False, time_ns)


Row = tuple[int, int, int, int, int]


def ticks(*rows: Row) -> Ticks:
    index, kind, price, lots, time_ns = np.array(rows, np.int64).T
    return Ticks(index.astype(np.uint32), kind.astype(np.uint8), price, lots, time_ns)


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 3)), max_size=40))
def test_the_best_level_is_the_best_of_what_is_left(changes: list[tuple[int, int]]) -> None:
    bids, asks, left = Depth(+1), Depth(-1), dict[int, int]()
    for price, lots in changes:
        bids.change([Level(price, lots)])
        asks.change([Level(price, lots)])
        left[price] = lots
    alive = {price: lots for price, lots in left.items() if lots}
    assert bids.best() == (Level(max(alive), alive[max(alive)]) if alive else None)
    assert asks.best() == (Level(min(alive), alive[min(alive)]) if alive else None)


def test_a_top_changes_the_quote_and_is_logged_as_ticks() -> None:
    market = a_market()
    listing = market.listings.find("MSFT")
    market.set_tops([Top(listing, Level(10, 1), Level(12, 2), 7)])
    market.set_tops([Top(listing, Level(10, 1), None, 8)])
    quote = market.quotes.latest(listing.symbol)
    assert (quote.bid, quote.ask, quote.quote_time_ns) == (Level(10, 1), None, 8)
    logged = market.ticks.read(0, 10)
    assert logged.kind.tolist() == [Kind.BID, Kind.ASK, Kind.ASK]
    assert logged.quantity_lots.tolist() == [1, 2, 0]


def test_a_top_that_did_not_change_says_nothing() -> None:
    market = a_market()
    top = Top(market.listings.find("MSFT"), Level(10, 1), Level(12, 2), 7)
    market.set_tops([top])
    market.quotes.take_changed()
    market.set_tops([top])
    assert market.quotes.take_changed() == []
    assert market.ticks.position == 2


def test_the_last_trade_is_the_latest_one_not_the_one_that_came_last() -> None:
    market = a_market()
    market.add_trades([a_trade(market, 10, 200), a_trade(market, 11, 200), a_trade(market, 9, 100)])
    quote = market.quotes.latest(market.listings.find("AAPL").symbol)
    assert (quote.last, quote.last_time_ns) == (Level(11, 5), 200)


def test_the_open_is_the_first_trade_of_the_present_day() -> None:
    market = a_market()
    symbol = market.listings.find("AAPL").symbol
    assert market.open_ticks(symbol, DAY_NS) is None
    market.add_trades([a_trade(market, 10, DAY_NS + 1), a_trade(market, 11, DAY_NS + 2)])
    assert market.open_ticks(symbol, DAY_NS + 3) == 10
    assert market.open_ticks(symbol, 2 * DAY_NS) is None


def test_a_quote_changes_when_its_day_ends() -> None:
    market = a_market()
    market.add_trades([a_trade(market, 10, DAY_NS + 1)])
    market.quotes.take_changed()
    market.close_bars(2 * DAY_NS)
    assert [quote.symbol for quote in market.quotes.take_changed()] == ["AAPL"]


def test_published_ticks_change_quotes_bars_and_log() -> None:
    market = a_market()
    market.add_ticks(
        ticks(
            (0, Kind.BID, 9, 1, 5),
            (0, Kind.TRADE_SELL, 9, 4, 6),
            (0, Kind.BID, 8, 2, 7),
            (1, Kind.ASK, 3, 3, 7),
        )
    )
    market.add_ticks(ticks((1, Kind.ASK, 0, 0, 8)))
    apple, other = (market.quotes.latest(market.listings.at(index).symbol) for index in (0, 1))
    assert (apple.bid, apple.last, apple.quote_time_ns) == (Level(8, 2), Level(9, 4), 7)
    assert (other.ask, other.quote_time_ns) == (None, 8)
    assert market.ticks.position == 5
    unsaved = market.take_unsaved()
    assert [part.volume_lots for part in unsaved.parts] == [4, 4, 4]
    assert [len(rows) for rows in unsaved.published] == [1]
    assert market.unsaved_rows == 0


some_rows = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(1, 4),
        st.integers(1, 3),
        st.integers(0, 2),
        st.integers(-2, 3),
    ).map(lambda row: row if row[1] < Kind.TRADE_BUY else (*row[:3], max(row[3], 1), row[4])),
    max_size=30,
)


@given(st.lists(some_rows, max_size=4), st.booleans())
def test_quotes_of_columns_are_those_of_rows_one_by_one(batches: list[list[Row]], told: bool) -> None:
    listings = Listings()
    book, reference = QuoteBook(listings), ReferenceQuotes()
    symbols = [listings.learn(symbol, "1", "1").symbol for symbol in ("A", "B", "C")]
    for rows in filter(None, batches):
        reference.changed.clear()
        expected = [reference.take(symbols[row[0]], row[1], Level(*row[2:4]), row[4]) for row in rows]
        if told:
            assert book.changes(ticks(*rows)).tolist() == expected
        else:
            book.apply(ticks(*rows))
        assert {quote.symbol for quote in book.take_changed()} == reference.changed
        assert [book.latest(symbol) for symbol in symbols] == [reference.latest(symbol) for symbol in symbols]

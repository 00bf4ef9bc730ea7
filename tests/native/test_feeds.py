"""What is told of the book: the best prices (L1), levels (L2), orders (L3), each only when asked for."""

from dataclasses import replace

import pytest

from tests.native.commands import Event
from tests.native.market import ALPHA, BETA, SMALL, Market, of_type, types
from tickmesh.native.engine import (
    NONE,
    CommandType,
    EventFlag,
    EventType,
    Feed,
    OrderFlag,
    OrderType,
    Phase,
    Side,
)

BOOK = (EventType.BOOK_TOP, EventType.BOOK_LEVEL, EventType.BOOK_ORDER)


def market_of(feeds: Feed) -> Market:
    return Market(replace(SMALL, feeds=feeds))


def tops(events: list[Event]) -> list[tuple[int, int, int, int]]:
    """Side, price, lots and orders of each best level that is told."""
    return [(e.side, e.price, e.quantity, e.leaves) for e in of_type(events, EventType.BOOK_TOP)]


def told(events: list[Event]) -> list[tuple[str, int, int, int]]:
    """What happened to which order, its price and its lots."""
    found = of_type(events, EventType.BOOK_ORDER)
    return [(EventFlag(e.flags).name or "", e.order, e.price, e.quantity) for e in found]


@pytest.mark.parametrize("feeds", [Feed(number) for number in range(8)])
def test_only_what_was_asked_for_is_told(feeds: Feed) -> None:
    market = market_of(feeds)
    market.sell(5, 1_001, node=BETA)
    heard = {event.type for event in of_type(market.buy(8, 1_001), *BOOK)}
    wanted = zip((Feed.TOP, Feed.LEVELS, Feed.ORDERS), BOOK, strict=True)
    assert heard == {event_type for feed, event_type in wanted if feed in feeds}


@pytest.mark.parametrize("feeds", [Feed(number) for number in range(8)])
def test_feeds_change_nothing_but_what_is_told(feeds: Feed) -> None:
    heard = []
    for market in (market_of(Feed.NONE), market_of(feeds)):
        events = market.sell(5, 1_001, node=BETA)
        events += market.order(Side.BUY, 3, 0, kind=OrderType.PEG_MARKET)
        events += market.buy(8, 1_001)
        heard.append([event._replace(sequence=0) for event in events if event.type not in BOOK])
    assert heard[0] == heard[1]


# L1


def test_the_best_price_is_told_when_it_changes_and_only_then() -> None:
    market = market_of(Feed.TOP)
    assert tops(market.buy(5, 990)) == [(Side.BUY, 990, 5, 1)]
    assert tops(market.buy(5, 980)) == []
    assert tops(market.buy(3, 990)) == [(Side.BUY, 990, 8, 2)]
    assert tops(market.sell(20, 990, node=BETA)) == [(Side.BUY, 980, 5, 1), (Side.SELL, 990, 12, 1)]
    assert tops(market.buy(12, 990)) == [(Side.SELL, 0, 0, 0)]


def test_the_best_price_is_told_once_however_much_happened() -> None:
    market = market_of(Feed.TOP)
    for price in range(1_001, 1_006):
        market.sell(1, price, node=BETA)
    assert tops(market.buy(4, 1_005)) == [(Side.SELL, 1_005, 1, 1)]


def test_a_best_price_that_is_as_before_at_the_end_is_not_told() -> None:
    market = market_of(Feed.TOP)
    order = market.buy(5, 990)[0].order
    assert tops(market.replace(order, quantity=5, price=990)) == []
    market.sell(5, 1_001, node=BETA)
    assert tops(market.buy(5, 995, flags=OrderFlag.ALL_OR_NONE)) == []


def test_the_queue_of_market_orders_is_no_best_price() -> None:
    market = market_of(Feed.TOP | Feed.LEVELS)
    market.phase(Phase.PRE_OPEN)
    events = market.market_order(Side.BUY, 5)
    assert tops(events) == []
    assert [(e.price, e.quantity, e.leaves) for e in of_type(events, EventType.BOOK_LEVEL)] == [(0, 5, 1)]


# L2


def test_levels_are_told_after_the_events_of_orders_at_the_latest() -> None:
    market = market_of(Feed.LEVELS)
    market.buy(5, 990)
    market.buy(5, 980)
    events = market.run(CommandType.MASS_CANCEL, node=ALPHA, instrument=NONE)
    assert types(events) == ["ORDER_CANCELED", "ORDER_CANCELED", "BOOK_LEVEL", "BOOK_LEVEL", "MASS_CANCELED"]


def test_a_level_of_an_iceberg_is_told_when_what_it_shows_changes() -> None:
    market = market_of(Feed.LEVELS)
    market.terms(display=5)
    order = market.sell(20, 1_001)[0].order
    assert types(market.replace(order, quantity=15)) == ["ORDER_REPLACED"]
    assert types(market.replace(order, quantity=4)) == ["ORDER_REPLACED", "BOOK_LEVEL"]


# L3


def test_an_order_is_added_changed_and_removed() -> None:
    market = market_of(Feed.ORDERS)
    events = market.buy(10, 990)
    order = events[0].order
    assert told(events) == [("ADDED", order, 990, 10)]
    assert told(market.sell(4, 990, node=BETA)) == [("NONE", order, 990, 6)]
    assert told(market.replace(order, quantity=7)) == [("NONE", order, 990, 3)]
    assert told(market.replace(order, price=991)) == [("REMOVED", order, 990, 0), ("ADDED", order, 991, 3)]
    assert [what for what, *_ in told(market.cancel(order))] == ["REMOVED"]


def test_an_order_that_was_traded_away_is_removed_after_its_trade() -> None:
    market = market_of(Feed.ORDERS)
    order = market.sell(5, 1_001, node=BETA)[0].order
    events = market.buy(5, 1_001)
    assert types(events) == ["ORDER_ACCEPTED", "TRADE", "TRADE", "BOOK_ORDER"]
    assert [(what, who) for what, who, *_ in told(events)] == [("REMOVED", order)]


def test_the_next_slice_of_an_iceberg_leaves_and_joins() -> None:
    market = market_of(Feed.ORDERS)
    market.terms(display=5)
    order = market.sell(8, 1_001)[0].order
    events = market.buy(5, 1_001, node=BETA)
    assert [(what, who) for what, who, *_ in told(events)] == [("REMOVED", order), ("ADDED", order)]
    assert told(events)[1][3] == 3


def test_orders_outside_the_book_are_not_told() -> None:
    market = market_of(Feed.ORDERS)
    assert told(market.order(Side.BUY, 5, 0, kind=OrderType.STOP, target=1_100)) == []
    assert told(market.buy(5, 990, flags=OrderFlag.ALL_OR_NONE)) == []

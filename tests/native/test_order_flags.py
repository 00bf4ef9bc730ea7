"""What an order may ask for besides: post-only, slide, reduce-only, all-or-none, cancel on disconnect."""

import pytest

from tests.native.market import ALPHA, BETA, DESK, FIRM, Market, fills, of_type, types
from tickmesh.native.engine import (
    NONE,
    CommandType,
    EventType,
    OrderFlag,
    OrderType,
    Phase,
    Reason,
    Side,
    TimeInForce,
)

SLIDE = OrderFlag.POST_ONLY_SLIDE
REDUCE_ONLY = OrderFlag.REDUCE_ONLY
ALL_OR_NONE = OrderFlag.ALL_OR_NONE


@pytest.fixture
def market() -> Market:
    return Market()


# Post-only


def test_a_post_only_order_meets_nobody_in_a_call_phase(market: Market) -> None:
    market.phase(Phase.PRE_OPEN)
    market.sell(5, 1_001, node=BETA)
    assert market.buy(5, 1_001, flags=OrderFlag.POST_ONLY)[0].type == EventType.ORDER_ACCEPTED


@pytest.mark.parametrize(("side", "opposite", "moved"), [(Side.BUY, 1_001, 1_000), (Side.SELL, 999, 1_000)])
def test_a_sliding_order_is_moved_to_one_tick_from_the_best_price(
    market: Market, side: Side, opposite: int, moved: int
) -> None:
    other = Side.SELL if side == Side.BUY else Side.BUY
    market.order(other, 5, opposite, node=BETA)
    crossing = 1_010 if side == Side.BUY else 990
    events = market.order(side, 5, crossing, flags=SLIDE)
    assert types(events) == ["ORDER_ACCEPTED", "ORDER_REPRICED", "BOOK_LEVEL"]
    assert [event.price for event in events] == [crossing, moved, moved]
    assert market.view(events[0].order).price == moved


def test_a_sliding_order_that_does_not_cross_stays_as_it_is(market: Market) -> None:
    market.sell(5, 1_001, node=BETA)
    assert types(market.buy(5, 1_000, flags=SLIDE)) == ["ORDER_ACCEPTED", "BOOK_LEVEL"]


def test_a_sliding_order_that_finds_no_price_below_is_refused(market: Market) -> None:
    market.sell(5, 1, node=BETA)
    assert market.buy(5, 1, flags=SLIDE)[0].reason == Reason.POST_ONLY_WOULD_TRADE


def test_a_sliding_order_slides_again_when_it_is_replaced(market: Market) -> None:
    order = market.buy(5, 990, flags=SLIDE)[0].order
    market.sell(5, 1_001, node=BETA)
    events = market.replace(order, price=1_005)
    assert types(events)[:2] == ["ORDER_REPLACED", "ORDER_REPRICED"]
    assert market.view(order).price == 1_000


def test_post_only_and_slide_exclude_each_other(market: Market) -> None:
    assert market.buy(5, 990, flags=SLIDE | OrderFlag.POST_ONLY)[0].reason == Reason.INVALID_COMMAND


# Reduce-only


def test_a_reduce_only_order_needs_a_position_to_reduce(market: Market) -> None:
    assert market.sell(5, 1_001, flags=REDUCE_ONLY)[0].reason == Reason.REDUCE_ONLY
    market.give(5)
    assert market.buy(5, 900, flags=REDUCE_ONLY)[0].reason == Reason.REDUCE_ONLY
    assert market.sell(6, 1_001, flags=REDUCE_ONLY)[0].reason == Reason.REDUCE_ONLY
    assert market.sell(5, 1_001, flags=REDUCE_ONLY)[0].type == EventType.ORDER_ACCEPTED


def test_a_reduce_only_order_trades_no_more_than_what_is_left_of_the_position(market: Market) -> None:
    market.give(10)
    order = market.sell(10, 1_001, flags=REDUCE_ONLY)[0].order
    market.buy(6, 990, node=BETA)
    market.market_order(Side.SELL, 6)
    events = market.buy(9, 1_001, node=BETA)
    assert fills(events) == [(1_001, 4, 5)]
    assert [(e.order, e.quantity, e.reason) for e in of_type(events, EventType.ORDER_CANCELED)] == [
        (order, 6, Reason.REDUCE_ONLY)
    ]
    assert market.engine.exposure(ALPHA, 0) == (0, 0, 0)


def test_a_reduce_only_order_without_a_position_makes_way_for_the_next(market: Market) -> None:
    market.give(10)
    gone = market.sell(10, 1_001, flags=REDUCE_ONLY)[0].order
    market.buy(10, 990, node=BETA)
    market.market_order(Side.SELL, 10)
    market.sell(3, 1_001, node=DESK)
    events = market.buy(3, 1_001, node=BETA)
    assert of_type(events, EventType.ORDER_CANCELED)[0].order == gone
    assert fills(events) == [(1_001, 3, 0)]


def test_a_reduce_only_order_that_was_cut_short_ends_with_that_trade(market: Market) -> None:
    """Against its own owner it would otherwise trade lot by lot: the position never changes."""
    market.give(10)
    order = market.sell(10, 1_001, flags=REDUCE_ONLY)[0].order
    market.buy(9, 990, node=BETA)
    market.market_order(Side.SELL, 9)
    events = market.buy(20, 1_001)
    assert fills(events) == [(1_001, 1, 19)]
    assert [(e.order, e.quantity) for e in of_type(events, EventType.ORDER_CANCELED)] == [(order, 9)]
    assert market.engine.exposure(ALPHA, 0) == (1, 19, 0)


def test_an_incoming_reduce_only_order_stops_when_the_position_is_gone(market: Market) -> None:
    market.give(10)
    market.order(Side.SELL, 10, 0, kind=OrderType.PEG_MARKET, flags=REDUCE_ONLY)
    market.sell(4, 1_001)
    market.buy(4, 1_001, node=BETA)
    events = market.buy(20, 994, node=BETA)
    assert fills(events) == [(994, 6, 4)]
    assert of_type(events, EventType.ORDER_CANCELED)[0].reason == Reason.REDUCE_ONLY
    assert market.engine.exposure(ALPHA, 0) == (0, 0, 0)


def test_a_reduce_only_stop_larger_than_the_position_ends_when_it_triggers(market: Market) -> None:
    market.give(10)
    market.order(Side.SELL, 10, 0, kind=OrderType.STOP, target=995, flags=REDUCE_ONLY)
    market.sell(4, 1_001)
    market.buy(4, 1_001, node=BETA)
    events = market.trade_at(995)
    assert types(events)[3:5] == ["ORDER_TRIGGERED", "ORDER_CANCELED"]
    assert events[4].reason == Reason.REDUCE_ONLY


# All-or-none


def test_an_all_or_none_order_waits_until_it_can_trade_in_full(market: Market) -> None:
    market.sell(6, 1_001, node=BETA)
    order = market.buy(10, 1_001, flags=ALL_OR_NONE)[0].order
    assert not market.view(order).resting
    assert market.bids() == []
    events = market.sell(4, 1_000, node=BETA)
    assert fills(events) == [(1_000, 4, 6), (1_001, 6, 0)]
    assert market.engine.order(order) is None


def test_an_all_or_none_order_is_not_traded_against_while_it_waits(market: Market) -> None:
    market.buy(10, 1_001, flags=ALL_OR_NONE)
    assert fills(market.sell(4, 1_001, node=BETA, time_in_force=TimeInForce.IOC)) == []


def test_all_or_none_orders_are_tried_in_the_order_in_which_they_came(market: Market) -> None:
    first, second = (market.buy(10, 1_001, flags=ALL_OR_NONE)[0].order for _ in range(2))
    takers = [
        e.order for e in market.sell(10, 1_001, node=BETA) if e.type == EventType.TRADE and e.flags == 0
    ]
    assert takers == [first]
    assert market.view(second).leaves == 10


def test_a_larger_all_or_none_order_does_not_hold_up_a_smaller_one(market: Market) -> None:
    market.buy(20, 1_001, flags=ALL_OR_NONE)
    small = market.buy(5, 1_001, flags=ALL_OR_NONE)[0].order
    events = market.sell(10, 1_001, node=BETA)
    assert [e.order for e in events if e.type == EventType.TRADE and e.flags == 0] == [small]
    assert market.asks() == [(1_001, 5, 1)]


def test_a_replaced_all_or_none_order_is_tried_again(market: Market) -> None:
    market.sell(6, 1_001, node=BETA)
    order = market.buy(10, 1_001, flags=ALL_OR_NONE)[0].order
    assert fills(market.replace(order, price=1_002)) == []
    assert fills(market.replace(order, quantity=6)) == [(1_001, 6, 0)]


# Cancel on disconnect


def test_a_disconnect_ends_the_orders_that_asked_for_it(market: Market) -> None:
    flagged = market.buy(5, 990, flags=OrderFlag.CANCEL_ON_DISCONNECT)[0].order
    market.buy(5, 991)
    stop = market.order(
        Side.BUY, 5, 0, kind=OrderType.STOP, target=1_100, flags=OrderFlag.CANCEL_ON_DISCONNECT
    )[0].order
    other = market.buy(5, 992, node=BETA, flags=OrderFlag.CANCEL_ON_DISCONNECT)[0].order
    events = market.run(CommandType.DISCONNECT, node=ALPHA, instrument=NONE)
    ended = [(e.order, e.reason) for e in of_type(events, EventType.ORDER_CANCELED)]
    assert ended == [(flagged, Reason.DISCONNECTED), (stop, Reason.DISCONNECTED)]
    assert (events[-1].type, events[-1].quantity) == (EventType.MASS_CANCELED, 2)
    assert market.view(other).resting
    assert market.run(CommandType.DISCONNECT, node=FIRM, instrument=NONE)[-1].quantity == 1


# Which flags go with which orders


@pytest.mark.parametrize(
    "fields",
    [
        {"flags": ALL_OR_NONE, "kind": OrderType.MARKET, "price": 0},
        {"flags": ALL_OR_NONE, "time_in_force": TimeInForce.IOC},
        {"flags": ALL_OR_NONE | OrderFlag.POST_ONLY},
        {"flags": ALL_OR_NONE | SLIDE},
        {"flags": SLIDE, "time_in_force": TimeInForce.IOC},
        {"flags": SLIDE, "kind": OrderType.STOP_LIMIT, "target": 1_100},
        {"flags": OrderFlag.BASIS_POINTS},
        {"flags": OrderFlag.BASIS_POINTS, "kind": OrderType.STOP, "price": 0, "target": 1_100},
    ],
)
def test_flags_that_make_no_sense_together_are_refused(market: Market, fields: dict[str, int]) -> None:
    (event,) = market.order(**({"side": Side.BUY, "quantity": 5, "price": 990} | fields))
    assert event.reason == Reason.INVALID_COMMAND


@pytest.mark.parametrize("terms", [{"display": 2}, {"minimum": 2}])
@pytest.mark.parametrize("flags", [ALL_OR_NONE, OrderFlag.POST_ONLY, SLIDE])
def test_terms_go_with_few_flags(market: Market, terms: dict[str, int], flags: OrderFlag) -> None:
    market.terms(**terms)
    refused = market.buy(5, 990, flags=flags)[0].reason == Reason.INVALID_COMMAND
    assert refused == ("minimum" in terms or flags == ALL_OR_NONE)

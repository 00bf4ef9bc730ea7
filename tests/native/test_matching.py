"""How orders meet: price, then time; times in force; what is reported, and in which order."""

import pytest

from tests.native.market import ALPHA, BETA, Market, fills, of_type, types
from tickmesh.native.engine import (
    NONE,
    EventFlag,
    EventType,
    LimitType,
    OrderFlag,
    OrderType,
    Reason,
    Side,
    TimeInForce,
)


@pytest.fixture
def market() -> Market:
    return Market()


def test_an_order_that_meets_nobody_rests(market: Market) -> None:
    events = market.buy(10, 990)
    assert types(events) == ["ORDER_ACCEPTED", "BOOK_LEVEL"]
    assert events[0].order == events[0].command == market.sequence
    assert (events[0].price, events[0].quantity, events[0].leaves) == (990, 10, 10)
    assert market.bids() == [(990, 10, 1)]


def test_an_order_trades_with_the_best_price_first(market: Market) -> None:
    for price in (1_003, 1_001, 1_002):
        market.sell(5, price, node=BETA)
    assert fills(market.buy(12, 1_002)) == [(1_001, 5, 7), (1_002, 5, 2)]
    assert market.bids() == [(1_002, 2, 1)]
    assert market.asks() == [(1_003, 5, 1)]


def test_orders_of_one_price_trade_in_the_order_they_came(market: Market) -> None:
    first, second = (market.sell(5, 1_001, node=BETA)[0].order for _ in range(2))
    makers = [event for event in market.buy(7, 1_001) if event.flags == EventFlag.MAKER]
    assert [(maker.order, maker.quantity, maker.leaves) for maker in makers] == [
        (first, 5, 0),
        (second, 2, 3),
    ]


def test_a_trade_happens_at_the_price_of_the_resting_order(market: Market) -> None:
    market.buy(5, 1_010, node=BETA)
    assert fills(market.sell(5, 900)) == [(1_010, 5, 0)]


def test_an_order_never_trades_past_its_own_limit(market: Market) -> None:
    market.sell(5, 1_001, node=BETA)
    market.sell(5, 1_002, node=BETA)
    assert fills(market.buy(10, 1_001)) == [(1_001, 5, 5)]


def test_each_trade_is_reported_by_the_maker_then_by_the_taker(market: Market) -> None:
    maker = market.sell(5, 1_001, node=BETA)[0].order
    events = market.buy(5, 1_001)
    assert types(events) == ["ORDER_ACCEPTED", "TRADE", "TRADE", "BOOK_LEVEL"]
    sides = [(event.order, event.node, event.side, event.flags) for event in events[1:3]]
    assert sides == [(maker, BETA, Side.SELL, EventFlag.MAKER), (market.sequence, ALPHA, Side.BUY, 0)]


def test_each_touched_level_is_told_once_when_the_next_one_is_touched_or_at_the_end(market: Market) -> None:
    for _ in range(3):
        market.sell(5, 1_001, node=BETA)
    market.sell(5, 1_002, node=BETA)
    told = [event for event in market.buy(22, 1_003) if event.type == EventType.BOOK_LEVEL]
    found = [(level.side, level.price, level.quantity, level.leaves) for level in told]
    assert found == [(Side.SELL, 1_001, 0, 0), (Side.BUY, 1_003, 2, 1), (Side.SELL, 1_002, 0, 0)]
    assert {level.node for level in told} == {NONE}


def test_event_sequences_rise_by_one(market: Market) -> None:
    market.sell(5, 1_001, node=BETA)
    events = market.buy(5, 1_001) + market.buy(1, 1) + market.cancel(99)
    assert [event.sequence - events[0].sequence for event in events] == list(range(len(events)))


@pytest.mark.parametrize("tif", [TimeInForce.IOC, TimeInForce.FOK])
def test_an_immediate_order_never_rests(market: Market, tif: TimeInForce) -> None:
    market.sell(5, 1_001, node=BETA)
    market.buy(5, 1_001, time_in_force=tif)
    market.buy(5, 1_001, time_in_force=tif)
    assert market.bids() == market.asks() == []
    assert market.engine.status().orders == 0


def test_the_rest_of_an_ioc_order_is_cancelled(market: Market) -> None:
    market.sell(5, 1_001, node=BETA)
    events = market.buy(8, 1_001, time_in_force=TimeInForce.IOC)
    assert types(events) == ["ORDER_ACCEPTED", "TRADE", "TRADE", "ORDER_CANCELED", "BOOK_LEVEL"]
    assert (events[3].quantity, events[3].leaves, events[3].reason) == (3, 0, Reason.NO_LIQUIDITY)
    assert market.engine.exposure(ALPHA, 0) == (5, 0, 0)


def test_a_fok_order_that_cannot_fill_within_its_limit_does_not_trade(market: Market) -> None:
    market.sell(5, 1_001, node=BETA)
    market.sell(5, 1_003, node=BETA)
    (event,) = market.buy(8, 1_002, time_in_force=TimeInForce.FOK)
    assert (event.type, event.reason) == (EventType.ORDER_REJECTED, Reason.FOK_NOT_FILLABLE)
    assert fills(market.buy(8, 1_003, time_in_force=TimeInForce.FOK)) == [(1_001, 5, 3), (1_003, 3, 0)]


@pytest.mark.parametrize("tif", [TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC])
def test_a_market_order_sweeps_the_book_and_cancels_the_rest(market: Market, tif: TimeInForce) -> None:
    market.sell(5, 1_001, node=BETA)
    market.sell(5, 9_999, node=BETA)
    events = market.market_order(Side.BUY, 12, time_in_force=tif)
    assert fills(events) == [(1_001, 5, 7), (9_999, 5, 2)]
    (rest,) = of_type(events, EventType.ORDER_CANCELED)
    assert (events[0].price, rest.quantity, rest.reason) == (0, 2, Reason.NO_LIQUIDITY)


def test_a_market_fok_order_that_cannot_fill_is_refused(market: Market) -> None:
    market.buy(5, 900, node=BETA)
    (event,) = market.market_order(Side.SELL, 6, time_in_force=TimeInForce.FOK)
    assert event.reason == Reason.FOK_NOT_FILLABLE


def test_a_market_order_stops_at_the_collar(market: Market) -> None:
    market.limit(LimitType.PRICE_COLLAR, 500)
    for price in (1_050, 1_051):
        market.sell(5, price, node=BETA)
    events = market.market_order(Side.BUY, 10)
    assert fills(events) == [(1_050, 5, 5)]
    assert (events[3].type, events[3].reason) == (EventType.ORDER_CANCELED, Reason.NO_LIQUIDITY)


def test_the_narrowest_collar_on_the_way_to_the_firm_stops_a_market_order(market: Market) -> None:
    market.limit(LimitType.PRICE_COLLAR, 9_000)
    market.limit(LimitType.PRICE_COLLAR, 105, node=0)
    market.buy(5, 990, node=BETA)
    market.buy(5, 989, node=BETA)
    assert fills(market.market_order(Side.SELL, 10)) == [(990, 5, 5)]


def test_a_post_only_order_that_would_trade_is_refused(market: Market) -> None:
    market.sell(5, 1_001, node=BETA)
    (event,) = market.buy(5, 1_001, flags=OrderFlag.POST_ONLY)
    assert (event.type, event.reason) == (EventType.ORDER_REJECTED, Reason.POST_ONLY_WOULD_TRADE)
    assert types(market.buy(5, 1_000, flags=OrderFlag.POST_ONLY)) == ["ORDER_ACCEPTED", "BOOK_LEVEL"]


@pytest.mark.parametrize(
    "fields",
    [
        {"time_in_force": TimeInForce.IOC},
        {"time_in_force": TimeInForce.FOK},
        {"kind": OrderType.MARKET, "price": 0},
    ],
)
def test_post_only_makes_no_sense_with_an_immediate_order(market: Market, fields: dict[str, int]) -> None:
    (event,) = market.order(Side.BUY, **({"quantity": 5, "price": 1_000, "flags": 1} | fields))
    assert event.reason == Reason.INVALID_COMMAND


def test_the_last_trade_becomes_the_reference_price(market: Market) -> None:
    market.sell(1, 1_100, node=BETA)
    market.buy(1, 1_100)
    market.limit(LimitType.PRICE_COLLAR, 0)
    assert market.buy(1, 1_101)[0].reason == Reason.PRICE_COLLAR
    assert market.buy(1, 1_100)[0].type == EventType.ORDER_ACCEPTED


def test_many_levels_keep_their_order(market: Market) -> None:
    prices = [1_007, 1_001, 1_019, 1_004, 1_013, 1_002]
    for price in prices:
        market.sell(1, price)
        market.buy(1, price - 500)
    assert [price for price, _, _ in market.asks()] == sorted(prices)
    assert [price + 500 for price, _, _ in market.bids()] == sorted(prices, reverse=True)

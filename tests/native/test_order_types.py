"""Each order type: when it acts, at which price, and what becomes of it."""

import pytest

from tests.native.commands import Event, unsigned
from tests.native.market import ALPHA, BETA, Market, fills, of_type, types
from tickmesh.native.engine import (
    NUMBER_MAX,
    EventType,
    LimitType,
    OrderFlag,
    OrderType,
    Reason,
    Side,
    TimeInForce,
)

BUY, SELL = Side.BUY, Side.SELL
TRADES = ["TRADE", "TRADE"]


@pytest.fixture
def market() -> Market:
    return Market()


def triggered(events: list[Event]) -> list[tuple[int, int]]:
    """Order and price of each order that triggered."""
    return [(event.order, event.price) for event in of_type(events, EventType.ORDER_TRIGGERED)]


def waiting(market: Market, kind: OrderType, side: Side, trigger: int, price: int = 0, **fields: int) -> int:
    """An order of 10 lots that waits for its trigger. The last price is 1,000."""
    (event,) = market.order(side, 10, price, kind=kind, target=unsigned(trigger), **fields)
    assert event.type == EventType.ORDER_ACCEPTED
    return event.order


# STOP and IF_TOUCHED

UP = [(OrderType.STOP, BUY), (OrderType.MARKET_IF_TOUCHED, SELL)]
DOWN = [(OrderType.STOP, SELL), (OrderType.MARKET_IF_TOUCHED, BUY)]


@pytest.mark.parametrize(("kind", "side"), UP)
def test_an_order_that_waits_for_a_rise_triggers_at_its_price_or_above(
    market: Market, kind: OrderType, side: Side
) -> None:
    order = waiting(market, kind, side, 1_005)
    assert triggered(market.trade_at(1_004)) == triggered(market.trade_at(990)) == []
    assert triggered(market.trade_at(1_007)) == [(order, 0)]


@pytest.mark.parametrize(("kind", "side"), DOWN)
def test_an_order_that_waits_for_a_fall_triggers_at_its_price_or_below(
    market: Market, kind: OrderType, side: Side
) -> None:
    order = waiting(market, kind, side, 995)
    assert triggered(market.trade_at(996)) == triggered(market.trade_at(1_010)) == []
    assert triggered(market.trade_at(995)) == [(order, 0)]


@pytest.mark.parametrize(("kind", "side"), UP + DOWN)
def test_an_order_whose_price_is_met_already_triggers_at_once(
    market: Market, kind: OrderType, side: Side
) -> None:
    events = market.order(side, 10, 0, kind=kind, target=1_000)
    assert types(events) == ["ORDER_ACCEPTED", "ORDER_TRIGGERED", "ORDER_CANCELED"]
    assert events[2].reason == Reason.NO_LIQUIDITY


def test_a_waiting_order_is_not_in_the_book_and_shows_its_trigger(market: Market) -> None:
    view = market.view(waiting(market, OrderType.STOP_LIMIT, BUY, 1_005, 1_010))
    assert (view.resting, view.shown, view.leaves, view.trigger, view.price) == (False, 0, 10, 1_005, 1_010)
    assert market.bids() == []
    assert market.engine.instrument(0).waiting == 1
    assert market.engine.exposure(ALPHA, 0).open_buy == 10


def test_a_stop_becomes_a_market_order(market: Market) -> None:
    order = waiting(market, OrderType.STOP, BUY, 1_005)
    market.sell(4, 1_008, node=BETA)
    events = market.trade_at(1_005)
    told = [name for name in types(events) if name != "BOOK_LEVEL"]
    assert told == ["ORDER_ACCEPTED", *TRADES, "ORDER_TRIGGERED", *TRADES, "ORDER_CANCELED"]
    assert fills(events) == [(1_005, 1, 0), (1_008, 4, 6)]
    assert of_type(events, EventType.ORDER_CANCELED)[0][2:6] == (order, 0, 6, 0)


def test_a_stop_limit_becomes_a_limit_order_and_rests(market: Market) -> None:
    order = waiting(market, OrderType.STOP_LIMIT, SELL, 995, 993)
    market.buy(4, 993, node=BETA)
    market.buy(4, 992, node=BETA)
    events = market.trade_at(995)
    assert triggered(events) == [(order, 993)]
    assert fills(events) == [(995, 1, 0), (993, 4, 6)]
    assert market.asks() == [(993, 6, 1)]
    view = market.view(order)
    assert (view.resting, view.trigger, view.leaves) == (True, 0, 6)


def test_a_limit_if_touched_becomes_a_limit_order(market: Market) -> None:
    order = waiting(market, OrderType.LIMIT_IF_TOUCHED, BUY, 995, 994)
    assert triggered(market.trade_at(995)) == [(order, 994)]
    assert market.bids() == [(994, 10, 1)]


def test_a_conditional_order_may_be_immediate_or_fill_or_kill(market: Market) -> None:
    waiting(market, OrderType.STOP_LIMIT, BUY, 1_005, 1_006, time_in_force=TimeInForce.IOC)
    waiting(market, OrderType.STOP_LIMIT, BUY, 1_005, 1_006, time_in_force=TimeInForce.FOK)
    market.sell(12, 1_006, node=BETA)
    events = market.trade_at(1_005)
    assert fills(events) == [(1_005, 1, 0), (1_006, 10, 0)]
    assert of_type(events, EventType.ORDER_CANCELED)[0].reason == Reason.FOK_NOT_FILLABLE
    assert market.asks() == [(1_006, 2, 1)]


def test_orders_trigger_up_from_the_lowest_then_down_from_the_highest_then_by_age(market: Market) -> None:
    market.run(19, price=500)  # SET_REFERENCE_PRICE
    ups = [waiting(market, OrderType.STOP_LIMIT, BUY, trigger, 1) for trigger in (620, 610, 610)]
    market.run(19, price=1_000)
    downs = [waiting(market, OrderType.STOP_LIMIT, SELL, trigger, 5_000) for trigger in (640, 650, 650)]
    found = [order for order, _ in triggered(market.trade_at(630))]
    assert found == [ups[1], ups[2], ups[0], downs[1], downs[2], downs[0]]


def test_a_triggered_order_triggers_the_next_one(market: Market) -> None:
    orders = [waiting(market, OrderType.STOP, BUY, 1_005 + step) for step in range(3)]
    for step in range(1, 4):
        market.sell(10, 1_005 + step, node=BETA)
    events = market.trade_at(1_005)
    assert [order for order, _ in triggered(events)] == orders
    assert [price for price, _, _ in fills(events)] == [1_005, 1_006, 1_007, 1_008]


def test_a_run_looks_at_its_first_and_its_last_price(market: Market) -> None:
    buy = waiting(market, OrderType.STOP_LIMIT, BUY, 1_003, 900)
    sell = waiting(market, OrderType.STOP_LIMIT, SELL, 999, 2_000)
    for price in (999, 1_001, 1_004):
        market.sell(1, price, node=BETA)
    assert triggered(market.market_order(BUY, 3, node=BETA)) == [(sell, 2_000), (buy, 900)]


def test_the_collar_of_a_stop_is_looked_at_when_it_triggers(market: Market) -> None:
    market.limit(LimitType.PRICE_COLLAR, 100)  # 990 to 1,010
    order = waiting(market, OrderType.STOP_LIMIT, BUY, 1_009, 1_100)
    events = market.trade_at(1_009)
    assert triggered(events) == [(order, 1_100)]
    assert of_type(events, EventType.ORDER_CANCELED)[0].reason == Reason.PRICE_COLLAR


def test_a_new_trigger_is_looked_at_at_once(market: Market) -> None:
    order = waiting(market, OrderType.STOP_LIMIT, BUY, 1_005, 1_010)
    assert types(market.replace(order, trigger=1_001)) == ["ORDER_REPLACED"]
    assert market.view(order).trigger == 1_001
    events = market.replace(order, trigger=999)
    assert types(events) == ["ORDER_REPLACED", "ORDER_TRIGGERED", "BOOK_LEVEL"]
    assert market.replace(order, trigger=999)[0].reason == Reason.INVALID_COMMAND


def test_a_waiting_order_of_equal_trigger_waits_behind_those_that_did_not_change(market: Market) -> None:
    first, second = (waiting(market, OrderType.STOP_LIMIT, BUY, 1_005, 900) for _ in range(2))
    market.replace(first, quantity=11)
    assert [order for order, _ in triggered(market.trade_at(1_005))] == [second, first]


# TRAILING_STOP


def test_a_trailing_stop_follows_the_price_up_and_stays_when_it_falls(market: Market) -> None:
    order = waiting(market, OrderType.TRAILING_STOP, SELL, 10)
    stops = []
    for price in (1_000, 1_005, 1_002, 1_020, 1_011):
        market.trade_at(price)
        stops.append(market.view(order).trigger)
    assert stops == [990, 995, 995, 1_010, 1_010]
    assert triggered(market.trade_at(1_010)) == [(order, 0)]


def test_a_trailing_buy_stop_follows_the_price_down(market: Market) -> None:
    order = waiting(market, OrderType.TRAILING_STOP, BUY, 10)
    for price in (980, 985, 989):
        assert triggered(market.trade_at(price)) == []
    assert market.view(order).trigger == 990
    assert triggered(market.trade_at(990)) == [(order, 0)]


def test_a_trailing_distance_may_be_basis_points_of_each_price(market: Market) -> None:
    order = waiting(market, OrderType.TRAILING_STOP, SELL, 199, flags=OrderFlag.BASIS_POINTS)
    assert market.view(order).trigger == 1_000 - 19
    market.trade_at(2_000)
    assert market.view(order).trigger == 2_000 - 39


def test_a_trailing_distance_in_basis_points_is_one_tick_or_more(market: Market) -> None:
    order = waiting(market, OrderType.TRAILING_STOP, BUY, 1, flags=OrderFlag.BASIS_POINTS)
    assert market.view(order).trigger == 1_001


def test_a_trailing_stop_that_would_leave_the_prices_stays_among_them(market: Market) -> None:
    low = waiting(market, OrderType.TRAILING_STOP, SELL, NUMBER_MAX)
    high = waiting(market, OrderType.TRAILING_STOP, BUY, NUMBER_MAX)
    assert (market.view(low).trigger, market.view(high).trigger) == (1, NUMBER_MAX)


@pytest.mark.parametrize(("side", "limit"), [(SELL, 1_003), (BUY, 997)])
def test_a_trailing_stop_limit_keeps_its_distance_beyond_the_stop(
    market: Market, side: Side, limit: int
) -> None:
    order = waiting(market, OrderType.TRAILING_STOP_LIMIT, side, 12, 5)
    market.trade_at(1_020 if side == SELL else 980)
    stop = market.view(order).trigger
    assert stop == (1_008 if side == SELL else 992)
    assert triggered(market.trade_at(stop)) == [(order, limit)]


def test_a_new_distance_starts_from_the_last_price(market: Market) -> None:
    order = waiting(market, OrderType.TRAILING_STOP, SELL, 10)
    market.trade_at(1_050)
    market.trade_at(1_045)
    market.replace(order, quantity=20)
    assert market.view(order).trigger == 1_040
    market.replace(order, trigger=20)
    assert market.view(order).trigger == 1_025


# MARKET_TO_LIMIT


def test_a_market_to_limit_order_takes_the_best_price_and_rests_there(market: Market) -> None:
    market.sell(4, 1_001, node=BETA)
    market.sell(4, 1_002, node=BETA)
    events = market.order(BUY, 10, 0, kind=OrderType.MARKET_TO_LIMIT)
    assert (events[0].type, events[0].price) == (EventType.ORDER_ACCEPTED, 1_001)
    assert fills(events) == [(1_001, 4, 6)]
    assert market.bids() == [(1_001, 6, 1)]
    assert market.view(events[0].order).kind == OrderType.MARKET_TO_LIMIT


def test_a_market_to_limit_order_ends_where_nobody_is(market: Market) -> None:
    events = market.order(SELL, 10, 0, kind=OrderType.MARKET_TO_LIMIT)
    assert types(events) == ["ORDER_ACCEPTED", "ORDER_CANCELED"]
    assert (events[0].price, events[1].reason) == (0, Reason.NO_LIQUIDITY)


# Icebergs


def iceberg(market: Market, quantity: int, display: int, side: Side = SELL, price: int = 1_001) -> int:
    market.terms(display=display)
    order = market.order(side, quantity, price)[0].order
    assert order == market.sequence
    return order


def test_an_iceberg_shows_its_display_quantity_only(market: Market) -> None:
    order = iceberg(market, 25, 10)
    assert market.asks() == [(1_001, 10, 1)]
    view = market.view(order)
    assert (view.quantity, view.leaves, view.shown) == (25, 25, 10)


def test_the_next_slice_of_an_iceberg_joins_the_end_of_the_queue(market: Market) -> None:
    hidden = iceberg(market, 25, 10)
    plain = market.sell(10, 1_001)[0].order
    makers = [(e.order, e.quantity) for e in market.buy(32, 1_001, node=BETA) if e.flags == 1]
    assert makers == [(hidden, 10), (plain, 10), (hidden, 10), (hidden, 2)]
    assert market.asks() == [(1_001, 3, 1)]


def test_a_slice_that_is_not_gone_keeps_its_place(market: Market) -> None:
    hidden = iceberg(market, 25, 10)
    market.sell(10, 1_001)
    market.buy(9, 1_001, node=BETA)
    assert market.engine.queue(0, SELL, 1)[0].id == hidden
    assert market.view(hidden).shown == 1


def test_an_iceberg_trades_all_its_lots_when_it_comes(market: Market) -> None:
    market.buy(20, 1_001, node=BETA)
    order = iceberg(market, 25, 3)
    assert market.asks() == [(1_001, 3, 1)]
    assert market.view(order).leaves == 5


def test_the_slices_of_all_icebergs_count_as_orders(market: Market) -> None:
    iceberg(market, 99, 1)
    market.terms(display=1)
    assert market.sell(2, 1_002)[0].reason == Reason.CAPACITY
    market.terms(display=1)
    assert market.sell(1, 1_002)[0].type == EventType.ORDER_ACCEPTED


def test_a_smaller_iceberg_loses_hidden_lots_first(market: Market) -> None:
    order = iceberg(market, 25, 10)
    market.replace(order, quantity=12)
    assert (market.view(order).shown, market.view(order).leaves) == (10, 12)
    market.replace(order, quantity=7)
    assert (market.view(order).shown, market.view(order).leaves) == (7, 7)


# Pegged orders


def pegged(market: Market, kind: OrderType, side: Side, offset: int = 0, limit: int = 0) -> int:
    market.order(side, 10, limit, kind=kind, target=unsigned(offset))
    return market.sequence


@pytest.mark.parametrize(
    ("kind", "side", "offset", "price"),
    [
        (OrderType.PEG_PRIMARY, BUY, 0, 990),
        (OrderType.PEG_PRIMARY, BUY, -3, 987),
        (OrderType.PEG_PRIMARY, BUY, 2, 992),
        (OrderType.PEG_PRIMARY, SELL, 3, 1_004),
        (OrderType.PEG_MID, BUY, 0, 995),
        (OrderType.PEG_MID, SELL, 0, 996),
        (OrderType.PEG_MID, SELL, 1, 997),
        (OrderType.PEG_MARKET, BUY, -1, 1_000),
        (OrderType.PEG_MARKET, SELL, 4, 994),
        (OrderType.PEG_PRIMARY, BUY, -5_000, 1),
    ],
)
def test_a_pegged_order_rests_at_its_distance_from_what_it_follows(
    market: Market, kind: OrderType, side: Side, offset: int, price: int
) -> None:
    market.buy(5, 990, node=BETA)
    market.sell(5, 1_001, node=BETA)
    order = pegged(market, kind, side, offset)
    assert (market.view(order).price, market.view(order).resting) == (price, True)


def test_a_pegged_order_follows_the_best_price(market: Market) -> None:
    market.buy(5, 990, node=BETA)
    order = pegged(market, OrderType.PEG_PRIMARY, BUY, -1)
    better = market.buy(5, 993, node=BETA)
    (told,) = of_type(better, EventType.ORDER_REPRICED)
    assert (told.order, told.price, told.quantity, told.leaves) == (order, 992, 0, 10)
    assert market.bids() == [(993, 5, 1), (992, 10, 1), (990, 5, 1)]
    market.cancel(better[0].order, BETA)
    assert market.bids() == [(990, 5, 1), (989, 10, 1)]


def test_a_pegged_order_goes_no_further_than_its_limit(market: Market) -> None:
    market.buy(5, 990, node=BETA)
    order = pegged(market, OrderType.PEG_PRIMARY, BUY, 0, 992)
    market.buy(5, 995, node=BETA)
    assert market.view(order).price == 992


def test_a_pegged_order_waits_while_there_is_nothing_to_follow(market: Market) -> None:
    order = pegged(market, OrderType.PEG_MID, BUY)
    assert not market.view(order).resting
    bid = market.buy(5, 990, node=BETA)[0].order
    market.sell(5, 1_000, node=BETA)
    assert market.view(order).price == 995
    (told,) = of_type(market.cancel(bid, BETA), EventType.ORDER_REPRICED)
    assert (told.order, told.price) == (order, 0)
    assert not market.view(order).resting


def test_pegged_orders_do_not_follow_one_another(market: Market) -> None:
    pegged(market, OrderType.PEG_PRIMARY, BUY, 1)
    pegged(market, OrderType.PEG_PRIMARY, BUY, 1)
    assert market.bids() == []
    market.buy(5, 990, node=BETA)
    assert market.bids() == [(991, 20, 2), (990, 5, 1)]


def test_a_pegged_order_that_crosses_trades(market: Market) -> None:
    market.sell(4, 1_001, node=BETA)
    assert fills(market.order(BUY, 10, 0, kind=OrderType.PEG_MARKET)) == [(1_001, 4, 6)]


def test_a_pegged_order_that_follows_goes_behind_those_that_were_there(market: Market) -> None:
    market.buy(5, 990, node=BETA)
    order = pegged(market, OrderType.PEG_PRIMARY, BUY)
    first = market.buy(5, 991, node=BETA)[0].order
    assert [view.id for view in market.engine.queue(0, BUY, 2)] == [first, order]

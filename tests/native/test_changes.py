"""Cancels, replaces, mass cancels and the end of a day."""

import pytest

from tests.native.market import ALPHA, BETA, DESK, FIRM, Market, fills, of_type, types
from tickmesh.native.engine import (
    NONE,
    NUMBER_MAX,
    CommandType,
    EventFlag,
    EventType,
    LimitType,
    OrderFlag,
    Reason,
    Side,
    TimeInForce,
    TradingState,
)


@pytest.fixture
def market() -> Market:
    return Market()


def resting(market: Market, quantity: int = 10, price: int = 990, **fields: int) -> int:
    return market.buy(quantity, price, **fields)[0].order


def test_a_cancelled_order_leaves_the_book_and_its_reservation(market: Market) -> None:
    order = resting(market)
    assert market.engine.exposure(FIRM, 0).open_buy == 10
    events = market.cancel(order)
    assert types(events) == ["ORDER_CANCELED", "BOOK_LEVEL"]
    assert (events[0].order, events[0].quantity, events[0].reason) == (order, 10, Reason.REQUESTED)
    assert market.bids() == []
    assert market.engine.exposure(FIRM, 0).open_buy == 0


@pytest.mark.parametrize("node", [ALPHA, DESK, FIRM])
def test_an_order_is_cancelled_by_its_node_or_one_above_it(market: Market, node: int) -> None:
    assert market.cancel(resting(market), node)[0].type == EventType.ORDER_CANCELED


@pytest.mark.parametrize("node", [BETA, 99, NONE])
def test_nobody_else_cancels_or_replaces_an_order(market: Market, node: int) -> None:
    order = resting(market)
    for event in market.cancel(order, node) + market.replace(order, quantity=5, node=node):
        assert (event.type, event.order, event.reason) == (
            EventType.CANCEL_REJECTED,
            order,
            Reason.NOT_OWNER,
        )
    assert market.bids() == [(990, 10, 1)]


def test_an_order_that_is_gone_cannot_be_cancelled(market: Market) -> None:
    order = resting(market)
    market.cancel(order)
    for target in (order, 0, 12_345, 2**64 - 1):
        (event,) = market.cancel(target)
        assert (event.order, event.reason) == (target, Reason.UNKNOWN_ORDER)


def test_a_smaller_order_keeps_its_priority(market: Market) -> None:
    first, second = resting(market), resting(market)
    events = market.replace(first, quantity=4)
    assert types(events) == ["ORDER_REPLACED", "BOOK_LEVEL"]
    assert (events[0].quantity, events[0].leaves, events[0].flags) == (4, 4, EventFlag.KEPT_PRIORITY)
    makers = [event.order for event in market.sell(6, 990, node=BETA) if event.flags == EventFlag.MAKER]
    assert makers == [first, second]
    assert market.engine.exposure(ALPHA, 0) == (6, 8, 0)


@pytest.mark.parametrize("change", [{"quantity": 11}, {"price": 991}, {"price": 989, "quantity": 2}])
def test_a_larger_or_repriced_order_loses_its_priority(market: Market, change: dict[str, int]) -> None:
    first, second = resting(market), resting(market)
    (event, *_) = market.replace(first, **change)
    assert (event.type, event.flags) == (EventType.ORDER_REPLACED, EventFlag.NONE)
    market.replace(first, price=990)
    makers = [event.order for event in market.sell(1, 990, node=BETA) if event.flags == EventFlag.MAKER]
    assert makers == [second]


def test_a_replace_that_changes_nothing_keeps_everything(market: Market) -> None:
    (event,) = market.replace(resting(market))
    assert (event.type, event.flags, event.quantity) == (EventType.ORDER_REPLACED, 2, 10)


def test_a_repriced_order_that_crosses_trades(market: Market) -> None:
    order = resting(market)
    market.sell(4, 1_001, node=BETA)
    events = market.replace(order, price=1_002)
    assert types(events) == ["ORDER_REPLACED", "TRADE", "TRADE", "BOOK_LEVEL", "BOOK_LEVEL", "BOOK_LEVEL"]
    assert fills(events) == [(1_001, 4, 6)]
    assert market.bids() == [(1_002, 6, 1)]
    assert market.cancel(order)[0].quantity == 6


def test_a_repriced_order_that_fills_is_gone(market: Market) -> None:
    order = resting(market)
    market.sell(10, 1_001, node=BETA)
    market.replace(order, price=1_001)
    assert market.engine.status().orders == 0
    assert market.cancel(order)[0].reason == Reason.UNKNOWN_ORDER


def test_a_level_that_an_order_leaves_and_enters_is_reported_once(market: Market) -> None:
    events = market.replace(resting(market), quantity=20)
    assert types(events) == ["ORDER_REPLACED", "BOOK_LEVEL"]
    assert (events[1].quantity, events[1].leaves) == (20, 1)


def test_a_new_quantity_counts_what_has_traded(market: Market) -> None:
    order = resting(market)
    market.sell(6, 990, node=BETA)
    (event,) = market.replace(order, quantity=6)
    assert event.reason == Reason.QUANTITY_BELOW_FILLED
    assert market.replace(order, quantity=7)[0].leaves == 1
    assert market.replace(order, quantity=16)[0].leaves == 10
    assert market.engine.exposure(ALPHA, 0) == (6, 10, 0)


@pytest.mark.parametrize("price", [-1, NUMBER_MAX + 1])
def test_a_replace_to_no_price_is_refused(market: Market, price: int) -> None:
    assert market.replace(resting(market), price=price)[0].reason == Reason.INVALID_PRICE


@pytest.mark.parametrize("quantity", [-1, NUMBER_MAX + 1])
def test_a_replace_to_no_quantity_is_refused(market: Market, quantity: int) -> None:
    assert market.replace(resting(market), quantity=quantity)[0].reason == Reason.INVALID_QUANTITY


def test_a_post_only_order_stays_where_it_is_when_its_new_price_would_trade(market: Market) -> None:
    order = resting(market, flags=OrderFlag.POST_ONLY)
    market.sell(5, 1_001, node=BETA)
    (event,) = market.replace(order, price=1_001)
    assert (event.type, event.reason) == (EventType.CANCEL_REJECTED, Reason.POST_ONLY_WOULD_TRADE)
    assert market.bids() == [(990, 10, 1)]


def test_a_refused_replace_leaves_order_and_reservation_as_they_were(market: Market) -> None:
    order = resting(market)
    market.limit(LimitType.POSITION, 15)
    (event,) = market.replace(order, quantity=16)
    assert (event.type, event.reason) == (EventType.CANCEL_REJECTED, Reason.POSITION_LIMIT)
    assert (event.node, event.price, event.leaves, event.quantity) == (ALPHA, 15, 0, 16)
    assert market.engine.exposure(ALPHA, 0).open_buy == 10
    assert market.replace(order, quantity=15)[0].type == EventType.ORDER_REPLACED


def test_when_trading_is_halted_orders_may_shrink_and_go_but_not_move(market: Market) -> None:
    order = resting(market)
    market.state(TradingState.HALTED, FIRM)
    assert market.replace(order, price=991)[0].reason == Reason.TRADING_HALTED
    assert market.replace(order, quantity=5)[0].type == EventType.ORDER_REPLACED
    assert market.cancel(order)[0].type == EventType.ORDER_CANCELED


def test_a_mass_cancel_ends_the_orders_of_a_subtree_in_book_order(market: Market) -> None:
    low, high = resting(market, price=980), resting(market, price=985)
    ask = market.sell(1, 1_010)[0].order
    market.buy(7, 985, node=BETA)
    events = market.run(CommandType.MASS_CANCEL, node=ALPHA, instrument=NONE)
    ended = [(e.order, e.reason) for e in events if e.type == EventType.ORDER_CANCELED]
    assert ended == [(order, Reason.MASS_CANCEL) for order in (high, low, ask)]
    told = [(level.price, level.quantity) for level in of_type(events, EventType.BOOK_LEVEL)]
    assert told == [(985, 7), (980, 0), (1_010, 0)]
    assert events[-1].type == EventType.MASS_CANCELED
    assert (events[-1].node, events[-1].quantity) == (ALPHA, 3)
    assert market.bids() == [(985, 7, 1)]


def test_a_mass_cancel_can_be_of_one_side_and_one_instrument(market: Market) -> None:
    market.list_instrument(1)
    resting(market)
    resting(market, instrument=1)
    market.sell(3, 1_010, instrument=1)
    events = market.run(CommandType.MASS_CANCEL, node=FIRM, instrument=1, side=Side.SELL)
    assert (events[-1].quantity, events[-1].side, events[-1].instrument) == (1, Side.SELL, 1)
    assert market.engine.status().orders == 2


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"node": 99}, Reason.UNKNOWN_NODE),
        ({"instrument": 9}, Reason.UNKNOWN_INSTRUMENT),
        ({"side": 3}, Reason.INVALID_COMMAND),
    ],
)
def test_a_mass_cancel_of_nothing_known_is_refused(
    market: Market, fields: dict[str, int], reason: Reason
) -> None:
    (event,) = market.run(CommandType.MASS_CANCEL, **fields)
    assert (event.type, event.reason) == (EventType.CONTROL_REJECTED, reason)


def test_the_end_of_a_day_expires_day_orders_only(market: Market) -> None:
    market.buy(5, 990)
    day = market.buy(7, 990, time_in_force=TimeInForce.DAY)[0].order
    events = market.run(CommandType.END_OF_DAY, instrument=NONE)
    assert types(events) == ["ORDER_EXPIRED", "BOOK_LEVEL", "MASS_CANCELED"]
    assert (events[0].order, events[0].quantity, events[0].leaves) == (day, 7, 0)
    assert events[2].quantity == 1
    assert market.bids() == [(990, 5, 1)]
    assert market.engine.exposure(ALPHA, 0).open_buy == 5


def test_the_end_of_a_day_of_one_instrument_spares_the_others(market: Market) -> None:
    market.buy(7, 990, time_in_force=TimeInForce.DAY)
    market.list_instrument(1)
    assert market.run(CommandType.END_OF_DAY, instrument=1)[-1].quantity == 0
    assert market.run(CommandType.END_OF_DAY, instrument=2)[-1].reason == Reason.UNKNOWN_INSTRUMENT

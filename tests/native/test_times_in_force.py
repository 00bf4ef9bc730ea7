"""How long an order lives: each time in force, and minimum quantities."""

import pytest

from tests.native.market import ALPHA, BETA, Market, fills, of_type, types
from tickmesh.native.engine import (
    NONE,
    CommandType,
    EventType,
    OrderType,
    Phase,
    Reason,
    Side,
    TimeInForce,
)

GTD_NS = 1_000
CALLS = [Phase.PRE_OPEN, Phase.OPENING_AUCTION, Phase.REOPENING_AUCTION, Phase.CLOSING_AUCTION]


@pytest.fixture
def market() -> Market:
    return Market()


def good_till(market: Market, expiry_ns: int, **fields: int) -> int:
    market.terms(expiry_ns=expiry_ns)
    (event, *_) = market.buy(10, 990, time_in_force=TimeInForce.GTD, **fields)
    assert event.type == EventType.ORDER_ACCEPTED
    return event.order


def expired(market: Market, time_ns: int) -> list[int]:
    market.time_ns = time_ns
    events = market.run(CommandType.ADVANCE_TIME)
    return [event.order for event in of_type(events, EventType.ORDER_EXPIRED)]


# GTD


def test_an_order_good_till_a_time_ends_when_that_time_has_come(market: Market) -> None:
    order = good_till(market, GTD_NS)
    assert market.view(order).expiry_ns == GTD_NS
    assert expired(market, GTD_NS - 1) == []
    assert expired(market, GTD_NS) == [order]
    assert market.bids() == []
    assert market.engine.exposure(ALPHA, 0) == (0, 0, 0)


def test_time_moves_with_every_command_and_expires_before_it_acts(market: Market) -> None:
    order = good_till(market, GTD_NS)
    market.time_ns = GTD_NS
    events = market.sell(10, 990, node=BETA)
    assert types(events)[:2] == ["ORDER_EXPIRED", "ORDER_ACCEPTED"]
    assert (events[0].order, events[0].quantity, fills(events)) == (order, 10, [])


def test_the_earliest_expiry_ends_first_then_the_oldest_order(market: Market) -> None:
    late = good_till(market, 300)
    early = [good_till(market, 200) for _ in range(2)]
    assert expired(market, 300) == [*early, late]


def test_a_waiting_order_expires_too(market: Market) -> None:
    order = good_till(market, GTD_NS, kind=OrderType.STOP_LIMIT, target=1_100)
    assert expired(market, GTD_NS) == [order]


@pytest.mark.parametrize("expiry_ns", [1, 500])
def test_an_order_good_till_a_time_that_has_passed_is_refused(market: Market, expiry_ns: int) -> None:
    market.time_ns = 500
    market.terms(expiry_ns=expiry_ns)
    (event,) = market.buy(10, 990, time_in_force=TimeInForce.GTD)
    assert event.reason == Reason.INVALID_EXPIRY


def test_an_expiry_and_good_till_date_need_each_other(market: Market) -> None:
    assert market.buy(10, 990, time_in_force=TimeInForce.GTD)[0].reason == Reason.INVALID_COMMAND
    market.terms(expiry_ns=GTD_NS)
    assert market.buy(10, 990)[0].reason == Reason.INVALID_COMMAND


def test_terms_belong_to_the_next_command_only(market: Market) -> None:
    assert market.terms(expiry_ns=GTD_NS)[0].type == EventType.CONTROL_APPLIED
    market.run(CommandType.ADVANCE_TIME)
    assert market.buy(10, 990)[0].type == EventType.ORDER_ACCEPTED
    assert market.buy(10, 990, time_in_force=TimeInForce.GTD)[0].reason == Reason.INVALID_COMMAND


def test_an_order_that_moves_keeps_its_expiry(market: Market) -> None:
    order = good_till(market, GTD_NS)
    market.replace(order, price=991, quantity=20)
    assert expired(market, GTD_NS) == [order]


# Orders of the auctions


@pytest.mark.parametrize("kind", [OrderType.LIMIT, OrderType.MARKET])
def test_an_order_at_the_opening_ends_with_the_opening(market: Market, kind: OrderType) -> None:
    market.phase(Phase.PRE_OPEN)
    price = 1_000 if kind == OrderType.LIMIT else 0
    order = market.order(Side.BUY, 10, price, kind=kind, time_in_force=TimeInForce.AT_THE_OPENING)[0].order
    market.sell(4, 1_000, node=BETA)
    market.phase(Phase.OPENING_AUCTION)
    events = market.phase(Phase.CONTINUOUS)
    (ended,) = of_type(events, EventType.ORDER_EXPIRED)
    assert (ended.order, ended.quantity) == (order, 6)
    assert market.engine.exposure(ALPHA, 0) == (4, 0, 0)


@pytest.mark.parametrize("phase", set(Phase) - {Phase.PRE_OPEN, Phase.OPENING_AUCTION})
def test_an_order_at_the_opening_comes_before_the_opening(market: Market, phase: Phase) -> None:
    market.phase(phase)
    assert market.buy(10, 990, time_in_force=TimeInForce.AT_THE_OPENING)[0].reason == Reason.PHASE


@pytest.mark.parametrize("phase", CALLS)
def test_an_order_good_for_auction_ends_with_the_auction(market: Market, phase: Phase) -> None:
    market.phase(phase)
    order = market.buy(10, 990, time_in_force=TimeInForce.GOOD_FOR_AUCTION)[0].order
    assert market.bids() == [(990, 10, 1)]
    events = market.phase(Phase.CONTINUOUS)
    assert [event.order for event in of_type(events, EventType.ORDER_EXPIRED)] == [order]
    assert market.bids() == []


@pytest.mark.parametrize("phase", [Phase.CONTINUOUS, Phase.HALT, Phase.CLOSED])
def test_an_order_good_for_auction_needs_an_auction_to_come(market: Market, phase: Phase) -> None:
    market.phase(phase)
    assert market.buy(10, 990, time_in_force=TimeInForce.GOOD_FOR_AUCTION)[0].reason == Reason.PHASE


@pytest.mark.parametrize("kind", [OrderType.LIMIT, OrderType.MARKET])
def test_an_order_at_the_close_waits_for_the_closing_auction(market: Market, kind: OrderType) -> None:
    market.sell(4, 1_000, node=BETA)
    price = 1_000 if kind == OrderType.LIMIT else 0
    (event,) = market.order(Side.BUY, 10, price, kind=kind, time_in_force=TimeInForce.AT_THE_CLOSE)
    assert not market.view(event.order).resting
    market.phase(Phase.CLOSING_AUCTION)
    assert market.view(event.order).resting
    events = market.phase(Phase.CLOSED)
    assert fills(events) == []
    assert [(e.price, e.quantity) for e in of_type(events, EventType.TRADE)] == [(1_000, 4)] * 2
    assert [(e.order, e.quantity) for e in of_type(events, EventType.ORDER_EXPIRED)] == [(event.order, 6)]


def test_the_end_of_a_day_ends_what_lives_for_a_day_or_an_auction(market: Market) -> None:
    good_till(market, GTD_NS)
    kept = market.buy(1, 980)[0].order
    day = market.buy(1, 980, time_in_force=TimeInForce.DAY)[0].order
    close = market.buy(1, 980, time_in_force=TimeInForce.AT_THE_CLOSE)[0].order
    events = market.run(CommandType.END_OF_DAY, instrument=NONE)
    assert [event.order for event in of_type(events, EventType.ORDER_EXPIRED)] == [day, close]
    assert market.view(kept).resting
    assert market.engine.status().orders == 2


# IOC and FOK


@pytest.mark.parametrize("time_in_force", [TimeInForce.IOC, TimeInForce.FOK])
@pytest.mark.parametrize("phase", CALLS)
def test_an_immediate_order_needs_continuous_trading(
    market: Market, phase: Phase, time_in_force: TimeInForce
) -> None:
    market.phase(phase)
    assert market.buy(10, 990, time_in_force=time_in_force)[0].reason == Reason.PHASE


def test_a_fok_order_is_filled_from_hidden_lots_too(market: Market) -> None:
    market.terms(display=1)
    market.sell(10, 1_001, node=BETA)
    events = market.buy(10, 1_001, time_in_force=TimeInForce.FOK)
    assert sum(lots for _, lots, _ in fills(events)) == 10
    assert market.asks() == []


@pytest.mark.parametrize("time_in_force", [TimeInForce.IOC, TimeInForce.FOK])
@pytest.mark.parametrize(
    "kind", [OrderType.MARKET_TO_LIMIT, OrderType.PEG_PRIMARY, OrderType.PEG_MID, OrderType.PEG_MARKET]
)
def test_an_order_that_follows_or_takes_a_price_is_not_immediate(
    market: Market, kind: OrderType, time_in_force: TimeInForce
) -> None:
    (event,) = market.order(Side.BUY, 10, 0, kind=kind, time_in_force=time_in_force)
    assert event.reason == Reason.INVALID_COMMAND


# Minimum quantity


@pytest.mark.parametrize("time_in_force", [TimeInForce.GTC, TimeInForce.IOC])
def test_an_order_that_cannot_trade_its_minimum_at_once_is_refused(
    market: Market, time_in_force: TimeInForce
) -> None:
    market.sell(4, 1_001, node=BETA)
    market.sell(9, 1_002, node=BETA)
    market.terms(minimum=5)
    (event,) = market.buy(10, 1_001, time_in_force=time_in_force)
    assert (event.type, event.reason) == (EventType.ORDER_REJECTED, Reason.MINIMUM_QUANTITY)
    assert market.asks() == [(1_001, 4, 1), (1_002, 9, 1)]


def test_an_order_that_traded_its_minimum_rests_with_the_rest(market: Market) -> None:
    market.sell(5, 1_001, node=BETA)
    market.terms(minimum=5)
    assert fills(market.buy(10, 1_001)) == [(1_001, 5, 5)]
    assert market.bids() == [(1_001, 5, 1)]
    assert fills(market.sell(1, 1_001, node=BETA)) == [(1_001, 1, 0)]


@pytest.mark.parametrize(("minimum", "display"), [(11, 0), (-1, 0), (0, 11), (0, -1)])
def test_terms_beyond_the_quantity_are_refused(market: Market, minimum: int, display: int) -> None:
    market.terms(minimum=minimum, display=display)
    assert market.buy(10, 990)[0].reason == Reason.INVALID_QUANTITY

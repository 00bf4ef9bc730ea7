"""How a list comes: as a whole or not at all."""

import pytest

from tests.native.commands import Command, as_events
from tests.native.market import ALPHA, BETA, Market, types
from tests.native.order_lists import Order, limit, listed, stop
from tickmesh.native.engine import (
    CommandType,
    Contingency,
    EventType,
    LimitType,
    OrderFlag,
    OrderType,
    Reason,
    Side,
    TimeInForce,
)

BUY, SELL = Side.BUY, Side.SELL
OCO, OTO, BRACKET = Contingency.OCO, Contingency.OTO, Contingency.BRACKET


@pytest.fixture
def market() -> Market:
    return Market()


def test_a_list_is_answered_when_its_last_order_has_come(market: Market) -> None:
    ids, events = listed(market, OCO, limit(BUY, 5, 990), stop(BUY, 5, 1_010), limit(BUY, 5, 980))
    assert types(events) == ["ORDER_ACCEPTED"] * 3 + ["BOOK_LEVEL"] * 2
    assert [event.order for event in events[:3]] == ids
    assert market.bids() == [(990, 5, 1), (980, 5, 1)]


@pytest.mark.parametrize("wrong", [0, 1, 2])
def test_a_list_is_accepted_as_a_whole_or_not_at_all(market: Market, wrong: int) -> None:
    market.limit(LimitType.ORDER_QUANTITY, 5)
    orders = [limit(BUY, 6 if place == wrong else 5, 990) for place in range(3)]
    ids, events = listed(market, OCO, *orders)
    expected = [Reason.LIST_REJECTED] * 3
    expected[wrong] = Reason.ORDER_QUANTITY_LIMIT
    assert [(event.order, event.reason) for event in events] == list(zip(ids, expected, strict=True))
    assert set(types(events)) == {"ORDER_REJECTED"}
    assert market.engine.status().orders == market.engine.status().extras == 0
    assert market.engine.exposure(ALPHA, 0) == (0, 0, 0)


def test_the_orders_of_a_list_share_one_limit(market: Market) -> None:
    market.limit(LimitType.POSITION, 9)
    (first, second), events = listed(market, OCO, limit(BUY, 5, 990), limit(BUY, 5, 980))
    assert [(event.order, event.reason) for event in events] == [
        (first, Reason.LIST_REJECTED),
        (second, Reason.POSITION_LIMIT),
    ]


def test_a_held_order_reserves_nothing_until_its_release(market: Market) -> None:
    market.limit(LimitType.POSITION, 5)
    listed(market, OTO, limit(BUY, 5, 990), limit(BUY, 5, 980))
    assert market.engine.exposure(ALPHA, 0).open_buy == 5


@pytest.mark.parametrize("command_type", [CommandType.ADVANCE_TIME, CommandType.CANCEL_ORDER])
def test_a_list_that_breaks_off_is_refused(market: Market, command_type: CommandType) -> None:
    market.order(**limit(BUY, 5, 990), contingency=OCO, more=2)
    market.order(**limit(BUY, 5, 980), contingency=OCO, more=1)
    events = market.run(command_type, node=ALPHA)
    assert [event.reason for event in events[:2]] == [Reason.LIST_INCOMPLETE] * 2
    assert market.engine.status().orders == 0


@pytest.mark.parametrize("second", [{"contingency": OTO, "more": 1}, {"contingency": OCO, "more": 0}, {}])
def test_an_order_that_does_not_continue_the_list_ends_it(market: Market, second: Order) -> None:
    market.order(**limit(BUY, 5, 990), contingency=OCO, more=2)
    events = market.order(**limit(BUY, 5, 980), **second)
    assert (events[0].type, events[0].reason) == (EventType.ORDER_REJECTED, Reason.LIST_INCOMPLETE)


def test_terms_belong_to_the_order_of_the_list_that_follows_them(market: Market) -> None:
    market.order(**limit(BUY, 5, 990), contingency=OCO, more=1)
    market.terms(expiry_ns=100)
    events = market.order(**limit(BUY, 5, 980, time_in_force=TimeInForce.GTD), contingency=OCO, more=0)
    assert types(events)[:2] == ["ORDER_ACCEPTED"] * 2
    market.time_ns = 100
    events = market.run(CommandType.ADVANCE_TIME)
    assert types(events)[:2] == ["ORDER_EXPIRED", "ORDER_CANCELED"]


@pytest.mark.parametrize(
    "orders",
    [
        [limit(BUY, 5, 990), limit(SELL, 5, 1_010)],
        [limit(BUY, 5, 990), limit(BUY, 5, 0, kind=OrderType.MARKET)],
        [limit(BUY, 5, 990), limit(BUY, 5, 980, node=BETA)],
        [limit(BUY, 5, 990), limit(BUY, 5, 980, time_in_force=TimeInForce.IOC)],
        [limit(BUY, 5, 990), limit(BUY, 5, 980, flags=OrderFlag.ALL_OR_NONE)],
        [limit(BUY, 5, 990), limit(BUY, 5, 0, kind=OrderType.PEG_PRIMARY)],
    ],
)
def test_an_oco_of_orders_that_do_not_fit_together_is_refused(market: Market, orders: list[Order]) -> None:
    _, events = listed(market, OCO, *orders)
    assert {EventType(event.type) for event in events} == {EventType.ORDER_REJECTED}
    assert events[-1].reason == Reason.INVALID_COMMAND
    assert market.engine.status().orders == 0


@pytest.mark.parametrize(
    ("contingency", "more"), [(OCO, 0), (OCO, 4), (OTO, 0), (OTO, 4), (BRACKET, 1), (BRACKET, 4)]
)
def test_a_list_of_no_or_too_many_orders_is_refused_with_its_first(
    market: Market, contingency: Contingency, more: int
) -> None:
    (event,) = market.order(**limit(BUY, 5, 990), contingency=contingency, more=more)
    assert event.reason == Reason.INVALID_COMMAND


def test_a_list_is_one_batch_or_many(market: Market) -> None:
    kind, time_in_force = OrderType.LIMIT, TimeInForce.GTC
    plain = limit(BUY, 5, 990, type=CommandType.NEW_ORDER, kind=kind, time_in_force=time_in_force, node=ALPHA)
    first = Command(100, 0, client_key=1, contingency=OCO, more=1, **plain)
    last = first._replace(sequence=101, client_key=2, more=0)
    events = as_events(market.engine.process(first.pack() + last.pack()))
    assert types(events) == ["ORDER_ACCEPTED", "ORDER_ACCEPTED", "BOOK_LEVEL"]


def test_the_held_orders_of_a_bracket_are_on_one_side(market: Market) -> None:
    _, events = listed(market, BRACKET, limit(BUY, 5, 990), limit(SELL, 5, 1_010), limit(BUY, 5, 980))
    assert [event.reason for event in events] == [Reason.LIST_INCOMPLETE] * 2 + [Reason.INVALID_COMMAND]

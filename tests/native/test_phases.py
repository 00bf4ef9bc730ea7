"""Phases: what happens when an instrument goes from one to another."""

from dataclasses import replace

import pytest

from tests.native.auction_hall import BETA, CONFIG, REFERENCE_PRICE, Hall, of_type, trades, types
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

AUCTIONS = (Phase.OPENING_AUCTION, Phase.REOPENING_AUCTION, Phase.CLOSING_AUCTION)


@pytest.fixture
def hall() -> Hall:
    return Hall()


def test_a_change_of_phase_is_told_with_both_phases(hall: Hall) -> None:
    changed, applied = hall.phase(Phase.HALT)
    assert (changed.type, changed.instrument) == (EventType.PHASE_CHANGED, 0)
    assert (changed.quantity, changed.leaves, changed.reason) == (Phase.HALT, Phase.PRE_OPEN, Reason.NONE)
    assert applied.type == EventType.CONTROL_APPLIED


def test_the_phase_that_stands_already_changes_nothing(hall: Hall) -> None:
    assert types(hall.phase(Phase.PRE_OPEN)) == ["CONTROL_APPLIED"]


def test_a_phase_for_all_instruments_goes_to_those_that_are_in_another(hall: Hall) -> None:
    hall.list_instrument(1)
    hall.list_instrument(2)
    hall.phase(Phase.CLOSED, instrument=1)
    events = hall.phase(Phase.CLOSED, instrument=NONE)
    assert [e.instrument for e in of_type(events, EventType.PHASE_CHANGED)] == [0, 2]


def test_an_unknown_phase_or_instrument_is_refused(hall: Hall) -> None:
    (event,) = hall.run(CommandType.SET_PHASE, kind=7)
    assert (event.type, event.reason) == (EventType.CONTROL_REJECTED, Reason.INVALID_COMMAND)
    (event,) = hall.run(CommandType.SET_PHASE, kind=7, instrument=9)
    assert event.reason == Reason.INVALID_COMMAND
    (event,) = hall.run(CommandType.SET_PHASE, kind=1, instrument=9)
    assert event.reason == Reason.UNKNOWN_INSTRUMENT


@pytest.mark.parametrize("auction", AUCTIONS)
@pytest.mark.parametrize("after", [Phase.CONTINUOUS, Phase.CLOSED])
def test_an_auction_crosses_when_it_is_left_to_trade_or_to_close(
    hall: Hall, auction: Phase, after: Phase
) -> None:
    hall.phase(auction)
    buy, sell = hall.buy(5, 105), hall.sell(5, 95)
    assert trades(hall.phase(after)) == [(buy, sell, 5)]


@pytest.mark.parametrize("after", [Phase.PRE_OPEN, Phase.HALT, Phase.CLOSING_AUCTION])
def test_an_auction_that_is_left_for_another_phase_does_not_cross(hall: Hall, after: Phase) -> None:
    hall.phase(Phase.OPENING_AUCTION)
    hall.buy(5, 105)
    hall.sell(5, 95)
    assert types(hall.phase(after)) == ["PHASE_CHANGED", "CONTROL_APPLIED"]
    assert hall.indicated() == (100, 5, 0)


def test_trading_begins_with_an_auction_even_without_an_auction_phase(hall: Hall) -> None:
    buy, sell = hall.buy(5, 105), hall.sell(5, 95)
    events = hall.phase(Phase.CONTINUOUS)
    assert trades(events) == [(buy, sell, 5)]
    assert len(of_type(events, EventType.AUCTION)) == 1


def test_without_an_auction_phase_nothing_is_said_when_nothing_crosses(hall: Hall) -> None:
    hall.buy(5, 95)
    hall.sell(5, 105)
    assert types(hall.phase(Phase.CONTINUOUS)) == ["PHASE_CHANGED", "CONTROL_APPLIED"]


def test_closing_from_pre_open_does_not_cross(hall: Hall) -> None:
    hall.buy(5, 105)
    hall.sell(5, 95)
    assert types(hall.phase(Phase.CLOSED)) == ["PHASE_CHANGED", "CONTROL_APPLIED"]


def test_orders_for_the_close_wait_for_it_and_enter_in_their_order(hall: Hall) -> None:
    hall.phase(Phase.CONTINUOUS)
    close: dict[str, int] = {"time_in_force": TimeInForce.AT_THE_CLOSE}
    first = hall.sell(2, 100, **close)
    stop = hall.sell(2, kind=OrderType.STOP, target=50)
    market = hall.sell(2, **close)
    second = hall.sell(2, 100, **close)
    assert hall.engine.queue(0, Side.SELL, 9) == []
    assert hall.engine.instrument(0).waiting == 4
    hall.phase(Phase.CLOSING_AUCTION)
    assert [order.id for order in hall.engine.queue(0, Side.SELL, 9)] == [market, first, second]
    assert hall.engine.instrument(0).waiting == 1
    buy = hall.buy(5, 100, node=BETA)
    events = hall.phase(Phase.CLOSED)
    assert trades(events) == [(buy, market, 2), (buy, first, 2), (buy, second, 1)]
    (ended,) = of_type(events, EventType.ORDER_EXPIRED)
    assert (ended.order, ended.quantity) == (second, 1)
    assert hall.engine.order(stop) is not None


def test_an_order_for_the_close_that_finds_no_page_is_cancelled() -> None:
    hall = Hall(replace(CONFIG, pages=1))
    close: dict[str, int] = {"time_in_force": TimeInForce.AT_THE_CLOSE}
    hall.sell(2, 100, **close)
    late = hall.sell(2, 1_000, **close)
    events = hall.phase(Phase.CLOSING_AUCTION)
    (ended,) = of_type(events, EventType.ORDER_CANCELED)
    assert (ended.order, ended.reason) == (late, Reason.CAPACITY)


def test_stops_look_at_the_price_of_the_auction(hall: Hall) -> None:
    stop = hall.sell(1, kind=OrderType.STOP, target=96)
    sleeps = hall.sell(1, kind=OrderType.STOP, target=90)
    hall.buy(5, 95)
    hall.sell(5, 95)
    events = hall.auction()
    (triggered,) = of_type(events, EventType.ORDER_TRIGGERED)
    assert triggered.order == stop
    (ended,) = of_type(events, EventType.ORDER_CANCELED)
    assert (ended.order, ended.reason) == (stop, Reason.NO_LIQUIDITY)
    assert hall.engine.order(sleeps) is not None


def test_nothing_triggers_while_an_instrument_does_not_trade_continuously(hall: Hall) -> None:
    stop = hall.sell(1, kind=OrderType.STOP, target=REFERENCE_PRICE)
    hall.phase(Phase.OPENING_AUCTION)
    hall.phase(Phase.CLOSED)
    assert hall.engine.order(stop) is not None
    events = hall.phase(Phase.CONTINUOUS)
    assert [e.order for e in of_type(events, EventType.ORDER_TRIGGERED)] == [stop]


def test_pegged_orders_settle_when_trading_begins(hall: Hall) -> None:
    pegged = hall.buy(1, kind=OrderType.PEG_PRIMARY, target=0)
    hall.buy(1, 97)
    assert hall.engine.queue(0, Side.BUY, 9)[0].id != pegged
    events = hall.phase(Phase.CONTINUOUS)
    (repriced,) = of_type(events, EventType.ORDER_REPRICED)
    assert (repriced.order, repriced.price) == (pegged, 97)

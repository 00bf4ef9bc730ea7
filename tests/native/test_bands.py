"""Price bands, and the auction that follows when a trade was about to happen outside them."""

import pytest

from tests.native.commands import Event
from tests.native.market import BETA, Market, fills, of_type, types
from tickmesh.native.engine import (
    CommandType,
    EventType,
    OrderFlag,
    OrderType,
    Phase,
    Reason,
    Side,
    TimeInForce,
)


@pytest.fixture
def market() -> Market:
    return Market()


def bands(market: Market, static: int = 0, dynamic: int = 0) -> None:
    """Widths in basis points around 1,000, which is both the static and the last price."""
    (answer,) = market.run(CommandType.SET_BANDS, price=static, quantity=dynamic)
    assert answer.type == EventType.CONTROL_APPLIED


def interruptions(events: list[Event]) -> list[tuple[int, int, Reason]]:
    found = of_type(events, EventType.PHASE_CHANGED)
    return [(event.quantity, event.leaves, Reason(event.reason)) for event in found]


VOLATILE = [(Phase.REOPENING_AUCTION, Phase.CONTINUOUS, Reason.VOLATILITY)]


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize(("price", "accepted"), [(989, False), (990, True), (1_010, True), (1_011, False)])
def test_a_limit_stays_within_the_static_band(market: Market, side: Side, price: int, accepted: bool) -> None:
    bands(market, static=100)
    reason = market.order(side, 1, price)[0].reason
    assert reason == (Reason.NONE if accepted else Reason.PRICE_BAND)


def test_the_edges_of_a_band_are_rounded_inwards(market: Market) -> None:
    bands(market, static=5)  # 999.5 to 1,000.5
    assert [market.buy(1, price)[0].reason for price in (999, 1_000, 1_001)] == [
        Reason.PRICE_BAND,
        Reason.NONE,
        Reason.PRICE_BAND,
    ]


def test_a_stop_limit_is_looked_at_again_when_it_triggers(market: Market) -> None:
    order = market.order(Side.BUY, 5, 1_050, kind=OrderType.STOP_LIMIT, target=1_005)[0].order
    bands(market, static=100)
    (ended,) = of_type(market.trade_at(1_005), EventType.ORDER_CANCELED)
    assert (ended.order, ended.reason) == (order, Reason.PRICE_BAND)


@pytest.mark.parametrize("width", [{"static": 50}, {"dynamic": 50}])
def test_a_trade_outside_a_band_opens_an_auction_instead(market: Market, width: dict[str, int]) -> None:
    for price in (1_004, 1_006):
        market.sell(5, price, node=BETA)
    bands(market, **width)
    buy = market.market_order(Side.BUY, 10)
    assert fills(buy) == [(1_004, 5, 5)]
    assert interruptions(buy) == VOLATILE
    assert of_type(buy, EventType.ORDER_CANCELED)[0].reason == Reason.VOLATILITY
    assert market.engine.instrument(0).phase == Phase.REOPENING_AUCTION


def test_the_rest_of_a_limit_order_waits_in_the_auction_and_crosses_when_it_ends(market: Market) -> None:
    bands(market, dynamic=50)
    for price in (1_004, 1_006):
        market.sell(5, price, node=BETA)
    events = market.buy(10, 1_008)
    assert types(events)[:4] == ["ORDER_ACCEPTED", "TRADE", "TRADE", "PHASE_CHANGED"]
    assert market.bids() == [(1_008, 5, 1)]
    events = market.phase(Phase.CONTINUOUS)
    assert [(e.price, e.quantity) for e in of_type(events, EventType.AUCTION)] == [(1_006, 5)]
    assert market.engine.instrument(0).static_price == 1_006
    assert (market.bids(), market.asks()) == ([], [])


def test_an_immediate_order_ends_with_the_interruption(market: Market) -> None:
    bands(market, dynamic=50)
    market.sell(5, 1_006, node=BETA)
    events = market.buy(10, 1_008, time_in_force=TimeInForce.IOC)
    assert types(events) == ["ORDER_ACCEPTED", "PHASE_CHANGED", "ORDER_CANCELED"]
    assert events[2].reason == Reason.VOLATILITY


def test_an_order_whose_own_limit_stops_it_interrupts_nothing(market: Market) -> None:
    bands(market, dynamic=50)
    market.sell(5, 1_006, node=BETA)
    assert interruptions(market.buy(10, 1_005)) == []


def test_the_dynamic_band_follows_the_last_price(market: Market) -> None:
    bands(market, dynamic=50)
    for price in (1_004, 1_008):
        market.trade_at(price)
    assert interruptions(market.trade_at(1_013)) == []
    assert interruptions(market.trade_at(1_019)) == VOLATILE


def test_lots_beyond_a_band_fill_no_order_to_fill_or_kill(market: Market) -> None:
    bands(market, dynamic=50)
    for price in (1_004, 1_006):
        market.sell(5, price, node=BETA)
    fok = {"time_in_force": int(TimeInForce.FOK)}
    assert market.buy(6, 1_008, **fok)[0].reason == Reason.FOK_NOT_FILLABLE
    assert fills(market.buy(5, 1_008, **fok)) == [(1_004, 5, 0)]


def test_a_stop_that_the_run_before_triggered_enters_the_auction(market: Market) -> None:
    bands(market, dynamic=50)
    order = market.order(Side.BUY, 5, 1_010, kind=OrderType.STOP_LIMIT, target=1_004)[0].order
    for price in (1_004, 1_006):
        market.sell(5, price, node=BETA)
    events = market.buy(6, 1_008)
    told = [name for name in types(events) if name in ("PHASE_CHANGED", "ORDER_TRIGGERED")]
    assert told == ["PHASE_CHANGED", "ORDER_TRIGGERED"]
    assert market.view(order).resting
    assert market.bids() == [(1_010, 5, 1), (1_008, 1, 1)]


def test_a_post_only_order_never_meets_a_band(market: Market) -> None:
    bands(market, dynamic=50)
    market.sell(5, 1_006, node=BETA)
    events = market.buy(5, 1_008, flags=OrderFlag.POST_ONLY)
    assert [event.reason for event in events] == [Reason.POST_ONLY_WOULD_TRADE]

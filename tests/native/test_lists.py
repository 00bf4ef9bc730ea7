"""Lists: what becomes of an order when another one of its list trades, triggers or ends."""

import pytest

from tests.native.market import ALPHA, BETA, DESK, Market, fills, of_type, types
from tests.native.order_lists import Order, ended, limit, listed, released, stop
from tickmesh.native.engine import (
    NONE,
    CommandType,
    Contingency,
    EventType,
    LimitType,
    OrderFlag,
    Phase,
    Reason,
    Side,
    TimeInForce,
    TradingState,
)

BUY, SELL = Side.BUY, Side.SELL
OCO, OTO, BRACKET = Contingency.OCO, Contingency.OTO, Contingency.BRACKET


@pytest.fixture
def market() -> Market:
    return Market()


# One cancels the other


def oco(market: Market) -> list[int]:
    """A take-profit at 1,010 and a stop at 990, to sell 10."""
    return listed(market, OCO, limit(SELL, 10, 1_010), stop(SELL, 10, 990))[0]


def test_when_one_order_trades_the_other_ends_and_the_first_goes_on(market: Market) -> None:
    take, protect = oco(market)
    events = market.buy(4, 1_010, node=BETA)
    assert fills(events) == [(1_010, 4, 0)]
    assert ended(events) == [(protect, 10, Reason.CONTINGENCY)]
    assert market.asks() == [(1_010, 6, 1)]
    assert ended(market.cancel(take)) == [(take, 6, Reason.REQUESTED)]


def test_when_one_order_triggers_the_other_ends_before_the_first_trades(market: Market) -> None:
    take, protect = oco(market)
    market.buy(10, 985, node=BETA)
    events = market.trade_at(990)
    assert ended(events) == [(take, 10, Reason.CONTINGENCY)]
    told = [event.order for event in of_type(events, EventType.ORDER_TRIGGERED, EventType.ORDER_CANCELED)]
    assert told == [protect, take]
    assert fills(events)[-1] == (985, 10, 0)
    assert market.engine.exposure(ALPHA, 0) == (-10, 0, 0)


@pytest.mark.parametrize("place", [0, 1])
def test_when_one_order_is_cancelled_the_other_ends(market: Market, place: int) -> None:
    orders = oco(market)
    other = orders[1 - place]
    events = market.cancel(orders[place])
    assert ended(events) == [(orders[place], 10, Reason.REQUESTED), (other, 10, Reason.CONTINGENCY)]


def test_when_one_order_trades_as_it_comes_the_others_end_unseen(market: Market) -> None:
    market.sell(4, 1_000, node=BETA)
    (first, second, third), events = listed(
        market, OCO, limit(BUY, 10, 1_000), limit(BUY, 10, 995), stop(BUY, 10, 1_020)
    )
    assert fills(events) == [(1_000, 4, 6)]
    assert [order for order, _, _ in ended(events)] == [second, third]
    assert market.view(first).leaves == 6


def test_a_mass_cancel_counts_only_what_it_ended_itself(market: Market) -> None:
    oco(market)
    events = market.run(CommandType.MASS_CANCEL, node=ALPHA, instrument=NONE, side=SELL)
    assert [reason for _, _, reason in ended(events)] == [Reason.MASS_CANCEL, Reason.CONTINGENCY]
    assert events[-1].quantity == 1


def test_an_order_of_a_list_may_be_replaced_and_stays_in_it(market: Market) -> None:
    take, protect = oco(market)
    market.replace(take, price=1_012, quantity=20)
    assert ended(market.buy(1, 1_012, node=BETA)) == [(protect, 10, Reason.CONTINGENCY)]


# One triggers the others


def oto(market: Market, *held: Order) -> list[int]:
    return listed(
        market, OTO, limit(BUY, 10, 990), *(held or [limit(SELL, 10, 1_010), limit(SELL, 5, 1_020)])
    )[0]


def test_held_orders_wait_outside_the_book(market: Market) -> None:
    _, first, _ = oto(market)
    assert market.asks() == []
    view = market.view(first)
    assert (view.held, view.resting, view.leaves) == (True, False, 10)


def test_held_orders_are_released_when_the_parent_is_filled(market: Market) -> None:
    _, first, second = oto(market)
    assert released(market.sell(4, 990, node=BETA)) == []
    events = market.sell(6, 990, node=BETA)
    assert released(events) == [(first, 10), (second, 5)]
    assert market.asks() == [(1_010, 10, 1), (1_020, 5, 1)]
    assert market.engine.exposure(ALPHA, 0) == (10, 0, 15)


def test_held_orders_end_with_a_parent_that_never_traded(market: Market) -> None:
    parent, first, second = oto(market)
    assert [(order, reason) for order, _, reason in ended(market.cancel(parent))] == [
        (parent, Reason.REQUESTED),
        (first, Reason.CONTINGENCY),
        (second, Reason.CONTINGENCY),
    ]
    assert market.engine.status().orders == 0


def test_held_orders_cover_what_a_parent_traded_before_it_ended(market: Market) -> None:
    parent, first, second = oto(market)
    market.sell(7, 990, node=BETA)
    events = market.cancel(parent)
    assert released(events) == [(first, 7), (second, 5)]
    assert (market.view(first).quantity, market.view(second).quantity) == (7, 5)


def test_a_held_order_that_is_cancelled_leaves_the_others_alone(market: Market) -> None:
    _, first, second = oto(market)
    assert ended(market.cancel(first)) == [(first, 10, Reason.REQUESTED)]
    assert released(market.sell(10, 990, node=BETA)) == [(second, 5)]


def test_a_held_order_may_be_replaced(market: Market) -> None:
    _, first, _ = oto(market)
    market.replace(first, price=1_005, quantity=12)
    market.sell(10, 990, node=BETA)
    assert market.asks() == [(1_005, 12, 1), (1_020, 5, 1)]


def test_a_released_order_trades_as_any_other(market: Market) -> None:
    oto(market, limit(SELL, 10, 980))
    market.buy(4, 985, node=BETA)
    events = market.sell(10, 990, node=BETA)
    assert fills(events) == [(990, 10, 0), (985, 4, 6)]
    assert market.asks() == [(980, 6, 1)]


def test_a_released_stop_waits_for_its_trigger(market: Market) -> None:
    _, held = oto(market, stop(SELL, 10, 980))
    market.sell(10, 990, node=BETA)
    view = market.view(held)
    assert (view.held, view.resting, view.trigger) == (False, False, 980)
    assert of_type(market.trade_at(980), EventType.ORDER_TRIGGERED)[0].order == held


def test_a_released_order_passes_the_gate_or_ends(market: Market) -> None:
    _, held = oto(market, limit(BUY, 10, 980))
    market.limit(LimitType.POSITION, 15)
    assert ended(market.sell(10, 990, node=BETA)) == [(held, 10, Reason.POSITION_LIMIT)]


def test_a_halted_owner_gets_no_orders_released(market: Market) -> None:
    _, held = oto(market, limit(SELL, 10, 1_010))
    market.state(TradingState.HALTED, DESK)
    assert ended(market.sell(10, 990, node=market_maker(market)))[-1] == (held, 10, Reason.TRADING_HALTED)


def market_maker(market: Market) -> int:
    """A node beside the desk."""
    market.run(CommandType.ADD_NODE, node=4, target=0)
    return 4


# Bracket


def bracket(market: Market) -> list[int]:
    """Buys 10 at 990, to sell them at 1,010 or, if it falls, at 980."""
    return listed(market, BRACKET, limit(BUY, 10, 990), limit(SELL, 10, 1_010), stop(SELL, 10, 980))[0]


def test_a_bracket_opens_and_closes_a_position(market: Market) -> None:
    _, take, protect = bracket(market)
    assert released(market.sell(10, 990, node=BETA)) == [(take, 10), (protect, 10)]
    events = market.buy(10, 1_010, node=BETA)
    assert ended(events) == [(protect, 10, Reason.CONTINGENCY)]
    assert market.engine.exposure(ALPHA, 0) == (0, 0, 0)
    assert market.engine.status().orders == 0


def test_a_bracket_stops_a_loss(market: Market) -> None:
    _, take, protect = bracket(market)
    market.sell(10, 990, node=BETA)
    market.buy(10, 975, node=BETA)
    events = market.trade_at(980)
    assert ended(events) == [(take, 10, Reason.CONTINGENCY)]
    assert [order for order in {e.order for e in of_type(events, EventType.TRADE)} if order == protect]
    assert market.engine.exposure(ALPHA, 0) == (0, 0, 0)


def test_the_held_orders_of_a_bracket_do_not_bind_one_another_before_the_release(market: Market) -> None:
    _, take, protect = bracket(market)
    assert ended(market.cancel(take)) == [(take, 10, Reason.REQUESTED)]
    assert released(market.sell(10, 990, node=BETA)) == [(protect, 10)]


def test_a_bracket_covers_a_part(market: Market) -> None:
    parent, take, protect = bracket(market)
    market.sell(3, 990, node=BETA)
    assert released(market.cancel(parent)) == [(take, 3), (protect, 3)]
    assert ended(market.buy(1, 1_010, node=BETA)) == [(protect, 3, Reason.CONTINGENCY)]


def test_a_parent_that_fills_as_it_comes_releases_at_once(market: Market) -> None:
    market.sell(10, 985, node=BETA)
    (_, take, protect), events = listed(
        market, BRACKET, limit(BUY, 10, 990), limit(SELL, 10, 1_010), stop(SELL, 10, 980)
    )
    assert types(events)[:3] == ["ORDER_ACCEPTED"] * 3
    assert released(events) == [(take, 10), (protect, 10)]


# What others may count on


def test_a_fill_or_kill_order_does_not_count_orders_that_came_in_a_list(market: Market) -> None:
    oco(market)
    market.sell(6, 1_010, node=BETA)
    fok = {"time_in_force": int(TimeInForce.FOK), "node": DESK}
    assert market.buy(7, 1_010, **fok)[0].reason == Reason.FOK_NOT_FILLABLE
    assert market.buy(6, 1_010, **fok)[0].type == EventType.ORDER_ACCEPTED


def test_a_held_post_only_order_that_would_trade_ends_when_it_is_released(market: Market) -> None:
    _, held = oto(market, limit(SELL, 10, 985, flags=OrderFlag.POST_ONLY))
    market.buy(1, 985, node=DESK)
    assert ended(market.sell(10, 990, node=BETA)) == [(held, 10, Reason.POST_ONLY_WOULD_TRADE)]


def test_a_held_sliding_order_that_would_trade_slides_when_it_is_released(market: Market) -> None:
    _, held = oto(market, limit(SELL, 10, 980, flags=OrderFlag.POST_ONLY_SLIDE))
    market.buy(1, 985, node=DESK)
    events = market.sell(10, 990, node=BETA)
    assert [(e.order, e.price) for e in of_type(events, EventType.ORDER_REPRICED)] == [(held, 986)]
    assert market.asks() == [(986, 10, 1)]


def test_an_auction_with_both_orders_of_an_oco_leaves_no_crossed_book(market: Market) -> None:
    market.phase(Phase.OPENING_AUCTION)
    listed(market, OCO, limit(SELL, 10, 1_000), limit(SELL, 10, 1_000))
    market.buy(20, 1_005, node=BETA)
    market.sell(10, 1_003, node=BETA)
    events = market.phase(Phase.CONTINUOUS)
    auctions = [(e.price, e.quantity) for e in of_type(events, EventType.AUCTION)]
    assert auctions == [(1_000, 20), (1_003, 10)]
    assert (market.bids(), market.asks()) == ([], [])

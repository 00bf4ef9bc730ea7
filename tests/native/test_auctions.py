"""Auctions: the price, who trades, and what is left."""

from random import Random

import pytest

from tests.native.auction_hall import (
    ALPHA,
    BETA,
    FIRM,
    REFERENCE_PRICE,
    Hall,
    Plain,
    best_of_all_ticks,
    of_type,
    pair_off,
    trades,
    types,
)
from tickmesh.native.engine import (
    NONE,
    NUMBER_MAX,
    CommandType,
    Contingency,
    EventFlag,
    EventType,
    OrderFlag,
    OrderType,
    Phase,
    Reason,
    Side,
    TimeInForce,
)


@pytest.fixture
def hall() -> Hall:
    return Hall()


def random_book(hall: Hall, random: Random) -> list[Plain]:
    """Fills the book with a few orders of every kind that gathers before an auction."""
    low, lots = random.randint(85, 100), random.choice((1, 3, 9))
    orders = []
    for _ in range(random.randint(1, 14)):
        side = random.choice((Side.BUY, Side.SELL))
        quantity, price = random.randint(1, lots), random.randint(low, low + random.choice((2, 9, 25)))
        if random.random() < 0.15:
            orders.append(Plain(hall.order(side, quantity, 0), side, 0, quantity))
        elif random.random() < 0.3:
            display = random.randint(1, quantity)
            orders.append(Plain(hall.iceberg(side, quantity, price, display), side, price, quantity, display))
        else:
            orders.append(Plain(hall.order(side, quantity, price), side, price, quantity))
    return orders


@pytest.mark.parametrize("seed", range(300))
def test_the_price_is_the_best_of_all_ticks_and_the_first_trade_first(seed: int) -> None:
    random = Random(seed)
    hall = Hall()
    orders = random_book(hall, random)
    reference = random.randint(80, 130)
    hall.run(CommandType.SET_REFERENCE_PRICE, price=reference)
    expected = best_of_all_ticks(orders, reference, range(1, 200))

    assert hall.indicated() == expected
    events = hall.auction()
    told = of_type(events, EventType.AUCTION)
    assert [(event.price, event.quantity, event.leaves, event.flags) for event in told] == [(*expected, 0)]
    assert trades(events) == (pair_off(orders, expected.price) if expected.price else [])
    for side in Side:
        left = sorted((o for o in orders if o.side == side and o.price and o.leaves), key=Plain.rank)
        queue = hall.engine.queue(0, side, 100)
        assert [(o.id, o.leaves, o.shown()) for o in left] == [(o.id, o.leaves, o.shown) for o in queue]


def test_between_two_orders_an_auction_may_balance_better_than_at_either(hall: Hall) -> None:
    for quantity, price in ((5, 110), (5, 107)):
        hall.buy(quantity, price)
    for quantity, price in ((5, 105), (3, 110)):
        hall.sell(quantity, price)
    assert hall.indicated() == (108, 5, 0)


def test_with_market_orders_alone_the_reference_price_holds(hall: Hall) -> None:
    hall.buy(7)
    hall.sell(5)
    assert hall.indicated() == (REFERENCE_PRICE, 5, 2)


def test_orders_at_both_ends_of_all_prices_meet(hall: Hall) -> None:
    hall.buy(1, NUMBER_MAX)
    hall.sell(1, 1)
    hall.sell(1, NUMBER_MAX)
    assert hall.indicated() == (REFERENCE_PRICE, 1, 0)


def test_equally_near_prices_give_the_lower_one(hall: Hall) -> None:
    hall.buy(5, 110)
    hall.buy(1, 99)
    hall.sell(5, 90)
    hall.sell(1, 101)
    assert hall.indicated() == (100, 5, 0)
    hall.run(CommandType.MASS_CANCEL, node=FIRM, instrument=NONE)
    hall.buy(5, 101)
    hall.buy(5, 99)
    hall.sell(5, 99)
    hall.sell(5, 101)
    assert hall.indicated() == (100, 5, 0)
    hall.buy(4, 100)
    hall.sell(4, 100)
    assert hall.indicated() == (100, 9, 0)


def test_both_sides_of_an_auction_trade_are_told_the_buy_first(hall: Hall) -> None:
    buy, sell = hall.buy(5, 105), hall.sell(3, 95, node=BETA)
    events = hall.auction()
    assert types(events) == ["PHASE_CHANGED", "AUCTION", "TRADE", "TRADE", "CONTROL_APPLIED"]
    rows = [
        (e.order, e.node, e.price, e.quantity, e.leaves, e.flags) for e in of_type(events, EventType.TRADE)
    ]
    flag = EventFlag.AUCTION
    assert rows == [(buy, ALPHA, 100, 3, 2, flag), (sell, BETA, 100, 3, 0, flag)]


def test_both_sides_pay_the_taker_rate(hall: Hall) -> None:
    hall.run(CommandType.SET_FEES, node=FIRM, instrument=NONE, price=-100, quantity=250)
    hall.buy(1, 105)
    hall.sell(1, 105)
    fees = of_type(hall.auction(), EventType.FEE)
    value = 105 * 1_000_000
    assert [(e.price, e.quantity, e.flags) for e in fees] == [
        (250, value * 250 // 10**6, EventFlag.AUCTION)
    ] * 2


def test_a_position_follows_from_an_auction(hall: Hall) -> None:
    hall.buy(5, 105)
    hall.sell(3, 95, node=BETA)
    hall.auction()
    assert hall.engine.exposure(ALPHA, 0) == (3, 2, 0)
    assert hall.engine.exposure(BETA, 0) == (-3, 0, 0)
    assert hall.engine.exposure(FIRM, 0) == (0, 2, 0)


def test_an_iceberg_brings_its_hidden_lots_and_keeps_its_place(hall: Hall) -> None:
    iceberg = hall.iceberg(Side.SELL, 10, 100, 2)
    later = hall.sell(2, 100)
    hall.buy(7, 100)
    assert hall.indicated() == (100, 7, -5)
    assert trades(hall.auction()) == [(later + 1, iceberg, 7)]
    assert [(o.id, o.leaves, o.shown) for o in hall.engine.queue(0, Side.SELL, 9)] == [
        (iceberg, 3, 2),
        (later, 2, 2),
    ]


def test_orders_outside_the_book_take_no_part(hall: Hall) -> None:
    hall.buy(5, 105, flags=OrderFlag.ALL_OR_NONE)
    hall.buy(5, kind=OrderType.STOP, target=90)
    hall.sell(5, 95)
    assert hall.indicated() == (0, 0, 0)


def test_self_trade_prevention_does_not_reach_into_auctions(hall: Hall) -> None:
    buy = hall.buy(5, 105, self_trade=3)
    sell = hall.sell(5, 95, self_trade=3)
    assert trades(hall.auction()) == [(buy, sell, 5)]


def test_a_reduce_only_order_trades_what_its_position_allows_and_ends(hall: Hall) -> None:
    hall.hold(8)
    reducing = hall.sell(8, 99, flags=OrderFlag.REDUCE_ONLY)
    plain = hall.sell(5, 98)
    buy = hall.buy(20, 101, node=BETA)
    events = hall.auction()
    assert trades(events) == [(buy, plain, 5), (buy, reducing, 3)]
    (ended,) = of_type(events, EventType.ORDER_CANCELED)
    assert (ended.order, ended.quantity, ended.reason) == (reducing, 5, Reason.REDUCE_ONLY)


def test_the_rest_of_an_oco_ends_before_it_can_trade(hall: Hall) -> None:
    leg = {"contingency": Contingency.OCO, "node": ALPHA}
    first = hall.sell(3, 95, more=1, **leg)
    second = hall.sell(3, 96, more=0, **leg)
    buy = hall.buy(10, 105, node=BETA)
    events = hall.auction()
    assert trades(events) == [(buy, first, 3)]
    (ended,) = of_type(events, EventType.ORDER_CANCELED)
    assert (ended.order, ended.quantity, ended.reason) == (second, 3, Reason.CONTINGENCY)


def test_a_parent_filled_in_an_auction_releases_what_it_held(hall: Hall) -> None:
    parent = hall.buy(3, 105, contingency=Contingency.OTO, more=1)
    held = hall.sell(3, 120, contingency=Contingency.OTO, more=0)
    hall.sell(3, 95, node=BETA)
    events = hall.auction()
    assert parent in [event.order for event in of_type(events, EventType.TRADE)]
    (released,) = of_type(events, EventType.ORDER_TRIGGERED)
    assert (released.order, released.price, released.reason) == (held, 120, Reason.CONTINGENCY)
    assert [o.id for o in hall.engine.queue(0, Side.SELL, 9)] == [held]


def test_what_is_for_the_auction_alone_ends_with_it(hall: Hall) -> None:
    opening = hall.buy(5, 90, time_in_force=TimeInForce.AT_THE_OPENING)
    auction = hall.buy(5, 91, time_in_force=TimeInForce.GOOD_FOR_AUCTION)
    market = hall.buy(5)
    opening_market = hall.buy(5, time_in_force=TimeInForce.AT_THE_OPENING)
    stays = hall.sell(7, 100)
    events = hall.auction()
    assert trades(events) == [(market, stays, 5), (opening_market, stays, 2)]
    ended = of_type(events, EventType.ORDER_EXPIRED, EventType.ORDER_CANCELED)
    assert [(EventType(e.type).name, e.order, e.quantity, e.reason) for e in ended] == [
        ("ORDER_EXPIRED", opening_market, 3, Reason.NONE),
        ("ORDER_EXPIRED", auction, 5, Reason.NONE),
        ("ORDER_EXPIRED", opening, 5, Reason.NONE),
    ]


def test_a_market_order_without_counterpart_is_cancelled_after_the_auction(hall: Hall) -> None:
    market = hall.sell(5)
    hall.buy(3, 90)
    events = hall.auction()
    (ended,) = of_type(events, EventType.ORDER_CANCELED)
    assert (ended.order, ended.quantity, ended.reason) == (market, 2, Reason.NO_LIQUIDITY)
    assert hall.engine.status().orders == 0


def test_the_auction_price_is_the_middle_of_the_static_band(hall: Hall) -> None:
    hall.run(CommandType.SET_BANDS, price=1_000)
    hall.buy(5, 110)
    hall.sell(5, 110)
    hall.auction()
    view = hall.engine.instrument(0)
    assert (view.reference_price, view.static_price) == (110, 110)
    assert hall.sell(1, 121)
    with pytest.raises(AssertionError):
        hall.sell(1, 122)


def test_an_auction_without_volume_leaves_the_prices(hall: Hall) -> None:
    hall.buy(5, 80)
    hall.sell(5, 120)
    (told,) = of_type(hall.auction(), EventType.AUCTION)
    assert (told.price, told.quantity, told.leaves) == (0, 0, 0)
    view = hall.engine.instrument(0)
    assert (view.reference_price, view.static_price) == (REFERENCE_PRICE, REFERENCE_PRICE)


def test_indicate_says_what_the_auction_would_give_and_changes_nothing(hall: Hall) -> None:
    hall.buy(5, 105)
    hall.sell(3, 95)
    before = hall.engine.depth(0, Side.BUY, 9)
    (event,) = hall.run(CommandType.INDICATE)
    assert (event.type, event.price, event.quantity, event.leaves) == (EventType.AUCTION, 100, 3, 2)
    assert event.flags == EventFlag.INDICATIVE
    assert hall.engine.depth(0, Side.BUY, 9) == before


def test_indicate_is_refused_while_continuous(hall: Hall) -> None:
    hall.phase(Phase.CONTINUOUS)
    (event,) = hall.run(CommandType.INDICATE)
    assert (event.type, event.reason) == (EventType.CONTROL_REJECTED, Reason.PHASE)
    (event,) = hall.run(CommandType.INDICATE, instrument=9)
    assert event.reason == Reason.UNKNOWN_INSTRUMENT

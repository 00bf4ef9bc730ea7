"""Corners that random flow seldom meets: in each of them both engines do the same."""

from dataclasses import replace

import pytest

from tests.native.reference_stage import ALPHA, BETA, BUY, FIRM, ROOM, SELL, Stage
from tickmesh.native.engine import (
    NONE,
    NUMBER_MAX,
    CommandType,
    Contingency,
    LimitType,
    OrderFlag,
    OrderType,
    Phase,
    Side,
    TimeInForce,
)

GAMMA = 3
GTD = int(TimeInForce.GTD)
REDUCE_ONLY, SLIDE = int(OrderFlag.REDUCE_ONLY), int(OrderFlag.POST_ONLY_SLIDE)
HIGHEST_VALUE = 2**63 - 1
FAR = 2**20  # more ids than any ring of ids has places here


@pytest.fixture
def stage() -> Stage:
    return Stage()


def limit(stage: Stage, kind: LimitType, value: int, instrument: int = 0, node: int = ALPHA) -> list[str]:
    place = {"node": node, "instrument": instrument}
    return stage.run(CommandType.SET_LIMIT, kind=int(kind), quantity=value, **place)


def hold(stage: Stage, lots: int) -> None:
    """Lets ALPHA have a position, against BETA, at the reference price."""
    side, other = (BUY, SELL) if lots > 0 else (SELL, BUY)
    stage.order(other, abs(lots), 100, node=BETA)
    stage.order(side, abs(lots), 100)


# Reduce-only orders whose position is gone when their turn comes


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("sold_before", [6, 10])
def test_an_auction_gives_a_reduce_only_order_no_more_than_the_position_that_is_left(
    stage: Stage, side: Side, sold_before: int
) -> None:
    other = SELL if side == Side.BUY else BUY
    hold(stage, 10 if side == Side.SELL else -10)
    stage.phase(Phase.OPENING_AUCTION)
    stage.order(int(side), 10, 100, flags=REDUCE_ONLY)
    stage.order(int(side), sold_before)
    stage.order(other, 20, 100, node=BETA)
    lines = stage.phase(Phase.CONTINUOUS)
    assert lines[-1] == f"canceled 13 {sold_before}@100 REDUCE_ONLY"
    assert stage.pair.engine.exposure(ALPHA, 0) == (0, 0, 0)
    assert stage.book(other) == [(100, 10, 1)]


def test_a_pegged_order_that_may_only_reduce_ends_when_it_meets_an_order_and_nothing_is_held(
    stage: Stage,
) -> None:
    hold(stage, 10)
    stage.buy(15, 95, node=BETA)
    stage.sell(10, 110, node=BETA)
    stage.sell(10, kind=int(OrderType.PEG_PRIMARY), trigger=-5, flags=REDUCE_ONLY)
    stage.sell(10, 95)
    lines = stage.sell(1, 100, node=BETA)
    assert lines[1:] == ["repriced 14 0@95 left 10", "canceled 14 10@95 REDUCE_ONLY"]


# Prices, quantities and values at the end of what can be counted


def test_a_released_order_does_not_slide_beyond_the_highest_price(stage: Stage) -> None:
    stage.buy(10, NUMBER_MAX, node=BETA)
    lines = stage.list_of(
        Contingency.OTO, (SELL, 5, {"price": NUMBER_MAX}), (SELL, 5, {"price": 100, "flags": SLIDE})
    )
    assert lines[-1] == "canceled 12 5@100 POST_ONLY_WOULD_TRADE"


@pytest.mark.parametrize("price", [2**20, 2**40])
@pytest.mark.parametrize("most", [HIGHEST_VALUE, HIGHEST_VALUE - 1])
def test_an_order_that_is_worth_more_than_can_be_counted_is_worth_the_most_that_can(
    stage: Stage, price: int, most: int
) -> None:
    limit(stage, LimitType.ORDER_NOTIONAL, most)
    stage.sell(1, price)
    lines = stage.sell(2**43, price)
    if most == HIGHEST_VALUE:
        assert lines == [f"accepted 12 {2**43}@{price} left {2**43}"]
    else:
        assert lines == [f"rejected 12 {HIGHEST_VALUE}@{most} ORDER_NOTIONAL_LIMIT"]


def test_a_limit_that_is_all_that_64_bits_can_hold_is_still_one(stage: Stage) -> None:
    most = 2**64 // 1_000  # a limit in micro-units is looked at in nano-units
    lots = most // 1_000
    limit(stage, LimitType.ORDER_NOTIONAL, most)
    stage.buy(1, 1)
    assert stage.buy(lots, 1) == [f"accepted 12 {lots}@1 left {lots}"]
    line = f"rejected 13 {(lots + 1) * 1_000}@{most} ORDER_NOTIONAL_LIMIT"
    assert stage.buy(lots + 1, 1) == [line]


def test_a_collar_that_is_wider_than_all_prices_refuses_none(stage: Stage) -> None:
    limit(stage, LimitType.PRICE_COLLAR, 2**62)
    for _ in range(2):
        assert len(stage.buy(1, NUMBER_MAX)) == 1
    assert stage.book(BUY) == [(NUMBER_MAX, 2, 2)]


@pytest.mark.parametrize("most", [HIGHEST_VALUE, HIGHEST_VALUE - 1])
def test_an_exposure_that_cannot_be_counted_is_the_most_that_can(stage: Stage, most: int) -> None:
    stage.run(CommandType.LIST_INSTRUMENT, instrument=1, price=2**40, quantity=2**40)
    limit(stage, LimitType.GROSS_EXPOSURE, most, instrument=NONE)
    lines = [stage.buy(1, 2**40, instrument=1)[0] for _ in range(2)]
    if most == HIGHEST_VALUE:
        assert lines == [f"accepted {12 + i} 1@{2**40} left 1" for i in range(2)]
    else:
        assert lines == [f"rejected {12 + i} {HIGHEST_VALUE}@{most} GROSS_EXPOSURE_LIMIT" for i in range(2)]
    stage.pair.compare_state()


# Who is charged, and who finds room


def test_nobody_pays_the_fee_of_another_when_both_sides_of_a_trade_end_up_with_nothing(stage: Stage) -> None:
    stage.run(CommandType.ADD_NODE, node=GAMMA, target=FIRM)
    stage.run(CommandType.SET_FEES, node=GAMMA, instrument=NONE, price=10, quantity=20)
    hold(stage, 5)
    stage.buy(5, 100, node=BETA)
    assert stage.sell(5, 100) == ["accepted 15 5@100 left 5", "trade 14 5@100", "trade 15 5@100"]
    assert stage.pair.engine.status().positions == 0


def test_a_released_order_ends_when_its_node_has_lost_its_place_to_another() -> None:
    stage = Stage(replace(ROOM, positions=3))
    stage.run(CommandType.ADD_NODE, node=GAMMA, target=FIRM)
    hold(stage, -3)
    stage.terms(expiry_ns=100)
    stage.list_of(Contingency.OTO, (BUY, 5, {"price": 99, "time_in_force": GTD}), (SELL, 5, {"price": 110}))
    stage.buy(1, 90, node=BETA)
    stage.sell(3, 99, node=BETA)
    stage.time_ns = 100
    lines = limit(stage, LimitType.ORDER_QUANTITY, 5, node=GAMMA)
    assert (lines[0], lines[-1]) == ("expired 14 2@99", "canceled 15 3@110 CAPACITY")
    assert stage.book(SELL) == []


# Ids that are far apart


def test_no_order_has_the_id_0_however_old_the_orders_are(stage: Stage) -> None:
    stage.buy(5, 99)
    stage.sequence += FAR - 1
    stage.buy(5, 98)
    assert stage.cancel(0) == ["cancel_rejected 0@0 UNKNOWN_ORDER"]
    assert stage.pair.engine.order(0) is None
    assert stage.cancel(10) == ["canceled 10 5@99 REQUESTED"]
    assert stage.cancel(10 + FAR) == [f"canceled {10 + FAR} 5@98 REQUESTED"]

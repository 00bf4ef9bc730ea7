"""Rule by rule of docs/native-rules.md, on both engines: orders that wait outside the book."""

from dataclasses import replace

import pytest

from tests.native.reference_stage import ALPHA, BETA, BUY, ROOM, SELL, Stage
from tickmesh.native.engine import (
    FOLLOWERS_MAX,
    ROUNDS_MAX,
    CommandType,
    LimitType,
    OrderFlag,
    OrderType,
    TimeInForce,
)


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.mark.parametrize(
    ("side", "kind", "trigger", "near", "at"),
    [
        (BUY, OrderType.STOP, 103, 102, 103),
        (SELL, OrderType.STOP, 97, 98, 97),
        (BUY, OrderType.MARKET_IF_TOUCHED, 97, 98, 97),
        (SELL, OrderType.MARKET_IF_TOUCHED, 103, 102, 104),
    ],
)
def test_a_conditional_order_triggers_at_its_price(
    stage: Stage, side: int, kind: OrderType, trigger: int, near: int, at: int
) -> None:
    stage.order(side, 5, kind=int(kind), trigger=trigger)
    for price, triggers in ((near, False), (at, True)):
        stage.sell(1, price, node=BETA)
        lines = stage.buy(1, price, node=BETA)
        assert ("triggered 10 0@0 left 5" in lines) == triggers


def test_an_order_whose_trigger_is_met_already_triggers_at_once(stage: Stage) -> None:
    lines = stage.buy(5, 99, kind=int(OrderType.STOP_LIMIT), trigger=100)
    assert lines == ["accepted 10 5@99 left 5", "triggered 10 0@99 left 5"]


def test_stops_trigger_in_the_order_of_their_triggers_then_of_their_age(stage: Stage) -> None:
    for trigger in (103, 102, 103):
        stage.buy(1, kind=int(OrderType.STOP), trigger=trigger)
    stage.sell(1, kind=int(OrderType.MARKET_IF_TOUCHED), trigger=102)
    stage.replace(10, quantity=2)
    stage.sell(1, 105, node=BETA)
    lines = stage.buy(1, 105, node=BETA)
    triggered = [line.split()[1] for line in lines if line.startswith("triggered")]
    assert triggered == ["11", "13", "12", "10"]


def test_a_trailing_stop_follows_the_best_price_and_never_goes_back(stage: Stage) -> None:
    stage.sell(5, kind=int(OrderType.TRAILING_STOP), trigger=4)
    order = stage.reference.books.orders[10]
    stops = [order.stop]
    for price in (99, 103, 100, 104):
        stage.sell(1, price, node=BETA)
        stage.buy(1, price, node=BETA)
        stops.append(order.stop)
    assert stops == [96, 96, 99, 99, 100]
    stage.sell(1, 100, node=BETA)
    assert "triggered 10 0@0 left 5" in stage.buy(1, 100, node=BETA)


def test_a_trailing_limit_stands_beyond_its_stop(stage: Stage) -> None:
    kind = int(OrderType.TRAILING_STOP_LIMIT)
    stage.buy(5, kind=kind, trigger=300, price=2, flags=int(OrderFlag.BASIS_POINTS))
    assert stage.reference.books.orders[10].stop == 103
    stage.sell(1, 103, node=BETA)
    assert stage.buy(1, 103, node=BETA)[-1] == "triggered 10 0@105 left 5"


def test_a_triggered_order_passes_the_gate_again(stage: Stage) -> None:
    stage.buy(5, 130, kind=int(OrderType.STOP_LIMIT), trigger=103)
    stage.run(CommandType.SET_LIMIT, kind=int(LimitType.PRICE_COLLAR), node=ALPHA, quantity=1_000)
    stage.sell(1, 103, node=BETA)
    lines = stage.buy(1, 103, node=BETA)
    assert lines[-2:] == ["triggered 10 0@130 left 5", "canceled 10 5@130 PRICE_COLLAR"]


def test_a_conditional_fill_or_kill_order_is_looked_at_when_it_triggers(stage: Stage) -> None:
    stage.buy(5, kind=int(OrderType.STOP), trigger=103, time_in_force=int(TimeInForce.FOK))
    stage.sell(4, 103, node=BETA)
    lines = stage.buy(1, 103, node=BETA)
    assert lines[-1] == "canceled 10 5@0 FOK_NOT_FILLABLE"


def test_an_all_or_none_order_waits_until_it_can_be_filled_at_once(stage: Stage) -> None:
    stage.buy(10, 102, flags=int(OrderFlag.ALL_OR_NONE))
    stage.sell(6, 101, node=BETA)
    assert stage.book(SELL) == [(101, 6, 1)]
    assert stage.sell(4, 102, node=BETA)[1:] == [
        "trade 11 6@101",
        "trade 10 6@101 left 4",
        "trade 12 4@102",
        "trade 10 4@102",
    ]


@pytest.mark.parametrize(
    ("side", "kind", "offset", "price"),
    [
        (BUY, OrderType.PEG_PRIMARY, 0, 97),
        (BUY, OrderType.PEG_PRIMARY, -2, 95),
        (BUY, OrderType.PEG_MID, 0, 99),
        (SELL, OrderType.PEG_MID, 0, 100),
        (SELL, OrderType.PEG_MARKET, 1, 98),
        (SELL, OrderType.PEG_PRIMARY, -1, 101),
    ],
)
def test_a_pegged_order_follows_the_book(
    stage: Stage, side: int, kind: OrderType, offset: int, price: int
) -> None:
    stage.buy(5, 97, node=BETA)
    stage.sell(5, 102, node=BETA)
    lines = stage.order(side, 3, kind=int(kind), trigger=offset)
    assert lines == ["accepted 12 3@0 left 3", f"repriced 12 0@{price} left 3"]


def test_a_pegged_order_without_the_prices_it_needs_leaves_the_book(stage: Stage) -> None:
    stage.buy(5, 97, node=BETA)
    stage.buy(3, kind=int(OrderType.PEG_PRIMARY), trigger=1)
    assert stage.cancel(10)[1:] == ["repriced 11 0@0 left 3"]
    assert stage.book(BUY) == []


def test_a_pegged_order_trades_where_it_crosses_and_keeps_its_limit(stage: Stage) -> None:
    stage.sell(5, 102, node=BETA)
    lines = stage.buy(3, kind=int(OrderType.PEG_MARKET), price=101, trigger=0)
    assert lines[1:] == ["repriced 11 0@101 left 3"]
    assert stage.sell(9, 101, node=BETA)[1:] == ["trade 11 3@101", "trade 12 3@101 left 6"]


def test_what_settling_leaves_undone_waits_for_the_next_change(stage: Stage) -> None:
    for step in range(20):
        stage.sell(1, 101 + step, node=BETA)
    lines = stage.buy(30, kind=int(OrderType.PEG_MARKET))
    assert [line for line in lines if line.startswith("repriced")] == [
        f"repriced 30 0@{101 + step} left {30 - step}" for step in range(ROUNDS_MAX)
    ]
    assert stage.run(CommandType.ADVANCE_TIME) == []
    assert "repriced 30 0@109 left 22" in stage.sell(1, 150, node=BETA)


def test_an_instrument_holds_so_many_followers() -> None:
    room = replace(ROOM, orders=FOLLOWERS_MAX + 9, extras=FOLLOWERS_MAX + 9)
    stage = Stage(room)
    for _ in range(FOLLOWERS_MAX - 1):
        stage.buy(1, kind=int(OrderType.PEG_PRIMARY))
    stage.buy(1, 99, flags=int(OrderFlag.ALL_OR_NONE))
    assert stage.buy(1, kind=int(OrderType.PEG_MID))[0].endswith("CAPACITY")
    stage.cancel(20)
    assert stage.buy(1, kind=int(OrderType.PEG_MID))[0].startswith("accepted")

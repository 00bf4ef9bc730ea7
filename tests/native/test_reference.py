"""Rule by rule of docs/native-rules.md, on both engines: the reference must be right before it may judge."""

import pytest

from tests.native.reference_stage import ALPHA, BETA, BUY, FIRM, ROOM, SELL, Stage
from tickmesh.native.engine import (
    CommandType,
    OrderFlag,
    OrderType,
    Phase,
    SelfTrade,
    TimeInForce,
)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def give(stage: Stage, lots: int) -> None:
    """Lets ALPHA hold lots that BETA sold."""
    stage.sell(lots, 100, node=BETA)
    stage.buy(lots, 100)


# Entering and trading


def test_an_order_trades_at_the_prices_of_the_others_and_rests(stage: Stage) -> None:
    stage.sell(5, 101, node=BETA)
    stage.sell(5, 102, node=BETA)
    assert stage.buy(12, 102) == [
        "accepted 12 12@102 left 12",
        "trade 10 5@101",
        "trade 12 5@101 left 7",
        "trade 11 5@102",
        "trade 12 5@102 left 2",
    ]
    assert stage.book(BUY) == [(102, 2, 1)]


def test_an_iceberg_that_shows_its_next_slice_goes_to_the_back(stage: Stage) -> None:
    stage.terms(display=3)
    stage.sell(8, 101, node=BETA)
    stage.sell(2, 101, node=BETA)
    assert stage.buy(7, 101)[1:] == [
        "trade 11 3@101 left 5",
        "trade 13 3@101 left 4",
        "trade 12 2@101",
        "trade 13 2@101 left 2",
        "trade 11 2@101 left 3",
        "trade 13 2@101",
    ]
    assert stage.book(SELL) == [(101, 1, 1)]


def test_a_market_to_limit_order_takes_the_best_opposite_price(stage: Stage) -> None:
    stage.sell(5, 103, node=BETA)
    stage.sell(5, 104, node=BETA)
    kind = int(OrderType.MARKET_TO_LIMIT)
    assert stage.buy(8, kind=kind)[0] == "accepted 12 8@103 left 8"
    assert stage.book(BUY) == [(103, 3, 1)]
    assert stage.buy(1, kind=kind, node=BETA)[1:] == ["trade 11 1@104 left 4", "trade 13 1@104"]
    stage.cancel(11)
    assert stage.buy(8, kind=kind) == ["accepted 15 8@0 left 8", "canceled 15 8@0 NO_LIQUIDITY"]


@pytest.mark.parametrize(
    ("mode", "lines", "asks"),
    [
        (SelfTrade.CANCEL_NEWEST, ["canceled 12 7@101 SELF_TRADE"], [(101, 9, 2)]),
        (
            SelfTrade.CANCEL_OLDEST,
            ["canceled 10 5@101 SELF_TRADE", "trade 11 4@101", "trade 12 4@101 left 3"],
            [],
        ),
        (
            SelfTrade.CANCEL_BOTH,
            ["canceled 10 5@101 SELF_TRADE", "canceled 12 7@101 SELF_TRADE"],
            [(101, 4, 1)],
        ),
        (
            SelfTrade.DECREMENT,
            [
                "canceled 10 5@101 SELF_TRADE",
                "replaced 12 2@101 left 2 SELF_TRADE",
                "trade 11 2@101 left 2",
                "trade 12 2@101",
            ],
            [(101, 2, 1)],
        ),
    ],
)
def test_an_order_does_not_trade_with_its_own_account(
    stage: Stage, mode: SelfTrade, lines: list[str], asks: list[tuple[int, int, int]]
) -> None:
    stage.sell(5, 101)
    stage.sell(4, 101, node=BETA)
    assert stage.buy(7, 101, self_trade=int(mode))[1:] == lines
    assert stage.book(SELL) == asks


def test_a_group_counts_as_one_account_only_when_asked_for(stage: Stage) -> None:
    for node in (ALPHA, BETA):
        stage.run(CommandType.SET_GROUP, node=node, quantity=7)
    stage.sell(5, 101, node=BETA)
    by_group = int(SelfTrade.CANCEL_NEWEST | SelfTrade.BY_GROUP)
    assert stage.buy(2, 101, self_trade=by_group)[1:] == ["canceled 13 2@101 SELF_TRADE"]
    assert stage.buy(2, 101, self_trade=1)[1:] == ["trade 12 2@101 left 3", "trade 14 2@101"]


def test_a_reduce_only_order_ends_when_its_position_is_gone(stage: Stage) -> None:
    give(stage, 10)
    stage.sell(10, 105, flags=int(OrderFlag.REDUCE_ONLY))
    stage.run(CommandType.NEW_ORDER, client_key=13, side=SELL, kind=1, quantity=4, node=ALPHA)
    stage.buy(4, 95, node=BETA)
    stage.sell(4, 95)
    assert stage.buy(10, 105, node=BETA)[1:] == [
        "trade 12 6@105 left 4",
        "trade 16 6@105 left 4",
        "canceled 12 4@105 REDUCE_ONLY",
    ]


def test_a_fill_or_kill_order_counts_hidden_lots_but_not_its_own(stage: Stage) -> None:
    stage.terms(display=2)
    stage.sell(9, 101, node=BETA)
    fok = {"time_in_force": int(TimeInForce.FOK)}
    assert stage.buy(10, 101, **fok) == ["rejected 12 10@101 FOK_NOT_FILLABLE"]
    stage.sell(5, 101)
    assert stage.buy(12, 101, self_trade=2, **fok) == ["rejected 14 12@101 FOK_NOT_FILLABLE"]
    assert stage.buy(3, 101, self_trade=1, **fok) == ["rejected 15 3@101 FOK_NOT_FILLABLE"]
    assert len(stage.buy(9, 101, self_trade=2, **fok)) == 1 + 5 * 2 + 1


def test_a_minimum_quantity_trades_at_once_or_the_order_is_refused(stage: Stage) -> None:
    stage.sell(5, 101, node=BETA)
    stage.terms(minimum=6)
    assert stage.buy(9, 101) == ["rejected 12 9@101 MINIMUM_QUANTITY"]
    stage.terms(minimum=5)
    assert stage.buy(9, 101)[1:] == ["trade 10 5@101", "trade 14 5@101 left 4"]


def test_a_post_only_order_is_refused_or_slides(stage: Stage) -> None:
    stage.sell(5, 101, node=BETA)
    assert stage.buy(1, 103, flags=1) == ["rejected 11 1@103 POST_ONLY_WOULD_TRADE"]
    assert stage.buy(1, 103, flags=2) == ["accepted 12 1@103 left 1", "repriced 12 0@100 left 1"]
    assert stage.book(BUY) == [(100, 1, 1)]
    stage.sell(1, 1, node=BETA)
    stage.sell(1, 1, node=BETA)
    assert stage.buy(1, 103, flags=2) == ["rejected 15 1@103 POST_ONLY_WOULD_TRADE"]


# Time, replaces and sweeps


def test_orders_expire_by_time_earliest_first(stage: Stage) -> None:
    for expiry_ns in (30, 20, 20):
        stage.terms(expiry_ns=expiry_ns)
        stage.buy(1, 99, time_in_force=int(TimeInForce.GTD))
    stage.time_ns = 19
    assert stage.run(CommandType.ADVANCE_TIME) == []
    stage.time_ns = 30
    expired = ["expired 13 1@99", "expired 15 1@99", "expired 11 1@99"]
    assert stage.run(CommandType.ADVANCE_TIME) == expired


@pytest.mark.parametrize(
    ("expiry_ns", "line"),
    [(0, "rejected 11 1@99 INVALID_COMMAND"), (5, "rejected 11 1@99 INVALID_EXPIRY")],
)
def test_a_good_till_date_order_needs_a_moment_to_come(stage: Stage, expiry_ns: int, line: str) -> None:
    stage.time_ns = 5
    stage.terms(expiry_ns=expiry_ns)
    assert stage.buy(1, 99, time_in_force=int(TimeInForce.GTD)) == [line]


def test_terms_are_forgotten_when_another_command_comes_between(stage: Stage) -> None:
    stage.terms(display=1)
    stage.run(CommandType.ADVANCE_TIME)
    stage.buy(9, 99)
    assert stage.book(BUY) == [(99, 9, 1)]


def test_a_replace_that_shrinks_keeps_its_turn_and_any_other_loses_it(stage: Stage) -> None:
    for _ in range(3):
        stage.buy(5, 99)
    assert stage.replace(10, quantity=4) == ["replaced 10 4@99 left 4"]
    assert stage.replace(11, quantity=6) == ["replaced 11 6@99 left 6"]
    assert [order.id for order in stage.reference.books.in_turn(0, BUY)] == [10, 12, 11]


def test_a_replaced_order_trades_again(stage: Stage) -> None:
    stage.buy(5, 99)
    stage.sell(3, 101, node=BETA)
    assert stage.replace(10, price=101) == [
        "replaced 10 5@101 left 5",
        "trade 11 3@101",
        "trade 10 3@101 left 2",
    ]
    assert stage.replace(10, quantity=3) == ["cancel_rejected 10 3@0 QUANTITY_BELOW_FILLED"]


def test_a_stop_that_is_replaced_triggers_at_once_if_its_new_trigger_is_met(stage: Stage) -> None:
    stage.buy(5, kind=int(OrderType.STOP), trigger=105)
    assert stage.replace(10, price=99) == ["cancel_rejected 10 0@99 INVALID_COMMAND"]
    assert stage.replace(10, trigger=104) == ["replaced 10 5@0 left 5"]
    assert stage.replace(10, trigger=100)[:2] == ["replaced 10 5@0 left 5", "triggered 10 0@0 left 5"]


def test_a_mass_cancel_works_through_the_book_then_through_what_waits(stage: Stage) -> None:
    stage.buy(1, kind=int(OrderType.STOP), trigger=105)
    stage.sell(1, 104)
    stage.buy(1, 98)
    stage.buy(1, 99)
    stage.buy(1, 97, node=BETA)
    ended = ["canceled 13 1@99 MASS_CANCEL", "canceled 12 1@98 MASS_CANCEL", "canceled 11 1@104 MASS_CANCEL"]
    ended += ["canceled 10 1@0 MASS_CANCEL", "mass_canceled 4@0"]
    assert stage.run(CommandType.MASS_CANCEL, node=ALPHA) == ended


def test_a_disconnect_ends_the_orders_that_asked_for_it(stage: Stage) -> None:
    stage.buy(1, 98)
    stage.buy(1, 99, flags=int(OrderFlag.CANCEL_ON_DISCONNECT))
    lines = ["canceled 11 1@99 DISCONNECTED", "mass_canceled 1@0"]
    assert stage.run(CommandType.DISCONNECT, node=FIRM) == lines


# Fees, bands, capacities


def test_fees_are_those_that_stand_nearest_rounded_towards_the_house(stage: Stage) -> None:
    stage.run(CommandType.SET_FEES, node=FIRM, price=-100, quantity=333)
    stage.run(CommandType.SET_FEES, node=ALPHA, price=0, quantity=0, instrument=0)
    stage.sell(3, 101, node=BETA)
    lines = stage.buy(3, 101)
    assert lines[-2:] == ["fee 12 -30@-100", "fee 13 0@0"]


def test_a_run_that_would_leave_the_dynamic_band_interrupts(stage: Stage) -> None:
    stage.run(CommandType.SET_BANDS, quantity=200)
    stage.sell(5, 102, node=BETA)
    stage.sell(5, 103, node=BETA)
    assert stage.buy(9, 105)[1:] == [
        "trade 11 5@102",
        "trade 13 5@102 left 4",
        "phase_changed 4@0 VOLATILITY",
    ]
    assert stage.book(BUY) == [(105, 4, 1)]
    lines = stage.phase(Phase.CONTINUOUS)
    assert lines[1:] == ["auction 4@103 left -1", "trade 13 4@103", "trade 12 4@103 left 1"]


def test_a_limit_outside_the_static_band_is_refused(stage: Stage) -> None:
    stage.run(CommandType.SET_BANDS, price=500)
    assert stage.buy(1, 106) == ["rejected 11 1@106 PRICE_BAND"]
    assert stage.buy(1, 94) == ["rejected 12 1@94 PRICE_BAND"]
    assert stage.buy(1, 105) == ["accepted 13 1@105 left 1"]


def test_slices_of_icebergs_have_a_limit_of_their_own(stage: Stage) -> None:
    stage.terms(display=1)
    assert stage.buy(51, 99) == ["rejected 11 51@99 CAPACITY"]
    stage.terms(display=1)
    stage.buy(50, 99)
    stage.terms(display=1)
    assert stage.buy(1, 99) == ["rejected 15 1@99 CAPACITY"]


def test_a_page_is_asked_for_even_by_an_order_that_would_trade(stage: Stage) -> None:
    for page in range(ROOM.pages):
        stage.sell(1, 200 + 64 * page, node=BETA)
    assert stage.buy(1, 200) == ["rejected 18 1@200 CAPACITY"]
    assert len(stage.buy(1, 200, time_in_force=int(TimeInForce.IOC))) == 3
    stage.buy(1, 199)
    stage.buy(1, kind=int(OrderType.PEG_PRIMARY), trigger=-100)
    assert stage.reference.books.orders.keys().isdisjoint({21})

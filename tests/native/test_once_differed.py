"""What the two engines, or the rules and both, once disagreed about: found by random flow, then shrunk."""

import pytest

from tests.native.reference_stage import BETA, BUY, FIRM, SELL, Stage
from tickmesh.native.engine import (
    NUMBER_MAX,
    CommandType,
    Contingency,
    OrderFlag,
    OrderType,
    Phase,
    SelfTrade,
    TimeInForce,
)

GTD, FOK = int(TimeInForce.GTD), int(TimeInForce.FOK)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_books_settle_in_the_order_of_their_instruments(stage: Stage) -> None:
    stage.run(CommandType.LIST_INSTRUMENT, instrument=1, price=100, quantity=1_000_000)
    for instrument, expiry_ns in ((1, 100), (0, 200)):
        stage.terms(expiry_ns=expiry_ns)
        stage.buy(5, 99, instrument=instrument, time_in_force=GTD)
        stage.sell(5, kind=int(OrderType.PEG_MARKET), trigger=3, instrument=instrument)
    stage.time_ns = 300
    assert stage.run(CommandType.ADVANCE_TIME) == [
        "expired 12 5@99",
        "expired 15 5@99",
        "repriced 16 0@0 left 5",
        "repriced 13 0@0 left 5",
    ]


def test_a_held_trailing_stop_takes_its_new_distance(stage: Stage) -> None:
    trailing = {"kind": int(OrderType.TRAILING_STOP), "trigger": 5}
    stage.list_of(Contingency.OTO, (BUY, 5, {"price": 99}), (SELL, 5, trailing))
    stage.replace(11, quantity=6, trigger=8)
    assert stage.reference.books.orders[11].trigger == 8
    stage.pair.compare_state()


def test_a_limit_order_that_would_trade_has_no_trigger_either(stage: Stage) -> None:
    stage.sell(5, 101, node=BETA)
    stage.buy(5, 99)
    assert stage.buy(4, 102, trigger=7) == ["rejected 12 4@102 INVALID_PRICE"]


def test_hidden_lots_behind_an_own_order_are_not_ready_to_fill(stage: Stage) -> None:
    stage.terms(display=5)
    stage.sell(20, 101, node=BETA)
    stage.sell(1, 101)
    newest = int(SelfTrade.CANCEL_NEWEST)
    assert stage.buy(6, 101, time_in_force=FOK, self_trade=newest) == ["rejected 13 6@101 FOK_NOT_FILLABLE"]
    assert len(stage.buy(5, 101, time_in_force=FOK, self_trade=newest)) == 3


def test_orders_of_which_one_ends_the_other_are_not_ready_to_fill(stage: Stage) -> None:
    stage.list_of(Contingency.OCO, (SELL, 5, {"price": 101}), (SELL, 5, {"price": 101}))
    assert stage.buy(6, 101, node=BETA, time_in_force=FOK) == ["rejected 12 6@101 FOK_NOT_FILLABLE"]
    stage.buy(6, 101, node=BETA, flags=int(OrderFlag.ALL_OR_NONE))
    assert stage.book(SELL) == [(101, 10, 2)]


def test_a_reduce_only_order_that_trades_with_its_own_node_ends(stage: Stage) -> None:
    stage.sell(3, 100, node=BETA)
    stage.buy(3, 100)
    stage.buy(9, 99)
    lines = stage.sell(3, 99, flags=int(OrderFlag.REDUCE_ONLY))
    assert lines == ["accepted 13 3@99 left 3", "trade 12 3@99 left 6", "trade 13 3@99"]


def test_a_closing_order_in_the_book_stays_there_when_it_is_replaced_in_another_call(stage: Stage) -> None:
    stage.phase(Phase.CLOSING_AUCTION)
    stage.sell(5, 102, time_in_force=int(TimeInForce.AT_THE_CLOSE))
    stage.phase(Phase.PRE_OPEN)
    assert stage.replace(11, price=103) == ["replaced 11 5@103 left 5"]
    assert stage.book(SELL) == [(103, 5, 1)]
    assert stage.cancel(11) == ["canceled 11 5@103 REQUESTED"]


def test_two_sells_of_which_one_ends_the_other_do_not_leave_a_crossed_book(stage: Stage) -> None:
    stage.phase(Phase.PRE_OPEN)
    stage.list_of(Contingency.OCO, (SELL, 6, {"price": 97}), (SELL, 6, {"price": 98}))
    stage.buy(12, 110, node=BETA)
    stage.sell(4, 105, node=FIRM)
    assert stage.phase(Phase.CONTINUOUS)[1:] == [
        "auction 12@100",
        "trade 13 6@100 left 6",
        "trade 11 6@100",
        "canceled 12 6@98 CONTINGENCY",
        "auction 4@105 left 2",
        "trade 13 4@105 left 2",
        "trade 14 4@105",
    ]
    assert stage.book(BUY) == [(110, 2, 1)]


def test_a_sell_does_not_slide_beyond_the_highest_price(stage: Stage) -> None:
    stage.buy(5, NUMBER_MAX, node=BETA)
    slide = int(OrderFlag.POST_ONLY_SLIDE)
    line = f"rejected 11 5@{NUMBER_MAX - 2} POST_ONLY_WOULD_TRADE"
    assert stage.sell(5, NUMBER_MAX - 2, flags=slide) == [line]


def test_books_settle_when_only_hidden_lots_have_changed(stage: Stage) -> None:
    stage.run(CommandType.SET_BANDS, quantity=100)
    stage.buy(4, 105, flags=int(OrderFlag.ALL_OR_NONE))
    stage.terms(display=2)
    stage.sell(9, 105, node=BETA)
    stage.run(CommandType.SET_BANDS, quantity=900)
    assert stage.replace(13, quantity=8)[-1] == "trade 11 2@105"


def test_books_settle_when_an_order_that_waits_to_be_filled_goes(stage: Stage) -> None:
    stage.run(CommandType.SET_BANDS, quantity=100)
    stage.buy(4, 105, flags=int(OrderFlag.ALL_OR_NONE))
    stage.buy(4, 95, flags=int(OrderFlag.ALL_OR_NONE))
    stage.sell(4, 105, node=BETA)
    stage.run(CommandType.SET_BANDS, quantity=900)
    assert stage.cancel(12)[1:] == ["trade 13 4@105", "trade 11 4@105"]


def test_both_positions_of_a_node_and_the_one_above_it_end_with_one_trade(stage: Stage) -> None:
    stage.buy(5, 100, node=FIRM)
    stage.sell(5, 100)
    stage.sell(5, 100, node=FIRM)
    assert stage.buy(5, 100)[1:] == ["trade 12 5@100", "trade 13 5@100"]
    stage.pair.compare_state()
    assert stage.buy(4, 99) == ["accepted 14 4@99 left 4"]


def test_books_settle_when_an_order_is_replaced_by_what_it_was(stage: Stage) -> None:
    stage.run(CommandType.SET_BANDS, quantity=100)
    stage.buy(4, 105, flags=int(OrderFlag.ALL_OR_NONE))
    stage.sell(4, 105, node=BETA)
    stage.run(CommandType.SET_BANDS, quantity=900)
    assert stage.replace(11, quantity=4)[1:] == ["trade 12 4@105", "trade 11 4@105"]

"""Rule by rule of docs/native-rules.md, on both engines: phases and auctions."""

import pytest

from tests.native.reference_auction import Cross, cross
from tests.native.reference_orders import Order
from tests.native.reference_stage import BETA, BUY, SELL, Stage
from tickmesh.native.engine import CommandType, OrderFlag, OrderType, Phase, TimeInForce

Book = list[tuple[int, int]]  # price, or 0 for MARKET, and lots


@pytest.fixture
def stage() -> Stage:
    return Stage()


def orders(side: int, book: Book) -> list[Order]:
    return [Order(0, 0, 0, side, 2, price, 0, lots, lots, 1, 0, 0, 0) for price, lots in book]


def best_of_all(buys: Book, sells: Book, reference: int) -> Cross:
    """The rule, said once more by trying every price."""
    found = []
    for price in range(1, 60):
        bought = sum(lots for limit, lots in buys if limit in (0, *range(price, 60)))
        sold = sum(lots for limit, lots in sells if limit <= price)
        rank = (-min(bought, sold), abs(bought - sold), abs(price - reference), price)
        found.append((rank, Cross(price, min(bought, sold), bought - sold)))
    best = min(found)[1]
    return best if best.volume else Cross()


@pytest.mark.parametrize(
    ("buys", "sells", "reference", "wanted"),
    [
        ([(50, 5)], [(40, 5)], 45, (45, 5, 0)),
        ([(50, 5)], [(40, 5)], 30, (40, 5, 0)),
        ([(50, 5)], [(40, 5)], 55, (50, 5, 0)),
        ([(40, 5)], [(50, 5)], 45, (0, 0, 0)),
        ([(0, 5)], [(0, 3)], 45, (45, 3, 2)),
        ([(0, 5)], [(50, 3), (52, 4)], 10, (52, 5, -2)),
        ([(50, 5), (48, 5)], [(40, 10)], 60, (48, 10, 0)),
        # between 44 and 46 nobody has a limit, but there the sides are equal
        ([(46, 5), (43, 4)], [(40, 5), (47, 9)], 10, (44, 5, 0)),
        # two prices of equal volume and imbalance, equally far away: the lower one
        ([(52, 5), (48, 2)], [(48, 3), (52, 2)], 50, (52, 5, 0)),
        ([(51, 3), (49, 2)], [(40, 3)], 50, (50, 3, 0)),
    ],
)
def test_the_price_is_the_one_of_the_rule(
    buys: Book, sells: Book, reference: int, wanted: tuple[int, int, int]
) -> None:
    found = cross(orders(BUY, buys), orders(SELL, sells), reference)
    assert found == wanted == best_of_all(buys, sells, reference)


def test_an_auction_fills_market_orders_first_then_by_price_and_time(stage: Stage) -> None:
    stage.phase(Phase.OPENING_AUCTION)
    stage.buy(5, 102)
    stage.buy(5)
    stage.buy(5, 102)
    stage.sell(12, 101, node=BETA)
    assert stage.run(CommandType.INDICATE) == ["auction 12@101 left 3"]
    assert stage.phase(Phase.CONTINUOUS) == [
        "phase_changed 0@0 left 2",
        "auction 12@101 left 3",
        "trade 12 5@101",
        "trade 14 5@101 left 7",
        "trade 11 5@101",
        "trade 14 5@101 left 2",
        "trade 13 2@101 left 3",
        "trade 14 2@101",
    ]
    assert stage.book(BUY) == [(102, 3, 1)]


def test_what_was_for_the_auction_only_ends_with_it(stage: Stage) -> None:
    stage.phase(Phase.OPENING_AUCTION)
    stage.buy(5)
    stage.sell(4, 101, time_in_force=int(TimeInForce.AT_THE_OPENING))
    stage.sell(3, 102, time_in_force=int(TimeInForce.GOOD_FOR_AUCTION), node=BETA)
    stage.buy(2, 90)
    lines = stage.phase(Phase.CONTINUOUS)
    assert lines[1] == "auction 5@102 left -2"
    assert lines[-1] == "expired 13 2@102"
    assert stage.book(BUY) == [(90, 2, 1)]


def test_a_market_order_that_is_left_over_is_cancelled(stage: Stage) -> None:
    stage.phase(Phase.CLOSING_AUCTION)
    stage.buy(5)
    assert stage.phase(Phase.CLOSED) == [
        "phase_changed 6@0 left 5",
        "auction 0@0",
        "canceled 11 5@0 NO_LIQUIDITY",
    ]


def test_orders_for_the_close_wait_for_the_closing_auction(stage: Stage) -> None:
    closing = int(TimeInForce.AT_THE_CLOSE)
    stage.buy(5, time_in_force=closing)
    stage.sell(5, 99, time_in_force=closing, node=BETA)
    assert stage.book(SELL) == []
    stage.phase(Phase.CLOSING_AUCTION)
    assert stage.book(SELL) == [(99, 5, 1)]
    assert stage.phase(Phase.CLOSED)[1:] == ["auction 5@100", "trade 10 5@100", "trade 11 5@100"]


def test_an_iceberg_takes_part_with_all_its_lots_and_keeps_its_place(stage: Stage) -> None:
    stage.phase(Phase.PRE_OPEN)
    stage.terms(display=2)
    stage.sell(9, 100)
    stage.sell(5, 100)
    stage.buy(6, 100, node=BETA)
    lines = stage.phase(Phase.CONTINUOUS)
    assert lines[1:] == ["auction 6@100 left -8", "trade 14 6@100", "trade 12 6@100 left 3"]
    assert [order.id for order in stage.reference.books.in_turn(0, SELL)] == [12, 13]
    assert stage.book(SELL) == [(100, 7, 2)]


@pytest.mark.parametrize("phase", [Phase.HALT, Phase.CLOSED])
def test_a_closed_market_takes_cancels_and_smaller_orders_only(stage: Stage, phase: Phase) -> None:
    stage.buy(5, 99)
    stage.phase(phase)
    assert stage.buy(5, 99) == ["rejected 12 5@99 PHASE"]
    assert stage.replace(10, price=98) == ["cancel_rejected 10 0@98 PHASE"]
    assert stage.replace(10, quantity=4) == ["replaced 10 4@99 left 4"]
    assert stage.cancel(10) == ["canceled 10 4@99 REQUESTED"]


def test_a_stop_looks_at_the_price_of_the_auction(stage: Stage) -> None:
    stage.buy(5, kind=int(OrderType.STOP), trigger=103)
    stage.phase(Phase.PRE_OPEN)
    stage.buy(1, 104)
    stage.sell(1, 104, node=BETA)
    lines = stage.phase(Phase.CONTINUOUS)
    assert lines[-2:] == ["triggered 10 0@0 left 5", "canceled 10 5@0 NO_LIQUIDITY"]


def test_a_book_that_would_open_crossed_is_crossed_again(stage: Stage) -> None:
    stage.sell(10, 100, node=BETA)
    stage.buy(10, 100)
    stage.sell(10, 101, flags=int(OrderFlag.REDUCE_ONLY))
    stage.buy(7, 95, node=BETA)
    stage.sell(7, 95)
    stage.phase(Phase.PRE_OPEN)
    stage.buy(10, 110, node=BETA)
    stage.sell(5, 105)
    assert stage.phase(Phase.CONTINUOUS)[1:] == [
        "auction 10@101",
        "trade 16 3@101 left 7",
        "trade 12 3@101 left 7",
        "canceled 12 7@101 REDUCE_ONLY",
        "auction 5@105 left 2",
        "trade 16 5@105 left 2",
        "trade 17 5@105",
    ]

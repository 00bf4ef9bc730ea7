"""What the ledger tells and answers, case by case."""

import pytest

from tests.native.market import ALPHA, BETA, DESK
from tests.native.venue.ledger_desk import Desk
from tests.native.venue.reference_venue import (
    ADDED,
    CANCELED,
    END_OF_DAY,
    EXPIRED,
    IS_PARTIALLY_FILLED,
    NEW,
    REJECTED,
    REMOVED,
    REPLACED,
    TRADE,
    Report,
)
from tickmesh.native.engine import (
    NONE,
    NUMBER_MAX,
    CommandType,
    Contingency,
    LimitType,
    OrderType,
    Phase,
    Reason,
    Side,
    TimeInForce,
)

BUY, SELL = Side.BUY, Side.SELL
OCO, OTO = int(Contingency.OCO), int(Contingency.OTO)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def told(reports: list[Report]) -> list[tuple[int, int, int]]:
    """Order, what happened to it and why."""
    return [(report.order, report.exec_type, report.reason) for report in reports]


def test_a_trade_is_told_of_both_sides_under_one_number(desk: Desk) -> None:
    maker = desk.order(SELL, 10, 1_000, b"maker")
    desk.row()
    taker = desk.order(BUY, 4, 1_000, b"taker", node=BETA)
    reports, answers = desk.row()
    assert [report.order for report in reports] == [taker, maker, taker]
    _, first, second = reports
    assert (first.text, first.leaves, first.cumulative, first.status) == (b"maker", 6, 4, IS_PARTIALLY_FILLED)
    assert first.trade == second.trade == first.sequence
    assert [report.liquidity for report in reports] == [0, ADDED, REMOVED]
    assert (second.last_lots, second.last_ticks, second.value) == (4, 1_000, 4_000)
    assert [answer.report for answer in answers] == [2]
    assert desk.ledger.order(taker) is None


def test_a_value_may_need_more_than_64_bits(desk: Desk) -> None:
    desk.order(SELL, NUMBER_MAX, NUMBER_MAX)
    desk.order(BUY, NUMBER_MAX, NUMBER_MAX, node=BETA)
    assert desk.row()[0][-1].value == 1 << 92


def test_a_client_order_id_that_came_before_is_answered_with_its_order(desk: Desk) -> None:
    first = desk.order(BUY, 1, 900, client_key=7)
    again = desk.order(BUY, 1, 900, client_key=7)
    reports, answers = desk.row()
    assert told(reports) == [(first, NEW, 0)]
    assert [answer.first_order for answer in answers] == [0, first]
    assert (again, desk.ledger.key_order(7)) == (first + 1, first)


def test_a_key_is_free_again_when_its_order_ends(desk: Desk) -> None:
    order = desk.order(BUY, 1, 900, client_key=7)
    desk.row()
    desk.cancel(order)
    desk.row()
    assert desk.ledger.key_order(7) == 0


def test_a_limit_that_refuses_is_told_in_figures(desk: Desk) -> None:
    place = {"node": DESK, "instrument": 0, "kind": int(LimitType.ORDER_QUANTITY)}
    desk.stamp(CommandType.SET_LIMIT, quantity=5, **place)
    order, large = desk.order(BUY, 5, 900), desk.order(BUY, 6, 900)
    desk.stamp(CommandType.REPLACE_ORDER, target=order, quantity=8)
    reports, answers = desk.row()
    assert told(reports) == [(order, NEW, 0), (large, REJECTED, Reason.ORDER_QUANTITY_LIMIT)]
    figures = [(one.limit, one.used, one.asked, one.limit_node) for one in (reports[1], answers[3])]
    assert figures == [(5, 0, 6, DESK), (5, 0, 8, DESK)]
    assert (answers[3].reason, answers[3].report) == (Reason.ORDER_QUANTITY_LIMIT, -1)


def test_a_mass_cancel_says_how_many_it_ended(desk: Desk) -> None:
    orders = [desk.order(BUY, 1, 900 + place) for place in range(3)]
    desk.row()
    desk.stamp(CommandType.MASS_CANCEL, node=ALPHA, instrument=NONE)
    reports, [answer] = desk.row()
    assert sorted(told(reports)) == [(order, CANCELED, Reason.MASS_CANCEL) for order in orders]
    assert (answer.canceled, answer.report) == (3, -1)


def test_the_end_of_the_day_has_a_reason_of_its_own(desk: Desk) -> None:
    order = desk.order(BUY, 1, 900, time_in_force=int(TimeInForce.DAY))
    desk.stamp(CommandType.END_OF_DAY, instrument=NONE)
    assert told(desk.row()[0]) == [(order, NEW, 0), (order, EXPIRED, END_OF_DAY)]


def test_in_an_auction_the_number_is_that_of_the_buy_and_nobody_adds_or_removes(desk: Desk) -> None:
    desk.stamp(CommandType.SET_PHASE, kind=int(Phase.OPENING_AUCTION), instrument=0)
    sell, buy = desk.order(SELL, 2, 990), desk.order(BUY, 2, 1_010, node=BETA)
    desk.stamp(CommandType.SET_PHASE, kind=int(Phase.CONTINUOUS), instrument=0)
    trades = [report for report in desk.row()[0] if report.exec_type == TRADE]
    assert [(report.order, report.liquidity) for report in trades] == [(buy, 0), (sell, 0)]
    assert {report.trade for report in trades} == {trades[0].sequence}


def test_a_full_engine_lets_an_order_that_never_rests_pass() -> None:
    desk = Desk(orders=2)
    first = desk.order(SELL, 5, 1_000)
    desk.order(SELL, 5, 1_001)
    at_once = desk.order(BUY, 2, 1_000, node=BETA, time_in_force=int(TimeInForce.IOC))
    resting = desk.order(BUY, 2, 900)
    reports, _ = desk.row()
    assert told(reports)[2:] == [
        (at_once, NEW, 0),
        (first, TRADE, 0),
        (at_once, TRADE, 0),
        (resting, REJECTED, Reason.CAPACITY),
    ]
    assert desk.ledger.orders() == 2


# Lists: the engine decides all their orders under the last one's command.


def oco(desk: Desk, *prices: int) -> list[int]:
    """Orders to sell of which one cancels the others."""
    left = range(len(prices) - 1, -1, -1)
    fields = {"contingency": OCO}
    return [
        desk.order(SELL, 10, price, more=more, **fields) for price, more in zip(prices, left, strict=True)
    ]


def test_all_orders_of_a_list_are_answered_when_it_is_decided_in_their_row(desk: Desk) -> None:
    first, second = oco(desk, 1_010, 1_020)
    reports, answers = desk.row()
    assert told(reports) == [(first, NEW, 0), (second, NEW, 0)]
    assert [answer.report for answer in answers] == [0, 1]
    assert [(report.command, report.submit_time_ns) for report in reports] == [
        (second, first),
        (second, second),
    ]


def test_an_order_of_a_list_that_is_decided_in_a_later_row_is_told_there(desk: Desk) -> None:
    first, second = oco(desk, 1_010, 1_020)
    reports, [answer] = desk.row(1)
    assert (reports, answer.report) == ([], -1)
    assert (desk.ledger.orders(), desk.ledger.order(first)) == (0, None)
    reports, [answer] = desk.row()
    assert told(reports) == [(first, NEW, 0), (second, NEW, 0)]
    assert answer.report == 1


def test_a_list_that_something_else_breaks_is_rejected_under_that_command(desk: Desk) -> None:
    first = desk.order(SELL, 10, 1_010, contingency=OCO, more=1, client_key=7)
    cancel = desk.cancel(first)
    reports, [of_order, of_cancel] = desk.row()
    assert told(reports) == [(first, REJECTED, Reason.LIST_INCOMPLETE)]
    assert reports[0].command == cancel
    assert (of_order.report, of_cancel.report, of_cancel.reason) == (0, 0, Reason.UNKNOWN_ORDER)
    assert desk.ledger.key_order(7) == 0


def test_a_full_engine_rejects_a_list_order_by_order() -> None:
    desk = Desk(orders=1)
    resting = desk.order(SELL, 5, 1_000)
    orders = oco(desk, 1_010, 1_020, 1_030)
    reports, answers = desk.row()
    assert [report.order for report in reports] == [resting, *orders]
    assert {report.exec_type for report in reports[1:]} == {REJECTED}
    assert [answer.report for answer in answers] == [0, 1, 2, 3]


def test_an_order_that_its_list_releases_is_as_large_as_what_its_parent_traded(desk: Desk) -> None:
    parent = desk.order(BUY, 10, 1_000, contingency=OTO, more=1)
    held = desk.order(SELL, 10, 1_050, contingency=OTO)
    desk.order(SELL, 4, 1_000, node=BETA)
    desk.cancel(parent)
    desk.row()
    live = desk.ledger.order(held)
    assert live is not None
    assert (live.quantity, live.leaves) == (4, 4)
    desk.order(BUY, 4, 1_050, node=BETA)
    assert desk.row()[0][1].quantity == 4


def test_a_triggered_order_keeps_what_it_was_ordered_as(desk: Desk) -> None:
    stop = desk.order(SELL, 5, 0, kind=int(OrderType.STOP), target=990)
    desk.order(BUY, 1, 990, node=BETA)
    desk.order(SELL, 1, 990, node=DESK)
    reports, _ = desk.row()
    assert (stop, CANCELED, Reason.NO_LIQUIDITY) in told(reports)
    assert {report.kind for report in reports if report.order == stop} == {OrderType.STOP}


def test_a_replace_is_answered_with_the_order_as_it_is_then(desk: Desk) -> None:
    order = desk.order(BUY, 5, 900)
    desk.stamp(CommandType.REPLACE_ORDER, target=order, price=901, quantity=7)
    reports, answers = desk.row()
    assert told(reports) == [(order, NEW, 0), (order, REPLACED, 0)]
    assert (reports[1].price, reports[1].quantity, reports[1].leaves) == (901, 7, 7)
    assert [answer.report for answer in answers] == [0, 1]

"""The venue adds up what the engine says, the same way however its commands are cut into rows."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.services.orders.script import Script, a_day
from tickmesh.native.engine import NONE, CommandType
from tickmesh.services.orders.domain import texts
from tickmesh.services.orders.domain.orders import ExecType, Status


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1_000), st.lists(st.integers(1, 120), max_size=10, unique=True))
def test_rows_may_be_cut_anywhere(seed: int, cuts: list[int]) -> None:
    script = a_day(seed)
    whole, in_rows = script.run([]), script.run(sorted(cuts))
    assert in_rows[1] == whole[1]
    assert in_rows[0].books == whole[0].books
    assert in_rows[0].live == whole[0].live
    assert in_rows[0].by_key == whole[0].by_key


@pytest.mark.parametrize("seed", range(5))
def test_the_books_hold_what_the_live_orders_have_left(seed: int) -> None:
    venue, _, _, open_orders = a_day(seed).run([])
    book = venue.books[0]
    for side, levels in ((1, book.bids), (2, book.asks)):
        mine = [live.state for live in venue.live.values() if live.ticket.side == side]
        assert sum(level[1] for level in levels.values()) == sum(state.leaves for state in mine)
        assert sum(level[2] for level in levels.values()) == len(mine)
    assert len(venue.live) == len(venue.by_key) == open_orders
    assert all(live.state.status.is_open for live in venue.live.values())


def test_an_answer_is_the_last_thing_that_its_command_did_to_its_order() -> None:
    script = Script()
    resting = script.order(2, 5, 18_920)
    taker = script.order(1, 8, 18_920, time_in_force=3)
    _, _, (outcome,), _ = script.run([])
    first, last = outcome.answers[resting].report, outcome.answers[taker].report
    assert first is not None
    assert last is not None
    assert (first.exec_type, first.state.status) == (ExecType.NEW, Status.NEW)
    assert (last.state.status, last.state.cumulative, last.state.reason) == (
        Status.CANCELED,
        5,
        "NO_LIQUIDITY",
    )


def test_a_report_keeps_the_state_of_its_moment() -> None:
    script = Script()
    script.order(2, 5, 18_920)
    for _ in range(5):
        script.order(1, 1, 18_920)
    _, reports, _, _ = script.run([])
    makers = [report.state.leaves for report in reports if report.ticket.side == 2]
    assert makers == [5, 4, 3, 2, 1, 0]


def test_an_id_that_came_before_answers_with_the_first_order() -> None:
    script = Script()
    first = script.order(1, 5, 18_900)
    told = {"key": first, "price": 18_900, "quantity": 5, "node": 2, "side": 1, "sort": 2}
    again = script.add(CommandType.NEW_ORDER, **told, note=f"c-{first}")
    venue, reports, (outcome,), _ = script.run([])
    assert (outcome.answers[again].first_order_id, len(reports)) == (first, 1)
    assert venue.by_key == {first: first}


def test_the_answer_to_a_request_is_found_again_with_its_cancels() -> None:
    script = Script()
    script.order(1, 5, 18_900)
    script.order(1, 5, 18_901)
    number = len(script.notes) + 1
    note = texts.part(texts.REQUEST, f'["r-1", "digest", {number}]')
    script.add(CommandType.MASS_CANCEL, node=0, instrument=NONE, note=note)
    venue, _, _, _ = script.run([])
    assert venue.requests == {"r-1": ("digest", number, 2)}

"""The book rebuilt from the stream, and the comparison row by row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickmesh.services.replay.lobster import Kind, Message, State
from tickmesh.services.replay.plan import make_plan
from tickmesh.services.replay.rebuilt import Change, LevelChange, Levels, RebuiltBook, Side, compare
from tickmesh.services.runtime.errors import InvalidArgument

CHANGES = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 3)), max_size=100)


@given(CHANGES, st.sampled_from([1, -1]))
def test_a_side_always_knows_its_best_level(changes: list[tuple[int, int]], sign: int) -> None:
    side, levels = Side(sign), dict[int, int]()
    for price, quantity in changes:
        side.set(price, quantity)
        levels[price] = quantity
        open_prices = [each for each, left in levels.items() if left]
        best = min(open_prices, key=lambda each: sign * each, default=0)
        assert side.best() == (best, levels.get(best, 0))


def test_a_snapshot_replaces_what_was_known() -> None:
    book = RebuiltBook()
    book.apply(Change(1, [LevelChange(True, 100, 5), LevelChange(False, 110, 5)]))
    book.apply(Change(2, [LevelChange(True, 99, 1)], is_whole=True))
    assert book.state() == State(0, 0, 99, 1)


def buy(order_id: int, price: int) -> Message:
    return Message(0, Kind.SUBMIT, order_id, 5, price, 1)


PLAN = make_plan([buy(1, 100), Message(0, Kind.HALT, 0, 0, -1, -1), buy(2, 101), buy(3, 99)])
TOLD = [Change(number, [LevelChange(True, price, 5)]) for number, price in ((11, 100), (14, 101), (15, 99))]
RECORDED = [State(0, 0, price, 5) for price in (100, 100, 101, 101)]


def test_a_message_without_an_action_keeps_the_state() -> None:
    result = compare(PLAN, [11, 14, 15], TOLD, RECORDED)
    assert (result.compared, result.reproduced, result.first_difference) == (4, 4, None)


def test_a_change_that_was_not_told_is_a_difference() -> None:
    result = compare(PLAN, [11, 14, 15], [TOLD[0], TOLD[2]], RECORDED)
    assert (result.compared, result.reproduced) == (4, 2)
    assert result.first_difference == (2, State(0, 0, 101, 5), State(0, 0, 100, 5))


def test_rows_that_were_not_sent_are_not_compared() -> None:
    assert compare(PLAN, [11], TOLD[:1], RECORDED).compared == 2


def test_a_refused_action_changes_nothing() -> None:
    result = compare(PLAN, [11, 0, 15], [TOLD[0], TOLD[2]], RECORDED)
    assert (result.compared, result.reproduced) == (4, 2)


def test_levels_are_whole_numbers_whatever_their_text() -> None:
    levels = Levels()
    for text in ("585.33", "585.3300"):
        assert levels.change(True, text, "18") == LevelChange(True, 5_853_300, 18)
    with pytest.raises(InvalidArgument):
        levels.change(True, "585.33001", "18")

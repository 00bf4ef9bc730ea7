"""The venue adds up what the engine says, the same way however its commands are cut into rows."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.services.orders.script import CONFIG, Script, a_day, a_venue, keys, living
from tests.services.orders.slow_books import SlowBooks
from tickmesh.native.engine import NONE, CommandType, Engine, EventType
from tickmesh.services.orders.domain import texts
from tickmesh.services.orders.domain.orders import ExecType, Status


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1_000), st.lists(st.integers(1, 120), max_size=10, unique=True))
def test_rows_may_be_cut_anywhere(seed: int, cuts: list[int]) -> None:
    script = a_day(seed)
    whole, in_rows = script.run([]), script.run(sorted(cuts))
    assert in_rows.reports.tobytes() == whole.reports.tobytes()
    assert in_rows.answers() == whole.answers()
    assert living(in_rows.venue) == living(whole.venue)
    assert keys(in_rows.venue) == keys(whole.venue)


@pytest.mark.parametrize("seed", range(5))
def test_the_books_hold_what_the_live_orders_have_left(seed: int) -> None:
    ran, books = a_day(seed).run([50]), SlowBooks()
    for outcome in ran.outcomes:
        books.take(outcome.commands, outcome.events)
    live = living(ran.venue).values()
    for side, levels in zip((1, 2), books.depth(0), strict=True):
        mine = [order.state for order in live if order.ticket.side == side]
        assert sum(level[1] for level in levels) == sum(state.leaves for state in mine)
        assert sum(level[2] for level in levels) == len(mine)
    assert len(live) == len(keys(ran.venue)) == ran.venue.orders.order_count() == ran.open_orders
    assert all(order.state.status.is_open for order in live)


def test_an_answer_is_the_last_thing_that_its_command_did_to_its_order() -> None:
    script = Script()
    resting = script.order(2, 5, 18_920)
    taker = script.order(1, 8, 18_920, time_in_force=3)
    answers = {answer.command: answer for answer in script.run([]).answers()}
    first, last = answers[resting].report, answers[taker].report
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
    makers = [report.state.leaves for report in script.run([]).told() if report.ticket.side == 2]
    assert makers == [5, 4, 3, 2, 1, 0]


def test_an_id_that_came_before_answers_with_the_first_order() -> None:
    script = Script()
    first = script.order(1, 5, 18_900)
    told = {"key": first, "price": 18_900, "quantity": 5, "node": 2, "side": 1, "sort": 2}
    script.add(CommandType.NEW_ORDER, **told, note=f"c-{first}")
    ran = script.run([])
    assert (ran.answers()[-1].first_order_id, ran.answers()[-1].report, len(ran.reports)) == (first, None, 1)
    assert keys(ran.venue) == {first: first}


def test_the_answer_to_a_request_is_found_again_with_its_cancels() -> None:
    script = Script()
    script.order(1, 5, 18_900)
    script.order(1, 5, 18_901)
    number = len(script.notes) + 1
    note = texts.part(texts.REQUEST, f'["r-1", "digest", {number}]')
    script.add(CommandType.MASS_CANCEL, node=0, instrument=NONE, note=note)
    ran = script.run([])
    assert ran.venue.requests == {"r-1": ("digest", number, 2)}
    assert ran.answers()[-1].canceled == 2


Spoil = Callable[[Any], Any]
SPOILED_EVENTS: dict[str, Spoil] = {
    "the order is not decided": lambda events: events[events["type"] != EventType.ORDER_ACCEPTED],
    "it is decided twice": lambda events: np.repeat(events, 1 + (events["type"] == EventType.ORDER_ACCEPTED)),
    "they run backwards": lambda events: events[::-1].copy(),
}
SPOILED_NOTES: dict[str, Spoil] = {
    "one is missing": lambda notes: notes[: notes[:-1].rindex(b"\0") + 1],
    "the last has no end": lambda notes: notes[:-1],
    "one too many": lambda notes: notes + b"\0",
    "one is too long": lambda notes: notes[:-1] + b"x" * 65 + b"\0",
}


def a_row() -> tuple[bytes, bytes, Any]:
    """Returns commands, the last of which is an order, with their notes and events."""
    script = Script()
    script.order(1, 5, 18_900)
    with Engine(CONFIG) as engine:
        return bytes(script.payload), script.notes_of(0), engine.process(bytes(script.payload)).copy()


@pytest.mark.parametrize("spoil", SPOILED_EVENTS.values(), ids=SPOILED_EVENTS)
def test_events_that_do_not_fit_their_commands_are_refused(spoil: Spoil) -> None:
    payload, notes, events = a_row()
    with pytest.raises(ValueError, match="do not fit"):
        a_venue().apply(payload, notes, spoil(events))


@pytest.mark.parametrize("spoil", SPOILED_NOTES.values(), ids=SPOILED_NOTES)
def test_notes_that_do_not_fit_their_commands_are_refused(spoil: Spoil) -> None:
    payload, notes, events = a_row()
    with pytest.raises(ValueError, match="do not fit"):
        a_venue().apply(payload, spoil(notes), events)

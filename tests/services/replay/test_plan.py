"""Planning a replay, and proof in plain Python that the plan reproduces the recorded book."""

from collections.abc import Sequence

from tickmesh.services.replay.lobster import (
    Kind,
    Level,
    Message,
    State,
    read_messages,
    read_seed,
    read_states,
)
from tickmesh.services.replay.plan import Action, Do, Plan, make_plan, price_step
from tickmesh.services.replay.rebuilt import Change, LevelChange, compare

from .sample import TEN_LEVELS, recording
from .slow_book import SlowBook


def message(kind: Kind, order_id: int, size: int, price: int = 100, direction: int = 1) -> Message:
    return Message(0, kind, order_id, size, price, direction)


def planned(*messages: Message, seed: Sequence[Level] = ()) -> list[tuple[Do, str, int]]:
    return [(action.do, action.name, action.quantity) for action in make_plan(messages, seed).actions]


def test_the_first_message_is_part_of_the_seed() -> None:
    seed = [Level(-1, 120, 5), Level(1, 100, 18)]
    actions = planned(message(Kind.SUBMIT, 7, 18), message(Kind.DELETE, 7, 18), seed=seed)
    assert actions == [
        (Do.PLACE, "seed-s-120", 5),
        (Do.PLACE, "seed-b-100", 18),
        (Do.CANCEL, "seed-b-100", 0),
    ]


def test_without_a_seed_the_first_message_is_sent() -> None:
    assert planned(message(Kind.SUBMIT, 7, 18)) == [(Do.PLACE, "7", 18)]


def test_a_partial_cancel_asks_for_the_total_with_what_has_traded() -> None:
    actions = planned(
        message(Kind.SUBMIT, 7, 100),
        message(Kind.EXECUTE, 7, 30),
        message(Kind.REDUCE, 7, 20),
        message(Kind.REDUCE, 7, 50),
    )
    assert actions[1:] == [(Do.HIT, "7", 30), (Do.REDUCE, "7", 80), (Do.CANCEL, "7", 0)]


def test_an_execution_becomes_an_order_of_the_other_side() -> None:
    plan = make_plan([message(Kind.SUBMIT, 7, 100, 120, -1), message(Kind.EXECUTE, 7, 30, 120, -1)])
    assert plan.actions[1] == Action(Do.HIT, 1, "7", True, 30, 120)


def test_hidden_executions_halts_and_unknown_orders_do_nothing_and_are_counted() -> None:
    plan = make_plan(
        [
            message(Kind.EXECUTE_HIDDEN, 0, 10),
            message(Kind.HALT, 0, 0, -1, -1),
            message(Kind.CROSS, -1, 10, 100, -1),
            message(Kind.DELETE, 9, 10),
        ]
    )
    assert (plan.actions, plan.rows) == ([], 4)
    assert (plan.counts.hidden, plan.counts.halts, plan.counts.unknown) == (1, 2, 1)


def test_more_than_an_order_has_takes_it_to_its_end() -> None:
    plan = make_plan([message(Kind.SUBMIT, 7, 10), message(Kind.REDUCE, 7, 11)])
    assert plan.actions[1].do is Do.CANCEL
    assert plan.counts.oversized == 1


def test_an_older_order_steps_back_for_one_that_traded_out_of_turn() -> None:
    actions = planned(
        message(Kind.SUBMIT, 7, 10),
        message(Kind.SUBMIT, 8, 10),
        message(Kind.EXECUTE, 8, 4),
        message(Kind.DELETE, 7, 10),
    )
    assert actions[2:] == [
        (Do.CANCEL, "7", 0),
        (Do.HIT, "8", 4),
        (Do.PLACE, "7.2", 10),
        (Do.CANCEL, "7.2", 0),
    ]


def test_prices_of_whole_cents_need_no_finer_step() -> None:
    cents = Action(Do.PLACE, 0, "1", True, 1, 5_853_300)
    assert price_step([cents]) == 100
    assert price_step([cents, cents._replace(price=5_853_350)]) == 1


def through_slow_book(plan: Plan) -> tuple[SlowBook, list[Change]]:
    """Applies a plan to the slow book; returns it, and as changes the best levels after each action."""
    book, changes, shown = SlowBook(), list[Change](), State(0, 0, 0, 0)
    for command, action in enumerate(plan.actions, 1):
        book.apply(action)
        state = book.best()
        gone = [(False, shown.ask_price, 0), (True, shown.bid_price, 0)]
        now = [(False, state.ask_price, state.ask_size), (True, state.bid_price, state.bid_size)]
        changes.append(Change(command, [LevelChange(*each) for each in gone + now]))
        shown = state
    return book, changes


def test_a_slow_book_reproduces_the_first_20_000_best_levels_of_the_sample() -> None:
    found = recording()
    assert found.seed is not None and found.reference is not None
    plan = make_plan(read_messages(found.messages, 20_000), read_seed(found.seed))
    book, changes = through_slow_book(plan)
    result = compare(plan, range(1, len(changes) + 1), changes, read_states(found.reference))
    assert (result.reproduced, result.compared) == (20_000, 20_000)
    assert book.wrong == []  # each hit met the very order that the recording names, and nothing else traded
    assert plan.counts.out_of_turn == 4


def test_ten_levels_lose_what_was_placed_below_them() -> None:
    """Row 440 shows an order that was placed deeper than ten levels: such a recording does not tell of it."""
    found = recording(TEN_LEVELS)
    assert found.seed is not None and found.reference is not None
    plan = make_plan(read_messages(found.messages), read_seed(found.seed))
    _, changes = through_slow_book(plan)
    result = compare(plan, range(1, len(changes) + 1), changes, read_states(found.reference))
    assert (result.reproduced, result.compared) == (955, 999)
    assert result.first_difference is not None and result.first_difference[0] == 440

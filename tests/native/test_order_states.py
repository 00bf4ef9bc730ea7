"""Every state of an order against all that may be asked of it: what its owner hears, what remains.

The states are those of FIX (OrdStatus 39) that a matching engine has, each as it is after the last report;
the steps are those of `order_story.py`. `test_order_matrices.py` has the scenarios that FIX draws itself.
"""

from itertools import permutations

import pytest

from tests.native.order_story import Story
from tickmesh.native.engine import Side

LIVE = {
    "new": ["new 10"],
    "new, post-only": ["new 10 POST_ONLY"],
    "partially filled": ["new 10", "fill 4"],
    "replaced, shrunk before a fill": ["new 10", "replace 8"],
    "replaced, shrunk after a fill": ["new 10", "fill 4", "replace 8"],
    "replaced, grown before a fill": ["new 10", "replace 12"],
    "replaced, grown after a fill": ["new 10", "fill 4", "replace 12"],
    "replaced, moved": ["new 10", "replace worse"],
    "replaced, then partially filled": ["new 10", "replace 8", "fill 5"],
    "replace refused": ["new 10", "fill 4", "replace 4"],
    "reduced by self-trade prevention": ["new 10", "own 3"],
}
"""How an order comes into a state in which it lives."""

ENDED = {
    "filled": ["new 10", "fill 10"],
    "filled in parts": ["new 10", "fill 4", "fill 6"],
    "filled after a replace": ["new 10", "fill 4", "replace 8", "fill 4"],
    "filled by a replace": ["offer 10", "new 10", "replace better"],
    "cancelled": ["new 10", "cancel"],
    "cancelled after a fill": ["new 10", "fill 4", "cancel"],
    "cancelled after a replace": ["new 10", "replace 8", "cancel"],
    "cancelled by a mass command": ["new 10", "mass-cancel"],
    "cancelled by self-trade prevention": ["new 10", "own 10"],
    "cancelled at once": ["new 10 IOC"],
    "expired with its day": ["new 10 DAY", "end-of-day"],
    "expired after a fill": ["new 10 DAY", "fill 4", "end-of-day"],
    "expired at its time": ["new 10 GTD", "wait"],
    "rejected": ["new 0"],
    "rejected by a limit": ["limit 5", "new 10"],
    "rejected as not fillable": ["new 10 FOK"],
    "triggered, then cancelled": ["new 10 STOP", "move"],
}
"""How an order ends."""

CHANGES = {
    "new": """
        cancel         | CANCELED CANCELED 10 0 0 REQUESTED
        cancel beta    | CANCEL_REJECTED NEW 10 0 10 NOT_OWNER
        replace beta 5 | CANCEL_REJECTED NEW 10 0 10 NOT_OWNER
        replace        | REPLACED NEW 10 0 10
        replace 10     | REPLACED NEW 10 0 10
        replace 1      | REPLACED NEW 1 0 1
        replace 15     | REPLACED NEW 15 0 15
        replace worse  | REPLACED NEW 10 0 10
        replace 5 better | REPLACED NEW 5 0 5
        replace -1     | CANCEL_REJECTED NEW 10 0 10 INVALID_QUANTITY
        fill 10        | TRADE FILLED 10 10 0
        fill 25        | TRADE FILLED 10 10 0
        mass-cancel    | CANCELED CANCELED 10 0 0 MASS_CANCEL
        end-of-day     |
        disconnect     |
    """,
    "new, post-only": """
        offer 5; replace better | CANCEL_REJECTED NEW 10 0 10 POST_ONLY_WOULD_TRADE
        replace better | REPLACED NEW 10 0 10
        fill 10        | TRADE FILLED 10 10 0
    """,
    "partially filled": """
        cancel         | CANCELED CANCELED 10 4 0 REQUESTED
        cancel beta    | CANCEL_REJECTED PARTIALLY_FILLED 10 4 6 NOT_OWNER
        replace beta 5 | CANCEL_REJECTED PARTIALLY_FILLED 10 4 6 NOT_OWNER
        replace        | REPLACED PARTIALLY_FILLED 10 4 6
        replace 3      | CANCEL_REJECTED PARTIALLY_FILLED 10 4 6 QUANTITY_BELOW_FILLED
        replace 4      | CANCEL_REJECTED PARTIALLY_FILLED 10 4 6 QUANTITY_BELOW_FILLED
        replace 5      | REPLACED PARTIALLY_FILLED 5 4 1
        replace 15     | REPLACED PARTIALLY_FILLED 15 4 11
        replace better | REPLACED PARTIALLY_FILLED 10 4 6
        replace 3 better | CANCEL_REJECTED PARTIALLY_FILLED 10 4 6 QUANTITY_BELOW_FILLED
        fill 6         | TRADE FILLED 10 10 0
        mass-cancel    | CANCELED CANCELED 10 4 0 MASS_CANCEL
        end-of-day     |
    """,
    "replaced, shrunk after a fill": """
        cancel         | CANCELED CANCELED 8 4 0 REQUESTED
        replace 4      | CANCEL_REJECTED PARTIALLY_FILLED 8 4 4 QUANTITY_BELOW_FILLED
        replace 10     | REPLACED PARTIALLY_FILLED 10 4 6
        fill 6         | TRADE FILLED 8 8 0
    """,
    "replaced, grown after a fill": """
        cancel         | CANCELED CANCELED 12 4 0 REQUESTED
        replace 5      | REPLACED PARTIALLY_FILLED 5 4 1
        fill 6         | TRADE PARTIALLY_FILLED 12 10 2
    """,
    "reduced by self-trade prevention": """
        cancel         | CANCELED CANCELED 7 0 0 REQUESTED
        replace 10     | REPLACED NEW 10 0 10
        own 4          | REPLACED NEW 3 0 3 SELF_TRADE
        own 9          | CANCELED CANCELED 7 0 0 SELF_TRADE
        fill 7         | TRADE FILLED 7 7 0
    """,
}
"""What is asked in a state, and what is heard of it."""

ASKED = [
    (state, *map(str.strip, row.split("|")))
    for state, table in CHANGES.items()
    for row in table.strip().split("\n")
]
TOO_LATE = ["cancel", "cancel beta", "replace", "replace 5", "replace 15", "replace better", "replace beta 5"]
RACERS = ["fill 4", "fill 10", "cancel", "replace 8", "replace 12", "replace 4 worse", "mass-cancel", "own 2"]


def story_of(steps: list[str], side: Side = Side.BUY) -> Story:
    story = Story(side)
    for step in steps:
        story.tell(step)
    return story


@pytest.mark.parametrize("side", list(Side), ids=lambda side: side.name)
@pytest.mark.parametrize(("state", "asked", "heard"), ASKED)
def test_a_live_order_answers_what_is_asked_of_it(state: str, asked: str, heard: str, side: Side) -> None:
    reports = story_of(LIVE[state], side).tell(asked)
    assert reports == ([heard] if heard else [])


@pytest.mark.parametrize("asked", TOO_LATE)
@pytest.mark.parametrize("state", ENDED)
def test_an_order_that_has_ended_is_unknown_to_whoever_asks(state: str, asked: str) -> None:
    story = story_of(ENDED[state])
    before = story.blotter.orders[story.order]
    numbers = f"{before.status} {before.quantity} {before.traded} 0"
    assert story.tell(asked) == [f"CANCEL_REJECTED {numbers} UNKNOWN_ORDER"]


@pytest.mark.parametrize("step", ["fill 5", "mass-cancel", "end-of-day", "disconnect", "wait", "halt"])
@pytest.mark.parametrize("state", ENDED)
def test_nothing_more_is_heard_of_an_order_that_has_ended(state: str, step: str) -> None:
    story = story_of(ENDED[state])
    assert story.tell(step) == []
    assert story.market.engine.order(story.order) is None
    assert story.market.engine.status().orders == 0


@pytest.mark.parametrize("state", LIVE)
def test_an_order_in_any_state_ends_with_its_cancel(state: str) -> None:
    story = story_of(LIVE[state])
    (report,) = story.tell("cancel")
    assert report.startswith("CANCELED CANCELED ")
    assert report.endswith(" 0 REQUESTED")
    assert story.market.engine.status().orders == 0


@pytest.mark.parametrize("state", LIVE)
def test_an_order_in_any_state_fills_to_its_last_lot_and_no_further(state: str) -> None:
    story = story_of(LIVE[state])
    (report,) = story.tell("fill 99")
    order = story.blotter.orders[story.order]
    assert report == f"TRADE FILLED {order.quantity} {order.quantity} 0"


@pytest.mark.parametrize("race", list(permutations(RACERS, 2)), ids=" then ".join)
@pytest.mark.parametrize("state", ["new", "partially filled", "replaced, shrunk after a fill"])
def test_who_comes_first_decides_a_race(state: str, race: tuple[str, str]) -> None:
    """The same two commands in one batch and one by one: the first is answered as if it were alone."""
    together, apart = story_of(LIVE[state]), story_of(LIVE[state])
    first, second = (apart.tell(step) for step in race)
    assert together.tell("; ".join(race)) == first + second
    assert together.market.engine.state_hash() == apart.market.engine.state_hash()
    assert first == story_of(LIVE[state]).tell(race[0])

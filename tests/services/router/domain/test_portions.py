"""Portions of a bound: never more than the bound in all, whatever the shards do meanwhile."""

import random
from dataclasses import replace

import pytest
from hypothesis import given as given_that
from hypothesis import strategies as st

from tickmesh.services.router.domain.portions import Held, Need, divide, given, taken


def test_new_bounds_are_divided_alike_to_the_last_step() -> None:
    assert divide(11, [Held(None, 0)] * 3) == [4, 4, 3]


def test_portions_that_are_right_stay_as_they_are() -> None:
    assert divide(10, [Held(8, 7), Held(2, 0)]) == [8, 2]
    assert divide(10, [Held(8, 7), Held(2, 0)], Need(0, 1)) == [8, 2]


def test_a_shard_that_needs_room_gets_it_first() -> None:
    assert divide(100, [Held(50, 50), Held(50, 10)], Need(0, 40)) == [90, 10]
    assert divide(100, [Held(50, 50), Held(50, 10)], Need(0, 20)) == [80, 20]
    assert divide(100, [Held(50, 50), Held(50, 10)], Need(0, 1_000)) == [90, 10]


def test_of_a_lowered_bound_nobody_may_use_more() -> None:
    assert divide(30, [Held(50, 40), Held(50, 20)]) == [20, 10]


def test_who_takes_waits_for_those_who_give() -> None:
    held = [Held(50, 50), Held(50, 10)]
    wanted = divide(100, held, Need(0, 40))
    assert given(held, wanted) == [50, 10]
    assert taken(100, [Held(50, 50), Held(10, 10)], wanted) == [90, 10]
    assert taken(100, [Held(50, 50), Held(10, 15)], wanted) == [85, 10]


@pytest.mark.parametrize("shards", [2, 3, 5])
@given_that(st.integers(0, 1 << 32))
def test_what_is_used_never_exceeds_the_bound(shards: int, seed: int) -> None:
    chance = random.Random(seed)
    bound = chance.randint(0, 1_000)
    held = [Held(portion, 0) for portion in divide(bound, [Held(None, 0)] * shards)]
    for _ in range(20):
        need = Need(chance.randrange(shards), chance.randint(0, 2 * bound)) if chance.random() < 0.8 else None
        wanted = divide(bound, held, need)
        held = told(used(held, chance), given(held, wanted))
        held = used(held, chance)
        seen = held
        held = told(used(held, chance), taken(bound, seen, wanted))
        held = used(held, chance)
        assert sum(each.portion or 0 for each in held) <= bound
        assert sum(each.used for each in held) <= bound


def used(held: list[Held], chance: random.Random) -> list[Held]:
    """Lets orders come and go: a shard takes none beyond its portion, and what is above that only falls."""
    return [
        replace(each, used=chance.randint(0, max(each.used if each.used > each.portion else each.portion, 0)))
        if each.portion is not None
        else each
        for each in held
    ]


def told(held: list[Held], portions: list[int]) -> list[Held]:
    return [replace(each, portion=portion) for each, portion in zip(held, portions, strict=True)]


def test_a_shard_that_needs_room_has_it_after_one_division_when_it_is_there() -> None:
    held = [Held(25, 3), Held(25, 25), Held(25, 0), Held(25, 7)]
    wanted = divide(100, held, Need(1, 60))
    first = told(held, given(held, wanted))
    second = taken(100, first, wanted)
    assert second[1] - 25 >= 60
    assert sum(second) == 100

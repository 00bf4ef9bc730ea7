"""The C engine beside the slow, obvious one: the same commands must give the same events."""

from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.native.commands import Command
from tests.native.differential import CONFIGS, ROOMY, TIGHT, Pair, run_flow
from tests.native.flow import INSTRUMENTS, NODES, Flow
from tickmesh.native.engine import NONE, NUMBER_MAX, CommandType, EngineConfig, Feed, OrderType, Phase

FEEDS = (Feed.NONE, Feed.LEVELS, Feed.TOP | Feed.LEVELS | Feed.ORDERS)
NUMBERS = (0, 1, 2, 3, 5, 10, 99, 100, 101, -1, NUMBER_MAX, NUMBER_MAX + 1, 2**63 - 1, -(2**63))
WORDS = (0, 1, 2, 3, 12, 13, 14, 15, 16, 17, 98, 100, 102, 2**64 - 1, 2**63)
OFTEN = (CommandType.NEW_ORDER, CommandType.ORDER_TERMS, CommandType.REPLACE_ORDER, CommandType.SET_PHASE)


@pytest.mark.parametrize("name", sorted(CONFIGS))
@pytest.mark.parametrize("feeds", FEEDS)
@pytest.mark.parametrize("seed", range(3))
def test_a_long_random_flow_gives_the_events_of_the_reference(name: str, feeds: Feed, seed: int) -> None:
    scale_by_scale = 6 * seed + feeds
    run_flow(replace(CONFIGS[name], feeds=feeds), scale_by_scale, 25_000)


def bytes_of(*usual: int) -> st.SearchStrategy[int]:
    """Mostly what makes sense, now and then any byte."""
    return st.one_of(st.sampled_from(usual), st.sampled_from(usual), st.integers(0, 255))


def plain(**fields: int) -> Command:
    """A command whose other fields are zero."""
    return Command(**({"sequence": 1, "time_ns": 0} | fields))


def small_commands() -> st.SearchStrategy[Command]:
    """Any command at all, from few values, so that shrinking ends at something that a person can read."""
    return st.builds(
        plain,
        sequence=st.integers(0, 3),
        time_ns=st.integers(0, 10**9),
        client_key=st.sampled_from(WORDS),
        target=st.sampled_from(WORDS),
        price=st.sampled_from(NUMBERS),
        quantity=st.sampled_from(NUMBERS),
        instrument=st.sampled_from((0, 0, 1, INSTRUMENTS, NONE)),
        node=st.sampled_from((0, 1, 3, 7, len(NODES), NONE)),
        type=st.sampled_from((*CommandType, *OFTEN, *OFTEN, 0, 20)),
        side=st.integers(0, 3),
        kind=bytes_of(*Phase, *OrderType),
        time_in_force=bytes_of(0, 1, 3, 4, 6, 7, 11),
        flags=bytes_of(0, 0, 1, 2, 4, 8, 16, 32),
        self_trade=bytes_of(0, 0, 0, 1, 2, 3, 4, 12),
        contingency=bytes_of(0, 0, 0, 1, 2, 3),
        more=bytes_of(0, 0, 0, 1, 2, 3),
    )


def orders() -> st.SearchStrategy[Command]:
    """Orders and changes that mostly make sense, at few prices."""
    near = st.integers(98, 102)
    new = partial(
        st.builds,
        plain,
        time_ns=st.integers(0, 10**9),
        client_key=st.integers(1, 2**40),
        quantity=st.integers(1, 9),
        node=st.sampled_from((0, 1, 3, 7)),
        type=st.just(CommandType.NEW_ORDER),
        side=st.integers(1, 2),
        flags=st.sampled_from((0, 0, 0, 1, 2, 4, 32)),
        self_trade=st.sampled_from((0, 0, 1, 2, 3, 4, 12)),
    )
    waiting = st.sampled_from((0, 1, 3, 4, 6))
    return st.one_of(
        new(kind=st.just(2), price=near, time_in_force=waiting),
        new(kind=st.sampled_from((3, 5)), target=near, time_in_force=waiting, price=st.just(0)),
        new(kind=st.sampled_from((4, 6)), target=near, time_in_force=waiting, price=near),
        new(kind=st.sampled_from((7, 8)), target=st.integers(1, 4), time_in_force=waiting, price=st.just(0)),
        new(kind=st.sampled_from((1, 9, 10, 11, 12)), time_in_force=st.just(1), price=st.just(0)),
    )


def in_sequence(commands: list[Command]) -> list[Command]:
    """Turns each command's sequence from a step into a sum, a step of 0 being a command that comes again."""
    flow = Flow(0)
    staged, sequence = flow.stage(), flow.sequence + 1
    for command in commands:
        sequence += command.sequence
        staged.append(command._replace(sequence=sequence))
    return staged


@settings(max_examples=600, deadline=None)
@given(st.lists(small_commands() | orders(), max_size=60), st.sampled_from((ROOMY, TIGHT)))
def test_any_commands_give_the_events_of_the_reference(commands: list[Command], config: EngineConfig) -> None:
    pair = Pair(replace(config, feeds=Feed.TOP | Feed.LEVELS | Feed.ORDERS))
    pair.process(in_sequence(commands))
    pair.compare_state()
    pair.close()

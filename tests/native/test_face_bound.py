"""What the extension adds to cffi: its runs when events have no room, and what it is not made of."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tickmesh.native._engine import Bound
from tickmesh.native.engine import COMMAND_DTYPE, NONE, CommandType, Engine, EngineConfig, EventType, Phase

INSTRUMENTS = 500
RUNS = 1_000  # no more commands than the extension runs by itself
WIDE = EngineConfig(orders=1, instruments=INSTRUMENTS, pages=1, nodes=1, positions=1, client_keys=1, extras=1)


def changes_of_phase() -> NDArray[Any]:
    """Returns commands that each tell something of every instrument."""
    commands = np.zeros(RUNS, dtype=COMMAND_DTYPE)
    commands["sequence"] = np.arange(INSTRUMENTS + 1, INSTRUMENTS + 1 + RUNS)
    commands["type"], commands["instrument"] = CommandType.SET_PHASE, NONE
    commands["kind"] = np.where(np.arange(RUNS) % 2, Phase.HALT, Phase.PRE_OPEN)
    return commands


def test_a_short_run_with_more_events_than_there_is_room_for_runs_to_its_end() -> None:
    with Engine(WIDE) as engine:
        for instrument in range(INSTRUMENTS):
            engine.submit(CommandType.LIST_INSTRUMENT, instrument=instrument, price=1_000, quantity=1_000)
        events = engine.batch(changes_of_phase()).run()
        assert len(events) == RUNS * (INSTRUMENTS + 1) > len(engine.events)
        told = np.bincount(events["type"])
        assert told[EventType.PHASE_CHANGED] == RUNS * INSTRUMENTS
        assert told[EventType.CONTROL_APPLIED] == RUNS
        assert np.array_equal(np.diff(events["sequence"]), np.ones(len(events) - 1))
        assert engine.status().command_sequence == INSTRUMENTS + RUNS


@pytest.mark.parametrize("place", ["0", None, 1.0])
def test_what_is_bound_to_no_place_is_refused(place: Any) -> None:
    with pytest.raises(TypeError):
        Bound(object(), place, [], changes_of_phase())

"""The C engine beside the slow, obvious one: the same commands must give the same events and the same state.

Here are two engines that are fed alike; `differential_run` lets many of them run for as long as one likes.
"""

import struct
from collections.abc import Sequence

from tests.native.commands import Command, Event
from tests.native.differential_shrink import as_test, shrink
from tests.native.differential_state import Difference, compare_state, require_same
from tests.native.flow import Flow
from tests.native.flow_orders import USUAL, Profile
from tests.native.reference_engine import ReferenceEngine
from tickmesh.native.engine import Engine, EngineConfig, SnapshotError

ROOMY = EngineConfig(
    orders=4_000, instruments=4, pages=64, nodes=10, positions=64, client_keys=1_000, extras=2_000
)
TIGHT = EngineConfig(orders=40, instruments=3, pages=7, nodes=8, positions=16, client_keys=8, extras=20)
CONFIGS = {"roomy": ROOMY, "tight": TIGHT}
STEP = 20  # commands between two looks at the events
STATE_EVERY = 1_000
EVENT_WIRE = struct.Struct("<QQQqqqII4B4x")  # an event as the engine lays it out, without its reserved bytes


class Pair:
    """Both engines, fed alike."""

    def __init__(self, config: EngineConfig) -> None:
        self.engine = Engine(config)
        self.reference = ReferenceEngine(config)

    def process(self, commands: Sequence[Command]) -> list[Event]:
        """Runs commands on both. Fails with Difference at the first event that is not the same."""
        given = self.engine.process(b"".join(command.pack() for command in commands)).tobytes()
        expected = self.reference.process(commands)
        if list(EVENT_WIRE.iter_unpack(given)) != expected:
            raise Difference(describe([Event(*row) for row in EVENT_WIRE.iter_unpack(given)], expected))
        return expected

    def compare_state(self) -> None:
        compare_state(self.engine, self.reference)

    def restore(self) -> None:
        """Lets a snapshot of the engine go on in its place."""
        config, before = self.reference.config, self.engine
        try:
            self.engine = Engine.restore(config, before.snapshot())
        except SnapshotError as error:
            raise Difference(f"the engine does not take its own snapshot: {error}") from error
        require_same("hash of a restored engine", self.engine.state_hash(), before.state_hash())
        before.close()

    def close(self) -> None:
        self.engine.close()


def describe(events: list[Event], expected: list[Event]) -> str:
    """Says where two lists of events part."""
    both = zip(events, expected, strict=False)
    index = next((at for at, (event, wanted) in enumerate(both) if event != wanted), None)
    if index is None:
        index = min(len(events), len(expected))
    found = events[index] if index < len(events) else None
    wanted = expected[index] if index < len(expected) else None
    return f"engine:    {found}\nreference: {wanted}"


def difference_of(config: EngineConfig, commands: Sequence[Command], is_restored: bool = False) -> str | None:
    """Runs commands on a fresh pair, restored before its last step if asked; says how the two differ."""
    pair = Pair(config)
    try:
        for start in range(0, len(commands), STEP):
            if is_restored and start + STEP >= len(commands):
                pair.restore()
            pair.process(commands[start : start + STEP])
        pair.compare_state()
    except Difference as difference:
        return str(difference)
    finally:
        pair.close()
    return None


def agree(config: EngineConfig, commands: Sequence[Command], is_restored: bool = False) -> None:
    """Fails if the two engines differ on a list of commands; for tests that name what once differed."""
    difference = difference_of(config, commands, is_restored)
    assert difference is None, difference


def run_flow(config: EngineConfig, seed: int, count: int, profile: Profile = USUAL) -> int:
    """Runs random flow on a fresh pair; returns how many commands. Fails with a shrunk test."""
    pair, flow, done = Pair(config), Flow(seed, profile), 0
    history = flow.stage()
    commands = history
    try:
        while True:
            pair.process(commands)
            done += len(commands)
            if done % STATE_EVERY < STEP:
                pair.compare_state()
                pair.restore()
            if done >= count:
                return done
            flow.aim_at(list(pair.reference.books.orders)[-16:])
            commands = flow.commands(STEP)
            history += commands
    except Difference as difference:
        raise AssertionError(report(config, seed, history, str(difference))) from None
    finally:
        pair.close()


def report(config: EngineConfig, seed: int, history: list[Command], first: str) -> str:
    """Shrinks what failed, and writes it as a test."""
    for is_restored in (False, True):
        if difference_of(config, history, is_restored) is not None:
            break
    else:
        return f"seed {seed}: {first}\n\nonly this flow, with all its restores, shows it"
    commands = shrink(history, lambda fewer: difference_of(config, fewer, is_restored) is not None)
    last = difference_of(config, commands, is_restored)
    return f"seed {seed}: {first}\n\n{as_test(config, commands)}  # restored: {is_restored}\n\n{last}"

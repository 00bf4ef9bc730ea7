"""The C engine beside the slow, obvious one: the same commands must give the same events."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.native.commands import Command, as_events
from tests.native.flow import INSTRUMENTS, NODES, Flow
from tests.native.reference_book import ReferenceEngine
from tickmesh.native.engine import NONE, NUMBER_MAX, CommandType, Engine, EngineConfig, LimitType, Side

ROOMY = EngineConfig(orders=4_000, instruments=4, levels=64, nodes=10, positions=64, client_keys=1_000)
TIGHT = EngineConfig(orders=25, instruments=3, levels=5, nodes=8, positions=14, client_keys=8)


class Pair:
    """Both engines, fed alike."""

    def __init__(self, config: EngineConfig) -> None:
        self.engine = Engine(config)
        self.reference = ReferenceEngine(config)

    def process(self, commands: list[Command]) -> None:
        events = as_events(self.engine.process(b"".join(command.pack() for command in commands)))
        expected = self.reference.process(commands)
        for event, wanted in zip(events, expected, strict=False):
            assert event == wanted
        assert len(events) == len(expected)

    def compare_state(self) -> None:
        gate = self.reference.gate
        status = self.engine.status()
        assert status.orders == len(self.reference.orders)
        assert status.positions == len(gate.existing())
        assert status.event_sequence == self.reference.event_sequence
        for instrument, side in self.reference.books:
            assert self.engine.depth(instrument, side, 100) == self.reference.depth(instrument, side)
        for (node, instrument), pair in gate.pairs.items():
            held = (pair.position, pair.open[Side.BUY], pair.open[Side.SELL])
            assert self.engine.exposure(node, instrument) == held
            usage = self.engine.usage(node, instrument, LimitType.POSITION)
            assert usage == (pair.limits.get(LimitType.POSITION), pair.worst())
        for index, entry in enumerate(gate.nodes):
            self.compare_node(index, entry.exposure)

    def compare_node(self, index: int, exposure: int) -> None:
        gate = self.reference.gate
        assert self.engine.usage(index, NONE, LimitType.GROSS_EXPOSURE).used == min(exposure, 2**63 - 1)
        rate = gate.nodes[index].limits.get(LimitType.ORDER_RATE)
        used = 0 if rate is None else gate.rate_used(index)
        assert self.engine.usage(index, NONE, LimitType.ORDER_RATE) == (rate, used)

    def check_invariants(self) -> None:
        for instrument in range(INSTRUMENTS):
            bids = self.engine.depth(instrument, Side.BUY, 1)
            asks = self.engine.depth(instrument, Side.SELL, 1)
            assert not (bids and asks) or bids[0][0] < asks[0][0]
            if len(self.reference.gate.nodes) > 0:
                assert self.engine.exposure(0, instrument).position == 0


def run_flow(config: EngineConfig, seed: int, count: int) -> None:
    pair, flow = Pair(config), Flow(seed)
    pair.process(flow.stage())
    for done in range(0, count, 20):
        pair.process(flow.commands(20))
        flow.aim_at(list(pair.reference.orders)[-50:])
        if done % 1_000 == 0:
            pair.compare_state()
            pair.check_invariants()
    pair.engine.close()


@pytest.mark.parametrize("seed", range(4))
def test_a_long_random_flow_gives_the_events_of_the_reference(seed: int) -> None:
    run_flow(ROOMY, seed, 25_000)


@pytest.mark.parametrize("seed", range(4, 8))
def test_a_long_random_flow_gives_the_events_of_the_reference_when_every_pool_is_full(seed: int) -> None:
    run_flow(TIGHT, seed, 25_000)


def small_commands() -> st.SearchStrategy[Command]:
    """Any command at all, from few values, so that shrinking ends at something that a person can read."""
    numbers = st.sampled_from((0, 1, 2, 3, 5, 10, 99, 100, 101, -1, NUMBER_MAX, NUMBER_MAX + 1, 2**63 - 1))
    return st.builds(
        Command,
        sequence=st.integers(0, 3),
        time_ns=st.integers(0, 10**9),
        client_key=st.integers(0, 6),
        target=st.integers(0, 40),
        price=numbers,
        quantity=numbers,
        instrument=st.sampled_from((0, 1, INSTRUMENTS, NONE)),
        node=st.sampled_from((0, 1, 3, 7, len(NODES), NONE)),
        type=st.sampled_from((*CommandType, CommandType.NEW_ORDER, CommandType.REPLACE_ORDER, 0, 11)),
        side=st.integers(0, 3),
        kind=st.integers(0, 7),
        time_in_force=st.integers(0, 5),
        flags=st.integers(0, 2),
    )


def in_sequence(commands: list[Command]) -> list[Command]:
    """Turns each command's sequence from a step into a sum, a step of 0 being a command that comes again."""
    flow = Flow(0)
    staged, sequence = flow.stage(), flow.sequence + 1
    for command in commands:
        sequence += command.sequence
        fields = {name: getattr(command, name) for name in Command.__slots__}
        staged.append(Command(**(fields | {"sequence": sequence})))
    return staged


@settings(max_examples=300, deadline=None)
@given(st.lists(small_commands(), max_size=60))
def test_any_commands_give_the_events_of_the_reference(commands: list[Command]) -> None:
    pair = Pair(TIGHT)
    pair.process(in_sequence(commands))
    pair.compare_state()
    pair.engine.close()

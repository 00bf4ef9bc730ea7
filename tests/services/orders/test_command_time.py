"""The time of commands, with a clock that jumps."""

from tickmesh.services.orders.command_time import CommandTime

HOUR_NS = 3_600 * 1_000_000_000
SECOND_NS = 1_000_000_000


class Clocks:
    """A clock on the wall, and one that nobody sets."""

    def __init__(self) -> None:
        self.wall_ns = 1_000 * HOUR_NS
        self.steady_ns = 77

    def pass_by(self, duration_ns: int) -> None:
        self.wall_ns += duration_ns
        self.steady_ns += duration_ns

    def time(self, newest_ns: int = 0) -> CommandTime:
        return CommandTime(lambda: self.wall_ns, newest_ns, lambda: self.steady_ns)


def test_it_is_the_clock_as_long_as_that_goes_forwards() -> None:
    clocks = Clocks()
    time = clocks.time()
    for step_ns in (0, 1, SECOND_NS, HOUR_NS):
        clocks.pass_by(step_ns)
        assert time.now() == clocks.wall_ns
    clocks.wall_ns += HOUR_NS
    assert time.now() == clocks.wall_ns


def test_a_clock_that_is_set_back_slows_it_down_until_the_clock_has_caught_up() -> None:
    clocks = Clocks()
    time = clocks.time()
    before = time.now()
    clocks.wall_ns -= HOUR_NS
    assert time.now() == before
    for second in range(1, 7_199):
        clocks.pass_by(SECOND_NS)
        assert time.now() == before + second * SECOND_NS // 2 > clocks.wall_ns
    clocks.pass_by(2 * SECOND_NS)
    assert time.now() == before + HOUR_NS == clocks.wall_ns
    clocks.pass_by(SECOND_NS)
    assert time.now() == clocks.wall_ns


def test_a_start_with_a_clock_that_is_behind_the_journal_goes_on_from_there() -> None:
    clocks = Clocks()
    newest_ns = clocks.wall_ns + HOUR_NS
    time = clocks.time(newest_ns)
    assert time.now() == newest_ns
    clocks.pass_by(2 * SECOND_NS)
    assert time.now() == newest_ns + SECOND_NS

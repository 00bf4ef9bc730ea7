"""Which step the market is at."""

from dataclasses import dataclass

from .fair_value import STEP_MS

_STEP_NS = STEP_MS * 1_000_000


@dataclass(frozen=True, slots=True)
class MarketClock:
    """Counts steps of the market from where it stood when the service started."""

    first_step: int
    start_ns: int

    def step_at(self, now_ns: int) -> int:
        """Returns the step of a moment."""
        return self.first_step + max(0, now_ns - self.start_ns) // _STEP_NS


def next_turn_ns(now_ns: int, interval_ns: int, place: int, places: int) -> int:
    """Returns when the next step of one of many strategies is due: they share an interval evenly."""
    offset = interval_ns * place // places
    return (now_ns - offset) // interval_ns * interval_ns + interval_ns + offset

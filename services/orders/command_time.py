"""The time that commands are stamped with: it never goes back, and never stands still for long."""

import time
from collections.abc import Callable


class CommandTime:
    """The clock, but where it was set back, half its speed from the newest time until it has caught up.

    Bounds on the rate of orders are refilled by the time of commands. If that stood still for as long as the
    clock is behind, an hour say, portfolios would be refused for that hour.
    """

    def __init__(
        self,
        clock: Callable[[], int],
        newest_ns: int,
        timer_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self.newest_ns = newest_ns
        self._clock = clock
        self._timer_ns = timer_ns
        self._asked_ns = timer_ns()

    def now(self) -> int:
        """Returns the time, which is not before any that was returned, nor before the newest at the start."""
        clock_ns, asked_ns = self._clock(), self._timer_ns()
        if clock_ns < self.newest_ns:
            clock_ns = self.newest_ns + (asked_ns - self._asked_ns) // 2
        self.newest_ns, self._asked_ns = clock_ns, asked_ns
        return clock_ns

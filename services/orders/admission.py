"""The bound on what waits: refused at the door, with a time to come back, and shared fairly.

A caller may hold as much as it leaves free, so that who comes next is let in however greedy the others
are; of many greedy ones each ends with the same part, and one part stays free.
"""

import asyncio
from collections import Counter
from collections.abc import Callable

from ..runtime.errors import ResourceExhausted

RETRY_MIN_S = 0.05
RETRY_MAX_S = 5.0


class Overloaded(ResourceExhausted):
    """More waits than there is room for. Nothing was taken; the same may be sent again."""

    reason = "OVERLOADED"

    def __init__(self, problem: str, retry_after_s: float) -> None:
        retry_ms = round(min(max(retry_after_s, RETRY_MIN_S), RETRY_MAX_S) * 1e3)
        super().__init__(
            f"{problem}; try again in {retry_ms} ms",
            metadata={"retry_after_ms": str(retry_ms)},
            retry_after_s=retry_ms / 1e3,
        )


class Admission:
    """Counts the commands of each caller that are not answered yet."""

    def __init__(
        self,
        *,
        waiting_max: int,
        waits_max_s: float,
        oldest_waits_s: Callable[[], float],
        commands_per_second: Callable[[], float],
        after_waiting: Callable[[Callable[[], None]], None],
    ) -> None:
        """Begins empty. `after_waiting` calls back once all that waits at that moment is done."""
        self._waiting_max = waiting_max
        self._waits_max_s = waits_max_s
        self._oldest_waits_s = oldest_waits_s
        self._commands_per_second = commands_per_second
        self._after_waiting = after_waiting
        self._held: Counter[str] = Counter()
        self._total = 0

    def hold(self, caller: str, count: int) -> "Held":
        """Takes room for commands of a caller for the length of a with block. Fails with Overloaded."""
        self.take(caller, count)
        return self.returned(caller, count)

    def returned(self, caller: str, count: int) -> "Held":
        """Gives back what was taken at the end of a with block in which commands are waited for."""
        return Held(self, caller, count)

    def take(self, caller: str, count: int) -> None:
        """Takes room for commands of a caller, to be given back. Fails with Overloaded."""
        self._admit(caller, count)
        self._held[caller] += count
        self._total += count

    def give_back(self, caller: str, count: int) -> None:
        """Gives back what was taken."""
        self._total -= count
        self._held[caller] -= count
        if not self._held[caller]:
            del self._held[caller]

    def leave(self, caller: str, count: int) -> None:
        """Gives back what was taken by one who hung up: later, for its commands wait all the same."""
        self._after_waiting(lambda: self.give_back(caller, count))

    def _admit(self, caller: str, count: int) -> None:
        waited_s = self._oldest_waits_s()
        if waited_s > self._waits_max_s:
            raise Overloaded(f"commands wait for {waited_s:.1f} s already", waited_s)
        held, free = self._held[caller], self._waiting_max - self._total
        if count > free:
            raise Overloaded(f"{self._total} commands wait already", self._drained_after_s())
        share = (held + free) // 2
        if held and held + count > share:
            problem = f"{held} of your commands wait already, of {share} that may"
            raise Overloaded(problem, self._drained_after_s())

    def _drained_after_s(self) -> float:
        """Returns when what waits now will be done, at the rate of the last seconds."""
        rate = self._commands_per_second()
        return self._total / rate if rate else 0.0


class Held:
    """Room that is given back at the end of a with block: later, when the caller hung up."""

    __slots__ = ("_admission", "_caller", "_count")

    def __init__(self, admission: Admission, caller: str, count: int) -> None:
        self._admission = admission
        self._caller = caller
        self._count = count

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: object) -> None:
        has_hung_up = kind is not None and issubclass(kind, asyncio.CancelledError)
        give_back = self._admission.leave if has_hung_up else self._admission.give_back
        give_back(self._caller, self._count)

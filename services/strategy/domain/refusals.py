"""What is refused, and when it is worth asking again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...values import Symbol
from .actions import Action, Cancel, Side

PAUSE_FIRST_NS = 500_000_000
PAUSE_LONGEST_NS = 4_000_000_000

Place = tuple[Symbol, Side]


@dataclass(frozen=True, slots=True)
class Refusal:
    """The last attempt on a side of an instrument failed: why, and until when to hold still."""

    reason: str
    message: str
    pause_ns: int
    until_ns: int


class Refusals:
    """Remembers for each side of each instrument whether its last new order or replace was refused.

    A refused side pauses, twice as long each time, and then sends a single order to find out.
    """

    def __init__(self) -> None:
        self._last: dict[Place, Refusal | None] = {}

    def accepted(self, place: Place) -> None:
        """Takes note that an order was taken."""
        self._last[place] = None

    def refused(self, place: Place, reason: str, message: str, now_ns: int) -> None:
        """Takes note that an order was refused."""
        before = self._last.get(place)
        if before is not None and before.until_ns > now_ns:
            return  # of the same step as the one that began the pause
        pause_ns = min(PAUSE_LONGEST_NS, before.pause_ns * 2) if before else PAUSE_FIRST_NS
        self._last[place] = Refusal(reason, message, pause_ns, now_ns + pause_ns)

    def paused(self, symbol: Symbol, now_ns: int) -> frozenset[Side]:
        """Returns the sides of an instrument that hold still."""
        refusals = ((side, self._last.get((symbol, side))) for side in Side)
        return frozenset(side for side, refusal in refusals if refusal and refusal.until_ns > now_ns)

    def probing(self, actions: Iterable[Action]) -> list[Action]:
        """Returns the actions that do not hammer: cancels, and one other on a side whose last was refused."""
        kept: list[Action] = []
        tried: set[Place] = set()
        for action in actions:
            place = (action.symbol, action.side)
            if isinstance(action, Cancel) or place not in tried:
                kept.append(action)
            if not isinstance(action, Cancel) and self._last.get(place):
                tried.add(place)
        return kept

    def problem(self) -> str:
        """Says why nothing is accepted, or nothing when some side is not refused."""
        refusals = [refusal for refusal in self._last.values() if refusal]
        if not refusals or len(refusals) < len(self._last):
            return ""
        return _sentence(refusals)

    def clear(self) -> None:
        """Forgets everything."""
        self._last.clear()


def _sentence(refusals: Sequence[Refusal]) -> str:
    newest = max(refusals, key=lambda refusal: refusal.until_ns - refusal.pause_ns)
    return f"{newest.reason}: {newest.message}" if newest.message else newest.reason

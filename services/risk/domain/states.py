"""Trading states: who may trade at a scope."""

from dataclasses import dataclass
from enum import StrEnum

from .scopes import Scope


class State(StrEnum):
    """From open to closed."""

    ACTIVE = "ACTIVE"
    REDUCING = "REDUCING"
    HALTED = "HALTED"


@dataclass(frozen=True, slots=True)
class StateRecord:
    """A trading state, why it is so, and who set it."""

    scope: Scope
    state: State
    comment: str
    updated_by: str
    update_time_ns: int
    canceled_count: int = 0


_OPENNESS = [State.HALTED, State.REDUCING, State.ACTIVE]


def is_opening(before: State, after: State) -> bool:
    """Says whether a change lets more through."""
    return _OPENNESS.index(after) > _OPENNESS.index(before)

"""Everything that is in force: every limit and trading state, and what a change of them leaves behind."""

from collections.abc import Mapping
from dataclasses import dataclass

from .events import Event, limit_changed, state_changed
from .limits import Limit, LimitKey, UnknownLimit
from .scopes import Scope
from .states import State, StateRecord


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change leaves behind: new versions of limits, trading states, and what is told about them."""

    limits: tuple[Limit, ...] = ()
    states: tuple[StateRecord, ...] = ()
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """Who changes something, and when."""

    who: str
    time_ns: int


class RuleBook:
    """The newest version of every limit and trading state that was ever set."""

    def __init__(self) -> None:
        self._limits: dict[LimitKey, Limit] = {}
        self._states: dict[Scope, StateRecord] = {}

    def adopt(self, outcome: Outcome) -> None:
        """Puts a stored change in force."""
        self._limits.update({limit.key: limit for limit in outcome.limits})
        self._states.update({record.scope: record for record in outcome.states})

    def was_touched(self, key: LimitKey) -> bool:
        """Says whether a limit was ever set, be it removed since."""
        return key in self._limits

    def value(self, key: LimitKey) -> str | None:
        """Returns the bound in force, or None without one."""
        limit = self._limits.get(key)
        return limit.value if limit is not None and limit.value else None

    def limits(self, after: str = "") -> list[Limit]:
        """Returns the limits in force whose ids follow one, by id."""
        live = [limit for limit in self._limits.values() if limit.value and limit.key.limit_id > after]
        return sorted(live, key=lambda limit: limit.key.limit_id)

    def state(self, scope: Scope) -> State:
        """Returns the trading state set at a scope; what stands above it may be stricter."""
        record = self._states.get(scope)
        return State.ACTIVE if record is None else record.state

    def closed(self, after: str = "") -> list[StateRecord]:
        """Returns the scopes that are not ACTIVE and follow one, by their text."""
        live = [record for record in self._states.values() if record.state is not State.ACTIVE]
        return sorted(
            (r for r in live if r.scope.to_text() > after), key=lambda record: record.scope.to_text()
        )

    def with_limits(self, changes: Mapping[LimitKey, str | None], by: Signature) -> Outcome:
        """Returns what setting limits leaves behind; None removes one. Fails with UnknownLimit."""
        limits = tuple(self._next_version(key, value, by) for key, value in changes.items())
        events = tuple(
            limit_changed(key, self.value(key), value, by.who, by.time_ns) for key, value in changes.items()
        )
        return Outcome(limits=limits, events=events)

    def _next_version(self, key: LimitKey, value: str | None, by: Signature) -> Limit:
        if value is None and self.value(key) is None:
            raise UnknownLimit(key.limit_id)
        version = self._limits[key].version + 1 if key in self._limits else 1
        return Limit(key, value or "", version, by.who, by.time_ns)

    def with_state(self, record: StateRecord) -> Outcome:
        """Returns what setting a trading state leaves behind."""
        return Outcome(states=(record,), events=(state_changed(record, self.state(record.scope)),))

"""Rows of the risk service's tables as domain types and back."""

from dataclasses import asdict
from typing import Any

from .domain.events import Event, Kind, Severity
from .domain.limits import Limit, key_of_id
from .domain.scopes import Level, Scope, scope_of_text
from .domain.states import State, StateRecord


def limit_row(limit: Limit) -> dict[str, Any]:
    """Returns a version of a limit as a row of both tables of limits."""
    row = {name: getattr(limit, name) for name in ("value", "version", "updated_by", "update_time_ns")}
    return {"limit_id": limit.key.limit_id, **row}


def limit_of(row: Any) -> Limit:
    """Returns the limit in a row."""
    return Limit(key_of_id(row.limit_id), row.value, row.version, row.updated_by, row.update_time_ns)


def state_row(record: StateRecord) -> dict[str, Any]:
    """Returns a trading state as a row."""
    row = asdict(record)
    del row["scope"]
    return {"place": record.scope.to_text(), **row, "state": str(record.state)}


def state_of(row: Any) -> StateRecord:
    """Returns the trading state in a row."""
    return StateRecord(
        scope=_scope(row.place),
        state=State(row.state),
        comment=row.comment,
        updated_by=row.updated_by,
        update_time_ns=row.update_time_ns,
        canceled_count=row.canceled_count,
    )


def event_row(event: Event) -> dict[str, Any]:
    """Returns an event as a row."""
    row = asdict(event)
    del row["scope"]
    return {**row, "place": event.scope.to_text(), "kind": str(event.kind), "severity": str(event.severity)}


def event_of(row: Any) -> Event:
    """Returns the event in a row."""
    values = row._asdict()
    place = values.pop("place")
    values["kind"], values["severity"] = Kind(row.kind), Severity(row.severity)
    return Event(scope=_scope(place), **values)


def _scope(place: str) -> Scope:
    return scope_of_text(place) or Scope(Level.FIRM)

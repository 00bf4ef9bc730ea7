"""Risk events, and how bad each is.

BREACH_PREVENTED       LOW       the scope was halted or reducing: the order knew no better
                       MEDIUM    one order was out of bounds: quantity, notional, collar, rate
                       HIGH      what is held would have been: position, gross exposure
                       CRITICAL  likewise, for the whole firm
LIMIT_CHANGED          LOW       a limit was set, or made tighter
                       MEDIUM    a limit was made looser, or removed
TRADING_STATE_CHANGED  LOW       ACTIVE
                       MEDIUM    REDUCING
                       HIGH      HALTED
                       CRITICAL  HALTED for the whole firm and all instruments
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from .limits import LimitKey, is_looser
from .scopes import Level, Scope, scope_of_decision
from .states import State, StateRecord


class Kind(StrEnum):
    """What an event tells."""

    BREACH_PREVENTED = "BREACH_PREVENTED"
    LIMIT_CHANGED = "LIMIT_CHANGED"
    TRADING_STATE_CHANGED = "TRADING_STATE_CHANGED"


class Severity(StrEnum):
    """How bad it is."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"


STATE_CHECKS = frozenset({"TRADING_HALTED", "REDUCE_ONLY"})
ORDER_CHECKS = frozenset({"PRICE_COLLAR", "ORDER_QUANTITY_LIMIT", "ORDER_NOTIONAL_LIMIT", "ORDER_RATE_LIMIT"})
HOLDING_CHECKS = frozenset({"POSITION_LIMIT", "GROSS_EXPOSURE_LIMIT"})
GATE_CHECKS = STATE_CHECKS | ORDER_CHECKS | HOLDING_CHECKS
_OF_ONE_INSTRUMENT = frozenset({"PRICE_COLLAR", "ORDER_QUANTITY_LIMIT", "POSITION_LIMIT"})


@dataclass(frozen=True, slots=True)
class Event:
    """Something that risk prevented or changed."""

    kind: Kind
    severity: Severity
    scope: Scope
    message: str
    time_ns: int
    check: str = ""
    limit: str = ""
    used: str = ""
    headroom: str = ""
    asked: str = ""
    order_id: str = ""
    portfolio_id: str = ""
    event_id: int = 0

    def numbered(self, event_id: int) -> "Event":
        """Returns the event with its number."""
        return replace(self, event_id=event_id)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An order that was rejected, and what the gate said; the figures are empty where no limit was met."""

    order_id: str
    portfolio_id: str
    symbol: str
    check: str
    time_ns: int
    scope: str = ""
    limit: str = ""
    used: str = ""
    asked: str = ""
    headroom: str = ""


def breach_of(refusal: Refusal) -> Event | None:
    """Returns the event of a rejected order, or None when it was not the risk gate that rejected it."""
    if refusal.check not in GATE_CHECKS and not refusal.scope:
        return None
    scope = scope_of_decision(refusal.scope) or Scope(Level.PORTFOLIO, refusal.portfolio_id)
    if refusal.check in _OF_ONE_INSTRUMENT:
        scope = replace(scope, symbol=refusal.symbol)
    return Event(
        kind=Kind.BREACH_PREVENTED,
        severity=_breach_severity(refusal.check, scope),
        scope=scope,
        message=_breach_message(refusal),
        time_ns=refusal.time_ns,
        check=refusal.check,
        limit=refusal.limit,
        used=refusal.used,
        headroom=refusal.headroom,
        asked=refusal.asked,
        order_id=refusal.order_id,
        portfolio_id=refusal.portfolio_id,
    )


def _breach_severity(check: str, scope: Scope) -> Severity:
    if check in STATE_CHECKS:
        return Severity.LOW
    if check not in HOLDING_CHECKS:
        return Severity.MEDIUM
    return Severity.CRITICAL if scope.level is Level.FIRM else Severity.HIGH


def _breach_message(refusal: Refusal) -> str:
    order = (
        f"order {refusal.order_id} of {refusal.portfolio_id} in {refusal.symbol} was refused: {refusal.check}"
    )
    if not refusal.limit:
        return order
    figures = f"limit {refusal.limit}, used {refusal.used}, asked {refusal.asked}, left {refusal.headroom}"
    return f"{order} at {refusal.scope.replace('/', ' ', 1)} ({figures})"


def limit_changed(key: LimitKey, before: str | None, after: str | None, who: str, time_ns: int) -> Event:
    """Returns the event of a limit that was set, changed or (after is None) removed."""
    looser = is_looser(before, after)
    what = "removed" if after is None else f"set to {after}"
    was = "none" if before is None else before
    return Event(
        kind=Kind.LIMIT_CHANGED,
        severity=Severity.MEDIUM if looser else Severity.LOW,
        scope=key.scope,
        message=f"{key.limit_type} of {key.scope.in_words()} {what} by {who}; it was {was}",
        time_ns=time_ns,
        check=key.limit_type,
        limit=after or "",
        portfolio_id=_portfolio_of(key.scope),
    )


def state_changed(record: StateRecord, before: State) -> Event:
    """Returns the event of a trading state that was set."""
    why = f": {record.comment}" if record.comment else ""
    canceled = f", {record.canceled_count} orders cancelled" if record.canceled_count else ""
    what = f"{record.scope.in_words()} is {record.state}, was {before}"
    return Event(
        kind=Kind.TRADING_STATE_CHANGED,
        severity=_state_severity(record),
        scope=record.scope,
        message=f"{what}, by {record.updated_by}{canceled}{why}",
        time_ns=record.update_time_ns,
        check=record.state,
        portfolio_id=_portfolio_of(record.scope),
    )


def _state_severity(record: StateRecord) -> Severity:
    if record.state is State.HALTED:
        everything = record.scope == Scope(Level.FIRM)
        return Severity.CRITICAL if everything else Severity.HIGH
    return Severity.MEDIUM if record.state is State.REDUCING else Severity.LOW


def _portfolio_of(scope: Scope) -> str:
    return scope.id.partition("/")[0] if scope.level in (Level.PORTFOLIO, Level.STRATEGY) else ""

"""Limits: what each bounds, where it may stand, and how it is named.

A limit's id is "<level>:<id>:<symbol>:<TYPE>" with the level in lower case, for example
"portfolio:demo::ORDER_RATE" or "firm::AAPL:PRICE_COLLAR". It fits into a URL: the slash in a
strategy's id is written "~", as in "strategy:demo~maker::ORDER_RATE".
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from ...runtime.errors import FieldViolation, InvalidArgument, NotFound
from ...values import parse_decimal
from .scopes import InvalidScope, Scope, scope_of_text


class LimitType(StrEnum):
    """What a limit bounds."""

    ORDER_QUANTITY = "ORDER_QUANTITY"
    ORDER_NOTIONAL = "ORDER_NOTIONAL"
    PRICE_COLLAR = "PRICE_COLLAR"
    ORDER_RATE = "ORDER_RATE"
    POSITION = "POSITION"
    GROSS_EXPOSURE = "GROSS_EXPOSURE"


NEEDS_SYMBOL = frozenset({LimitType.ORDER_QUANTITY, LimitType.PRICE_COLLAR, LimitType.POSITION})
FORBIDS_SYMBOL = frozenset({LimitType.ORDER_RATE, LimitType.GROSS_EXPOSURE})
WHOLE = frozenset({LimitType.PRICE_COLLAR, LimitType.ORDER_RATE})


class InvalidLimitValue(InvalidArgument):
    """A bound that the type of the limit cannot have."""

    reason = "INVALID_LIMIT_VALUE"

    def __init__(self, problem: str) -> None:
        super().__init__(f"value: {problem}", fields=[FieldViolation("value", problem)])


class UnknownLimit(NotFound):
    """A limit that is not set."""

    reason = "UNKNOWN_LIMIT"

    def __init__(self, limit_id: str) -> None:
        super().__init__(f"no limit {limit_id[:200]!r} is set", metadata={"limit_id": limit_id[:200]})


@dataclass(frozen=True, slots=True)
class LimitKey:
    """Names a limit: where it stands and what it bounds."""

    scope: Scope
    limit_type: LimitType

    @property
    def limit_id(self) -> str:
        """Returns the id that the contract shows."""
        return f"{self.scope.to_text()}:{self.limit_type}"

    def check(self) -> None:
        """Fails with InvalidScope, naming the field, when type and scope do not fit."""
        self.scope.check()
        if self.limit_type in NEEDS_SYMBOL and not self.scope.symbol:
            raise InvalidScope("scope.symbol", f"{self.limit_type} is for one instrument; name it")
        if self.limit_type in FORBIDS_SYMBOL and self.scope.symbol:
            raise InvalidScope("scope.symbol", f"{self.limit_type} is for all instruments; leave it empty")


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit in force, and who set it."""

    key: LimitKey
    value: str
    version: int
    updated_by: str
    update_time_ns: int


def bound_of(limit_type: LimitType, text: str) -> Decimal:
    """Returns the bound that text names. Fails with InvalidLimitValue when the type cannot have it."""
    number = parse_decimal(text, "value")
    if number < 0:
        raise InvalidLimitValue("a bound is not negative")
    if limit_type in WHOLE and number != number.to_integral_value():
        raise InvalidLimitValue(f"{limit_type} is a whole number, not {text}")
    return number


def key_of_id(limit_id: str) -> LimitKey:
    """Returns what an id names. Fails with UnknownLimit when it can name nothing."""
    place, _, name = limit_id.rpartition(":")
    scope = scope_of_text(place)
    if scope is None or name not in LimitType.__members__:
        raise UnknownLimit(limit_id)
    return LimitKey(scope, LimitType(name))


def is_looser(before: str | None, after: str | None) -> bool:
    """Says whether a change lets more through; None stands for no limit."""
    if before is None or after is None:
        return before is not None
    return Decimal(after) > Decimal(before)

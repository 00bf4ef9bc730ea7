"""Where a limit or trading state stands: firm, desk, portfolio, strategy, each for one instrument or all."""

import re
from dataclasses import dataclass
from enum import StrEnum

from ...runtime.errors import FieldViolation, InvalidArgument

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,47}")
_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9._-]{0,23}")


class Level(StrEnum):
    """The tree, from the root."""

    FIRM = "FIRM"
    DESK = "DESK"
    PORTFOLIO = "PORTFOLIO"
    STRATEGY = "STRATEGY"


class InvalidScope(InvalidArgument):
    """A scope that cannot exist, or that does not fit what is set there."""

    reason = "INVALID_SCOPE"

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}", fields=[FieldViolation(field, problem)])


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """A place in the tree, for one instrument or (symbol empty) for all."""

    level: Level
    id: str = ""
    symbol: str = ""

    def check(self) -> None:
        """Fails with InvalidScope, naming the field, when there can be no such place."""
        if self.level is Level.FIRM and self.id:
            raise InvalidScope("scope.id", "there is one firm; leave it empty")
        names = self.id.split("/") if self.level is Level.STRATEGY else [self.id]
        wanted = {Level.FIRM: 0, Level.STRATEGY: 2}.get(self.level, 1)
        if wanted and (len(names) != wanted or not all(_NAME.fullmatch(name) for name in names)):
            raise InvalidScope(
                "scope.id", f"{self.id[:60]!r} does not name a {self.level.lower()}{_SHAPES[wanted]}"
            )
        if self.symbol and not _SYMBOL.fullmatch(self.symbol):
            raise InvalidScope("scope.symbol", f"{self.symbol[:60]!r} is not the symbol of an instrument")

    def to_text(self) -> str:
        """Returns the scope as a part of an id that fits into a URL: "/" in a strategy's id becomes "~"."""
        return f"{self.level.lower()}:{self.id.replace('/', '~')}:{self.symbol}"

    def in_words(self) -> str:
        """Returns the scope for people, such as "portfolio demo in AAPL"."""
        place = " ".join(part for part in (self.level.lower(), self.id) if part)
        return f"{place} in {self.symbol}" if self.symbol else place


_SHAPES = {1: "", 2: ", which is portfolio_id/strategy_id"}


def scope_of_text(text: str) -> Scope | None:
    """Returns the scope that `to_text` wrote, or None when it did not."""
    parts = text.split(":")
    if len(parts) != 3 or parts[0].upper() not in Level.__members__ or parts[0] != parts[0].lower():
        return None
    return Scope(Level(parts[0].upper()), parts[1].replace("~", "/"), parts[2])


def scope_of_decision(text: str) -> Scope | None:
    """Returns the scope that the gate named, such as "firm", "portfolio/demo" or "strategy/demo/maker"."""
    level, _, name = text.partition("/")
    return Scope(Level(level.upper()), name) if level.upper() in Level.__members__ else None

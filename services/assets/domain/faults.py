"""What can be wrong with an instrument, told all at once and by field."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ...runtime.errors import Aborted, AlreadyExists, FieldViolation, InvalidArgument, NotFound

PREFIX = "instrument."


@dataclass(frozen=True, slots=True)
class Fault:
    """One field that breaks a rule: its path in the instrument, why, and a stable reason."""

    path: str
    reason: str
    problem: str
    metadata: Mapping[str, str] = field(default_factory=dict)


class InvalidInstrument(InvalidArgument):
    """An instrument that breaks rules. The reason is that of the first fault; every fault names its field."""

    def __init__(self, faults: Iterable[Fault], prefix: str = PREFIX) -> None:
        every = list(faults)
        first = every[0]
        fields = [FieldViolation(prefix + fault.path, fault.problem) for fault in every]
        super().__init__(
            "; ".join(f"{item.field}: {item.description}" for item in fields),
            reason=first.reason,
            metadata={"field": prefix + first.path, **first.metadata},
            fields=fields,
        )


class UnknownInstrument(NotFound):
    """A symbol that is not listed."""

    reason = "UNKNOWN_INSTRUMENT"

    def __init__(self, symbol: str) -> None:
        super().__init__(f"instrument {symbol!r} is not listed", metadata={"symbol": symbol})


class SymbolInUse(AlreadyExists):
    """A symbol that names an instrument already."""

    reason = "SYMBOL_IN_USE"

    def __init__(self, symbol: str) -> None:
        violation = FieldViolation("instrument.symbol", f"{symbol} is listed already")
        super().__init__(f"{violation.field}: {violation.description}", fields=[violation])
        self.metadata = {"symbol": symbol}


class IsinInUse(AlreadyExists):
    """An ISIN that another instrument has."""

    reason = "ISIN_IN_USE"

    def __init__(self, isin: str, owner: str) -> None:
        violation = FieldViolation("instrument.isin", f"{isin} is the ISIN of {owner}")
        super().__init__(f"{violation.field}: {violation.description}", fields=[violation])
        self.metadata = {"isin": isin, "symbol": owner}


class StaleVersion(Aborted):
    """A change that is based on a version which somebody has replaced."""

    reason = "STALE_VERSION"

    def __init__(self, symbol: str, based_on: int, current: int) -> None:
        super().__init__(f"{symbol} is at version {current} by now; the change is based on {based_on}")
        self.metadata = {"symbol": symbol, "version": str(current)}

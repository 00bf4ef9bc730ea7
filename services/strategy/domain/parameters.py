"""The named values that steer a strategy: what they mean, their bounds, and how they change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from ...runtime.errors import FieldViolation, InvalidArgument
from ...values import MalformedDecimal, decimal_text, parse_decimal

Values = Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value: its name with its unit last, what it does, and its bounds."""

    name: str
    description: str
    minimum: Decimal
    maximum: Decimal
    default: Decimal
    whole: bool = False

    def problem(self, value: Decimal) -> str:
        """Says what is wrong with a value, or nothing."""
        if not value.is_finite() or not self.minimum <= value <= self.maximum:
            return f"{self.name} is from {decimal_text(self.minimum)} to {decimal_text(self.maximum)}"
        if self.whole and value != value.to_integral_value():
            return f"{self.name} is a whole number"
        return ""


class InvalidParameter(InvalidArgument):
    """Parameters that cannot be set. Names each one that is wrong."""

    reason = "PARAMETER_INVALID"

    def __init__(self, violations: list[FieldViolation]) -> None:
        super().__init__("; ".join(one.description for one in violations), fields=violations)


def defaults(parameters: Iterable[Parameter]) -> dict[str, Decimal]:
    """Returns the values that hold when nobody has set any."""
    return {one.name: one.default for one in parameters}


def changed(
    parameters: Iterable[Parameter], values: Values, asked: Iterable[tuple[str, str]]
) -> dict[str, Decimal]:
    """Returns the values after a change of some. Fails with InvalidParameter, naming all that are wrong."""
    known = {one.name: one for one in parameters}
    result, wrong, seen = dict(values), list[FieldViolation](), set[str]()
    for index, (name, text) in enumerate(asked):
        problem = f"{name} is given twice" if name in seen else _problem(known, name, text)
        seen.add(name)
        if problem:
            wrong.append(FieldViolation(f"parameters[{index}]", problem))
        else:
            result[name] = Decimal(text)
    if wrong:
        raise InvalidParameter(wrong)
    return result


def kept(parameters: Iterable[Parameter], stored: Mapping[str, str]) -> dict[str, Decimal]:
    """Returns stored values where they are still valid, else the defaults: bounds may have changed since."""
    known = {one.name: one for one in parameters}
    valid = {name: Decimal(text) for name, text in stored.items() if not _problem(known, name, text)}
    return defaults(known.values()) | valid


def _problem(known: Mapping[str, Parameter], name: str, text: str) -> str:
    if name not in known:
        return f"{name!r} is no parameter; there are {', '.join(known)}"
    try:
        return known[name].problem(parse_decimal(text, name))
    except MalformedDecimal as error:
        return error.message

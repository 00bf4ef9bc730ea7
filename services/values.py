"""Prices, quantities and moments: the only door between decimal text, integers and floats.

Outside, a price is decimal text that is exact to the instrument's increment; inside, on
hot paths, it is an integer number of increments (ticks, lots). Nothing here rounds.
"""

import re
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import NewType

from google.protobuf.timestamp_pb2 import Timestamp

from .runtime.errors import FieldViolation, InvalidArgument

Symbol = NewType("Symbol", str)

NANOSECONDS = 1_000_000_000
_EXACT = Context(prec=120)  # digits enough for any two numbers that we read: nothing is rounded
UNITS_MAX = 1 << 46  # the engine's bound on ticks and on lots, see native/engine.h
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,23})(\.[0-9]{1,24})?")


class MalformedDecimal(InvalidArgument):
    """Text that is no plain decimal number."""

    reason = "MALFORMED_DECIMAL"

    def __init__(self, text: str, field: str) -> None:
        shown = text if len(text) <= 40 else text[:40] + "..."
        problem = f"{shown!r} is not a plain decimal such as 101.25"
        super().__init__(f"{field}: {problem}", fields=[FieldViolation(field, problem)])


class NotAMultiple(InvalidArgument):
    """A number that the instrument's increment does not divide."""

    reason = "NOT_A_MULTIPLE"

    def __init__(self, value: Decimal, increment: "Increment", field: str) -> None:
        below = increment.to_text(increment.floor_units(value))
        above = increment.to_text(increment.floor_units(value) + 1)
        problem = f"{value} is not a multiple of {increment.value}; the nearest are {below} and {above}"
        super().__init__(f"{field}: {problem}", fields=[FieldViolation(field, problem)])


class OutOfBounds(InvalidArgument):
    """A number of increments that the engine cannot hold."""

    reason = "OUT_OF_BOUNDS"

    def __init__(self, text: str, increment: "Increment", field: str) -> None:
        problem = f"{text} is too large; the most is {increment.to_text(UNITS_MAX)}"
        super().__init__(f"{field}: {problem}", fields=[FieldViolation(field, problem)])


def parse_decimal(text: str, field: str) -> Decimal:
    """Returns plain decimal text as a number. Fails with MalformedDecimal, for NaN and exponents too."""
    if not _DECIMAL.fullmatch(text):
        raise MalformedDecimal(text, field)
    return Decimal(text)


def decimal_text(value: Decimal) -> str:
    """Returns a finite number as plain text without an exponent or trailing zeros."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


class Increment:
    """The smallest step of a price or a quantity, and the way between decimals and whole steps."""

    __slots__ = ("_factor", "_places", "_scale", "value")

    def __init__(self, value: Decimal) -> None:
        if not value.is_finite() or value <= 0:
            raise ValueError(f"an increment is more than zero, not {value}")
        self.value = value.normalize(_EXACT)
        exponent = self.value.as_tuple().exponent
        assert isinstance(exponent, int)
        self._places = max(0, -exponent)
        self._scale: int = 10**self._places
        self._factor = int(self.value.scaleb(self._places, _EXACT))

    @property
    def fraction(self) -> tuple[int, int]:
        """Returns the step as an integer and how many decimal places it has: 0.25 is 25 and 2."""
        return self._factor, self._places

    @classmethod
    def parse(cls, text: str, field: str) -> "Increment":
        """Returns the increment that text names. Fails with InvalidArgument unless it is more than zero."""
        value = parse_decimal(text, field)
        if value <= 0:
            problem = "an increment is more than zero"
            raise InvalidArgument(f"{field}: {problem}", fields=[FieldViolation(field, problem)])
        return cls(value)

    def to_units(self, text: str, field: str) -> int:
        """Returns how many increments text is. Fails with MalformedDecimal, NotAMultiple or OutOfBounds."""
        whole, _, fraction = text.partition(".")
        plain = whole.isdecimal() and whole.isascii() and (whole[0] != "0" or len(whole) == 1)
        if plain and len(fraction) <= self._places and len(text) <= 24:
            scaled = self._scaled(whole, fraction, text, field)
            units, rest = divmod(scaled, self._factor)
            if rest == 0 and units <= UNITS_MAX:
                return units
        return self._to_units_slowly(text, field)

    def _scaled(self, whole: str, fraction: str, text: str, field: str) -> int:
        if not fraction:
            if "." in text:
                raise MalformedDecimal(text, field)
            return int(whole) * self._scale
        if not (fraction.isdecimal() and fraction.isascii()):
            raise MalformedDecimal(text, field)
        return int(whole + fraction) * int(10 ** (self._places - len(fraction)))

    def _to_units_slowly(self, text: str, field: str) -> int:
        value = parse_decimal(text, field)
        units = self.floor_units(value)
        if abs(units) > UNITS_MAX:
            raise OutOfBounds(text, self, field)
        if _EXACT.multiply(units, self.value) != value:
            raise NotAMultiple(value, self, field)
        return units

    def floor_units(self, value: Decimal) -> int:
        """Returns how many whole increments fit into a number, rounded down."""
        return int(_EXACT.divide(value, self.value).to_integral_value("ROUND_FLOOR"))

    def to_text(self, units: int) -> str:
        """Returns so many increments as decimal text with the increment's number of digits."""
        scaled = units * self._factor
        if self._places == 0:
            return str(scaled)
        sign, digits = ("-", -scaled) if scaled < 0 else ("", scaled)
        whole, fraction = divmod(digits, self._scale)
        return f"{sign}{whole}.{fraction:0{self._places}d}"

    def to_decimal(self, units: int) -> Decimal:
        """Returns so many increments as an exact number."""
        return Decimal(units * self._factor).scaleb(-self._places, _EXACT)

    def __repr__(self) -> str:
        return f"Increment({self.value})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Increment) and other.value == self.value

    def __hash__(self) -> int:
        return hash(self.value)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency, exact."""

    amount: Decimal
    currency: str


def timestamp(moment_ns: int) -> Timestamp:
    """Returns nanoseconds since 1970 UTC as a protobuf timestamp."""
    seconds, nanos = divmod(moment_ns, NANOSECONDS)
    return Timestamp(seconds=seconds, nanos=nanos)


def time_ns(moment: Timestamp) -> int:
    """Returns a protobuf timestamp as nanoseconds since 1970 UTC."""
    return moment.seconds * NANOSECONDS + moment.nanos

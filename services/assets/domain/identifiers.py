"""Check digits of the public identifiers: ISIN, FIGI, CUSIP and SEDOL, and the shape of a CFI code."""

import re
import string
from collections.abc import Callable, Iterable
from dataclasses import dataclass

CONSONANTS = "BCDFGHJKLMNPQRSTVWXYZ"
FIGI_FORBIDDEN_PREFIXES = frozenset({"BS", "BM", "GG", "GB", "GH", "KY", "VG"})
SEDOL_WEIGHTS = (1, 3, 1, 7, 3, 9)

_VALUES = {symbol: value for value, symbol in enumerate(string.digits + string.ascii_uppercase + "*@#")}


def isin_check_digit(body: str) -> str:
    """Returns the twelfth character for the first eleven (ISO 6166: Luhn over the spelt-out digits)."""
    digits = [int(digit) for symbol in body for digit in str(_VALUES[symbol])]
    doubled = [digit * 2 if index % 2 == 0 else digit for index, digit in enumerate(reversed(digits))]
    return _complement(_digit_sum(doubled))


def cusip_check_digit(body: str) -> str:
    """Returns the ninth character for the first eight (ANSI X9.6, modulus 10 double add double)."""
    return _complement(_double_add_double(body))


def figi_check_digit(body: str) -> str:
    """Returns the twelfth character for the first eleven (FIGI standard of the OMG, section 7.1.2)."""
    return _complement(_double_add_double(body))


def sedol_check_digit(body: str) -> str:
    """Returns the seventh character for the first six (London Stock Exchange, weights 1 3 1 7 3 9)."""
    return _complement(
        sum(weight * _VALUES[symbol] for weight, symbol in zip(SEDOL_WEIGHTS, body, strict=True))
    )


def _double_add_double(body: str) -> int:
    """Sums the digits of the character values, each second one doubled."""
    return _digit_sum(_VALUES[symbol] * (1 + index % 2) for index, symbol in enumerate(body))


def _digit_sum(numbers: Iterable[int]) -> int:
    return sum(number // 10 + number % 10 for number in numbers)


def _complement(total: int) -> str:
    return str(-total % 10)


@dataclass(frozen=True, slots=True)
class Scheme:
    """One kind of identifier: what it looks like and how its last character follows from the others."""

    name: str
    pattern: re.Pattern[str]
    shape: str
    check_digit: Callable[[str], str]

    def has_shape(self, text: str) -> bool:
        return self.pattern.fullmatch(text) is not None and not self._is_reserved(text)

    def expected_digit(self, text: str) -> str:
        """Returns the check digit that the other characters call for."""
        return self.check_digit(text[:-1])

    def _is_reserved(self, text: str) -> bool:
        return self.name == "figi" and text[:2] in FIGI_FORBIDDEN_PREFIXES


ISIN = Scheme(
    "isin",
    re.compile(r"[A-Z]{2}[A-Z0-9]{9}[0-9]"),
    "two letters, nine letters or digits and a check digit, such as US0378331005",
    isin_check_digit,
)
FIGI = Scheme(
    "figi",
    re.compile(rf"[{CONSONANTS}]{{2}}G[{CONSONANTS}0-9]{{8}}[0-9]"),
    "two consonants, the letter G, eight consonants or digits and a check digit, such as BBG000BLNNH6",
    figi_check_digit,
)
CUSIP = Scheme(
    "cusip",
    re.compile(r"[A-Z0-9*@#]{8}[0-9]"),
    "eight letters, digits, *, @ or # and a check digit, such as 037833100",
    cusip_check_digit,
)
SEDOL = Scheme(
    "sedol",
    re.compile(rf"[{CONSONANTS}0-9]{{6}}[0-9]"),
    "six consonants or digits and a check digit, such as 0263494",
    sedol_check_digit,
)
SCHEMES = (ISIN, FIGI, CUSIP, SEDOL)

# National numbers that the ISIN carries whole: an ISIN of these countries and a CUSIP must agree.
CUSIP_COUNTRIES = frozenset({"US", "CA"})


def cusip_inside(isin: str) -> str:
    """Returns the CUSIP that an American or Canadian ISIN carries, or nothing for other countries."""
    return isin[2:11] if isin[:2] in CUSIP_COUNTRIES else ""

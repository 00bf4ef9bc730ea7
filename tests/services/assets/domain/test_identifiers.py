"""Check digits: published examples, and what a check digit is for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickmesh.services.assets.domain.identifiers import (
    CONSONANTS,
    CUSIP,
    FIGI,
    ISIN,
    SCHEMES,
    SEDOL,
    Scheme,
    cusip_inside,
)

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

PUBLISHED = [
    # Wikipedia, "International Securities Identification Number", section Examples.
    (ISIN, "US0378331005"),  # Apple
    (ISIN, "AU0000XVGZA3"),  # Treasury Corporation of Victoria
    (ISIN, "GB0002634946"),  # BAE Systems
    (ISIN, "US30303M1027"),  # Meta
    # ISO 6166 as quoted by ANNA: Bayer.
    (ISIN, "DE000BAY0017"),
    # Object Management Group, Financial Instrument Global Identifier, section 7: IBM.
    (FIGI, "BBG000BLNNH6"),
    # openfigi.com: Apple, composite for the United States.
    (FIGI, "BBG000B9XRY4"),
    (FIGI, "BBG000BPH459"),
    # Wikipedia, "CUSIP", list of sample numbers: Apple, Cisco, Alphabet, Oracle.
    (CUSIP, "037833100"),
    (CUSIP, "17275R102"),
    (CUSIP, "38259P508"),
    (CUSIP, "68389X105"),
    # Wikipedia, "SEDOL", section Description: BAE Systems; Rosetta Code, "SEDOLs", the reference list.
    (SEDOL, "0263494"),
    (SEDOL, "7108899"),
    (SEDOL, "B0YBKJ7"),
    (SEDOL, "4065663"),
    (SEDOL, "B0YBLH2"),
    (SEDOL, "2282765"),
    (SEDOL, "B0YBKL9"),
    (SEDOL, "5579107"),
    (SEDOL, "B0YBKR5"),
    (SEDOL, "5852842"),
    (SEDOL, "B0YBKT7"),
]


def bodies(scheme: Scheme) -> st.SearchStrategy[str]:
    shapes = {
        "isin": [LETTERS] * 2 + [DIGITS + LETTERS] * 9,
        "figi": ["CDFHJ", CONSONANTS, "G"] + [DIGITS + CONSONANTS] * 8,
        "cusip": [DIGITS + LETTERS + "*@#"] * 8,
        "sedol": [DIGITS + CONSONANTS] * 6,
    }
    return st.tuples(*(st.sampled_from(alphabet) for alphabet in shapes[scheme.name])).map("".join)


@pytest.mark.parametrize(("scheme", "text"), PUBLISHED)
def test_published_identifiers_verify(scheme: Scheme, text: str) -> None:
    assert scheme.has_shape(text)
    assert scheme.expected_digit(text) == text[-1]


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
@given(data=st.data())
def test_exactly_one_digit_completes_an_identifier(scheme: Scheme, data: st.DataObject) -> None:
    body = data.draw(bodies(scheme))
    valid = [digit for digit in DIGITS if scheme.expected_digit(body + digit) == digit]
    assert len(valid) == 1
    assert scheme.has_shape(body + valid[0])


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
@given(data=st.data())
def test_one_mistyped_digit_is_noticed(scheme: Scheme, data: st.DataObject) -> None:
    body = data.draw(bodies(scheme).filter(lambda text: any(symbol in DIGITS for symbol in text)))
    place = data.draw(st.sampled_from([index for index, symbol in enumerate(body) if symbol in DIGITS]))
    other = data.draw(st.sampled_from([digit for digit in DIGITS if digit != body[place]]))
    mistyped = body[:place] + other + body[place + 1 :]
    assert scheme.expected_digit(mistyped + "0") != scheme.expected_digit(body + "0")


@pytest.mark.parametrize(
    ("scheme", "text"),
    [
        (ISIN, "US037833100"),
        (ISIN, "us0378331005"),
        (ISIN, "US03783310055"),
        (ISIN, "12037833100X"),
        (ISIN, "US0378331OO\n"),
        (ISIN, "US03783310０5"),  # a full-width digit
        (FIGI, "BBX000B9XRY4"),
        (FIGI, "BBG000A9XRY4"),
        (FIGI, "GBG000B9XRY4"),
        (CUSIP, "03783310"),
        (CUSIP, "03783310X"),
        (SEDOL, "026349A"),
        (SEDOL, "A263494"),
        (SEDOL, "02634944"),
    ],
)
def test_text_of_another_shape_is_no_identifier(scheme: Scheme, text: str) -> None:
    assert not scheme.has_shape(text)


def test_an_american_isin_carries_its_cusip() -> None:
    assert cusip_inside("US0378331005") == "037833100"
    assert cusip_inside("CA0679011084") == "067901108"
    assert cusip_inside("GB0002634946") == ""

"""The door between decimal text and whole numbers: exact both ways, and shut to everything else."""

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tickmesh.services.values import (
    UNITS_MAX,
    Increment,
    MalformedDecimal,
    NotAMultiple,
    OutOfBounds,
    decimal_text,
    parse_decimal,
    time_ns,
    timestamp,
)

INCREMENTS = st.sampled_from(
    ["1", "0.01", "0.0001", "0.05", "0.25", "5", "100", "0.00000001", "0.015625", "3"]
)
LONG_INCREMENTS = st.from_regex(r"[1-9][0-9]{0,23}(\.[0-9]{1,24})?", fullmatch=True)
UNITS = st.integers(-UNITS_MAX, UNITS_MAX)
NONSENSE = [
    "", " ", ".", "-", "+1", "1.", ".5", "-.5", "1e5", "1E+2", "NaN", "nan", "inf", "-Infinity", "0x10",
    "1_000", "1,5", "01", "007.5", "00", "-01", "٣", "１", "1.٣", "1\n", "\n1", " 1", "1 ", "1.2.3", "--1",
    "1\0", "½", "²", "1" * 25, "0." + "1" * 25, "9" * 100_000,
]  # fmt: skip


@given(UNITS, INCREMENTS | LONG_INCREMENTS)
@example(UNITS_MAX, "0.01")
def test_units_go_to_text_and_back_exactly(units: int, step: str) -> None:
    increment = Increment(Decimal(step))
    text = increment.to_text(units)
    if len(text) <= 48 and len(text.lstrip("-").partition(".")[0]) <= 24:
        assert increment.to_units(text, "price") == units
    assert Decimal(text) == increment.to_decimal(units)


@given(UNITS, LONG_INCREMENTS)
def test_nothing_is_rounded_on_the_way_to_a_decimal(units: int, step: str) -> None:
    increment = Increment(Decimal(step))
    whole = int(step.replace(".", ""))
    places = len(step.partition(".")[2])
    assert (
        increment.to_decimal(units).as_integer_ratio()
        == Decimal(f"{whole * units}E-{places}").as_integer_ratio()
    )


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=6))
def test_a_number_is_taken_if_and_only_if_it_is_a_multiple(value: Decimal) -> None:
    increment = Increment(Decimal("0.05"))
    is_multiple = value % Decimal("0.05") == 0
    try:
        assert increment.to_decimal(increment.to_units(decimal_text(value), "price")) == value
    except NotAMultiple:
        assert not is_multiple
    except OutOfBounds:
        assert abs(value / Decimal("0.05")) > UNITS_MAX


@pytest.mark.parametrize("text", NONSENSE, ids=lambda text: ascii(text)[:12])
@pytest.mark.parametrize("step", ["1", "0.01", "0.000000000000000000000001"])
def test_what_is_no_plain_decimal_is_refused_at_both_doors(text: str, step: str) -> None:
    with pytest.raises(MalformedDecimal):
        parse_decimal(text, "price")
    with pytest.raises(MalformedDecimal):
        Increment(Decimal(step)).to_units(text, "price")


@given(st.text(max_size=30))
def test_both_doors_agree_on_any_text(text: str) -> None:
    increment = Increment(Decimal("0.000000000000000000000001"))
    try:
        value = parse_decimal(text, "price")
    except MalformedDecimal:
        with pytest.raises(MalformedDecimal):
            increment.to_units(text, "price")
        return
    try:
        assert increment.to_decimal(increment.to_units(text, "price")) == value
    except OutOfBounds:
        assert abs(value) > Decimal(UNITS_MAX).scaleb(-24)


def test_a_number_off_the_grid_is_told_its_neighbours() -> None:
    with pytest.raises(NotAMultiple, match=r"nearest are 101\.20 and 101\.25") as caught:
        Increment(Decimal("0.05")).to_units("101.23", "price")
    assert [violation.field for violation in caught.value.fields] == ["price"]


@pytest.mark.parametrize("text", ["999999999999999", "-999999999999999", "9" * 24])
def test_more_than_the_engine_holds_is_refused(text: str) -> None:
    with pytest.raises(OutOfBounds):
        Increment(Decimal("0.01")).to_units(text, "price")


@pytest.mark.parametrize("value", ["0", "-1", "NaN", "Infinity"])
def test_an_increment_is_more_than_zero(value: str) -> None:
    with pytest.raises(ValueError, match="more than zero"):
        Increment(Decimal(value))


def test_numbers_are_shown_plainly() -> None:
    shown = [decimal_text(Decimal(text)) for text in ("1E+3", "1.500", "-0.0", "0E-9", "1E-9", "100")]
    assert shown == ["1000", "1.5", "0", "0", "0.000000001", "100"]


@given(st.integers(-(10**18), 10**19))
def test_a_moment_goes_to_the_wire_and_back(moment_ns: int) -> None:
    assert time_ns(timestamp(moment_ns)) == moment_ns
    assert 0 <= timestamp(moment_ns).nanos < 1_000_000_000

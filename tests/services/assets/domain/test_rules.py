"""What must be true of an instrument, field by field."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.services.assets.samples import DETAILS, an_instrument
from tickmesh.services.assets.domain.changes import amended, listed, refuse_fixed
from tickmesh.services.assets.domain.details import AssetType
from tickmesh.services.assets.domain.faults import InvalidInstrument, StaleVersion
from tickmesh.services.assets.domain.instruments import Instrument, search_text
from tickmesh.services.assets.translation import from_proto, to_proto
from tickmesh.services.values import UNITS_MAX, Increment

NOW_NS = 1_700_000_000_000_000_000


def instrument(**changes: Any) -> Instrument:
    asset_type = changes.pop("asset_type", "STOCK")
    return from_proto(an_instrument(asset_type=asset_type, **changes))


def refusal(**changes: Any) -> InvalidInstrument:
    with pytest.raises(InvalidInstrument) as caught:
        listed(instrument(**changes), NOW_NS)
    return caught.value


def fields(error: InvalidInstrument) -> list[str]:
    return [violation.field for violation in error.fields]


@pytest.mark.parametrize("asset_type", DETAILS)
def test_each_type_with_its_own_detail_is_listed(asset_type: str) -> None:
    new = listed(instrument(asset_type=asset_type), NOW_NS)
    assert (new.version, new.create_time_ns, new.update_time_ns) == (1, NOW_NS, NOW_NS)
    assert len(new.cfi) == 6


@pytest.mark.parametrize("asset_type", DETAILS)
def test_a_type_without_its_detail_is_refused(asset_type: str) -> None:
    with pytest.raises(InvalidInstrument) as caught:
        listed(replace(instrument(asset_type=asset_type), detail=None), NOW_NS)
    assert caught.value.reason == "MISSING_DETAIL"
    assert fields(caught.value)[0] == f"instrument.{asset_type.lower()}"


def test_the_detail_of_another_type_is_refused() -> None:
    with pytest.raises(InvalidInstrument) as caught:
        listed(replace(instrument(), detail=instrument(asset_type="REIT").detail), NOW_NS)
    assert (caught.value.reason, fields(caught.value)) == ("WRONG_DETAIL", ["instrument.reit"])


@pytest.mark.parametrize(
    ("field", "text", "right"),
    [
        ("isin", "US0378331004", "5"),
        ("figi", "BBG000B9XRY5", "4"),
        ("cusip", "037833101", "0"),
        ("sedol", "2046252", "1"),
    ],
)
def test_a_bad_check_digit_is_refused_and_the_right_one_told(field: str, text: str, right: str) -> None:
    error = refusal(**{field: text})
    assert error.reason == "BAD_CHECK_DIGIT"
    assert fields(error) == [f"instrument.{field}"]
    assert error.metadata == {"field": f"instrument.{field}", "expected_digit": right}
    assert f"would be {right}" in error.fields[0].description


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"isin": "US03783310"}, "MALFORMED_IDENTIFIER", "isin"),
        ({"isin": "US0378331005", "cusip": "17275R102"}, "IDENTIFIER_MISMATCH", "cusip"),
        ({"cfi": "esvufr"}, "MALFORMED_IDENTIFIER", "cfi"),
        ({"cfi": "DBFTFR"}, "CFI_MISMATCH", "cfi"),
        ({"price_increment": "0"}, "NOT_POSITIVE", "price_increment"),
        ({"quantity_increment": "0.000"}, "NOT_POSITIVE", "quantity_increment"),
        ({"multiplier": "0"}, "NOT_POSITIVE", "multiplier"),
        ({"price_increment": "0.00001", "quantity_increment": "0.00001"}, "OUT_OF_BOUNDS", "price_increment"),
        ({"quantity_increment": "999999999999"}, "OUT_OF_BOUNDS", "price_increment"),
        ({"reference_price": "0"}, "NOT_POSITIVE", "reference_price"),
        ({"reference_price": "158.565"}, "NOT_A_MULTIPLE", "reference_price"),
        ({"reference_price": "900000000000000000"}, "OUT_OF_BOUNDS", "reference_price"),
        ({"reference_time": "1969-12-31T23:59:59Z"}, "OUT_OF_BOUNDS", "reference_time"),
        ({"reference_time": "9999-12-31T23:59:59Z"}, "OUT_OF_BOUNDS", "reference_time"),
        ({"minimum_notional": "999999999999999999"}, "OUT_OF_BOUNDS", "minimum_notional"),
        ({"calendar": "MOON"}, "UNKNOWN_CALENDAR", "calendar"),
        ({"name": "   "}, "MALFORMED_FIELD", "name"),
        ({"name": "a\x00b"}, "MALFORMED_FIELD", "name"),
        ({"attributes": {"note": "two\nlines"}}, "MALFORMED_FIELD", "attributes['note']"),
        ({"stock": {"sector": "a\x00b"}}, "MALFORMED_FIELD", "stock.sector"),
    ],
)
def test_a_broken_rule_is_told_by_reason_and_field(changes: dict[str, Any], reason: str, field: str) -> None:
    error = refusal(**changes)
    assert error.reason == reason
    assert fields(error)[0] == f"instrument.{field}"


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"maturity_date": "2023-11-15"}, "MATURITY_NOT_AFTER_ISSUE", "maturity_date"),
        ({"coupon_rate": "0"}, "COUPON_MISMATCH", "coupon_frequency"),
        ({"coupon_frequency": 0}, "COUPON_MISMATCH", "coupon_frequency"),
        ({"face_value": "0"}, "NOT_POSITIVE", "face_value"),
        ({"issue_date": "2023-02-30"}, "MALFORMED_FIELD", "issue_date"),
    ],
)
def test_a_bond_makes_sense(changes: dict[str, Any], reason: str, field: str) -> None:
    with pytest.raises(InvalidInstrument) as caught:
        listed(instrument(asset_type="BOND", bond={**DETAILS["BOND"], **changes}), NOW_NS)
    assert (caught.value.reason, fields(caught.value)) == (reason, [f"instrument.bond.{field}"])


def test_a_pair_is_priced_in_its_quote_currency() -> None:
    error = refusal(asset_type="FOREX", currency="JPY")
    assert (error.reason, fields(error)) == ("CURRENCY_MISMATCH", ["instrument.forex.quote_currency"])
    error = refusal(asset_type="FOREX", forex={"base_currency": "USD", "quote_currency": "USD"})
    assert fields(error) == ["instrument.forex.base_currency"]
    assert fields(refusal(asset_type="CRYPTO", currency="BTC")) == ["instrument.crypto.base_asset"]


def test_charges_above_everything_are_refused() -> None:
    error = refusal(asset_type="ETF", etf={**DETAILS["ETF"], "expense_ratio": "100.5"})
    assert fields(error) == ["instrument.etf.expense_ratio"]


def test_all_faults_are_told_at_once() -> None:
    error = refusal(isin="US0378331004", calendar="MOON", price_increment="0")
    assert set(fields(error)) == {"instrument.isin", "instrument.calendar", "instrument.price_increment"}


def test_a_change_raises_the_version_and_keeps_the_birthday() -> None:
    first = listed(instrument(), NOW_NS)
    second = amended(first, replace(first, name="Another name"), based_on=1, now_ns=NOW_NS + 5)
    assert (second.version, second.create_time_ns, second.update_time_ns) == (2, NOW_NS, NOW_NS + 5)


def test_a_change_based_on_an_old_version_is_refused() -> None:
    first = listed(instrument(), NOW_NS)
    with pytest.raises(StaleVersion):
        amended(first, first, based_on=7, now_ns=NOW_NS)


FIXED = ["symbol", "asset_type", "currency", "price_increment", "multiplier", "version"]


@pytest.mark.parametrize("path", FIXED)
def test_fields_that_are_fixed_for_life_do_not_change(path: str) -> None:
    with pytest.raises(InvalidInstrument) as caught:
        refuse_fixed(["name", path])
    assert (caught.value.reason, fields(caught.value)) == ("IMMUTABLE_FIELD", [f"instrument.{path}"])


def test_a_search_sees_identifiers_and_attributes_in_any_case() -> None:
    text = search_text(instrument(isin="US4592001014", attributes={"Index": "DOW Jones"}))
    assert all(part in text for part in ("ibm", "us4592001014", "index", "dow jones"))


@given(
    price_increment=st.sampled_from(["0.01", "0.0078125", "0.5", "25", "0.00001"]),
    ticks=st.integers(1, UNITS_MAX),
    asset_type=st.sampled_from(list(DETAILS)),
    attributes=st.dictionaries(st.text("abcXYZ äß", min_size=1), st.text("abc 123"), max_size=4),
)
def test_a_message_survives_the_way_in_and_out(
    price_increment: str, ticks: int, asset_type: str, attributes: dict[str, str]
) -> None:
    reference = Increment(Decimal(price_increment)).to_text(ticks)
    message = an_instrument(
        asset_type=asset_type,
        price_increment=price_increment,
        reference_price=reference,
        attributes=attributes,
    )
    new = listed(from_proto(message), NOW_NS)
    again = to_proto(new)
    assert again.reference_price == reference
    assert to_proto(listed(from_proto(again), NOW_NS)) == again
    assert new.asset_type is AssetType(asset_type)

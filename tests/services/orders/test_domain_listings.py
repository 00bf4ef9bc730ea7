"""What an instrument's numbers mean to the engine."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.services.orders.samples import a_listing
from tickmesh.services.orders.domain.faults import (
    BelowMinimumNotional,
    InvalidOrder,
    OffLot,
    OffTick,
    UnknownInstrument,
)
from tickmesh.services.orders.domain.listings import NANO, UNIT_VALUE_MAX, Listing, Listings
from tickmesh.services.orders.domain.orders import average_price
from tickmesh.services.values import MalformedDecimal, OutOfBounds


def test_a_price_counts_its_ticks_and_a_quantity_its_lots() -> None:
    listing = a_listing(price_increment="0.05", quantity_increment="0.001")
    assert (listing.ticks("189.25"), listing.lots("1.5")) == (3_785, 1_500)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("1.001", OffTick),
        ("0", InvalidOrder),
        ("-1", InvalidOrder),
        ("1e5", MalformedDecimal),
        ("NaN", MalformedDecimal),
        ("", MalformedDecimal),
        ("1" * 20, OutOfBounds),
        ("\u0661", MalformedDecimal),
    ],
)
def test_a_price_that_the_engine_cannot_take_names_its_fault(text: str, fault: type[Exception]) -> None:
    with pytest.raises(fault):
        a_listing().ticks(text)


def test_a_quantity_between_two_lots_is_off_lot() -> None:
    with pytest.raises(OffLot, match="the nearest are 0 and 1"):
        a_listing().lots("0.5")


def test_an_order_below_the_minimum_notional_is_refused_and_one_at_it_is_not() -> None:
    listing = a_listing(minimum_notional="10", multiplier="2")
    listing.check_notional(ticks=500, lots=1)
    with pytest.raises(BelowMinimumNotional, match=r"worth 9\.98 USD; the minimum is 10"):
        listing.check_notional(ticks=499, lots=1)


def test_a_unit_value_is_a_tick_times_a_lot_in_billionths() -> None:
    listing = a_listing(price_increment="0.01", multiplier="100")
    assert listing.unit_value(Fraction(1)) == NANO
    assert listing.unit_value(Fraction("0.5")) == NANO // 2


def test_a_unit_value_stays_within_what_the_engine_holds() -> None:
    assert a_listing(price_increment="0.000000001").unit_value(Fraction(1, 10**9)) == 1
    assert a_listing(price_increment="1000000").unit_value(Fraction(10**9)) == UNIT_VALUE_MAX


@given(
    st.integers(1, 10**6), st.integers(0, 8), st.integers(1, 10**6), st.integers(0, 8), st.integers(1, 10**9)
)
def test_a_listing_reads_back_from_the_journal_as_it_was(
    tick: int, tick_places: int, lot: int, lot_places: int, reference: int
) -> None:
    listing = a_listing(
        price_increment=str(Decimal(tick).scaleb(-tick_places)),
        quantity_increment=str(Decimal(lot).scaleb(-lot_places)),
        reference_ticks=reference,
    )
    assert Listing.from_text(listing.to_text()) == listing


def test_an_instrument_that_is_not_listed_is_named() -> None:
    listings = Listings()
    listings.add(a_listing())
    assert listings.get("AAPL").symbol == "AAPL"
    with pytest.raises(UnknownInstrument, match="'MSFT' is not listed"):
        listings.get("MSFT")


def test_a_currency_without_a_rate_counts_as_the_base_currency() -> None:
    assert Listings().rate("EUR") == 1


def test_there_is_no_average_price_before_a_trade() -> None:
    assert average_price(a_listing(), 0, 0) == ""


def test_an_average_price_is_rounded_half_even_to_twelve_digits() -> None:
    listing = a_listing(price_increment="1")
    assert average_price(listing, 2, 3) == "0.666666666667"
    assert average_price(a_listing(price_increment="0.000000000001"), 5, 2) == "0.000000000002"


@given(st.integers(1, 1 << 46), st.integers(1, 1 << 46))
def test_the_average_of_one_price_is_that_price(ticks: int, lots: int) -> None:
    listing = a_listing(price_increment="0.0001")
    text = average_price(listing, ticks * lots, lots)
    assert Decimal(text) == listing.price_increment.to_decimal(ticks)

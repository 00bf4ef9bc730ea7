"""Published columns: what is taken, and how the first wrong row is named."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.services.pricing.reference_check import Row, first_fault
from tickmesh.services.pricing.domain.intake import Intake
from tickmesh.services.pricing.domain.listings import Listings, UnknownInstrument
from tickmesh.services.pricing.domain.part import Part
from tickmesh.services.pricing.domain.table import SentTable
from tickmesh.services.pricing.domain.ticks import (
    COLUMNS,
    ROWS_MAX,
    Kind,
    Ticks,
    WrongColumns,
    WrongTick,
    from_bytes,
    to_bytes,
)
from tickmesh.services.values import UNITS_MAX

NOW_NS = 1_700_000_000_000_000_000
GOOD: Row = (7, Kind.BID, 100, 5, NOW_NS)


def packed(rows: list[Row]) -> tuple[bytes, ...]:
    columns = zip(*rows, strict=True) if rows else ((),) * 5
    return tuple(np.array(column, kind).tobytes() for (_, kind), column in zip(COLUMNS, columns, strict=True))


def taken(rows: list[Row], instruments: tuple[tuple[int, str], ...] = ((7, "AAPL"), (2, "MSFT"))) -> Ticks:
    return an_intake().take(instruments, packed(rows), NOW_NS)


def an_intake() -> Intake:
    listings = Listings()
    for symbol in ("EURUSD", "MSFT", "AAPL"):
        listings.learn(symbol, "0.01", "1")
    return Intake(listings, future_ns=1_000)


def test_rows_are_taken_with_our_numbers() -> None:
    ticks = taken([GOOD, (2, Kind.TRADE_SELL, 3, 4, NOW_NS)])
    assert ticks.instrument.tolist() == [2, 1]
    assert ticks.price_ticks.tolist() == [100, 3]


def test_no_rows_are_taken_as_no_rows() -> None:
    assert len(taken([])) == 0
    assert len(an_intake().take([], packed([]), NOW_NS)) == 0


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ((8, Kind.BID, 100, 5, NOW_NS), "instrument_index"),
        ((0, Kind.BID, 100, 5, NOW_NS), "instrument_index"),
        ((4_294_967_295, Kind.BID, 100, 5, NOW_NS), "instrument_index"),
        ((7, 0, 100, 5, NOW_NS), "kind"),
        ((7, 5, 100, 5, NOW_NS), "kind"),
        ((7, 255, 100, 5, NOW_NS), "kind"),
        ((7, Kind.BID, -1, 5, NOW_NS), "price_ticks"),
        ((7, Kind.BID, 0, 5, NOW_NS), "price_ticks"),
        ((7, Kind.ASK, -1, 0, NOW_NS), "price_ticks"),
        ((7, Kind.TRADE_BUY, 0, 1, NOW_NS), "price_ticks"),
        ((7, Kind.BID, 1 << 62, 5, NOW_NS), "price_ticks"),
        ((7, Kind.BID, -(1 << 63), 5, NOW_NS), "price_ticks"),
        ((7, Kind.BID, 100, -1, NOW_NS), "quantity_lots"),
        ((7, Kind.TRADE_BUY, 100, 0, NOW_NS), "quantity_lots"),
        ((7, Kind.BID, 100, 1 << 62, NOW_NS), "quantity_lots"),
        ((7, Kind.BID, 100, 5, NOW_NS - 1), "time_ns"),
        ((7, Kind.BID, 100, 5, -5), "time_ns"),
        ((7, Kind.BID, 100, 5, NOW_NS + 1_001), "time_ns"),
    ],
)
def test_a_wrong_row_is_named_with_its_column(row: Row, column: str) -> None:
    with pytest.raises(WrongTick) as caught:
        taken([GOOD, GOOD, row, row])
    assert caught.value.metadata == {"row": "2", "column": column}
    assert caught.value.fields[0].field == f"ticks.{column}[2]"


def test_the_bit_patterns_of_floats_are_refused() -> None:
    prices = np.array([np.nan, np.inf, -np.inf, 101.25]).tobytes()
    columns = packed([GOOD] * 4)
    with pytest.raises(WrongTick, match="row 0, price_ticks"):
        an_intake().take([(7, "AAPL")], (*columns[:2], prices, *columns[3:]), NOW_NS)


@given(st.binary(max_size=40), st.integers(0, 4))
def test_any_other_bytes_in_a_column_are_refused_or_taken_whole(noise: bytes, place: int) -> None:
    columns = list(packed([GOOD] * 4))
    columns[place] = noise
    try:
        ticks = an_intake().take([(7, "AAPL")], tuple(columns), NOW_NS)
    except (WrongColumns, WrongTick):
        return
    assert to_bytes(ticks)[1:] == tuple(columns[1:])


@pytest.mark.parametrize("place", [0, 2, 3, 4])
def test_columns_of_unequal_length_are_refused_by_name(place: int) -> None:
    columns = list(packed([GOOD] * 3))
    columns[place] = columns[place][:-1]
    with pytest.raises(WrongColumns) as caught:
        from_bytes(tuple(columns))
    assert caught.value.metadata["column"] == COLUMNS[place][0]


def test_more_rows_than_the_bound_are_refused() -> None:
    assert len(taken([GOOD] * ROWS_MAX)) == ROWS_MAX
    with pytest.raises(WrongColumns, match="65537 rows"):
        taken([GOOD] * (ROWS_MAX + 1))


def test_an_unlisted_instrument_in_the_table_is_refused() -> None:
    with pytest.raises(UnknownInstrument):
        taken([GOOD], ((7, "AAPL"), (8, "NOPE")))


def test_a_number_keeps_its_instrument_for_the_whole_source() -> None:
    intake = an_intake()
    intake.take([(7, "AAPL")], packed([GOOD]), NOW_NS)
    assert len(intake.take([(7, "AAPL")], packed([GOOD]), NOW_NS)) == 1
    with pytest.raises(WrongColumns, match="names another instrument"):
        intake.take([(7, "MSFT")], packed([GOOD]), NOW_NS)
    with pytest.raises(WrongColumns, match="is more than"):
        intake.take([(1 << 31, "MSFT")], packed([GOOD]), NOW_NS)


def test_times_may_not_fall_from_one_batch_to_the_next() -> None:
    intake = an_intake()
    intake.take([(7, "AAPL")], packed([GOOD]), NOW_NS)
    with pytest.raises(WrongTick, match="row 0, time_ns"):
        intake.take([], packed([(*GOOD[:4], NOW_NS - 1)]), NOW_NS)


def test_a_refused_batch_leaves_the_source_as_it_was() -> None:
    intake = an_intake()
    with pytest.raises(WrongTick):
        intake.take([(7, "AAPL")], packed([GOOD, (7, 9, 1, 1, NOW_NS)]), NOW_NS)
    assert intake.row_count == 0
    with pytest.raises(WrongTick, match="instrument_index"):
        intake.take([], packed([GOOD]), NOW_NS)


def test_a_bid_of_no_lots_says_that_nobody_bids() -> None:
    assert len(taken([(7, Kind.BID, 0, 0, NOW_NS)])) == 1


edges = st.sampled_from([-(1 << 63), -1, 0, 1, 2, UNITS_MAX - 1, UNITS_MAX, UNITS_MAX + 1, (1 << 63) - 1])
moments = st.one_of(edges, st.integers(NOW_NS - 2, NOW_NS + 1_002))
hostile = st.tuples(
    st.sampled_from([0, 2, 7, 8, 4_294_967_295]),
    st.sampled_from([0, 1, 2, 3, 4, 5, 255]),
    edges,
    edges,
    moments,
)
tame = st.tuples(
    st.sampled_from([2, 7]),
    st.integers(1, 4),
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(NOW_NS, NOW_NS + 3),
)


@given(st.lists(tame, max_size=4).map(lambda rows: sorted(rows, key=lambda row: row[4])), st.lists(hostile))
def test_a_slow_check_names_the_same_row_and_column(good: list[Row], bad: list[Row]) -> None:
    rows = good + bad
    fault = first_fault(rows, (2, 7), 1, NOW_NS + 1_000)
    try:
        assert to_bytes(taken(rows))[1:] == packed(rows)[1:]
    except WrongTick as error:
        assert fault == (int(error.metadata["row"]), error.metadata["column"])
    else:
        assert fault is None


def test_a_reader_is_told_of_each_instrument_once_before_its_first_use() -> None:
    sent = SentTable()
    instruments = Part(taken([GOOD, (2, Kind.BID, 1, 1, NOW_NS)])).instruments
    assert sent.news(instruments, 3).tolist() == [1, 2]
    assert sent.news(instruments, 3).tolist() == []

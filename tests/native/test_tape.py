"""Columns of ticks in C: what is refused, and what happens at the ends of numbers."""

from typing import Any

import numpy as np
import pytest

from tickmesh.native.bars import ROOM, Bar, Bars, Role
from tickmesh.native.quotes import Quote, Quotes
from tickmesh.native.ticks import Columns, Fault, Rows, Rules, admit

SECOND = 1_000_000_000
TIME_MAX = 1 << 62
BUY = 3


def columns(*rows: tuple[int, int, int, int, int]) -> Columns:
    index, kind, price, lots, time_ns = np.array(rows, object).reshape(-1, 5).T
    return (
        index.astype(np.uint32),
        kind.astype(np.uint8),
        *(column.astype(np.int64) for column in (price, lots, time_ns)),
    )


def trades(*moments_ns: int, price: int = 5, lots: int = 2) -> Columns:
    return columns(*((0, BUY, price, lots, moment_ns) for moment_ns in moments_ns))


def some_bars(*lengths_ns: int, room: int = 1) -> Bars:
    bars = Bars(lengths_ns or (SECOND,))
    bars.reserve(room)
    return bars


@pytest.mark.parametrize("place", range(5))
def test_a_column_of_another_type_or_length_is_refused_by_name(place: int) -> None:
    name = ("instrument", "kind", "price", "lots", "time_ns")[place]
    good = list(trades(1, 2))
    for wrong in (good[place].astype(np.float64), good[place].astype(">i2")):
        with pytest.raises(TypeError, match=name):
            Rows((*good[:place], wrong, *good[place + 1 :]))
    if place:
        with pytest.raises(ValueError, match=name):
            Rows((*good[:place], good[place][:1], *good[place + 1 :]))


def test_rows_that_lie_apart_or_cannot_be_written_are_read_as_they_are() -> None:
    together = np.array([[0, 3, 5, 2, SECOND]] * 3, np.int64).T
    apart = (together[0].astype(np.uint32), together[1].astype(np.uint8), *together[2:])
    apart[2].flags.writeable = False
    bars = some_bars()
    bars.add(apart)
    newest = bars.newest(0, 0)
    assert newest is not None and newest.trade_count == 3


@pytest.mark.parametrize(
    "row",
    [
        (1, BUY, 5, 2, 0),
        (4_294_967_295, BUY, 5, 2, 0),
        (0, BUY, 5, -1, 0),
        (0, 4, 5, 2, TIME_MAX + 1),
        (0, BUY, 5, 2, -(1 << 63)),
    ],
)
def test_a_trade_that_cannot_be_counted_is_refused_with_all_beside_it(row: Any) -> None:
    bars = some_bars()
    with pytest.raises(ValueError, match="cannot take"):
        bars.add(columns((0, BUY, 5, 2, 0), row))
    assert bars.newest(0, 0) is None
    assert bars.take_parts() == []


def test_bids_and_asks_are_no_trades_whatever_they_say() -> None:
    bars = some_bars()
    assert bars.add(columns((9, 1, -1, -1, -(1 << 63)), (0, 2, 5, 2, 0), (0, 255, 5, 2, 0))) == []
    assert bars.newest(0, 0) is None


@pytest.mark.parametrize("lengths", [(), (0,), (-1,), ((1 << 60) + 1,), (1,) * 9])
def test_lengths_that_make_no_bars_are_refused(lengths: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="no lengths"):
        Bars(lengths)


@pytest.mark.parametrize("moment_ns", [-TIME_MAX, -SECOND - 1, -SECOND, -1, 0, 1, TIME_MAX])
@pytest.mark.parametrize("length_ns", [1, 7, SECOND, 1 << 60])
def test_an_interval_starts_at_the_multiple_of_its_length_below(moment_ns: int, length_ns: int) -> None:
    bars = some_bars(length_ns)
    bars.add(trades(moment_ns))
    start_ns = moment_ns // length_ns * length_ns
    assert bars.newest_start_ns(0, 0) == start_ns
    assert bars.close(start_ns + length_ns - 1) == []
    assert [bar.start_ns for bar in bars.close(start_ns + length_ns)] == [start_ns]
    assert bars.close(start_ns + length_ns) == []


def test_volume_and_prices_keep_to_64_bits() -> None:
    bars = some_bars()
    huge = (1 << 63) - 1
    bars.add(columns((0, BUY, huge, huge, 0), (0, BUY, -huge, huge, 0)))
    bar = bars.newest(0, 0)
    assert bar is not None and (bar.volume, bar.high, bar.low) == (huge, huge, -huge)


def test_more_bars_than_come_out_at_a_time_all_come_out_in_order() -> None:
    count = 2 * ROOM
    bars = some_bars(SECOND, 60 * SECOND)
    out = bars.add(trades(*(number * SECOND for number in range(count))))
    seconds = [bar for bar in out if bar.length == 0]
    assert [bar.start_ns for bar in seconds if bar.role == Role.WHOLE] == [
        number * SECOND for number in range(count - 1)
    ]
    assert sum(bar.volume for bar in out if bar.length == 1 and bar.role == Role.PART) == 2 * (
        (count - 1) // 60 * 60
    )
    assert sum(
        bar.volume for bar in (*seconds, *bars.take_parts()) if bar.length == 0 and bar.role == Role.PART
    ) == (2 * count)


def test_a_bar_for_which_there_is_no_room_is_not_restored() -> None:
    numbers = (0, 1, 1, 1, 1, 1, 1, 0, 0)
    for wrong in (Bar(*numbers, 1, 0, Role.WHOLE), Bar(*numbers, 0, 1, Role.WHOLE)):
        with pytest.raises(IndexError):
            some_bars().restore([wrong])
    with pytest.raises(IndexError):
        some_bars().restore([Bar(TIME_MAX + 1, *numbers[1:], 0, 0, Role.WHOLE)])


def test_room_grows_and_what_was_there_stays() -> None:
    bars, quotes = some_bars(), Quotes()
    bars.add(trades(1))
    quotes.reserve(1)
    quotes.apply(columns((0, 1, 7, 3, 1)))
    before = bars.newest(0, 0), quotes.at(0)
    for room in (5, 3, 5_000):
        bars.reserve(room)
        quotes.reserve(room)
    assert (bars.newest(0, 0), quotes.at(0)) == before
    assert bars.newest(4_999, 0) is None
    assert bars.newest(5_000, 0) is None
    assert quotes.at(4_999) == quotes.at(5_000) == quotes.at(-1) == Quote(0, 0, 0, 0, 0, 0, 0, 0)


def test_quotes_without_room_for_a_row_take_none() -> None:
    quotes = Quotes()
    quotes.reserve(1)
    with pytest.raises(IndexError):
        quotes.apply(columns((0, 1, 7, 3, 1), (1, 1, 7, 3, 1)))
    assert quotes.take_changed() == []
    quotes.touch(3)
    assert quotes.take_changed() == [3]


def test_an_empty_table_knows_no_instrument_and_no_rows_are_fine() -> None:
    rules = Rules(np.zeros(0, np.int64), 10, 0, 10)
    assert admit(columns((0, 1, 5, 5, 1)), rules)[1:] == (0, Fault.INSTRUMENT)
    assert admit(columns(), rules)[1:] == (0, Fault.FINE)

"""Bars agree with an obvious aggregation of the same trades, however they arrive."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.services.pricing.reference_bars import ReferenceBars, bar_of
from tickmesh.services.pricing.domain.bars import VOLUME_MAX, Bar, BarBook, Interval
from tickmesh.services.pricing.domain.listings import Listing, Listings
from tickmesh.services.pricing.domain.ticks import Ticks
from tickmesh.services.pricing.domain.trades import Trade

SECOND = 1_000_000_000
NOON_NS = 1_700_000_000 * SECOND

LISTINGS = Listings()
AAPL = LISTINGS.learn("AAPL", "0.01", "1")
BTC = LISTINGS.learn("BTC-USD", "0.5", "0.001")


def a_book(grace_ns: int = 0) -> BarBook:
    return BarBook(LISTINGS, grace_ns)


def a_trade(price: int = 100, lots: int = 1, after_s: float = 0.0, listing: Listing = AAPL) -> Trade:
    return Trade(listing, "t", price, lots, True, NOON_NS + int(after_s * SECOND))


trades = st.lists(
    st.builds(
        a_trade,
        price=st.integers(1, 50),
        lots=st.integers(1, 9),
        after_s=st.integers(0, 40).map(lambda quarter: quarter / 4),
        listing=st.sampled_from([AAPL, BTC]),
    ),
    max_size=60,
)


def obvious(flow: list[Trade]) -> dict[object, Bar]:
    bars: dict[object, list[Trade]] = {}
    for trade in flow:
        for interval in Interval:
            bars.setdefault((trade.symbol, interval, interval.start_ns(trade.time_ns)), []).append(trade)
    return {key: aggregate(key, members) for key, members in bars.items()}


def aggregate(key: object, members: list[Trade]) -> Bar:
    ordered = sorted(members, key=lambda trade: trade.time_ns)  # stable: arrival decides among equals
    prices = [trade.price_ticks for trade in ordered]
    volume = sum(trade.quantity_lots for trade in ordered)
    times = ordered[0].time_ns, ordered[-1].time_ns
    return Bar(*key, prices[0], max(prices), min(prices), prices[-1], volume, len(prices), *times)  # type: ignore[call-arg,misc]


def collected(parts: list[Bar], into: dict[object, Bar]) -> None:
    for part in parts:
        into[part.key] = into[part.key].merged(part) if part.key in into else part


@given(trades, st.integers(1, 7))
def test_bars_equal_an_obvious_aggregation_of_trades_in_any_order(flow: list[Trade], chunk: int) -> None:
    book, stored = a_book(), dict[object, Bar]()
    for start in range(0, len(flow), chunk):
        book.add(columns(flow[start : start + chunk]))
        collected(book.take_parts()[0], stored)
    assert stored == obvious(flow)


@given(trades)
def test_the_newest_bar_in_memory_is_the_newest_of_all(flow: list[Trade]) -> None:
    book = a_book()
    book.add(columns(flow))
    expected = obvious(flow)
    for symbol, interval in {(trade.symbol, interval) for trade in flow for interval in Interval}:
        newest = max(
            (bar for bar in expected.values() if bar.key[:2] == (symbol, interval)), key=lambda b: b.start_ns
        )
        assert book.current(symbol, interval) == newest


def columns(flow: list[Trade]) -> Ticks:
    rows = [(trade.listing.index, 3, trade.price_ticks, trade.quantity_lots, trade.time_ns) for trade in flow]
    index, kind, price, lots, time_ns = np.array(rows or np.zeros((0, 5)), np.int64).T
    return Ticks(index.astype(np.uint32), kind.astype(np.uint8), price, lots, time_ns)


def test_a_late_trade_is_told_apart_and_does_not_change_the_newest_bar() -> None:
    book = a_book()
    book.add(columns([a_trade(price=10, after_s=5)]))
    book.take_parts()
    book.add(columns([a_trade(price=99, after_s=2)]))
    current = book.current(AAPL.symbol, Interval.SECOND_1)
    assert current is not None and current.high_ticks == 10
    parts, late = book.take_parts()
    assert late == {(AAPL.symbol, Interval.SECOND_1, NOON_NS + 2 * SECOND)}
    assert [part.interval for part in parts] == list(Interval)


def test_a_bar_is_complete_once_a_later_one_begins() -> None:
    book = a_book()
    first = bar_of(a_trade(), Interval.SECOND_1)
    book.add(columns([a_trade()]))
    assert not book.is_complete(first, NOON_NS)
    book.add(columns([a_trade(after_s=1)]))
    assert book.is_complete(first, NOON_NS)
    seconds = [bar for bar in book.take_changed() if bar.interval is Interval.SECOND_1]
    assert [bar.start_ns for bar in seconds] == [NOON_NS, NOON_NS + SECOND]


def test_the_clock_closes_a_bar_once_after_its_grace() -> None:
    book = a_book(grace_ns=SECOND // 2)
    bar = bar_of(a_trade(), Interval.SECOND_1)
    book.add(columns([a_trade()]))
    book.take_changed()
    assert book.close(NOON_NS + SECOND) == []
    assert book.close(NOON_NS + SECOND * 3 // 2) == [bar]
    assert book.take_changed() == [bar]
    assert book.is_complete(bar, NOON_NS + SECOND * 3 // 2)
    assert book.close(NOON_NS + 5 * SECOND) == []


def test_a_restored_bar_goes_on_growing() -> None:
    book = a_book()
    book.restore([bar_of(a_trade(price=7, lots=2), Interval.DAY_1)])
    book.add(columns([a_trade(price=9, lots=3, after_s=1)]))
    day = book.current(AAPL.symbol, Interval.DAY_1)
    assert day is not None
    assert (day.open_ticks, day.close_ticks, day.volume_lots, day.trade_count) == (7, 9, 5, 2)


def test_volume_stays_at_its_bound_instead_of_overflowing() -> None:
    huge = bar_of(a_trade(lots=VOLUME_MAX - 1), Interval.DAY_1)
    assert huge.merged(huge).volume_lots == VOLUME_MAX


def test_a_day_starts_at_midnight_utc() -> None:
    assert Interval.DAY_1.start_ns(86_400 * SECOND * 3 + 5) == 86_400 * SECOND * 3


steps = st.lists(
    st.one_of(
        trades.map(lambda flow: ("add", flow)),
        st.integers(0, 80).map(lambda quarter: ("close", NOON_NS + quarter * SECOND // 4)),
        st.just(("changed", None)),
        st.just(("parts", None)),
    ),
    max_size=12,
)


@given(steps, st.integers(0, SECOND))
def test_bars_of_columns_are_those_of_trades_one_by_one_whatever_is_asked_in_between(
    story: list[tuple[str, object]], grace_ns: int
) -> None:
    book, reference = a_book(grace_ns), ReferenceBars(grace_ns)
    for step, value in [*story, ("changed", None), ("parts", None)]:
        assert played(book, step, value) == played(reference, step, value), step


def played(book: BarBook | ReferenceBars, step: str, value: object) -> object:
    if step == "changed":
        return {bar.key: bar for bar in book.take_changed()}
    if step == "parts":
        parts, late = book.take_parts()
        return {bar.key: bar for bar in parts}, late
    if step == "close":
        assert isinstance(value, int)
        return {bar.key: bar for bar in book.close(value)}
    assert isinstance(value, list)
    if isinstance(book, BarBook):
        book.add(columns(value))
    else:
        for trade in value:
            book.add_trade(trade)
    return [book.current(listing.symbol, interval) for listing in (AAPL, BTC) for interval in Interval]

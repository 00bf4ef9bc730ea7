"""Trades, bars and the position are stored together, once, and read back in pages."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.services.pricing.reference_bars import ReferenceBars, bar_of
from tickmesh.services.pricing import store as store_module
from tickmesh.services.pricing.domain.bars import VOLUME_MAX, Bar, Interval
from tickmesh.services.pricing.domain.listings import Listings
from tickmesh.services.pricing.domain.ticks import Ticks
from tickmesh.services.pricing.domain.trades import Trade
from tickmesh.services.pricing.store import TIME_MAX_NS, Batch, PricingStore, Progress
from tickmesh.services.pricing.tables import metadata
from tickmesh.services.runtime import migrate
from tickmesh.services.runtime.database import Database, make_engine

SECOND = 1_000_000_000
LISTINGS = Listings()
AAPL = LISTINGS.learn("AAPL", "0.01", "1")


@pytest.fixture
def store(tmp_path: Path, database_url: str) -> Iterator[PricingStore]:
    yield from opened(tmp_path, database_url)


def opened(folder: Path, database_url: str = "") -> Iterator[PricingStore]:
    engine = make_engine(database_url, folder, "pricing")
    migrate.migrate(engine, "pricing", migrate.folder("pricing"))
    database = Database(engine)
    yield PricingStore(database, LISTINGS)
    database.close()


def a_trade(number: int, price: int = 100, second: int = 0) -> Trade:
    return Trade(AAPL, f"T{number}", price, 2, True, second * SECOND + number)


def a_batch(number: int, trades: list[Trade], token: str = "") -> Batch:
    book = ReferenceBars()
    for trade in trades:
        book.add_trade(trade)
    parts, late = book.take_parts()
    return Batch(Progress(number, token), trades, [], parts, late)


async def everything(store: PricingStore) -> tuple[list[str], int, Progress]:
    trades = await store.list_trades(AAPL.symbol, None, 1_000)
    days = await store.list_bars(AAPL.symbol, Interval.DAY_1, 0, TIME_MAX_NS, 10)
    return [trade.trade_id for trade in trades], sum(day.trade_count for day in days), await store.progress()


async def test_a_batch_that_is_tried_again_counts_once(store: PricingStore) -> None:
    batch = a_batch(1, [a_trade(1), a_trade(2)], "here")
    await store.save(batch)
    await store.save(batch)
    assert await everything(store) == (["T2", "T1"], 2, Progress(1, "here"))


async def test_a_batch_that_fails_half_way_leaves_nothing(
    store: PricingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = a_batch(1, [a_trade(1)], "here")
    with monkeypatch.context() as broken:
        broken.setattr(store_module, "_set_progress", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await store.save(batch)
    assert await everything(store) == ([], 0, Progress())
    await store.save(batch)
    assert await everything(store) == (["T1"], 1, Progress(1, "here"))


async def test_trades_come_newest_first_in_pages_without_overlap(store: PricingStore) -> None:
    same_time = [replace(a_trade(number), time_ns=7) for number in range(5)]
    await store.save(a_batch(1, [*same_time, a_trade(9, second=5), a_trade(8, second=3)]))
    seen: list[str] = []
    before = None
    while page := await store.list_trades(AAPL.symbol, before, 2):
        seen += [trade.trade_id for trade in page]
        before = page[-1].time_ns, page[-1].id
    assert seen == ["T9", "T8", "T4", "T3", "T2", "T1", "T0"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    flow=st.lists(st.tuples(st.integers(1, 9), st.integers(0, 4)), min_size=1, max_size=20),
    chunk=st.integers(1, 5),
)
async def test_bars_merge_in_the_store_as_they_do_in_memory(
    tmp_path_factory: pytest.TempPathFactory, flow: list[tuple[int, int]], chunk: int
) -> None:
    trades = [a_trade(number % 3, price, second) for number, (price, second) in enumerate(flow)]
    for store in opened(tmp_path_factory.mktemp("bars")):
        for number, start in enumerate(range(0, len(trades), chunk)):
            await store.save(a_batch(number + 1, trades[start : start + chunk]))
        for interval in Interval:
            expected = dict[int, Bar]()
            for part in (bar_of(trade, interval) for trade in trades):
                known = expected.get(part.start_ns)
                expected[part.start_ns] = part if known is None else known.merged(part)
            stored = await store.list_bars(AAPL.symbol, interval, 0, TIME_MAX_NS, 100)
            assert stored == [expected[start_ns] for start_ns in sorted(expected)]


async def test_volume_stays_at_its_bound_in_the_store(store: PricingStore) -> None:
    huge = bar_of(replace(a_trade(1), quantity_lots=VOLUME_MAX - 1), Interval.DAY_1)
    for number in (1, 2):
        await store.save(Batch(Progress(number), [], [], [huge], set()))
    (day,) = await store.list_bars(AAPL.symbol, Interval.DAY_1, 0, TIME_MAX_NS, 10)
    assert day.volume_lots == VOLUME_MAX


async def test_a_late_bar_comes_back_whole(store: PricingStore) -> None:
    await store.save(a_batch(1, [a_trade(1, price=10), a_trade(2, price=10, second=9)]))
    part = bar_of(a_trade(3, price=99), Interval.SECOND_1)
    (whole,) = await store.save(Batch(Progress(2), [], [], [part], {part.key}))
    assert (whole.high_ticks, whole.low_ticks, whole.trade_count) == (99, 10, 2)


async def test_published_trades_are_stored_from_their_columns(store: PricingStore) -> None:
    ticks = Ticks(
        np.array([AAPL.index] * 2, np.uint32),
        np.array([3, 4], np.uint8),
        np.array([100, 101]),
        np.array([1, 2]),
        np.array([5, 6]),
    )
    await store.save(Batch(Progress(1), [], [ticks], [], set()))
    sell, buy = await store.list_trades(AAPL.symbol, None, 10)
    assert (sell.price_ticks, sell.quantity_lots, sell.buyer_came, sell.time_ns) == (101, 2, False, 6)
    assert (buy.price_ticks, buy.buyer_came, buy.trade_id) == (100, True, "")


async def test_published_trades_of_the_same_time_keep_their_order_of_arrival(store: PricingStore) -> None:
    other = LISTINGS.learn("MSFT", "0.01", "1")
    random = np.random.default_rng(3)
    batches = [
        Ticks(
            random.choice(np.array([AAPL.index, other.index], np.uint32), 20),
            np.full(20, 3, np.uint8),
            np.arange(start, start + 20),
            np.ones(20, np.int64),
            np.full(20, 7),
        )
        for start in (1, 21)
    ]
    await store.save(Batch(Progress(1), [], batches, [], set()))
    for listing in (AAPL, other):
        expected = [
            price
            for ticks in batches
            for price in ticks.price_ticks[ticks.instrument == listing.index].tolist()
        ]
        stored = await store.list_trades(listing.symbol, None, 100)
        assert [trade.price_ticks for trade in reversed(stored)] == expected


async def test_the_newest_bars_and_last_trades_are_found_for_a_restart(store: PricingStore) -> None:
    await store.save(a_batch(1, [a_trade(1), a_trade(2, price=7, second=70)]))
    newest = {bar.interval: bar for bar in await store.newest_bars([AAPL.symbol])}
    assert {interval: bar.start_ns // SECOND for interval, bar in newest.items()} == {
        Interval.SECOND_1: 70,
        Interval.MINUTE_1: 60,
        Interval.DAY_1: 0,
    }
    ((symbol, last, time_ns),) = await store.last_trades([AAPL.symbol])
    assert (symbol, last.price_ticks, time_ns) == ("AAPL", 7, 70 * SECOND + 2)


async def test_more_rows_than_one_statement_takes_are_stored(store: PricingStore) -> None:
    await store.save(a_batch(1, [a_trade(number) for number in range(1_203)]))
    stored = await store.list_trades(AAPL.symbol, None, 5_000)
    assert [trade.trade_id for trade in stored] == [f"T{number}" for number in reversed(range(1_203))]


def test_the_migrations_leave_the_tables_that_the_code_expects(tmp_path: Path, database_url: str) -> None:
    engine = make_engine(database_url, tmp_path, "pricing")
    revisions = migrate.folder("pricing")
    migrate.migrate(engine, "pricing", revisions)
    made = sa.inspect(engine)
    for table in metadata.sorted_tables:
        columns = {column["name"]: column["nullable"] for column in made.get_columns(table.name)}
        assert columns == {column.name: column.nullable for column in table.columns}
        keys = made.get_pk_constraint(table.name)["constrained_columns"]
        assert keys == [column.name for column in table.primary_key]
    engine.dispose()

"""Tables of the portfolio service: a batch and its place in the stream are stored together or not at all."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tickmesh.portfolio.v1 import portfolio_pb2 as pb
from tickmesh.services.portfolio import store as tables
from tickmesh.services.portfolio.domain.ledger import Counted, Ledger
from tickmesh.services.portfolio.domain.portfolios import PortfolioExists, PortfolioRecord
from tickmesh.services.portfolio.domain.positions import Fill, Holding, PositionKey
from tickmesh.services.portfolio.store import PortfolioStore, ProgressLostError
from tickmesh.services.runtime.database import Database, make_engine
from tickmesh.services.runtime.migrate import folder, migrate

KEY = PositionKey("demo", "AAPL")
HOLDING = Holding(Decimal("0.5"), Decimal("1E-24"), Decimal("-3.10"), Decimal("7"), 4, 9, 11)


@pytest.fixture
async def database(tmp_path: Path, database_url: str) -> AsyncIterator[Database]:
    engine = make_engine(database_url, tmp_path, "portfolio")
    migrate(engine, "portfolio", folder("portfolio"))
    made = Database(engine)
    yield made
    made.close()


@pytest.fixture
def store(database: Database) -> PortfolioStore:
    return PortfolioStore(database)


async def test_what_was_counted_is_found_again_to_the_last_digit(store: PortfolioStore) -> None:
    assert await store.progress() == ("", Counted({}))
    await store.record(Counted({KEY: HOLDING}), "", "t9")
    assert await store.progress() == ("t9", Counted({KEY: HOLDING}))


async def test_a_batch_that_another_process_counted_is_refused_whole(store: PortfolioStore) -> None:
    await store.record(Counted({KEY: HOLDING}), "", "t9")
    with pytest.raises(ProgressLostError):
        await store.record(Counted({KEY: Holding()}), "", "t12")
    assert await store.progress() == ("t9", Counted({KEY: HOLDING}))


async def test_a_crash_while_positions_are_written_leaves_the_place_where_it_was(
    store: PortfolioStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: Any) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(tables, "upsert", crash)
    with pytest.raises(OSError, match="gone"):
        await store.record(Counted({KEY: HOLDING}), "", "t9")
    assert await store.progress() == ("", Counted({}))


async def test_a_ledger_loaded_anew_goes_on_where_the_stored_one_stopped(store: PortfolioStore) -> None:
    fills = [
        Fill(number, "demo", "AAPL", Decimal(7 - number), Decimal(number), number) for number in range(1, 7)
    ]
    first, whole = Ledger(), Ledger()
    counted = first.count(fills[:3])
    await store.record(counted, "", "t3")
    _, loaded = await store.progress()
    second = Ledger()
    second.adopt(loaded)
    second.adopt(second.count(fills))  # the first three come again
    whole.adopt(whole.count(fills))
    assert second.worth(KEY).holding == whole.worth(KEY).holding


async def test_default_portfolios_are_made_in_empty_tables_only(store: PortfolioStore) -> None:
    await store.add_defaults([PortfolioRecord("demo", "demo", "demo", "USD", 1)])
    await store.add_defaults([PortfolioRecord("other", "demo", "other", "USD", 1)])
    assert [record.portfolio_id for record in await store.portfolios()] == ["demo"]


async def test_an_id_in_use_is_refused_in_the_tables_too(store: PortfolioStore) -> None:
    record = PortfolioRecord("demo", "demo", "demo", "USD", 1)
    await store.create(pb.CreatePortfolioRequest(), record, pb.Portfolio)
    with pytest.raises(PortfolioExists):
        await store.create(pb.CreatePortfolioRequest(), record, pb.Portfolio)


def test_the_tables_go_and_come_back(tmp_path: Path, database_url: str) -> None:
    engine = make_engine(database_url, tmp_path, "portfolio")
    for target in ("head", "base", "head"):
        migrate(engine, "portfolio", folder("portfolio"), target)
    engine.dispose()

"""The orders service on a real server, with the seed's instruments and two portfolios; a journal alone."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.services.orders.desk import Desk, open_desk
from tests.services.orders.signed_journal import Ledger
from tickmesh.services.orders.shard import JOURNAL_REVISIONS
from tickmesh.services.runtime import migrate
from tickmesh.services.runtime.database import make_engine
from tickmesh.services.runtime.settings import RuntimeSettings


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as desk:
        yield desk


@pytest.fixture
def ledger(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    """Yields a journal on SQLite, then on PostgreSQL, and a small engine to replay it."""
    for name, value in (("CAPACITY", 100), ("INSTRUMENTS", 4), ("CLIENT_IDS", 100), ("NODES", 100)):
        monkeypatch.setenv(f"TICKMESH_ORDERS_{name}", str(value))
    settings = RuntimeSettings(data_dir=tmp_path, database_url=database_url)
    engine = make_engine(settings.database_url, settings.data_dir, "orders_journal")
    migrate.migrate(engine, "orders_journal", JOURNAL_REVISIONS)
    yield Ledger(settings, engine)
    engine.dispose()

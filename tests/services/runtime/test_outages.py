"""Which errors of a database pass by themselves, on real databases; and what callers are told of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from tickmesh.services.runtime.database import Database, make_engine
from tickmesh.services.runtime.local_postgres import LocalPostgres
from tickmesh.services.runtime.outages import DatabaseUnavailable, is_outage

TABLE = sa.text("CREATE TABLE words (word TEXT)")
WORD = sa.text("INSERT INTO words VALUES (:word)")
ONE = sa.text("SELECT 1")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Database]:
    """Yields a SQLite that has room for little."""
    database = Database(make_engine("", tmp_path, "small"))

    @sa.event.listens_for(database.engine, "connect")
    def _bound(connection: Any, _: object) -> None:
        connection.execute("PRAGMA max_page_count = 4")

    yield database
    database.close()


async def test_a_full_disk_is_an_outage_that_leaves_what_was_there(small: Database) -> None:
    await small.run(lambda connection: connection.execute(TABLE))
    await small.run(lambda connection: connection.execute(WORD, {"word": "small"}))
    with pytest.raises(DatabaseUnavailable) as failure:
        await small.run(lambda connection: connection.execute(WORD, {"word": "x" * 100_000}))
    assert "full" in str(failure.value.__cause__)
    query = sa.text("SELECT word FROM words")
    assert await small.read(lambda connection: connection.execute(query).scalars().all()) == ["small"]


async def test_a_query_that_is_wrong_is_no_outage(tmp_path: Path, database_url: str) -> None:
    database = Database(make_engine(database_url, tmp_path, "wrong"))
    with pytest.raises(sa.exc.DBAPIError) as failure:
        await database.read(lambda connection: connection.execute(sa.text("SELECT nothing FROM nowhere")))
    assert not is_outage(failure.value)
    assert is_outage(ExceptionGroup("several", [ValueError(), DatabaseUnavailable()]))
    assert not is_outage(ExceptionGroup("several", [ValueError()]))
    assert is_outage(psycopg.OperationalError("past SQLAlchemy"))
    database.close()


async def test_a_server_that_is_gone_is_an_outage_until_it_is_back(
    tmp_path: Path, postgres_server: LocalPostgres, postgres_url: str
) -> None:
    database = Database(make_engine(postgres_url, tmp_path, "public"))

    def read(connection: sa.Connection) -> Any:
        return connection.execute(ONE).scalar()

    def end_own_session(connection: sa.Connection) -> None:
        connection.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))

    assert await database.read(read) == 1
    with pytest.raises(DatabaseUnavailable):
        await database.run(end_own_session)
    assert await database.read(read) == 1
    database.close()
    absent = Database(make_engine(f"{postgres_url}-absent", tmp_path, "public"))
    with pytest.raises(DatabaseUnavailable):
        await absent.read(read)
    absent.close()

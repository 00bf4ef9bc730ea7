"""Tables, migrations and first answers, on SQLite and on PostgreSQL."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tickmesh.assets.v1 import assets_pb2 as pb
from tickmesh.services.runtime import migrate, requests
from tickmesh.services.runtime.database import Database, make_engine, upsert

METADATA = sa.MetaData()
PLACES = sa.Table(
    "places",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("height_m", sa.BigInteger, nullable=False),
)
REQUESTS = requests.requests_table(METADATA)
REVISION = '''"""{number}"""

import sqlalchemy as sa
from alembic import op

revision = "{number}"
down_revision = {previous}


def upgrade() -> None:
    {upgrade}


def downgrade() -> None:
    {downgrade}
'''


@pytest.fixture
def database(tmp_path: Path, database_url: str) -> Iterator[Database]:
    engine = make_engine(database_url, tmp_path, "atlas")
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.schema.CreateSchema("atlas"))
        METADATA.create_all(connection)
    database = Database(engine)
    yield database
    database.close()


def put(name: str, height_m: int) -> "sa.Insert":
    return sa.insert(PLACES).values(name=name, height_m=height_m)


def heights(connection: Connection) -> dict[str, int]:
    return {row.name: row.height_m for row in connection.execute(sa.select(PLACES))}


async def test_work_is_kept_when_it_returns_and_gone_when_it_raises(database: Database) -> None:
    def fail(connection: Connection) -> None:
        connection.execute(put("Rigi", 1_798))
        raise ValueError("no")

    await database.run(lambda connection: connection.execute(put("Säntis", 2_502)))
    with pytest.raises(ValueError, match="no"):
        await database.run(fail)
    assert await database.read(heights) == {"Säntis": 2_502}


async def test_a_reader_sees_one_state_while_a_writer_commits(database: Database) -> None:
    looked, wrote = threading.Event(), threading.Event()

    def look_twice(connection: Connection) -> tuple[dict[str, int], dict[str, int]]:
        first = heights(connection)
        looked.set()
        assert wrote.wait(10)
        return first, heights(connection)

    def write() -> None:
        assert looked.wait(10)
        database.run_now(lambda connection: connection.execute(put("Rigi", 1_798)))
        wrote.set()

    writer = threading.Thread(target=write)
    writer.start()
    first, second = await database.read(look_twice)
    writer.join()
    assert first == second == {}
    assert await database.read(heights) == {"Rigi": 1_798}


async def test_writers_that_come_together_all_get_through(database: Database) -> None:
    await asyncio.gather(
        *(database.run(lambda connection, n=n: connection.execute(put(f"hill {n}", n))) for n in range(50))
    )
    assert len(await database.read(heights)) == 50


def test_upsert_replaces_what_is_there(database: Database) -> None:
    rows = [{"name": "Rigi", "height_m": 1}, {"name": "Napf", "height_m": 2}]
    database.run_now(lambda connection: upsert(connection, PLACES, rows, ["name"]))
    rows[0]["height_m"] = 1_798
    database.run_now(lambda connection: upsert(connection, PLACES, rows, ["name"]))
    database.run_now(lambda connection: upsert(connection, PLACES, [], ["name"]))
    assert database.run_now(heights) == {"Rigi": 1_798, "Napf": 2}


def once(database: Database, request_id: str, symbol: str, made: list[str]) -> pb.Instrument:
    def work(connection: Connection) -> pb.Instrument:
        made.append(symbol)
        connection.execute(put(f"{symbol} {len(made)}", len(made)))
        return pb.Instrument(symbol=symbol, version=len(made))

    request = pb.GetInstrumentRequest(symbol=symbol)
    return database.run_now(
        lambda connection: requests.once(
            connection, REQUESTS, "Make", request, request_id, pb.Instrument, work
        )
    )


def test_the_same_request_id_gets_the_first_answer(database: Database) -> None:
    made: list[str] = []
    answers = [once(database, "r-1", "IBM", made) for _ in range(3)]
    assert [answer.version for answer in answers] == [1, 1, 1]
    assert made == ["IBM"]


def test_a_request_id_used_for_another_request_is_refused(database: Database) -> None:
    once(database, "r-1", "IBM", [])
    with pytest.raises(requests.RequestIdReused):
        once(database, "r-1", "AAPL", [])


def test_no_request_id_means_each_time_anew(database: Database) -> None:
    made: list[str] = []
    assert [once(database, "", "IBM", made).version for _ in range(2)] == [1, 2]


def test_a_request_that_comes_many_times_at_once_is_done_once(database: Database) -> None:
    made: list[str] = []
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: once(database, "r-1", "IBM", made), range(12)))
    assert {answer.version for answer in answers} == {1}
    assert made == ["IBM"]


def revisions(folder: Path) -> Path:
    folder.mkdir()
    steps = [
        ("0001", None, 'op.create_table("places", sa.Column("name", sa.Text))', 'op.drop_table("places")'),
        (
            "0002",
            "0001",
            'op.add_column("places", sa.Column("height_m", sa.BigInteger))',
            'op.drop_column("places", "height_m")',
        ),
    ]
    for number, previous, upgrade, downgrade in steps:
        text = REVISION.format(number=number, previous=repr(previous), upgrade=upgrade, downgrade=downgrade)
        (folder / f"v{number}_step.py").write_text(text)
    return folder


def columns(engine: sa.Engine) -> list[str]:
    return [column["name"] for column in sa.inspect(engine).get_columns("places")]


def test_migrations_go_up_and_down_and_start_twice(tmp_path: Path, database_url: str) -> None:
    folder = revisions(tmp_path / "revisions")
    engine = make_engine(database_url, tmp_path, "atlas")
    migrate.migrate(engine, "atlas", folder)
    migrate.migrate(engine, "atlas", folder)
    assert columns(engine) == ["name", "height_m"]
    migrate.migrate(engine, "atlas", folder, "0001")
    engine.dispose()
    engine = make_engine(database_url, tmp_path, "atlas")
    assert columns(engine) == ["name"]
    engine.dispose()


def test_replicas_that_start_together_migrate_once(tmp_path: Path, database_url: str) -> None:
    folder = revisions(tmp_path / "revisions")
    engines = [make_engine(database_url, tmp_path, "atlas") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda engine: migrate.migrate(engine, "atlas", folder), engines))
    assert columns(engines[0]) == ["name", "height_m"]
    for engine in engines:
        engine.dispose()


def test_services_keep_out_of_each_other_s_tables(tmp_path: Path, database_url: str) -> None:
    folder = revisions(tmp_path / "revisions")
    engines = [make_engine(database_url, tmp_path, name) for name in ("one", "two")]
    for engine, name in zip(engines, ("one", "two"), strict=True):
        migrate.migrate(engine, name, folder)
    with engines[0].begin() as connection:
        connection.execute(put("Rigi", 1_798))
    with engines[1].begin() as connection:
        assert heights(connection) == {}
    for engine in engines:
        engine.dispose()

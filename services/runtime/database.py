"""A service's own tables: a SQLite file of its name, or a PostgreSQL schema of its name.

Work runs in worker threads, one transaction each. SQLite has one writer, so writers queue
here, in order, instead of meeting a locked file there.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.engine import Connection, Engine

from . import telemetry
from .outages import DatabaseUnavailable, is_outage

T = TypeVar("T")
# How a transaction sees one state from its first statement to its last, without stopping writers.
_READING: dict[str, dict[str, Any]] = {
    "sqlite": {"begin": "BEGIN"},
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}
READERS = 4
WRITERS = 4  # in PostgreSQL
CONNECT_PAUSE_S = 0.1
WAL_TRIES, WAL_WAIT_S = 200, 0.02

log = telemetry.logger(__name__)


class _Compiler(SQLiteCompiler):
    """Lets a query name the index to use, with `with_hint(table, "INDEXED BY name", "sqlite")`."""

    def get_from_hint_text(self, table: object, text: str | None) -> str | None:
        """Returns what stands behind the name of a table."""
        return text


def make_engine(database_url: str, data_dir: Path, name: str) -> Engine:
    """Returns an engine on the tables of one service."""
    if not database_url:
        data_dir.mkdir(parents=True, exist_ok=True)
        return _sqlite_engine(data_dir / f"{name}.sqlite")
    return _postgres_engine(database_url, name)


def _sqlite_engine(path: Path) -> Engine:
    engine = sa.create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False, "timeout": 30})
    engine.dialect.statement_compiler = _Compiler

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, the driver's own is too late for DDL
        cursor = connection.cursor()
        for pragma in ("busy_timeout=30000", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        _use_wal(cursor)
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN IMMEDIATE"))

    return engine


def _use_wal(cursor: Any) -> None:
    """Switches to the write-ahead log. SQLite does not wait here for others that switch, so we do."""
    for _ in range(WAL_TRIES - 1):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            time.sleep(WAL_WAIT_S)
    cursor.execute("PRAGMA journal_mode=WAL")


def _postgres_engine(database_url: str, schema: str) -> Engine:
    url = sa.make_url(database_url).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, pool_size=READERS + WRITERS, pool_pre_ping=True)

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f'SET search_path TO "{schema}"')
        connection.commit()

    return engine


def reading(engine: Engine) -> Connection:
    """Returns a connection that only reads, on one consistent view, beside any writer."""
    return engine.connect().execution_options(**_READING[engine.dialect.name])


def own_connection(engine: Engine, *, sqlite: str, postgresql: str) -> Connection:
    """Returns a connection outside the pool, with something set for it alone."""
    connection = engine.connect()
    connection.detach()
    driver: Any = connection.connection.dbapi_connection
    driver.execute(sqlite if engine.dialect.name == "sqlite" else postgresql)
    driver.commit()
    return connection


async def wait_for(engine: Engine, within_s: float, waits: Callable[[], None] = lambda: None) -> None:
    """Waits until a PostgreSQL takes connections: it may be on its way to another server.

    `waits` is called when it does not at once. Fails with OperationalError when that takes too long.
    """
    if engine.dialect.name == "sqlite":
        return
    deadline_s = time.monotonic() + within_s
    while True:
        try:
            (await asyncio.to_thread(engine.connect)).close()
            return
        except sa.exc.OperationalError:
            if time.monotonic() > deadline_s:
                raise
        waits()
        await asyncio.sleep(CONNECT_PAUSE_S)


class Database:
    """Runs transactions on the tables of one service."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        writers = 1 if engine.dialect.name == "sqlite" else WRITERS
        self._writers = ThreadPoolExecutor(writers, "writer")
        self._readers = ThreadPoolExecutor(READERS, "reader")
        self._answers = True

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Runs work in one transaction: committed when it returns, rolled back when it raises.

        Fails with DatabaseUnavailable when the database does not answer: then it may be committed or not.
        """
        return await asyncio.get_running_loop().run_in_executor(self._writers, self.run_now, work)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Runs work that only reads, on one consistent view, beside any writer.

        Fails with DatabaseUnavailable when the database does not answer.
        """
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read_now, work)

    def run_now(self, work: Callable[[Connection], T]) -> T:
        """Runs work in one transaction, in the calling thread."""
        with self._telling_outages(), self.engine.begin() as connection:
            return work(connection)

    def _read_now(self, work: Callable[[Connection], T]) -> T:
        with self._telling_outages(), reading(self.engine) as connection:
            return work(connection)

    @contextmanager
    def _telling_outages(self) -> Iterator[None]:
        """Turns what a database says that is gone or full into DatabaseUnavailable."""
        try:
            yield
        except sa.exc.SQLAlchemyError as error:
            if not is_outage(error):
                raise
            if self._answers:  # the log has it once, however often it is tried
                log.error("the database does not answer", problem=str(getattr(error, "orig", error)))
            self._answers = False
            raise DatabaseUnavailable from error
        if not self._answers:
            log.info("the database answers again")
            self._answers = True

    def close(self) -> None:
        """Waits for running work and closes all connections."""
        self._writers.shutdown()
        self._readers.shutdown()
        self.engine.dispose()


def upsert(
    connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], keys: Iterable[str]
) -> None:
    """Inserts rows; a row whose keys exist replaces the other columns of the one that is there."""
    if not rows:
        return
    names = list(keys)
    insert: Any = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)
    changed = {column: insert.excluded[column] for column in rows[0] if column not in names}
    statement = (
        insert.on_conflict_do_update(index_elements=names, set_=changed)
        if changed
        else insert.on_conflict_do_nothing(index_elements=names)
    )
    connection.execute(statement, list(rows))

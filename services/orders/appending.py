"""How rows get into the journal: statements of the driver, on a connection of their own.

Every order waits for this, and the layers above a driver cost as much as the disk. In PostgreSQL the
owner's beat, the row and the commit are one statement, and so one round trip.
"""

import sqlite3
import struct
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple, Protocol

import psycopg
import sqlalchemy as sa
from psycopg.pq import ExecStatus, Format
from sqlalchemy.engine import Engine

from .ownership import BEAT

_BEAT_OF_ROW = BEAT.format("NEW.shard", "NEW.epoch")
_SQLITE_BEAT = f"CREATE TEMP TRIGGER beats AFTER INSERT ON main.journal BEGIN {_BEAT_OF_ROW}; END"
_MARK = "?"  # where a value goes; PostgreSQL counts them
_POSTGRES_BEAT = BEAT.format(_MARK, _MARK)
_POSTGRES_TYPES = {sa.Integer: "int4", sa.BigInteger: "int8", sa.Text: "text", sa.LargeBinary: "bytea"}
_ENCODERS: dict[type, Callable[[Any], bytes]] = {  # as PostgreSQL reads them in binary
    sa.Integer: struct.Struct(">i").pack,
    sa.BigInteger: struct.Struct(">q").pack,
    sa.Text: str.encode,
    sa.LargeBinary: bytes,
}
Shape = tuple[tuple[sa.Table, bool], ...]  # of some changes: the tables, and whether a row goes out of it


class NotWritten(Exception):
    """The database did not say that it has a row: only who reads it again knows. The process must stop."""


class Change(NamedTuple):
    """One row that goes into a table or, by its key, out of it."""

    table: sa.Table
    values: Sequence[Any]
    is_removal: bool = False

    @property
    def names(self) -> list[str]:
        """Returns the columns that the values are of."""
        return (self.table.primary_key.columns if self.is_removal else self.table.columns).keys()


class Pen(Protocol):
    """Writes as the owner of a shard."""

    def write(self, epoch: int, changes: Sequence[Change]) -> bool:
        """Makes changes, the last of which adds, and beats for a row, in one transaction, durably.

        Returns False, and writes nothing, for who is not the owner. Fails with NotWritten when the database
        fails.
        """

    def close(self) -> None:
        """Gives the connection back."""


def pen(engine: Engine, shard: int) -> Pen:
    """Returns what writes to the tables of a shard, on a new connection."""
    return _SqlitePen(engine, shard) if engine.dialect.name == "sqlite" else _PostgresPen(engine, shard)


class _Own:
    """A connection outside the pool."""

    def __init__(self, engine: Engine) -> None:
        self._holder = engine.connect()
        self._holder.detach()
        self.driver: Any = self._holder.connection.dbapi_connection

    def close(self) -> None:
        self._holder.close()


class _SqlitePen:
    """One statement for a row, its commit included: each call of the driver waits for the interpreter."""

    def __init__(self, engine: Engine, shard: int) -> None:
        self._own = _Own(engine)
        self._driver: sqlite3.Connection = self._own.driver
        self._driver.execute(_SQLITE_BEAT)  # a trigger of this connection alone: nobody else's rows beat
        self._cursor = self._driver.cursor()
        self._shard = shard

    def write(self, epoch: int, changes: Sequence[Change]) -> bool:
        owner = (self._shard, epoch)
        try:
            if len(changes) == 1:
                return self._make(changes[0], owner)
            self._cursor.execute("BEGIN IMMEDIATE")
            *_, has_added = [self._make(change, owner) for change in changes]
            self._driver.commit()
            return has_added
        except sqlite3.Error as error:
            self._driver.rollback()
            raise NotWritten(f"SQLite says: {error}") from error

    def _make(self, change: Change, owner: tuple[int, int]) -> bool:
        text = _sqlite_text(change.table, change.is_removal)
        count: int = self._cursor.execute(text, (*change.values, *owner)).rowcount
        return count == 1

    def close(self) -> None:
        self._own.close()


@cache
def _sqlite_text(table: sa.Table, is_removal: bool) -> str:
    names, owner = Change(table, (), is_removal).names, "FROM owners WHERE shard = ? AND epoch = ?"
    if is_removal:
        here = " AND ".join(f"{name} = ?" for name in names)
        return f"DELETE FROM {table.name} WHERE {here} AND EXISTS (SELECT 1 {owner})"  # noqa: S608
    marks = ", ".join("?" for _ in names)
    return f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {marks} {owner}"


class _PostgresPen:
    """One statement, which is a transaction of its own: no row comes from who changes none of `owners`.

    It goes to libpq prepared and in binary, past the driver's cursors, which took thirty microseconds more.
    """

    def __init__(self, engine: Engine, shard: int) -> None:
        self._own = _Own(engine)
        self._own.driver.autocommit = True
        self._libpq: psycopg.pq.abc.PGconn = self._own.driver.pgconn
        self._prepared: dict[Shape, _Statement] = {}
        self._shard = shard

    def write(self, epoch: int, changes: Sequence[Change]) -> bool:
        shape = tuple((change.table, change.is_removal) for change in changes)
        values = [self._shard, epoch]
        for change in changes:
            values += change.values
        try:
            if shape not in self._prepared:
                self._prepared[shape] = self._prepare(shape)
            name, encoders, formats = self._prepared[shape]
            told = [encode(value) for encode, value in zip(encoders, values, strict=True)]
            result = self._libpq.exec_prepared(name, told, formats, Format.BINARY)
        except psycopg.Error as error:
            raise NotWritten(f"PostgreSQL says: {error}") from error
        _require(result)
        return result.command_tuples == 1

    def _prepare(self, shape: Shape) -> "_Statement":
        name = f"row_{len(self._prepared)}".encode()
        _require(self._libpq.prepare(name, _postgres_text(*shape)))
        types: list[type[Any]] = [sa.Integer, sa.BigInteger]  # of shard and epoch
        for table, is_removal in shape:
            types += (type(table.columns[column].type) for column in Change(table, (), is_removal).names)
        return _Statement(name, [_ENCODERS[kind] for kind in types], [Format.BINARY] * len(types))

    def close(self) -> None:
        self._own.close()


class _Statement(NamedTuple):
    """A statement that PostgreSQL has, and how its values are told."""

    name: bytes
    encoders: list[Callable[[Any], bytes]]
    formats: list[int]


def _require(result: psycopg.pq.abc.PGresult) -> None:
    """Fails with NotWritten when PostgreSQL did not do what it was told."""
    if result.status != ExecStatus.COMMAND_OK:
        raise NotWritten(f"PostgreSQL says: {result.error_message.decode(errors='replace').strip()}")


def _postgres_text(*shape: tuple[sa.Table, bool]) -> bytes:
    """Returns a statement whose last part inserts one row, if the first found the owner."""
    parts = [f"owner AS ({_POSTGRES_BEAT} RETURNING 1)"]
    *more, last = (_postgres_part(*change) for change in shape)
    parts += (f"change{number} AS ({part})" for number, part in enumerate(more))
    first, *rest = f"WITH {', '.join(parts)} {last}".split(_MARK)
    return "".join([first, *(f"${number}{text}" for number, text in enumerate(rest, 1))]).encode()


def _postgres_part(table: sa.Table, is_removal: bool) -> str:
    names = Change(table, (), is_removal).names
    if is_removal:
        here = " AND ".join(f"{name} = {_MARK}" for name in names)
        return f"DELETE FROM {table.name} USING owner WHERE {here}"  # noqa: S608  our own names
    types = [_POSTGRES_TYPES[type(column.type)] for column in table.columns]
    marks = ", ".join(f"{_MARK}::{name}" for name in types)
    return f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {marks} FROM owner"  # noqa: S608  our own names

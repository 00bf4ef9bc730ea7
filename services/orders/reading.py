"""Reads a journal fast: past the layers that make an object of each row and column.

A page is for whoever works long on each row: nothing stays open meanwhile. Blocks are for a walk over
everything: one COPY in PostgreSQL; in SQLite page after page, so that no transaction of a reader keeps the
write-ahead log of a working platform from being emptied.
"""

import sqlite3
from collections.abc import Generator, Iterable, Iterator
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import Engine

from .chain import Row

Blocks = Generator[list[Row], None, None]  # close it when it is left before its end

LOWEST, HIGHEST = -(1 << 63), (1 << 63) - 1
BLOCK_BYTES = 2 << 20
PAGE_ROWS = 1_024
_COLUMN_TYPES = ["int4", "int8", "int8", "int8", "bytea", "bytea", "bytea"]  # texts as bytes: see Row
_PAGE = (
    "SELECT shard, first_sequence, last_sequence, epoch, CAST(payload AS BLOB), CAST(texts AS BLOB),"
    " CAST(hash AS BLOB) FROM journal WHERE shard = ? AND first_sequence BETWEEN ? AND ?"
    " ORDER BY first_sequence LIMIT ?"
)
_COPY = sql.SQL(
    "COPY (SELECT shard, first_sequence, last_sequence, epoch, payload, texts, hash FROM journal"
    " WHERE shard = {} AND first_sequence BETWEEN {} AND {} ORDER BY first_sequence LIMIT {})"
    " TO STDOUT (FORMAT binary)"
)


def page(engine: Engine, shard: int, first: int, rows_max: int) -> list[Row]:
    """Returns rows from a sequence on, at most so many. Checks nothing. Fails as `blocks` does."""
    read = _sqlite_page if engine.dialect.name == "sqlite" else _postgres_rows
    pooled = engine.raw_connection()
    try:
        return [Row._make(row) for row in read(pooled.driver_connection, shard, first, HIGHEST, rows_max)]
    finally:
        pooled.close()


def blocks(engine: Engine, shard: int, first: int = LOWEST, last: int = HIGHEST) -> Blocks:
    """Yields the rows that begin with one of these sequences, in order, some megabytes at a time.

    Checks nothing. Fails with the Error of the database's driver.
    """
    read = _sqlite_rows if engine.dialect.name == "sqlite" else _postgres_rows
    pooled = engine.raw_connection()
    try:
        yield from _gathered(map(Row._make, read(pooled.driver_connection, shard, first, last)))
    finally:
        pooled.close()


def _gathered(rows: Iterable[Row]) -> Iterator[list[Row]]:
    block: list[Row] = []
    size = 0
    for row in rows:
        block.append(row)
        size += len(row.payload)
        if size >= BLOCK_BYTES:
            yield block
            block, size = [], 0
    if block:
        yield block


def _sqlite_rows(connection: Any, shard: int, first: int, last: int) -> Iterator[Any]:
    newest: Any = ()
    while newest is not None and first <= last:
        newest = None
        for newest in _sqlite_page(connection, shard, first, last, PAGE_ROWS):
            yield newest
        first = newest[1] + 1 if newest else first


def _sqlite_page(connection: Any, shard: int, first: int, last: int, rows_max: int) -> sqlite3.Cursor:
    found: sqlite3.Cursor = connection.execute(_PAGE, (shard, first, last, rows_max))
    return found


def _postgres_rows(
    connection: Any, shard: int, first: int, last: int, rows_max: int = HIGHEST
) -> Iterator[Any]:
    cursor: psycopg.Cursor[Any] = connection.cursor()
    with cursor, cursor.copy(_COPY.format(shard, first, last, rows_max)) as copy:
        copy.set_types(_COLUMN_TYPES)
        yield from copy.rows()

"""Many trades into their table at once, by the fastest way that each database has."""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain, islice
from typing import Any

from sqlalchemy.engine import Connection

Row = tuple[str, str, int, int, bool, int]
COLUMNS = "symbol, trade_id, price_ticks, quantity_lots, buyer_came, time_ns"
CHUNK = 500  # rows a statement: SQLite takes 32,766 parameters, and each of its statements hands over the GIL


def insert_trades(connection: Connection, rows: Iterable[Row]) -> None:
    """Inserts trades within the transaction of the connection."""
    if connection.dialect.name == "postgresql":
        _copy(connection, rows)
        return
    left = iter(rows)
    while chunk := list(islice(left, CHUNK)):
        connection.exec_driver_sql(_statement(len(chunk)), tuple(chain.from_iterable(chunk)))


@cache
def _statement(count: int) -> str:
    values = ", ".join(["(?, ?, ?, ?, ?, ?)"] * count)
    return f"INSERT INTO trades ({COLUMNS}) VALUES {values}"  # noqa: S608  no value is in the text


def _copy(connection: Connection, rows: Iterable[Sequence[Any]]) -> None:
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY trades ({COLUMNS}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)

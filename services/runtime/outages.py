"""When a database does not do its work: it is gone, has no room, or somebody else holds it for too long."""

import sqlite3

import psycopg
import sqlalchemy as sa

from .errors import Unavailable

# What SQLite says of a file that cannot be opened, read or written at present. Its code 1 is a wrong query.
_PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
}


class DatabaseUnavailable(Unavailable):
    """The database does not answer, or has no room. What was begun may be sent again with its request_id."""

    reason = "DATABASE_UNAVAILABLE"

    def __init__(self) -> None:
        super().__init__("the database does not answer or cannot write at present; try again")


def is_outage(error: BaseException | None) -> bool:
    """Says whether an error, its cause or one that it groups is of a database that may work again later."""
    if isinstance(error, BaseExceptionGroup):
        return any(map(is_outage, error.exceptions))
    if isinstance(error, DatabaseUnavailable | sa.exc.TimeoutError):  # of the pool: its connections all hang
        return True
    if isinstance(error, sa.exc.DBAPIError):
        return error.connection_invalidated or _passes(error.orig)
    return error is not None and (_passes(error) or is_outage(error.__cause__))


def _passes(error: BaseException | None) -> bool:
    if isinstance(error, sqlite3.OperationalError):
        return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in _PASSING
    return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)

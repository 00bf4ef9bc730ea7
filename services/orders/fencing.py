"""Ends what a silent owner still holds: a process that was stopped within a transaction keeps its locks.

Such a transaction never becomes part of the journal: nobody was told of it, and when it ends without a
commit the database takes it back. PostgreSQL ends its session. In SQLite only the end of the process lets
the lock go; every process that uses a file of SQLite is on this machine.
"""

import sqlite3

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from ..runtime import processes

_LOCK_NOT_AVAILABLE = "55P03"  # of PostgreSQL
# Who has changed something in owners and waits for no lock itself: that one is what others wait for.
_END_SESSIONS = sa.text("""
    SELECT pg_terminate_backend(holder.pid) FROM pg_locks AS holder
    WHERE holder.relation = 'owners'::regclass AND holder.mode = 'RowExclusiveLock' AND holder.granted
    AND holder.pid <> pg_backend_pid()
    AND NOT EXISTS (SELECT FROM pg_locks AS waiting WHERE waiting.pid = holder.pid AND NOT waiting.granted)
""")


def is_held(error: sa.exc.OperationalError) -> bool:
    """Says whether somebody else's lock was waited for in vain."""
    driver = error.orig
    if isinstance(driver, sqlite3.OperationalError):
        return driver.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    return getattr(driver, "sqlstate", None) == _LOCK_NOT_AVAILABLE


def fence(engine: Engine, process: str) -> None:
    """Frees the owner's row from an owner that went silent while it held it."""
    if engine.dialect.name == "sqlite":
        processes.end(process)
        return
    with engine.begin() as connection:
        connection.execute(_END_SESSIONS)

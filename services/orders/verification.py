"""Walks the journal of a platform: every hash, every sequence, and a replay through the engine."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tickmesh.native.engine import Engine

from ..runtime import migrate
from ..runtime import settings as runtime_settings
from ..runtime.database import make_engine
from ..runtime.settings import RuntimeSettings
from .capacities import engine_config
from .journal import JOURNAL, BrokenChain, Journal
from .settings import OrdersSettings
from .shard import JOURNAL_REVISIONS


@dataclass(frozen=True, slots=True)
class Report:
    """What a walk over the journal found."""

    rows: int
    commands: int
    first_bad: str | None  # the first row that does not fit, in words; None when all is whole
    state_hash: str  # of the engine after the last row that fits, 16 hexadecimal digits


def verify(
    settings: RuntimeSettings, progress: Callable[[int, int], None] = lambda done, total: None, shard: int = 0
) -> Report:
    """Checks the journal of a shard, running or not. `progress` is told rows done and rows in all."""
    database = make_engine(settings.database_url, settings.data_dir, "orders_journal")
    if database.dialect.name == "sqlite":
        sa.event.listen(database, "connect", _read_damaged_text)
    try:
        migrate.migrate(database, "orders_journal", JOURNAL_REVISIONS)
        total = _count(database, shard)
        with Engine(engine_config(runtime_settings.load(OrdersSettings))) as engine:
            return _walk(Journal(database, shard), engine, total, progress)
    finally:
        database.dispose()


def _read_damaged_text(connection: Any, _: object) -> None:
    """Lets text that is no UTF-8 any more be read, so that its row can be named."""
    connection.text_factory = lambda words: words.decode(errors="surrogateescape")


def _count(database: sa.Engine, shard: int) -> int:
    with database.connect().execution_options(begin="BEGIN") as connection:
        query = sa.select(sa.func.count()).select_from(JOURNAL).where(JOURNAL.c.shard == shard)
        return int(connection.execute(query).scalar_one())


def _walk(journal: Journal, engine: Engine, total: int, progress: Callable[[int, int], None]) -> Report:
    rows, first_bad = 0, None
    for row in journal.rows():
        try:
            journal.check(row)
        except BrokenChain as error:
            first_bad = str(error)
            break
        engine.process(row.payload)
        rows += 1
        progress(rows, total)
    return Report(rows, journal.last_sequence, first_bad, f"{engine.state_hash():016x}")

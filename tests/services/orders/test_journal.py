"""The journal: a chain that shows every change, and one owner at a time. On SQLite and PostgreSQL."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tickmesh.native.engine import COMMAND_STRUCT, NONE, CommandType, Engine
from tickmesh.services.orders.capacities import engine_config
from tickmesh.services.orders.journal import JOURNAL, Journal, StaleEpoch
from tickmesh.services.orders.settings import OrdersSettings
from tickmesh.services.orders.shard import JOURNAL_REVISIONS
from tickmesh.services.orders.verification import verify
from tickmesh.services.runtime import migrate
from tickmesh.services.runtime.database import make_engine
from tickmesh.services.runtime.settings import RuntimeSettings

ROWS, COMMANDS_A_ROW = 5, 3
Sabotage = Callable[[sa.Connection, sa.ColumnElement[bool]], Any]


@pytest.fixture
def settings(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> RuntimeSettings:
    for name, value in (("CAPACITY", 100), ("INSTRUMENTS", 4), ("CLIENT_IDS", 100), ("NODES", 100)):
        monkeypatch.setenv(f"TICKMESH_ORDERS_{name}", str(value))
    return RuntimeSettings(data_dir=tmp_path, database_url=database_url)


@pytest.fixture
def database(settings: RuntimeSettings) -> Any:
    engine = make_engine(settings.database_url, settings.data_dir, "orders_journal")
    migrate.migrate(engine, "orders_journal", JOURNAL_REVISIONS)
    yield engine
    engine.dispose()


def payload(first: int) -> bytes:
    """Returns three places of the tree, one below the other."""
    return b"".join(
        COMMAND_STRUCT.pack(n, n, 0, NONE if n == 1 else 0, 0, 0, 0, n - 1, CommandType.ADD_NODE, 0, 0, 0, 0)
        for n in range(first, first + COMMANDS_A_ROW)
    )


@pytest.fixture
def written(database: sa.Engine) -> sa.Engine:
    """Returns a journal of five rows."""
    journal = Journal(database, 0)
    journal.take_over()
    for first in range(1, ROWS * COMMANDS_A_ROW, COMMANDS_A_ROW):
        notes = [f"note {n} é" for n in range(first, first + COMMANDS_A_ROW)]
        journal.append(first, first + COMMANDS_A_ROW - 1, payload(first), notes)
    journal.close()
    return database


def test_a_whole_journal_is_found_whole(settings: RuntimeSettings, written: sa.Engine) -> None:
    seen: list[tuple[int, int]] = []
    report = verify(settings, lambda done, total: seen.append((done, total)))
    assert (report.rows, report.commands, report.first_bad) == (ROWS, ROWS * COMMANDS_A_ROW, None)
    assert seen[-1] == (ROWS, ROWS)
    with Engine(engine_config(OrdersSettings(0, 100, 4, 100, 100))) as engine:
        for first in range(1, ROWS * COMMANDS_A_ROW, COMMANDS_A_ROW):
            engine.process(payload(first))
        assert report.state_hash == f"{engine.state_hash():016x}"


def test_an_empty_journal_is_whole(settings: RuntimeSettings, database: sa.Engine) -> None:
    assert verify(settings).first_bad is None


def flip(column: str, place: int) -> Sabotage:
    """Returns what flips the lowest bit of one byte of a column, or of a number."""

    def work(connection: sa.Connection, here: sa.ColumnElement[bool]) -> None:
        value = connection.execute(sa.select(JOURNAL.c[column]).where(here)).scalar_one()
        if isinstance(value, int):
            changed: Any = value ^ (1 << 20)
        elif isinstance(value, str):
            changed = value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :]
        else:
            changed = bytes(value[:place]) + bytes([value[place] ^ 1]) + bytes(value[place + 1 :])
        connection.execute(sa.update(JOURNAL).where(here).values({column: changed}))

    return work


def delete(connection: sa.Connection, here: sa.ColumnElement[bool]) -> None:
    connection.execute(sa.delete(JOURNAL).where(here))


SABOTAGE = [
    *(flip("payload", place) for place in (0, 8, 64, -1)),
    *(flip("texts", place) for place in (0, 5, -3)),
    *(flip("hash", place) for place in (0, -1)),
    *(flip(name, 0) for name in ("last_sequence", "epoch", "shard")),
]


@pytest.mark.parametrize("row", range(ROWS))
def test_a_flipped_bit_in_any_row_is_found_and_named(
    settings: RuntimeSettings, written: sa.Engine, row: int
) -> None:
    first = row * COMMANDS_A_ROW + 1
    here = JOURNAL.c.first_sequence == first
    for work in SABOTAGE:
        with written.begin() as connection:
            kept = connection.execute(sa.select(JOURNAL).where(here)).mappings().one()
            work(connection, here)
        report = verify(settings)
        with written.begin() as connection:
            connection.execute(sa.delete(JOURNAL).where(here))
            connection.execute(JOURNAL.insert(), dict(kept))
        if work is SABOTAGE[-1] and row == ROWS - 1:
            continue  # the last row is missing: the chain alone cannot tell, see below
        assert report.first_bad is not None
        assert report.rows == row
        assert f"row {first if work is not SABOTAGE[-1] else first + COMMANDS_A_ROW}.." in report.first_bad
    assert verify(settings).first_bad is None


@pytest.mark.parametrize("row", range(ROWS - 1))
def test_a_row_that_is_gone_from_the_middle_is_missed_at_the_next(
    settings: RuntimeSettings, written: sa.Engine, row: int
) -> None:
    first = row * COMMANDS_A_ROW + 1
    with written.begin() as connection:
        delete(connection, JOURNAL.c.first_sequence == first)
    report = verify(settings)
    assert report.first_bad == (
        f"row {first + COMMANDS_A_ROW}..{first + 2 * COMMANDS_A_ROW - 1} does not follow sequence {first - 1}"
    )


def test_two_rows_that_swapped_places_are_found(settings: RuntimeSettings, written: sa.Engine) -> None:
    columns = ("payload", "texts", "hash")
    with written.begin() as connection:
        found = {
            row.first_sequence: {name: getattr(row, name) for name in columns}
            for row in connection.execute(sa.select(JOURNAL))
        }
        for here, there in ((4, 7), (7, 4)):
            connection.execute(
                sa.update(JOURNAL).where(JOURNAL.c.first_sequence == here).values(found[there])
            )
    report = verify(settings)
    assert report.first_bad == "row 4..6 was altered: its hash does not fit"


def test_text_that_is_no_text_any_more_is_named_too(
    tmp_path: Path, settings: RuntimeSettings, written: sa.Engine
) -> None:
    if written.dialect.name == "postgresql":
        return  # which cannot hold such text
    with written.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE journal SET texts = CAST(x'5bff5d' AS TEXT) WHERE first_sequence = 7"
        )
    report = verify(settings)
    assert report.first_bad == "row 7..9 was altered: its hash does not fit"


def test_an_owner_that_was_replaced_can_append_no_more(database: sa.Engine) -> None:
    old, new = Journal(database, 0), Journal(database, 0)
    old.take_over()
    old.append(1, 3, payload(1), ["", "", ""])
    new.take_over()
    assert (new.epoch, new.journal_id) == (old.epoch + 1, old.journal_id)
    with pytest.raises(StaleEpoch):
        old.append(4, 6, payload(4), ["", "", ""])
    for row in new.rows():
        new.check(row)
    new.append(4, 6, payload(4), ["", "", ""])
    assert [row.epoch for row in new.rows()] == [1, 2]
    old.close()
    new.close()


def test_a_row_that_could_not_be_written_leaves_no_trace(database: sa.Engine) -> None:
    old, new = Journal(database, 0), Journal(database, 0)
    old.take_over()
    new.take_over()
    with pytest.raises(StaleEpoch):
        old.append(1, 3, payload(1), ["", "", ""])
    assert (list(new.rows()), old.last_sequence) == ([], 0)
    old.close()


def test_shards_have_chains_and_owners_of_their_own(database: sa.Engine) -> None:
    first, second = Journal(database, 0), Journal(database, 1)
    for journal in (first, second):
        journal.take_over()
        journal.append(1, 3, payload(1), ["", "", ""])
        journal.close()
    assert (first.epoch, second.epoch) == (1, 1)
    assert [row.shard for row in second.rows()] == [1]

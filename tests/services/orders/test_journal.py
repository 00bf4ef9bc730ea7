"""The journal: rows that stay as they were written, and one owner at a time. On SQLite and PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.services.orders.signed_journal import payload
from tickmesh.services.orders.appending import NotWritten
from tickmesh.services.orders.chain import Row
from tickmesh.services.orders.journal import JOURNAL, Journal
from tickmesh.services.orders.ownership import NOBODY, OWNERS, Ownership, StaleEpoch
from tickmesh.services.orders.reading import PAGE_ROWS, blocks
from tickmesh.services.orders.shard import JOURNAL_REVISIONS
from tickmesh.services.runtime import migrate
from tickmesh.services.runtime.database import make_engine


@pytest.fixture
def database(tmp_path: Path, database_url: str) -> Any:
    engine = make_engine(database_url, tmp_path, "orders_journal")
    migrate.migrate(engine, "orders_journal", JOURNAL_REVISIONS)
    yield engine
    engine.dispose()


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


def test_a_row_that_waits_while_another_takes_over_is_not_written(database: sa.Engine) -> None:
    owner = Journal(database, 0)
    owner.take_over()
    owner.append(1, 3, payload(1), ["", "", ""])
    with ThreadPoolExecutor(1) as thread:
        with database.begin() as connection:
            connection.execute(sa.update(OWNERS).values(epoch=OWNERS.c.epoch + 1))
            waiting = thread.submit(owner.append, 4, 6, payload(4), ["", "", ""])
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.2)
        with pytest.raises(StaleEpoch):
            waiting.result(timeout=20)
    assert [row.last_sequence for row in owner.rows()] == [owner.last_sequence] == [3]
    owner.close()


def test_a_row_that_the_database_refuses_is_not_taken_for_written(database: sa.Engine) -> None:
    journal = Journal(database, 0)
    journal.take_over()
    journal.append(1, 3, payload(1), ["", "", ""])
    stranger = Row(0, 4, 4, 1, b"", b"[]", b"")
    with database.begin() as connection:
        connection.execute(JOURNAL.insert(), stranger._asdict() | {"texts": "[]"})
    with pytest.raises(NotWritten, match=r"(?i)unique"):
        journal.append(4, 6, payload(4), ["", "", ""])
    assert journal.last_sequence == 3
    journal.close()
    assert Ownership(database, 0).look().process == NOBODY


def test_postgresql_does_not_try_to_compress_a_row(database: sa.Engine, database_url: str) -> None:
    if not database_url:
        return  # SQLite compresses nothing
    journal = Journal(database, 0)
    journal.take_over()
    journal.append(1, 1_000, bytes(64_000), [""] * 1_000)
    sizes = sa.text("SELECT pg_column_size(payload), pg_column_size(texts) FROM journal")
    with database.connect() as connection:
        assert connection.execute(sizes).one() == (64_000, 4_000)
    journal.close()


def test_shards_have_chains_and_owners_of_their_own(database: sa.Engine) -> None:
    first, second = Journal(database, 0), Journal(database, 1)
    for journal in (first, second):
        journal.take_over()
        journal.append(1, 3, payload(1), ["", "", ""])
        journal.close()
    assert [(row.shard, row.epoch) for row in first.rows()] == [(0, 1)]
    assert [(row.shard, row.epoch) for row in second.rows()] == [(1, 1)]


def test_rows_come_back_in_blocks_as_they_were_written(database: sa.Engine) -> None:
    rows = [
        Row(0, n, n, 1, bytes([n % 256]) * (n * 7), f'["é{n}"]'.encode(), bytes([n % 251]))
        for n in range(1, 2 * PAGE_ROWS + 10)
    ]
    with database.begin() as connection:
        connection.execute(JOURNAL.insert(), [row._asdict() | {"texts": row.texts.decode()} for row in rows])
    found = list(blocks(database, 0))
    assert len(found) > 2
    assert [row for block in found for row in block] == rows
    middle = [row.first_sequence for block in blocks(database, 0, 5, 2_000) for row in block]
    assert middle == list(range(5, 2_001))
    assert list(blocks(database, 1)) == []


def test_reading_that_is_given_up_halfway_leaves_the_database_free(database: sa.Engine) -> None:
    journal = Journal(database, 0)
    journal.take_over()
    for first in range(1, 300, 3):
        journal.append(first, first + 2, payload(first), ["", "", ""])
    for _ in range(20):  # more than the database has connections for
        found = blocks(database, 0)
        assert next(found)[0].first_sequence == 1
        found.close()
    kept = [journal.rows() for _ in range(20)]
    assert [next(rows).first_sequence for rows in kept] == [1] * 20
    journal.append(301, 303, payload(301), ["", "", ""])
    assert [row.first_sequence for row in kept[0]][-1] == 301
    journal.close()

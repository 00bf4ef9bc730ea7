"""Whose the shard is: seen by a beat, taken only while nothing moved, lost for good. On both databases."""

import random
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from tests.services.orders.signed_journal import payload
from tickmesh.services.orders.appending import NotWritten
from tickmesh.services.orders.fencing import fence
from tickmesh.services.orders.journal import BrokenChain, Journal, Row
from tickmesh.services.orders.ownership import NOBODY, OWNERS, Held, Ownership, Sign, StaleEpoch
from tickmesh.services.orders.shard import JOURNAL_REVISIONS
from tickmesh.services.orders.standby import Silence, Standby
from tickmesh.services.runtime import migrate
from tickmesh.services.runtime.database import make_engine
from tickmesh.services.runtime.outages import is_outage

NOTES = ["", "", ""]


@pytest.fixture
def database(tmp_path: Path, database_url: str) -> Iterator[sa.Engine]:
    engine = make_engine(database_url, tmp_path, "orders_journal")
    migrate.migrate(engine, "orders_journal", JOURNAL_REVISIONS)
    yield engine
    engine.dispose()


class Replica:
    """Remembers the rows that it was given."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def prepare(self) -> None:
        self.rows.clear()

    def replay(self, rows: Sequence[Row]) -> None:
        self.rows += rows


def test_nobody_owns_a_new_shard_and_all_see_one_journal(database: sa.Engine) -> None:
    first, second = Ownership(database, 0), Ownership(database, 0)
    assert first.look() == second.look() == Sign(0, 0, NOBODY)
    assert first.journal_id == second.journal_id != ""


def test_of_many_that_have_seen_the_same_one_takes_over(database: sa.Engine) -> None:
    every = [Ownership(database, 0) for _ in range(5)]
    for epoch in range(1, 4):
        signs = [one.look() for one in every]
        random.Random(epoch).shuffle(every)
        taken = [one.take(sign) for one, sign in zip(every, signs, strict=True)]
        assert taken == [True, False, False, False, False]
        assert every[0].look().epoch == every[0].epoch == epoch


@pytest.mark.parametrize("moves", ["beat", "append"])
def test_an_owner_that_moved_after_it_was_seen_keeps_the_shard(database: sa.Engine, moves: str) -> None:
    owner, other = Journal(database, 0), Ownership(database, 0)
    owner.take_over()
    seen = other.look()
    owner.owner.beat() if moves == "beat" else owner.append(1, 3, payload(1), NOTES)
    assert not other.take(seen)
    owner.append(*((4, 6, payload(4)) if moves == "append" else (1, 3, payload(1))), NOTES)
    owner.close()


def test_an_owner_that_was_replaced_neither_beats_nor_releases_the_shard(database: sa.Engine) -> None:
    old, new = Ownership(database, 0), Ownership(database, 0)
    assert old.take(old.look())
    assert new.take(new.look())
    with pytest.raises(StaleEpoch):
        old.beat()
    old.release()
    assert new.look().process != NOBODY
    new.beat()
    old.close()
    new.close()


def test_after_a_clean_end_nobody_owns_the_shard_and_the_one_who_left_writes_no_more(
    database: sa.Engine,
) -> None:
    journal = Journal(database, 0)
    journal.take_over()
    journal.append(1, 3, payload(1), NOTES)
    journal.close()
    assert Ownership(database, 0).look().process == NOBODY
    with pytest.raises(StaleEpoch):
        journal.append(4, 6, payload(4), NOTES)
    journal.close()


def test_a_row_that_is_known_and_not_there_any_more_is_never_followed_by_another(database: sa.Engine) -> None:
    owner, standby = Journal(database, 0), Journal(database, 0)
    owner.take_over()
    owner.append(1, 3, payload(1), NOTES)
    for row in standby.rows():
        standby.check(row)
    with database.begin() as connection:
        connection.execute(sa.text("DELETE FROM journal"))
    with pytest.raises(BrokenChain, match="not there any more"):
        standby.take_over()
    owner.close()


def test_who_holds_the_row_in_postgresql_and_does_nothing_is_ended(
    database: sa.Engine, database_url: str
) -> None:
    if not database_url:
        return  # in SQLite a process ends, see tests/faults
    owner, other = Ownership(database, 0), Ownership(database, 0)
    owner.take(owner.look())
    stopped = database.connect()
    stopped.execute(sa.update(OWNERS).values(beat=OWNERS.c.beat + 1))
    seen = other.look()
    with pytest.raises(Held):
        other.take(seen)
    fence(database, seen.process)
    assert other.take(seen)
    with pytest.raises(sa.exc.OperationalError):
        stopped.commit()
    stopped.invalidate()
    stopped.close()


def test_silence_is_counted_from_when_a_sign_is_first_seen() -> None:
    now_s = [100.0]
    silence = Silence(lambda: now_s[0])
    sign = Sign(1, 5, "somebody")
    assert silence.seconds(sign) == 0
    now_s[0] += 2
    assert silence.seconds(sign) == 2
    assert silence.seconds(sign._replace(beat=6)) == 0
    now_s[0] += 1
    assert silence.seconds(sign._replace(beat=6)) == 1
    assert silence.seconds(sign._replace(beat=6, epoch=2)) == 0


async def test_a_standby_takes_in_every_row_and_owns_after_the_silence(database: sa.Engine) -> None:
    owner, replica = Journal(database, 0), Replica()
    owner.take_over()
    for first in range(1, 900, 3):
        owner.append(first, first + 2, payload(first), NOTES)
    journal, told, now_s = Journal(database, 0), [], [0.0]

    def stands_by() -> None:
        told.append(now_s[0])
        now_s[0] += 1.0
        if len(told) == 3:
            owner.append(901, 903, payload(901), NOTES)

    await Standby(journal, replica, silence_s=5.0, clock_s=lambda: now_s[0]).run(stands_by)
    assert [row.first_sequence for row in replica.rows] == list(range(1, 904, 3))
    assert now_s[0] >= 5.0 + 3
    assert journal.epoch == owner.epoch + 1
    with pytest.raises(StaleEpoch):
        owner.append(904, 906, payload(904), NOTES)
    journal.append(904, 906, payload(904), NOTES)
    for one in (owner, journal):
        one.close()


def full_disk() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error


class Interrupted(Journal):
    """A journal whose database is away for a while, as the driver says it."""

    away: list[Exception]

    def unknown(self, rows_max: int) -> list[Row]:
        if self.away:
            raise self.away.pop()
        return super().unknown(rows_max)


async def test_a_standby_waits_for_a_database_that_does_not_answer(database: sa.Engine) -> None:
    journal = Interrupted(database, 0)
    journal.away = [full_disk(), psycopg.OperationalError("away")]
    told: list[bool] = []
    await Standby(journal, Replica(), silence_s=60.0).run(pytest.fail, lambda: told.append(True))
    assert (len(told), journal.epoch) == (2, 1)
    journal.close()


async def test_a_standby_waits_for_a_database_that_cannot_be_written_and_says_so(database: sa.Engine) -> None:
    journal, stuck = Journal(database, 0), 0

    @sa.event.listens_for(database, "before_cursor_execute")
    def _fail(*_: object) -> None:
        if stuck < 3:
            raise sa.exc.OperationalError("UPDATE", {}, full_disk())

    def is_stuck() -> None:
        nonlocal stuck
        stuck += 1

    await Standby(journal, Replica(), silence_s=5.0).run(pytest.fail, is_stuck)
    assert (journal.epoch, stuck) == (1, 3)
    journal.close()


def test_a_row_that_a_full_disk_refuses_is_an_outage_and_no_fault_of_ours() -> None:
    refused = NotWritten("SQLite says: database or disk is full")
    refused.__cause__ = full_disk()
    assert is_outage(ExceptionGroup("the process", [refused]))
    assert not is_outage(NotWritten("SQLite says: UNIQUE constraint failed"))

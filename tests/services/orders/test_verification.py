"""`verify`: what it finds, what it says about it, and what nobody can find. On SQLite and PostgreSQL."""

import random
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.services.orders.signed_journal import COMMANDS_A_ROW, LAST, ROWS, Ledger, flip, rechained
from tickmesh.native.engine import Engine
from tickmesh.services.orders.capacities import engine_config
from tickmesh.services.orders.chain import Row
from tickmesh.services.orders.heads import SIGNED_HEADS, NoHead
from tickmesh.services.orders.journal import JOURNAL
from tickmesh.services.orders.ownership import OWNERS
from tickmesh.services.orders.settings import OrdersSettings
from tickmesh.services.orders.shard import JOURNAL_REVISIONS
from tickmesh.services.orders.verification import Unverifiable
from tickmesh.services.runtime import migrate
from tickmesh.services.runtime.signing import SigningKey

SEEDS = range(120)


def test_a_whole_journal_is_found_whole_and_leads_to_the_engines_state(ledger: Ledger) -> None:
    ledger.write()
    seen: list[tuple[int, int]] = []
    report = ledger.verify(progress=lambda done, total: seen.append((done, total)))
    assert (report.rows, report.commands, report.first_bad) == (ROWS, LAST, None)
    assert (report.signed_commands, report.unsigned_rows, report.unsigned_s) == (LAST, 0, 0.0)
    assert report.heads == ROWS
    assert seen[-1] == (ROWS, ROWS)
    with Engine(engine_config(OrdersSettings(0, 100, 4, 100, 100))) as engine:
        for row in ledger.rows():
            engine.process(row.payload)
        assert report.state_hash == f"{engine.state_hash():016x}"


def test_hashes_and_heads_can_be_checked_without_a_replay(ledger: Ledger) -> None:
    ledger.write()
    report = ledger.verify(replay=False)
    assert (report.first_bad, report.state_hash, report.signed_commands) == (None, None, LAST)


def test_an_empty_journal_is_whole(ledger: Ledger) -> None:
    report = ledger.verify()
    assert (report.rows, report.first_bad, report.heads) == (0, None, 0)


def test_a_journal_that_nobody_signed_is_whole_and_not_signed(ledger: Ledger) -> None:
    ledger.write(signed=False)
    report = ledger.verify()
    assert (report.first_bad, report.signed_commands, report.unsigned_rows) == (None, 0, ROWS)
    assert (report.unsigned_s, report.newest_head) == (None, None)


def test_a_journal_of_before_there_were_heads_is_verified_and_left_as_it_is(ledger: Ledger) -> None:
    ledger.write(signed=False)
    migrate.migrate(ledger.database, "orders_journal", JOURNAL_REVISIONS, "0002")
    assert ledger.verify().first_bad is None
    assert not sa.inspect(ledger.database).has_table("signed_heads")


def test_a_database_without_a_journal_is_told_apart(ledger: Ledger) -> None:
    JOURNAL.drop(ledger.database)
    with pytest.raises(Unverifiable, match="no journal"):
        ledger.verify()


def test_a_flipped_bit_anywhere_in_the_rows_is_found(ledger: Ledger) -> None:
    ledger.write()
    whole = ledger.rows()
    for seed in SEEDS:
        chance = random.Random(seed)
        row, name = chance.randrange(ROWS), chance.choice(list(Row._fields))
        first = row * COMMANDS_A_ROW + 1
        if not turned(ledger, JOURNAL.c[name], JOURNAL.c.first_sequence == first, chance):
            continue
        report = ledger.verify(replay=False)
        assert report.first_bad is not None, (seed, name)
        assert report.rows == row or name == "first_sequence", (seed, name)
        assert f"row {first}.." in report.first_bad or name in ("shard", "first_sequence"), (seed, name)
        ledger.replace(whole)
    assert ledger.verify().first_bad is None


def turned(
    ledger: Ledger, column: sa.Column[Any], where: sa.ColumnElement[bool], chance: random.Random
) -> bool:
    """Flips a bit and says whether the database could hold the result."""
    try:
        with ledger.database.begin() as connection:
            flip(connection, column, where, chance)
    except sa.exc.DataError:
        assert isinstance(column.type, sa.Text)
        assert ledger.database.dialect.name == "postgresql"  # which holds no text that is not UTF-8
        return False
    return True


def test_a_flipped_bit_in_a_head_is_found_although_all_rows_are_whole(ledger: Ledger) -> None:
    ledger.write()
    with ledger.database.connect() as connection:
        whole = [dict(row) for row in connection.execute(sa.select(SIGNED_HEADS)).mappings()]
    for seed in SEEDS:
        chance = random.Random(seed)
        name = chance.choice([column.name for column in SIGNED_HEADS.c if column.name != "shard"])
        where = SIGNED_HEADS.c.sequence == COMMANDS_A_ROW * (1 + chance.randrange(ROWS))
        if not turned(ledger, SIGNED_HEADS.c[name], where, chance):
            continue
        report = ledger.verify(replay=False)
        assert report.rows == ROWS
        assert str(report.first_bad).startswith("the head of sequence"), (seed, name)
        ledger.change(sa.delete(SIGNED_HEADS))
        ledger.change(sa.insert(SIGNED_HEADS).values(whole))
    assert ledger.verify().first_bad is None


def test_a_flipped_bit_in_the_name_of_the_journal_is_found(ledger: Ledger) -> None:
    ledger.write()
    ledger.change(sa.update(OWNERS).values(journal_id="0" * 12))
    assert "not of 000000000000" in str(ledger.verify().first_bad)


def test_a_row_that_is_gone_is_missed_at_the_next(ledger: Ledger) -> None:
    ledger.write()
    whole = ledger.rows()
    for row in range(ROWS - 1):
        ledger.replace(whole[:row] + whole[row + 1 :])
        first = row * COMMANDS_A_ROW + 1
        after = f"row {first + COMMANDS_A_ROW}..{first + 2 * COMMANDS_A_ROW - 1}"
        assert ledger.verify().first_bad == f"{after} does not follow sequence {first - 1}"


def test_a_tail_that_was_cut_off_is_missed_by_its_heads(ledger: Ledger) -> None:
    ledger.write()
    whole = ledger.rows()
    for left in range(ROWS):
        ledger.replace(whole[:left])
        report = ledger.verify()
        assert report.rows == left
        missed = f"rows were cut off after sequence {left * COMMANDS_A_ROW}: sequence {LAST} was signed"
        assert report.first_bad == missed


def test_a_tail_that_was_cut_off_with_its_heads_is_missed_by_a_head_that_was_kept(
    ledger: Ledger, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.jsonl"
    journal = ledger.open(ledger.heads(file=kept))
    ledger.append(journal, ROWS, step_s=2.0)
    journal.close()
    ledger.replace(ledger.rows()[:4])
    ledger.change(sa.delete(SIGNED_HEADS))
    report = ledger.verify()
    assert (report.first_bad, report.signed_commands) == (None, 0)  # nobody can tell
    report = ledger.verify(heads_file=kept)
    assert report.first_bad == f"rows were cut off after sequence 12: sequence {LAST} was signed"
    assert report.signed_commands == 12


def test_two_rows_that_swapped_places_are_found(ledger: Ledger) -> None:
    ledger.write()
    rows = ledger.rows()
    rows[1], rows[2] = (
        rows[1]._replace(payload=rows[2].payload, texts=rows[2].texts, hash=rows[2].hash),
        rows[2]._replace(payload=rows[1].payload, texts=rows[1].texts, hash=rows[1].hash),
    )
    ledger.replace(rows)
    assert ledger.verify().first_bad == "row 4..6 was altered: its hash does not fit"


def test_a_row_that_was_forged_with_all_hashes_behind_it_is_found_by_its_head(ledger: Ledger) -> None:
    ledger.write()
    whole = ledger.rows()
    for row in range(ROWS):
        forged = whole[row]._replace(texts=whole[row].texts.replace(b"note", b"NOTE"))
        ledger.replace(rechained([*whole[:row], forged, *whole[row + 1 :]]))
        report = ledger.verify()
        first = row * COMMANDS_A_ROW + 1
        assert report.rows == row
        assert report.first_bad == (
            f"row {first}..{first + COMMANDS_A_ROW - 1} is not the one that was signed:"
            f" the forgery begins after sequence {first - 1}"
        )


def test_a_forgery_between_two_heads_is_found_at_the_second_and_placed_between_them(ledger: Ledger) -> None:
    ledger.write(1)
    ledger.write(ROWS - 1, step_s=1.0)
    rows = ledger.rows()
    ledger.replace(rechained([*rows[:2], rows[2]._replace(texts=b'["", "", ""]'), *rows[3:]]))
    report = ledger.verify()
    assert report.first_bad == (
        "row 16..18 is not the one that was signed: the forgery begins after sequence 3"
    )


def test_rows_cut_differently_under_new_hashes_are_found_by_the_head_that_no_row_meets(
    ledger: Ledger,
) -> None:
    ledger.write()
    rows = ledger.rows()
    first, second = rows[-2:]
    joined = first._replace(
        last_sequence=second.last_sequence,
        payload=first.payload + second.payload,
        texts=first.texts[:-1] + b", " + second.texts[1:],
    )
    later = second._replace(first_sequence=LAST + 1, last_sequence=LAST + 3)
    ledger.replace(rechained([*rows[:-2], joined, later]))
    assert "forgery" in str(ledger.verify(replay=False).first_bad)
    ledger.change(sa.delete(SIGNED_HEADS).where(SIGNED_HEADS.c.sequence == LAST))
    assert (
        ledger.verify(replay=False).first_bad == "the row that ends with sequence 15 is gone: it was signed"
    )


def test_rows_behind_the_newest_head_are_whole_and_not_yet_signed(ledger: Ledger) -> None:
    ledger.write(2)
    ledger.append(ledger.open(), 3, step_s=0.5)
    report = ledger.verify()
    assert (report.first_bad, report.rows) == (None, 5)
    assert (report.signed_commands, report.unsigned_rows) == (6, 3)
    assert report.unsigned_s == pytest.approx(1.5)


def test_rows_that_hold_something_else_than_their_commands_are_named(ledger: Ledger) -> None:
    ledger.write(signed=False)
    rows = ledger.rows()
    for worse in (b"", rows[3].payload[:-1], rows[3].payload * 2):
        ledger.replace(rechained([*rows[:3], rows[3]._replace(payload=worse), *rows[4:]]))
        report = ledger.verify()
        assert report.first_bad == f"row 10..12 holds {len(worse)} bytes, not its commands"
        assert report.rows == 3


def test_rows_with_numbers_that_no_journal_has_are_named(ledger: Ledger) -> None:
    ledger.write()
    whole = ledger.rows()
    for first in (0, -1, -(1 << 63)):
        ledger.replace([whole[0]._replace(first_sequence=first, last_sequence=first), *whole])
        assert str(ledger.verify().first_bad).startswith(f"row {first}..{first} does not follow")


def test_text_that_is_no_text_any_more_is_named_too(ledger: Ledger) -> None:
    if ledger.database.dialect.name == "postgresql":
        return  # which cannot hold such text
    ledger.write()
    statement = "UPDATE journal SET texts = CAST(x'5bff5d' AS TEXT) WHERE first_sequence = 7"
    ledger.change(sa.text(statement))
    assert ledger.verify().first_bad == "row 7..9 was altered: its hash does not fit"


def test_a_bit_that_flips_in_the_file_of_sqlite_is_found(ledger: Ledger) -> None:
    if ledger.database.dialect.name == "postgresql":
        return  # which keeps many files, and checksums of their pages
    ledger.write()
    row = ledger.rows()[3]
    with closing(sqlite3.connect(ledger.settings.data_dir / "orders_journal.sqlite")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    ledger.database.dispose()
    path = ledger.settings.data_dir / "orders_journal.sqlite"
    whole = path.read_bytes()
    for held in (row.payload, row.texts, row.hash):
        damaged = bytearray(whole)
        damaged[whole.index(held) + len(held) // 2] ^= 1
        path.write_bytes(damaged)
        report = ledger.verify(replay=False)
        assert (report.first_bad, report.rows) == ("row 10..12 was altered: its hash does not fit", 3)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(sa.exc.DatabaseError, match="malformed"):
        ledger.verify()


def test_a_head_of_a_key_that_nobody_trusts_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    stranger = SigningKey.load_or_create(tmp_path / "elsewhere", "journal")
    ledger.key()
    journal = ledger.open(ledger.heads(key=stranger))
    ledger.append(journal, 2)
    journal.close()
    assert "unknown key" in str(ledger.verify().first_bad)
    assert ledger.verify(key_file=tmp_path / "elsewhere" / "journal.pub.pem").first_bad is None


def test_heads_of_a_key_that_was_replaced_still_count(ledger: Ledger) -> None:
    ledger.write(2)
    (ledger.settings.keys / "journal.pem").unlink()
    ledger.write(2)
    report = ledger.verify()
    assert (report.first_bad, report.heads, report.signed_commands) == (None, 4, 12)


def test_without_a_public_key_signed_heads_are_not_taken_on_trust(ledger: Ledger) -> None:
    ledger.write()
    (ledger.settings.keys / "journal.pub.pem").unlink()
    with pytest.raises(Unverifiable, match="public key"):
        ledger.verify()


def test_heads_of_another_journal_are_refused(ledger: Ledger, tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    journal = ledger.open(ledger.heads(file=kept))
    ledger.append(journal, 2)
    journal.close()
    for table in (JOURNAL, OWNERS, SIGNED_HEADS):
        ledger.change(sa.delete(table))
    ledger.write()  # the same key, a journal of another name
    assert ledger.verify().first_bad is None
    assert "is of journal" in str(ledger.verify(heads_file=kept).first_bad)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{}",
        "null",
        "[]",
        "not json",
        '{"shard": 0}',
        "[" * 100_000,
        "\ud83d",
        '{"shard": "0"}',
        "1" * 5_000,
    ],
)
def test_a_file_that_holds_no_heads_is_refused_with_its_line(
    ledger: Ledger, tmp_path: Path, line: str
) -> None:
    kept = tmp_path / "kept.jsonl"
    kept.write_bytes(line.encode(errors="surrogatepass") + b"\n")
    with pytest.raises(NoHead, match=r"kept\.jsonl"):
        ledger.verify(heads_file=kept)


def test_heads_of_other_shards_in_the_same_file_are_passed_over(ledger: Ledger, tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    journal = ledger.open(ledger.heads(file=kept))
    ledger.append(journal, 2)
    journal.close()
    line = kept.read_text().splitlines()[0]
    kept.write_text(line.replace('"shard": 0', '"shard": 1') + "\n")
    with pytest.raises(NoHead, match="no head of shard 0"):
        ledger.verify(heads_file=kept)
    with kept.open("a") as file:
        file.write(line)
    assert ledger.verify(heads_file=kept).first_bad is None


def test_a_journal_that_is_written_meanwhile_is_whole(ledger: Ledger) -> None:
    journal = ledger.open(ledger.heads(interval_s=0.0))
    ledger.append(journal, 5)
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            ledger.append(journal, 1, step_s=0.001)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        reports = [ledger.verify(replay=False) for _ in range(15)]
    finally:
        stop.set()
        writer.join()
        journal.close()
    assert [report.first_bad for report in reports] == [None] * len(reports)
    assert all(report.signed_commands == report.commands for report in reports)
    assert reports[-1].rows > reports[0].rows

"""Signed heads: written with their rows, seldom, once more at a stop, and never over what was not signed."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.services.orders.signed_journal import START_NS, Ledger, rechained
from tickmesh.services.orders.heads import SIGNED_HEADS, BadHead, SignedHead, from_line, written_heads
from tickmesh.services.orders.journal import BrokenChain
from tickmesh.services.orders.ownership import StaleEpoch
from tickmesh.services.runtime.signing import SigningKey, load_public_keys


def sequences(ledger: Ledger) -> list[int]:
    """Returns which sequences are signed, the oldest first."""
    with ledger.database.connect() as connection:
        return [head.sequence for head in written_heads(connection, 0)][::-1]


def test_a_head_says_which_row_ends_the_journal_and_who_says_so(ledger: Ledger) -> None:
    ledger.write(1, step_s=0.0)
    with ledger.database.connect() as connection:
        (head,) = written_heads(connection, 0)
    (row,) = ledger.rows()
    assert (head.sequence, head.row_hash, head.epoch) == (3, row.hash, 1)
    assert (head.shard, head.time_ns, head.key_id) == (0, START_NS, ledger.key().key_id)
    head.require_signature(load_public_keys(ledger.settings.keys / "journal.pub.pem"))


def test_a_head_is_written_once_an_interval_and_at_a_clean_stop(ledger: Ledger) -> None:
    journal = ledger.open(ledger.heads(interval_s=1.0))
    seen = []
    for step_s in (0.0, 0.4, 0.4, 0.4, 0.9):
        ledger.append(journal, 1, step_s)
        seen.append(sequences(ledger)[-1])
    assert seen == [3, 3, 3, 12, 12]
    journal.close()
    assert sequences(ledger)[-1] == 15


def test_a_stop_with_nothing_new_signs_nothing(ledger: Ledger) -> None:
    ledger.write(1)
    journal = ledger.open(ledger.heads())
    journal.close()
    assert sequences(ledger) == [3]


def test_of_the_heads_of_an_hour_the_newest_stays(ledger: Ledger) -> None:
    journal = ledger.open(ledger.heads(interval_s=60.0))
    ledger.append(journal, 150, step_s=60.0)  # two hours and a half, beginning 14 minutes past the hour
    journal.close()
    kept = sequences(ledger)
    assert len(kept) == 3
    assert kept[-1] == 450
    assert ledger.verify(replay=False).heads == 3


def test_a_clock_that_is_set_back_stops_no_signing(ledger: Ledger) -> None:
    journal = ledger.open(ledger.heads())
    ledger.append(journal, 1)
    ledger.append(journal, 1, step_s=-86_400.0)
    assert sequences(ledger)[-1] == 6
    journal.close()


def test_a_row_that_is_not_written_leaves_no_head(ledger: Ledger) -> None:
    old = ledger.open(ledger.heads(interval_s=0.0))
    new = ledger.open(ledger.heads(interval_s=0.0))
    with pytest.raises(StaleEpoch):
        ledger.append(old)
    assert sequences(ledger) == []
    ledger.append(new)
    old.close()
    new.close()
    assert sequences(ledger) == [3]


def test_an_owner_that_was_replaced_signs_no_end(ledger: Ledger) -> None:
    old = ledger.open(ledger.heads(interval_s=3_600.0))
    ledger.append(old, 2)
    new = ledger.open(ledger.heads())
    old.close()
    assert sequences(ledger) == [3]
    new.close()


def test_the_first_row_of_a_new_owner_signs_what_a_killed_one_left(ledger: Ledger) -> None:
    ledger.write(1)
    ledger.append(ledger.open(), 3)
    journal = ledger.open(ledger.heads())
    ledger.append(journal, 1)
    assert sequences(ledger)[-1] == 15
    journal.close()
    assert ledger.verify().first_bad is None


def test_an_owner_refuses_a_journal_that_is_not_what_was_signed(ledger: Ledger) -> None:
    ledger.write(3)
    rows = ledger.rows()
    ledger.replace(rows[:2])
    with pytest.raises(BrokenChain, match="sequence 9"):
        ledger.open(ledger.heads())
    forged = rows[0]._replace(texts=rows[0].texts.replace(b"note", b"NOTE"))
    ledger.replace(rechained([forged, *rows[1:]]))
    with pytest.raises(BrokenChain, match="sequence 9"):
        ledger.open(ledger.heads())
    ledger.replace(rows)
    ledger.open(ledger.heads()).close()


def test_a_damaged_head_stops_no_owner(ledger: Ledger) -> None:
    ledger.write(2)
    ledger.change(sa.update(SIGNED_HEADS).values(signature=bytes(64)))
    ledger.open(ledger.heads()).close()


def test_heads_in_a_file_are_those_of_the_database_and_more(ledger: Ledger, tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    journal = ledger.open(ledger.heads(file=kept))
    ledger.append(journal, 5, step_s=2.0)
    journal.close()
    heads = [from_line(line) for line in kept.read_text().splitlines()]
    assert [head.sequence for head in heads] == [3, 6, 9, 12, 15]
    with ledger.database.connect() as connection:
        assert list(written_heads(connection, 0)) == [heads[-1]]
    report = ledger.verify(heads_file=kept)
    assert (report.first_bad, report.heads) == (None, 5)
    assert report.newest_head == json.loads(kept.read_text().splitlines()[-1])


def test_a_file_that_cannot_be_written_stops_no_order(ledger: Ledger, tmp_path: Path) -> None:
    journal = ledger.open(ledger.heads(file=tmp_path / "nowhere" / "kept.jsonl"))
    ledger.append(journal, 2, step_s=2.0)
    journal.close()
    assert sequences(ledger) == [6]


def test_every_field_of_a_head_is_signed(tmp_path: Path) -> None:
    key = SigningKey.load_or_create(tmp_path, "journal")
    keys = {key.key_id: key.public, "other": key.public}
    head = SignedHead(0, "a", 3, b"hash", 5, 1, key.key_id)
    told = head.to_json() | {"signature": key.sign(head.statement()).hex()}
    from_line(json.dumps(told)).require_signature(keys)
    others = {"shard": 1, "journal_id": "b", "sequence": 4, "row_hash": "00", "time_ns": 6, "epoch": 2}
    for name, value in (others | {"key_id": "other", "signature": "00" * 64}).items():
        with pytest.raises(BadHead):
            from_line(json.dumps(told | {name: value})).require_signature(keys)

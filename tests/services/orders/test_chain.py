"""Rows of the journal, taken together: nothing is lost, doubled or taken for another's."""

import json
import random

import pytest

from tests.services.orders.signed_journal import payload
from tickmesh.services.orders.chain import BrokenChain, Row, together

COMMAND = 64


def a_row(first: int, notes: list[str]) -> Row:
    last = first + len(notes) - 1
    return Row(0, first, last, 1, payload(first)[:COMMAND] * len(notes), json.dumps(notes).encode(), b"")


def random_rows(chance: random.Random, count: int) -> list[Row]:
    rows: list[Row] = []
    for _ in range(count):
        length = chance.choice([1, 1, 2, 7, 30])
        notes = [chance.choice(["", "a", "caf\u00e9", '"],["', "x\\y"]) for _ in range(length)]
        rows.append(a_row(rows[-1].last_sequence + 1 if rows else 1, notes))
    return rows


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("commands_max", [1, 10, 1_000])
def test_rows_together_hold_what_they_hold_alone(seed: int, commands_max: int) -> None:
    rows = random_rows(random.Random(seed), 60)
    parts = list(together(rows, commands_max))
    assert b"".join(content for content, _ in parts) == b"".join(row.payload for row in rows)
    assert b"".join(notes for _, notes in parts) == b"".join(row.joined_notes() for row in rows)
    counts = [len(content) // COMMAND for content, _ in parts]
    assert all(count <= commands_max or count in {row.commands for row in rows} for count in counts)
    assert len(parts) == 1 if commands_max == 1_000 else len(parts) > 5


def test_no_rows_are_nothing() -> None:
    assert list(together([], 10)) == []


def test_a_text_too_few_is_not_made_up_for_by_the_next_row() -> None:
    rows = [a_row(1, ["a", "b"])._replace(texts=b'["a"]'), a_row(3, ["c"])._replace(texts=b'["b", "c"]')]
    with pytest.raises(BrokenChain, match="holds 1 texts"):
        list(together(rows, 10))

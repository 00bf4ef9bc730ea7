"""The rows of a journal, and their chain: the hash of a row covers the hash of the row before."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tickmesh.native.engine import COMMAND_STRUCT

GENESIS = bytes(32)


class BrokenChain(Exception):
    """A row that does not fit the one before it."""


class Row(NamedTuple):
    """A batch of commands as it stands in the journal."""

    shard: int
    first_sequence: int
    last_sequence: int
    epoch: int
    payload: bytes
    texts: bytes  # a JSON list; damaged ones may be no UTF-8 any more
    hash: bytes

    @property
    def commands(self) -> int:
        """Returns how many commands it says that it has."""
        return self.last_sequence - self.first_sequence + 1

    def expected_hash(self, previous: bytes) -> bytes:
        """Returns what the hash must be after a row with this hash."""
        shard, first, last, epoch, payload, texts, _ = self
        return row_hash(previous, shard, first, last, epoch, payload, texts)

    def notes(self) -> list[str]:
        """Returns the text of each command."""
        notes: list[str] = json.loads(self.texts)
        return notes

    def joined_notes(self) -> bytes:
        """Returns the text of each command and a 0 after it."""
        return _ended(self.notes())


def together(rows: Sequence[Row], commands_max: int) -> Iterator[tuple[bytes, bytes]]:
    """Yields payloads and joined notes of rows, of as many at once as have no more commands than that.

    A call takes as long for a row of one command as for a dozen: what came in small rows is replayed in large
    ones. A row that has more is yielded alone. Fails with BrokenChain when texts are missing.
    """
    part: list[Row] = []
    room = commands_max
    for row in rows:
        if part and row.commands > room:
            yield _joined(part)
            part, room = [], commands_max
        part.append(row)
        room -= row.commands
    if part:
        yield _joined(part)


def _joined(rows: Sequence[Row]) -> tuple[bytes, bytes]:
    lists: list[list[str]] = json.loads(b"[%b]" % b",".join(row.texts for row in rows))
    for row, notes in zip(rows, lists, strict=True):
        if len(notes) != row.commands:
            raise BrokenChain(f"row {row.first_sequence}..{row.last_sequence} holds {len(notes)} texts")
    return b"".join(row.payload for row in rows), _ended([note for notes in lists for note in notes])


def _ended(notes: list[str]) -> bytes:
    """Returns texts with a 0 after each."""
    return "\0".join([*notes, ""]).encode()


def row_hash(
    previous: bytes, shard: int, first: int, last: int, epoch: int, payload: bytes, texts: bytes
) -> bytes:
    """Returns SHA-256 over the hash before, the numbers, and lengths and contents of payload and texts."""
    head = f"{shard}|{first}|{last}|{epoch}|{len(payload)}|{len(texts)}|".encode()
    return hashlib.sha256(b"".join((previous, head, payload, texts))).digest()


class Chain:
    """How far the rows are known, and the hash that the next one must continue."""

    def __init__(self, sequence: int = 0, digest: bytes = GENESIS) -> None:
        self.sequence = sequence
        self.hash = digest
        self.rows = 0  # that were added here

    def add(self, last: int, digest: bytes) -> None:
        """Goes on behind a row that was just written, or looked at."""
        self.sequence, self.hash = last, digest
        self.rows += 1

    def take(self, row: Row) -> None:
        """Takes a row as the next one. Fails with BrokenChain when it does not fit the rows before."""
        first, last = row.first_sequence, row.last_sequence
        if first != self.sequence + 1:
            raise BrokenChain(f"row {first}..{last} does not follow sequence {self.sequence}")
        if row.expected_hash(self.hash) != row.hash:
            raise BrokenChain(f"row {first}..{last} was altered: its hash does not fit")
        if last < first or len(row.payload) != (last - first + 1) * COMMAND_STRUCT.size:
            raise BrokenChain(f"row {first}..{last} holds {len(row.payload)} bytes, not its commands")
        self.add(last, row.hash)

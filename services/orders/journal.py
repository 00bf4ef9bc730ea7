"""The journal of the order path: one row a batch of commands, chained by hashes.

A row's hash covers its fields and the hash of the row before, so that no row can change, vanish
from the middle or swap places unnoticed. Only the owner of the shard may append: the epoch rises
whenever somebody takes over, and a row of an older epoch is refused.
"""

import hashlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

PAGE_ROWS = 500
GENESIS = bytes(32)

metadata = sa.MetaData()
JOURNAL = sa.Table(
    "journal",
    metadata,
    sa.Column("shard", sa.Integer, primary_key=True),
    sa.Column("first_sequence", sa.BigInteger, primary_key=True),
    sa.Column("last_sequence", sa.BigInteger, nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("texts", sa.Text, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
)
OWNERS = sa.Table(
    "owners",
    metadata,
    sa.Column("shard", sa.Integer, primary_key=True),
    sa.Column("journal_id", sa.Text, nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
)


class StaleEpoch(Exception):
    """Somebody else owns the shard now. The process must stop."""


class BrokenChain(Exception):
    """A row that does not fit the one before it."""


@dataclass(frozen=True, slots=True)
class Row:
    """A batch of commands as it stands in the journal."""

    shard: int
    first_sequence: int
    last_sequence: int
    epoch: int
    payload: bytes
    texts: str
    hash: bytes

    def expected_hash(self, previous: bytes) -> bytes:
        """Returns what the hash must be after a row with this hash."""
        return row_hash(
            previous,
            self.shard,
            self.first_sequence,
            self.last_sequence,
            self.epoch,
            self.payload,
            self.texts,
        )

    def notes(self) -> list[str]:
        """Returns the text of each command."""
        notes: list[str] = json.loads(self.texts)
        return notes

    def joined_notes(self) -> bytes:
        """Returns the text of each command and a 0 after it."""
        return b"".join(note.encode() + b"\0" for note in self.notes())


def row_hash(
    previous: bytes, shard: int, first: int, last: int, epoch: int, payload: bytes, texts: str
) -> bytes:
    """Returns SHA-256 over the hash before, the numbers, and lengths and contents of payload and texts."""
    words = texts.encode(errors="surrogateescape")  # a damaged text may hold bytes that are no UTF-8
    head = f"{shard}|{first}|{last}|{epoch}|{len(payload)}|{len(words)}|".encode()
    return hashlib.sha256(b"".join((previous, head, payload, words))).digest()


def _row(found: Any) -> Row:
    numbers = (found.shard, found.first_sequence, found.last_sequence, found.epoch)
    return Row(*numbers, bytes(found.payload), found.texts, bytes(found.hash))


class Journal:
    """The rows of one shard, and the right to append to them."""

    def __init__(self, engine: Engine, shard: int) -> None:
        self._engine = engine
        self._shard = shard
        self._hash = GENESIS
        self._connection: Connection | None = None
        self._insert = JOURNAL.insert()
        self._mine = sa.update(OWNERS).where(OWNERS.c.shard == shard)
        self.epoch = 0
        self.journal_id = ""
        self.last_sequence = 0

    def take_over(self) -> None:
        """Becomes the owner: raises the epoch, so that any earlier owner can append no more.

        One statement raises and reads it, so that two that start at once never get the same.
        """
        raised = self._mine.values(epoch=OWNERS.c.epoch + 1).returning(OWNERS.c.journal_id, OWNERS.c.epoch)
        with self._engine.begin() as connection:
            owner = connection.execute(raised).first()
            if owner is None:
                self.journal_id, self.epoch = uuid.uuid4().hex[:12], 1
                row = {"shard": self._shard, "journal_id": self.journal_id, "epoch": 1}
                connection.execute(OWNERS.insert(), row)
            else:
                self.journal_id, self.epoch = owner.journal_id, owner.epoch

    @property
    def tables(self) -> Engine:
        """Returns where the rows are."""
        return self._engine

    @property
    def hash(self) -> bytes:
        """Returns the hash of the last row that is known."""
        return self._hash

    def hash_at(self, sequence: int) -> bytes | None:
        """Returns the hash of the row that ends with a sequence, or None; does not check it."""
        here = (JOURNAL.c.shard == self._shard) & (JOURNAL.c.first_sequence <= sequence)
        query = sa.select(JOURNAL.c.last_sequence, JOURNAL.c.hash).where(here)
        newest = query.order_by(JOURNAL.c.first_sequence.desc()).limit(1)
        with self._engine.connect().execution_options(begin="BEGIN") as connection:
            row = connection.execute(newest).first()
        return bytes(row.hash) if row is not None and row.last_sequence == sequence else None

    def resume(self, sequence: int, digest: bytes) -> None:
        """Takes everything up to a row as known and checked: `check` and `append` go on behind it."""
        self.last_sequence, self._hash = sequence, digest

    def rows(self, after: int = 0) -> Iterator[Row]:
        """Yields rows in order; does not check them. `after` is the last sequence that is known."""
        while True:
            page = self._page(after)
            if not page:
                return
            yield from page
            after = page[-1].last_sequence

    def _page(self, after: int) -> list[Row]:
        here = (JOURNAL.c.shard == self._shard) & (JOURNAL.c.first_sequence > after)
        query = sa.select(JOURNAL).where(here).order_by(JOURNAL.c.first_sequence).limit(PAGE_ROWS)
        with self._engine.connect().execution_options(begin="BEGIN") as connection:
            return [_row(row) for row in connection.execute(query)]

    def check(self, row: Row) -> None:
        """Takes a row as the next one. Fails with BrokenChain when it does not fit the rows before."""
        if row.first_sequence != self.last_sequence + 1 or row.last_sequence < row.first_sequence:
            raise BrokenChain(
                f"row {row.first_sequence}..{row.last_sequence} does not follow sequence {self.last_sequence}"
            )
        if row.expected_hash(self._hash) != row.hash:
            raise BrokenChain(
                f"row {row.first_sequence}..{row.last_sequence} was altered: its hash does not fit"
            )
        self._hash, self.last_sequence = row.hash, row.last_sequence

    def append(self, first: int, last: int, payload: bytes, notes: list[str]) -> None:
        """Writes a batch, durably. Fails with StaleEpoch when somebody else owns the shard."""
        texts = json.dumps(notes)
        digest = row_hash(self._hash, self._shard, first, last, self.epoch, payload, texts)
        if self._connection is None:
            self._connection = self._engine.connect()
        with self._connection.begin():
            mine = self._mine.where(OWNERS.c.epoch == self.epoch).values(epoch=self.epoch)
            if self._connection.execute(mine).rowcount != 1:
                raise StaleEpoch(f"shard {self._shard} has a newer owner than epoch {self.epoch}")
            row = {"shard": self._shard, "first_sequence": first, "last_sequence": last, "epoch": self.epoch}
            self._connection.execute(
                self._insert, {**row, "payload": payload, "texts": texts, "hash": digest}
            )
        self._hash, self.last_sequence = digest, last

    def close(self) -> None:
        """Gives the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

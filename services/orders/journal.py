"""The journal of the order path: one row a batch of commands, chained by hashes.

A row's hash covers its fields and the hash of the row before, so that no row can change, vanish
from the middle or swap places unnoticed; heads that the owner signs say how far the rows go, so that
none vanishes from the end either. Only the owner of the shard may append: the epoch rises
whenever somebody takes over, and a row of an older epoch is refused.
"""

import json
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from ..runtime import telemetry
from ..runtime.shards import origin_of
from .appending import Change, NotWritten, Pen, pen
from .chain import BrokenChain, Chain, Row, row_hash
from .heads import BadHead, Heads, written_heads
from .ownership import Ownership, Sign, StaleEpoch
from .reading import page

__all__ = ["JOURNAL", "BrokenChain", "Journal", "Row", "metadata"]

PAGE_ROWS = 500

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

log = telemetry.logger(__name__)


class Journal:
    """The rows of one shard, and the right to append to them."""

    def __init__(self, engine: Engine, shard: int, heads: Heads | None = None) -> None:
        self._engine = engine
        self._shard = shard
        self._heads = heads
        self.origin = origin_of(shard)
        self._chain = Chain(self.origin)
        self._pen: Pen | None = None
        self.owner = Ownership(engine, shard)

    @property
    def epoch(self) -> int:
        """Returns how often the shard was taken over, or 0 for whoever does not own it."""
        return self.owner.epoch

    @property
    def journal_id(self) -> str:
        """Returns the name of the journal, once its owner was looked for."""
        return self.owner.journal_id

    @property
    def last_sequence(self) -> int:
        """Returns the last sequence that is known."""
        return self._chain.sequence

    @property
    def row_count(self) -> int:
        """Returns how many rows were checked or written here since the journal was resumed."""
        return self._chain.rows

    @property
    def tables(self) -> Engine:
        """Returns where the rows are."""
        return self._engine

    @property
    def hash(self) -> bytes:
        """Returns the hash of the last row that is known."""
        return self._chain.hash

    def take_over(self, seen: Sign | None = None) -> bool:
        """Becomes the owner: raises the epoch, so that any earlier owner can append no more.

        Returns False when the owner beat after it was seen, or another was faster. Fails with BrokenChain
        when the rows are not those that are known, or that an earlier owner signed: this one would sign
        them anew.
        """
        if not self.owner.take(seen or self.owner.look()):
            return False
        self._require_known_rows()
        self._require_newest_head()
        return True

    def _require_known_rows(self) -> None:
        """A database that was replaced by another, which was a moment behind, may lack what is known here."""
        if self.last_sequence > self.origin and self.hash_at(self.last_sequence) != self.hash:
            raise BrokenChain(f"the row that ends with sequence {self.last_sequence} is not there any more")

    def _require_newest_head(self) -> None:
        if self._heads is None:
            return
        with self._engine.connect().execution_options(begin="BEGIN") as connection:
            head = next(written_heads(connection, self._shard), None)
        try:
            if head is not None:
                head.require_signature(self._heads.keys)
        except BadHead as error:  # which says nothing about the rows; `tickmesh verify` looks closer
            log.error("a signed head is passed over", problem=str(error))
            return
        if head is not None and self.hash_at(head.sequence) != head.row_hash:
            raise BrokenChain(f"no row that ends with sequence {head.sequence} is the one that was signed")

    def hash_at(self, sequence: int) -> bytes | None:
        """Returns the hash of the row that ends with a sequence, or None; does not check it."""
        here = (JOURNAL.c.shard == self._shard) & (JOURNAL.c.first_sequence <= sequence)
        query = sa.select(JOURNAL.c.last_sequence, JOURNAL.c.hash).where(here)
        newest = query.order_by(JOURNAL.c.first_sequence.desc()).limit(1)
        with self._engine.connect().execution_options(begin="BEGIN") as connection:
            row = connection.execute(newest).first()
        return bytes(row.hash) if row is not None and row.last_sequence == sequence else None

    def newest(self) -> int:
        """Returns the last sequence that is written, known or not; 0 in an empty journal."""
        mine = JOURNAL.c.shard == self._shard
        query = sa.select(JOURNAL.c.last_sequence).where(mine).order_by(JOURNAL.c.first_sequence.desc())
        with self._engine.connect().execution_options(begin="BEGIN") as connection:
            return int(connection.execute(query.limit(1)).scalar() or 0)

    def resume(self, sequence: int, digest: bytes) -> None:
        """Takes everything up to a row as known and checked: `check` and `append` go on behind it."""
        self._chain = Chain(sequence, digest)

    def rows(self, after: int = 0) -> Iterator[Row]:
        """Yields rows in order; does not check them. `after` is the last sequence that is known."""
        while found := page(self._engine, self._shard, after + 1, PAGE_ROWS):
            yield from found
            after = found[-1].last_sequence

    def unknown(self, rows_max: int) -> list[Row]:
        """Returns rows behind what is known, at most so many; does not check them."""
        return page(self._engine, self._shard, self.last_sequence + 1, rows_max)

    def check(self, row: Row) -> None:
        """Takes a row as the next one. Fails with BrokenChain when it does not fit the rows before."""
        self._chain.take(row)

    def append(self, first: int, last: int, payload: bytes, notes: list[str]) -> None:
        """Writes a batch, durably.

        Fails with StaleEpoch when somebody else owns the shard, with NotWritten when the database fails.
        """
        texts = json.dumps(notes)
        digest = row_hash(self.hash, self._shard, first, last, self.epoch, payload, texts.encode())
        row = Change(JOURNAL, (self._shard, first, last, self.epoch, payload, texts, digest))
        head, signed = None, list[Change]()
        if self._heads is not None and self._heads.is_due():
            head, signed = self._heads.sign(self._shard, self.journal_id, last, digest, self.epoch)
        self._write([*signed, row])
        self._chain.add(last, digest)
        if self._heads is not None and head is not None:
            self._heads.written(head)

    def _write(self, changes: list[Change]) -> None:
        if self._pen is None:
            self._pen = pen(self._engine, self._shard)
        if not self._pen.write(self.epoch, changes):
            raise self.owner.lost()

    def close(self) -> None:
        """Signs the last row, when there is one to sign, leaves the shard, and gives connections back."""
        try:
            if self._pen is not None:
                self._sign_the_end()
            if self.epoch:
                self.owner.release()
        except (StaleEpoch, NotWritten, sa.exc.SQLAlchemyError) as error:  # the next owner will sign
            log.error("the shard was not left in order", sequence=self.last_sequence, problem=str(error))
        self.owner.close()
        if self._pen is not None:
            self._pen.close()
            self._pen = None

    def _sign_the_end(self) -> None:
        heads = self._heads
        if heads is None or heads.sequence == self.last_sequence:
            return
        place = (self.last_sequence, self.hash, self.epoch)
        head, signed = heads.sign(self._shard, self.journal_id, *place)
        self._write(signed)
        heads.written(head)

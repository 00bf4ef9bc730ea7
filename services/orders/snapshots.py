"""Snapshots as they stand beside the journal: a head that says what it is, and its bytes in parts.

A snapshot is there once its head is: one transaction, in which the older ones go. Its parts are written
before, each about as large as a full row of the journal, so that no row waits long for its turn; parts
without a head are nobody's, and go with the writing of later ones. A digest covers everything.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from .journal import metadata
from .ownership import OWNERS, StaleEpoch

PART_BYTES = 256 * 1024
SWEPT_A_PART = 2  # forgotten parts that go with each one that is written: more go than come

HEADS = sa.Table(
    "snapshots",
    metadata,
    sa.Column("shard", sa.Integer, primary_key=True),
    sa.Column("sequence", sa.BigInteger, primary_key=True),
    sa.Column("report", sa.BigInteger, nullable=False),
    sa.Column("row_hash", sa.LargeBinary, nullable=False),
    sa.Column("state_hash", sa.Text, nullable=False),
    sa.Column("engine_size", sa.BigInteger, nullable=False),
    sa.Column("venue_size", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
)
PARTS = sa.Table(
    "snapshot_parts",
    metadata,
    sa.Column("shard", sa.Integer, primary_key=True),
    sa.Column("sequence", sa.BigInteger, primary_key=True),
    sa.Column("part", sa.Integer, primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)


class Unfit(Exception):
    """A snapshot that cannot be used, and why."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a snapshot says of itself."""

    shard: int
    sequence: int  # of the last command that it contains, the last of a row
    report: int  # event of the newest report up to there: the tables must have it
    row_hash: bytes  # of that row of the journal
    state_hash: str  # of the engine, 16 hexadecimal digits
    engine_size: int
    venue_size: int
    digest: bytes = b""

    def expected_digest(self, parts: list[memoryview]) -> bytes:
        """Returns SHA-256 over what the head says and the bytes of engine and venue."""
        numbers = (self.shard, self.sequence, self.report, self.engine_size, self.venue_size)
        words = "|".join([*map(str, numbers), self.row_hash.hex(), self.state_hash, ""])
        digest = hashlib.sha256(words.encode())
        for part in parts:
            digest.update(part)
        return digest.digest()


def cut(engine: bytes, venue: bytes) -> list[memoryview]:
    """Returns the bytes of a snapshot in parts, without copying them."""
    return [
        memoryview(content)[start : start + PART_BYTES]
        for content in (engine, venue)
        for start in range(0, len(content), PART_BYTES)
    ]


class Snapshots:
    """The snapshots of one shard."""

    def __init__(self, engine: Engine, shard: int) -> None:
        self._engine = engine
        self.shard = shard

    def heads(self) -> list[Head]:
        """Returns the heads, newest first; does not check them."""
        query = sa.select(HEADS).where(HEADS.c.shard == self.shard).order_by(HEADS.c.sequence.desc())
        with self._engine.connect().execution_options(begin="BEGIN") as connection:
            return [_head(row) for row in connection.execute(query)]

    def content(self, head: Head) -> tuple[bytes, bytes]:
        """Returns the bytes of engine and venue. Fails with Unfit when anything is damaged."""
        try:
            parts = [memoryview(part) for part in self._parts(head.sequence)]
        except sa.exc.DatabaseError as error:
            raise Unfit(f"it cannot be read: {error.orig}") from error
        if head.expected_digest(parts) != head.digest:
            raise Unfit("it is damaged: its digest does not fit")
        content = b"".join(parts)
        return content[: head.engine_size], content[head.engine_size :]

    def _parts(self, sequence: int) -> Iterator[bytes]:
        here = (PARTS.c.shard == self.shard) & (PARTS.c.sequence == sequence)
        with self._engine.connect().execution_options(begin="BEGIN") as connection:
            for row in connection.execute(sa.select(PARTS.c.content).where(here).order_by(PARTS.c.part)):
                yield bytes(row.content)

    def write_part(self, sequence: int, number: int, content: memoryview) -> None:
        """Writes one part of a snapshot whose head is to come. The first one clears its place."""
        mine = (PARTS.c.shard == self.shard) & (PARTS.c.sequence == sequence)
        row = {"shard": self.shard, "sequence": sequence, "part": number, "content": bytes(content)}
        with self._engine.begin() as connection:
            if number == 0:
                connection.execute(sa.delete(PARTS).where(mine))
            connection.execute(PARTS.insert(), row)
            self._sweep(connection, sequence)

    def _sweep(self, connection: Connection, writing: int) -> None:
        """Deletes some parts that no head names, but none of the snapshot that is being written."""
        named = sa.select(HEADS.c.sequence).where(HEADS.c.shard == self.shard)
        others = (PARTS.c.shard == self.shard) & (PARTS.c.sequence != writing)
        query = sa.select(PARTS.c.sequence, PARTS.c.part).where(others & PARTS.c.sequence.not_in(named))
        for found in connection.execute(query.limit(SWEPT_A_PART)).all():
            here = (PARTS.c.sequence == found.sequence) & (PARTS.c.part == found.part)
            connection.execute(sa.delete(PARTS).where((PARTS.c.shard == self.shard) & here))

    def publish(self, head: Head, keep: set[int], epoch: int) -> None:
        """Makes a snapshot count, and besides it only those of the sequences to keep.

        Fails with StaleEpoch when somebody else owns the shard.
        """
        mine = (OWNERS.c.shard == self.shard) & (OWNERS.c.epoch == epoch)
        others = (HEADS.c.shard == self.shard) & HEADS.c.sequence.not_in(keep)
        with self._engine.begin() as connection:
            if connection.execute(sa.update(OWNERS).where(mine).values(epoch=epoch)).rowcount != 1:
                raise StaleEpoch(f"shard {self.shard} has a newer owner than epoch {epoch}")
            connection.execute(sa.delete(HEADS).where(others))
            connection.execute(HEADS.insert(), asdict(head))


def _head(row: sa.Row[tuple[object, ...]]) -> Head:
    told = row._asdict()
    return Head(**{**told, "row_hash": bytes(told["row_hash"]), "digest": bytes(told["digest"])})

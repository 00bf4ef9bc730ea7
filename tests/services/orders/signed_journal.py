"""A small journal with signed heads, and ways to damage it: what a disk or a forger may do to its tables."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tickmesh.native.engine import COMMAND_STRUCT, NONE, CommandType
from tickmesh.services.orders.chain import GENESIS, Row, row_hash
from tickmesh.services.orders.heads import KEY_NAME, Heads
from tickmesh.services.orders.journal import JOURNAL, Journal
from tickmesh.services.orders.reading import blocks
from tickmesh.services.orders.verification import Report, verify
from tickmesh.services.runtime.settings import RuntimeSettings
from tickmesh.services.runtime.signing import SigningKey

ROWS, COMMANDS_A_ROW = 6, 3
LAST = ROWS * COMMANDS_A_ROW
SECOND_NS = 1_000_000_000
START_NS = 1_700_000_000 * SECOND_NS


def payload(first: int, time_ns: int = 0) -> bytes:
    """Returns three places of the tree, one below the other."""
    return b"".join(
        COMMAND_STRUCT.pack(
            n, time_ns, 0, NONE if n == 1 else 0, 0, 0, 0, n - 1, CommandType.ADD_NODE, 0, 0, 0, 0
        )
        for n in range(first, first + COMMANDS_A_ROW)
    )


@dataclass
class Ledger:
    """A journal of shard 0 and everything around it."""

    settings: RuntimeSettings
    database: sa.Engine
    now_ns: int = START_NS

    def key(self) -> SigningKey:
        return SigningKey.load_or_create(self.settings.keys, KEY_NAME)

    def open(self, heads: Heads | None = None) -> Journal:
        """Returns the journal, taken over, behind its last row."""
        journal = Journal(self.database, 0, heads)
        journal.take_over()
        for row in journal.rows():
            journal.check(row)
        return journal

    def heads(
        self, interval_s: float = 1.0, file: Path | None = None, key: SigningKey | None = None
    ) -> Heads:
        return Heads(key or self.key(), lambda: self.now_ns, interval_s, file)

    def append(self, journal: Journal, rows: int = 1, step_s: float = 0.0) -> None:
        """Writes rows, with so much time before each."""
        for _ in range(rows):
            self.now_ns += int(step_s * SECOND_NS)
            first = journal.last_sequence + 1
            notes = [f"note {n} é" for n in range(first, first + COMMANDS_A_ROW)]
            journal.append(first, first + COMMANDS_A_ROW - 1, payload(first, self.now_ns), notes)

    def write(self, rows: int = ROWS, *, signed: bool = True, step_s: float = 3_600.0) -> None:
        """Writes rows and stops cleanly: each has a head that stays, since the next comes in another hour."""
        journal = self.open(self.heads() if signed else None)
        self.append(journal, rows, step_s)
        journal.close()

    def rows(self) -> list[Row]:
        return [row for block in blocks(self.database, 0) for row in block]

    def change(self, statement: sa.Executable) -> None:
        with self.database.begin() as connection:
            connection.execute(statement)

    def replace(self, rows: list[Row]) -> None:
        """Puts other rows in place of all that are there."""
        with self.database.begin() as connection:
            connection.execute(sa.delete(JOURNAL))
            for row in rows:
                connection.execute(JOURNAL.insert(), {**row._asdict(), "texts": row.texts.decode()})

    def verify(self, **more: Any) -> Report:
        return verify(self.settings, **more)


def rechained(rows: list[Row]) -> list[Row]:
    """Returns rows with new hashes: whole again, to whoever trusts the chain alone."""
    digest, made = GENESIS, []
    for row in rows:
        digest = row_hash(
            digest, row.shard, row.first_sequence, row.last_sequence, row.epoch, row.payload, row.texts
        )
        made.append(row._replace(hash=digest))
    return made


def flipped(value: Any, chance: random.Random, bits: int) -> Any:
    """Returns a value with one bit turned over: a number of so many bits, bytes, or text as its bytes."""
    if isinstance(value, int):
        turned = value ^ (1 << chance.randrange(bits))
        return (
            turned - (1 << bits) if turned >> (bits - 1) else turned
        )  # two's complement, as a database has it
    raw = bytearray(value.encode() if isinstance(value, str) else bytes(value))
    place = chance.randrange(len(raw) * 8)
    raw[place // 8] ^= 1 << (place % 8)
    return bytes(raw)


def flip(
    connection: sa.Connection, column: sa.Column[Any], where: sa.ColumnElement[bool], chance: random.Random
) -> None:
    """Turns one bit of one field over. Fails with DataError where the database cannot hold the result."""
    value = connection.execute(sa.select(column).where(where)).scalar_one()
    turned = flipped(
        value, chance, 32 if isinstance(column.type, sa.Integer) and column.name == "shard" else 64
    )
    wanted: Any = turned
    if isinstance(column.type, sa.Text):
        wanted = _text(connection, turned)
    connection.execute(sa.update(column.table).where(where).values({column.name: wanted}))


def _text(connection: sa.Connection, raw: bytes) -> Any:
    """Returns bytes as a text of the database, which need not be UTF-8 in SQLite."""
    if connection.dialect.name == "sqlite":
        return sa.cast(sa.literal(raw, sa.LargeBinary), sa.Text)
    return sa.func.convert_from(sa.literal(raw, sa.LargeBinary), "UTF8")

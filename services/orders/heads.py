"""Signed heads: the owner of a journal says, with a key that no database holds, how far its rows go.

A chain of hashes shows that nothing changed as long as its end is known. Whoever can write to the database
can also compute a new chain, or cut the end of the old one; what they cannot do is sign the hash of a row.
A head is written with the row that it signs, in one transaction: once an interval at most, and at a clean
stop. The newest is kept, and one of each hour. Each may also be appended to a file, for another machine.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..runtime import telemetry
from ..runtime.signing import PublicKeys, SigningKey, fits
from .appending import Change

KEY_NAME = "journal"
HOUR_NS = 3_600 * 1_000_000_000
_STATEMENT = "tickmesh journal head 1"  # nothing else that this key may sign one day begins like this

SIGNED_HEADS = sa.Table(
    "signed_heads",
    sa.MetaData(),
    sa.Column("shard", sa.Integer, primary_key=True),
    sa.Column("sequence", sa.BigInteger, primary_key=True),
    sa.Column("journal_id", sa.Text, nullable=False),
    sa.Column("row_hash", sa.LargeBinary, nullable=False),
    sa.Column("time_ns", sa.BigInteger, nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("key_id", sa.Text, nullable=False),
    sa.Column("signature", sa.LargeBinary, nullable=False),
)

log = telemetry.logger(__name__)


class NoHead(ValueError):
    """Text that is not a head."""


class BadHead(Exception):
    """A head that its key did not sign, or of another journal."""


@dataclass(frozen=True, slots=True)
class SignedHead:
    """What an owner said about its journal at one moment."""

    shard: int
    journal_id: str
    sequence: int  # of the last command of a row
    row_hash: bytes  # of that row
    time_ns: int
    epoch: int  # of the owner that signed
    key_id: str
    signature: bytes = b""

    def statement(self) -> bytes:
        """Returns what is signed: every field but the signature."""
        numbers = f"{self.shard}|{self.sequence}|{self.time_ns}|{self.epoch}"
        return f"{_STATEMENT}|{self.journal_id}|{numbers}|{self.row_hash.hex()}|{self.key_id}".encode()

    def to_json(self) -> dict[str, int | str]:
        """Returns the head with its bytes as hexadecimal digits."""
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value.hex() if isinstance(value, bytes) else value for name, value in told.items()}

    def require_signature(self, keys: PublicKeys) -> None:
        """Fails with BadHead when none of these keys signed it."""
        key = keys.get(self.key_id)
        if key is None:
            raise BadHead(f"the head of sequence {self.sequence} names an unknown key, {self.key_id}")
        if not fits(key, self.signature, self.statement()):
            raise BadHead(f"the head of sequence {self.sequence} was altered: its signature does not fit")


_KINDS = get_type_hints(SignedHead)


def from_line(line: str) -> SignedHead:
    """Reads a head as a file keeps it. Fails with NoHead."""
    try:
        told = json.loads(line)
        return SignedHead(**{name: _value(told[name], kind) for name, kind in _KINDS.items()})
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NoHead(f"{line[:80]!r} is no head of a journal") from error


def _value(found: object, kind: type) -> Any:
    if kind is bytes and isinstance(found, str):
        return bytes.fromhex(found)
    if type(found) is not kind:
        raise TypeError(f"{found!r} is not of {kind}")
    return found


def head_lines(path: Path, shard: int) -> list[SignedHead]:
    """Returns the heads of a shard that a file keeps, one a line.

    Fails with OSError, and with NoHead for a line that is none, or when there is none of the shard.
    """
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        try:
            found.append(from_line(line))
        except NoHead as error:
            raise NoHead(f"{path}, line {number}: {error}") from error
    mine = [head for head in found if head.shard == shard]
    if not mine:
        raise NoHead(f"{path} holds no head of shard {shard}")
    return mine


def written_heads(connection: Connection, shard: int) -> Iterator[SignedHead]:
    """Yields the heads of a shard as they stand in the database, newest first; does not check them."""
    query = sa.select(SIGNED_HEADS).where(SIGNED_HEADS.c.shard == shard)
    for row in connection.execute(query.order_by(SIGNED_HEADS.c.sequence.desc())):
        told = row._asdict()
        yield SignedHead(**told | {name: bytes(told[name]) for name in ("row_hash", "signature")})


class Heads:
    """Signs the heads of one journal and writes them, for its owner."""

    def __init__(
        self,
        key: SigningKey,
        clock: Callable[[], int],
        interval_s: float = 1.0,
        file: Path | None = None,
        earlier_keys: PublicKeys | None = None,
    ) -> None:
        self._key = key
        self._clock = clock
        self._interval_ns = int(interval_s * 1e9)
        self._file = file
        self._newest: SignedHead | None = None  # of those that this owner wrote
        self.keys: PublicKeys = {**(earlier_keys or {}), key.key_id: key.public}  # whose heads it believes

    @property
    def sequence(self) -> int:
        """Returns up to which command this owner signed."""
        return self._newest.sequence if self._newest else 0

    def is_due(self) -> bool:
        """Says whether the next row is to be signed."""
        if self._newest is None:
            return True
        return not 0 <= self._clock() - self._newest.time_ns < self._interval_ns  # a clock may be set back

    def sign(
        self, shard: int, journal_id: str, sequence: int, row_hash: bytes, epoch: int
    ) -> tuple[SignedHead, list[Change]]:
        """Signs a row. Returns its head, and what to write beside the row; tell `written` of its commit."""
        key_id = self._key.key_id
        head = SignedHead(shard, journal_id, sequence, row_hash, self._clock(), epoch, key_id)
        head = replace(head, signature=self._key.sign(head.statement()))
        row = Change(SIGNED_HEADS, [getattr(head, column.name) for column in SIGNED_HEADS.columns])
        earlier = self._newest
        if earlier is None or earlier.time_ns // HOUR_NS != head.time_ns // HOUR_NS:
            return head, [row]
        return head, [Change(SIGNED_HEADS, (shard, earlier.sequence), is_removal=True), row]

    def written(self, head: SignedHead) -> None:
        """Remembers a head whose transaction is committed, and appends it to the file, if there is one."""
        self._newest = head
        if self._file is None:
            return
        try:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(head.to_json()) + "\n")
        except OSError as error:
            log.error("a head was not kept in the file", sequence=head.sequence, problem=str(error))

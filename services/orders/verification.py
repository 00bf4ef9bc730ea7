"""Walks the journal of a platform: every hash, every signed head, and a replay through the engine.

Nothing is written. What the journal holds when the walk begins is checked; rows that come later are not.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from tickmesh.native.engine import COMMAND_STRUCT

from ..runtime import settings as runtime_settings
from ..runtime.database import make_engine, reading
from ..runtime.settings import RuntimeSettings
from ..runtime.shards import journal_of, origin_of
from ..runtime.signing import PublicKeys, load_public_keys, public_name
from .capacities import engine_config
from .chain import BrokenChain, Chain, Row
from .heads import KEY_NAME, SIGNED_HEADS, SignedHead, head_lines, written_heads
from .journal import JOURNAL
from .ownership import OWNERS
from .reading import LOWEST, blocks
from .replayer import Replayer
from .settings import OrdersSettings
from .witness import Witness

Progress = Callable[[int, int], None]  # rows done, rows in all


class Unverifiable(Exception):
    """Something that is needed to look at a journal is not there."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a walk over the journal found."""

    rows: int
    commands: int
    first_bad: str | None  # the first row that does not fit, in words; None when all is whole
    state_hash: str | None  # of the engine after the last row that fits, 16 hexadecimal digits
    signed_commands: int  # up to which command a signed head vouches for all rows; 0 is nowhere
    unsigned_rows: int  # whole ones behind that
    unsigned_s: float | None  # how long after the newest head the last of them was stamped
    heads: int  # that the rows have met
    newest_head: dict[str, int | str] | None  # of those, to be kept elsewhere


@dataclass(frozen=True, slots=True)
class _Extent:
    """What the journal holds when the walk begins."""

    rows: int
    last_row: int  # where it begins
    journal_id: str
    heads: list[SignedHead]


def verify(
    settings: RuntimeSettings,
    progress: Progress = lambda done, total: None,
    shard: int = 0,
    *,
    replay: bool = True,
    key_file: Path | None = None,
    heads_file: Path | None = None,
) -> Report:
    """Checks the journal of a shard, running or not, and writes nothing.

    `key_file` holds the public keys to trust, by default those beside the platform's own keys; `heads_file`
    holds heads that were kept elsewhere. Fails with Unverifiable, with what is missing; with NoHead for a
    file that holds something else; with SQLAlchemyError when the database does not answer.
    """
    kept = head_lines(heads_file, shard) if heads_file else []  # before the rows that they sign are counted
    database = make_engine(settings.database_url, settings.data_dir, journal_of(shard))
    if database.dialect.name == "sqlite":
        sa.event.listen(database, "connect", _read_damaged_text)
    with ExitStack() as stack:
        stack.callback(database.dispose)
        extent = _measure(database, shard)
        heads = [*extent.heads, *kept]
        keys = _public_keys(key_file or settings.keys / public_name(KEY_NAME)) if heads else {}
        witness = Witness(shard, extent.journal_id, keys, heads)
        config = engine_config(replace(runtime_settings.load(OrdersSettings), orders_shard=shard))
        replayer = stack.enter_context(Replayer(config)) if replay else None
        walk = _Walk(shard, witness, replayer, lambda done: progress(done, extent.rows))
        source = blocks(database, shard, LOWEST, extent.last_row)
        with closing(source):
            walk.run(source, database.dialect.loaded_dbapi)
        return walk.report()


def _read_damaged_text(connection: Any, _: object) -> None:
    """Lets text that is no UTF-8 any more be read, so that the head that holds it can be named."""
    connection.text_factory = lambda words: words.decode(errors="replace")


def _measure(database: Engine, shard: int) -> _Extent:
    """Looks at everything at one moment, so that no head is of a row that was not there yet."""
    with reading(database) as connection:
        if not sa.inspect(connection).has_table(JOURNAL.name):
            raise Unverifiable("there is no journal in this database")
        columns = sa.func.count(), sa.func.max(JOURNAL.c.first_sequence)
        rows, last_row = connection.execute(sa.select(*columns).where(JOURNAL.c.shard == shard)).one()
        owner = sa.select(OWNERS.c.journal_id).where(OWNERS.c.shard == shard)
        journal_id = connection.execute(owner).scalar() or "none"
        return _Extent(rows, last_row or 0, journal_id, list(_heads(connection, shard)))


def _heads(connection: Connection, shard: int) -> Iterator[SignedHead]:
    """Yields the heads; none of a journal that no newer version has opened yet."""
    if sa.inspect(connection).has_table(SIGNED_HEADS.name):
        yield from written_heads(connection, shard)


def _public_keys(path: Path) -> PublicKeys:
    try:
        return load_public_keys(path)
    except (OSError, ValueError) as error:
        raise Unverifiable(f"no public key to check the signed heads with: {error}") from error


class _Walk:
    """One pass over the rows: this thread reads and hashes, another one replays."""

    def __init__(
        self, shard: int, witness: Witness, replayer: Replayer | None, progress: Callable[[int], None]
    ) -> None:
        self._origin = origin_of(shard)
        self._witness = witness
        self._replayer = replayer
        self._progress = progress
        self._chain = Chain(self._origin)
        self._rows = 0
        self._newest: Row | None = None
        self._first_bad: str | None = None

    def run(self, source: Iterator[list[Row]], driver: Any) -> None:
        """Takes rows until there are no more, or one does not fit, or cannot be read."""
        try:
            for block in source:
                self._take(block)
            self._witness.require_end(self._chain.sequence)
        except BrokenChain as error:
            self._first_bad = str(error)
        except driver.OperationalError as error:
            raise Unverifiable(f"the journal cannot be read: {error}") from error
        except driver.DatabaseError as error:
            self._first_bad = f"what follows sequence {self._chain.sequence} cannot be read: {error}"

    def _take(self, block: list[Row]) -> None:
        whole = 0
        try:
            for row in block:
                self._chain.take(row)
                self._witness.meet(row)
                whole += 1
        finally:
            self._keep(block[:whole])

    def _keep(self, whole: list[Row]) -> None:
        if not whole:
            return
        if self._replayer is not None:
            self._replayer.take([row.payload for row in whole])
        self._newest = whole[-1]
        self._rows += len(whole)
        self._progress(self._rows)

    def report(self) -> Report:
        """Returns what was found."""
        witness, head = self._witness, self._witness.newest
        return Report(
            rows=self._rows,
            commands=self._newest.last_sequence - self._origin if self._newest else 0,
            first_bad=self._first_bad or witness.first_bad,
            state_hash=self._replayer.state_hash() if self._replayer else None,
            signed_commands=head.sequence - self._origin if head else 0,
            unsigned_rows=witness.unsigned_rows,
            unsigned_s=self._unsigned_s(head),
            heads=witness.met,
            newest_head=head.to_json() if head else None,
        )

    def _unsigned_s(self, head: SignedHead | None) -> float | None:
        if head is None or self._newest is None:
            return None
        if not self._witness.unsigned_rows:
            return 0.0
        payload = self._newest.payload
        stamped_ns = COMMAND_STRUCT.unpack_from(payload, len(payload) - COMMAND_STRUCT.size)[1]
        return max(0.0, float(stamped_ns - head.time_ns) / 1e9)

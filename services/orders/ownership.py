"""Who may write to a shard's journal: the process that raised the epoch last.

The owner raises a beat with every row that it appends, and some times a second when there is none. Whoever
stands by looks at the epoch and the beat, and when the same ones have stood for long by its own clock it
raises the epoch: only if they still stand, so that an owner which was merely slow keeps the shard, and so
does the faster of two that take over at one moment. A row of an older epoch is refused, whatever its writer
believes. No clocks of two machines are compared.
"""

import uuid
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from ..runtime import processes, telemetry
from ..runtime.database import own_connection
from .fencing import is_held

NOBODY = ""

OWNERS = sa.Table(
    "owners",
    sa.MetaData(),
    sa.Column("shard", sa.Integer, primary_key=True),
    sa.Column("journal_id", sa.Text, nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("beat", sa.BigInteger, nullable=False),
    sa.Column("process", sa.Text, nullable=False),  # of the owner, see `processes`; empty after a clean stop
)
# Within each transaction of an owner: who changes no row by it owns the shard no more, and writes nothing.
BEAT = "UPDATE owners SET beat = beat + 1 WHERE shard = {} AND epoch = {}"
_BEAT = sa.text(BEAT.format(":shard", ":epoch"))
# How long to wait for whoever holds the row; an owner that lives lets it go much sooner.
_IMPATIENT = {"sqlite": "PRAGMA busy_timeout=200", "postgresql": "SET lock_timeout = '200ms'"}
# A beat does not wait for a disk or a replica. In SQLite, NORMAL leaves that to the next row of the journal.
_LIGHTLY = {"sqlite": "PRAGMA synchronous=NORMAL", "postgresql": "SET synchronous_commit = off"}

log = telemetry.logger(__name__)


class StaleEpoch(Exception):
    """Somebody else owns the shard now. The process must stop."""


class Sign(NamedTuple):
    """What can be seen of the owner at one moment."""

    epoch: int
    beat: int
    process: str


class Held(Exception):
    """Somebody who does nothing keeps the owner's row, in the middle of a transaction."""


class Ownership:
    """The owner's row of one shard, as one process sees it."""

    def __init__(self, engine: Engine, shard: int) -> None:
        self._engine = engine
        self._shard = shard
        self._here = OWNERS.c.shard == shard
        self._beating: Connection | None = None
        self.journal_id = ""
        self.epoch = 0  # 0: not the owner

    def look(self) -> Sign:
        """Returns what can be seen of the owner. Makes the row of a new journal, which nobody owns yet."""
        query = sa.select(OWNERS).where(self._here)
        with self._engine.connect().execution_options(begin="BEGIN") as connection:
            row = connection.execute(query).first()
        if row is None:
            self._make_row()
            return self.look()
        self.journal_id = row.journal_id
        return Sign(row.epoch, row.beat, row.process)

    def _make_row(self) -> None:
        row = {"shard": self._shard, "journal_id": uuid.uuid4().hex[:12], "epoch": 0, "beat": 0}
        try:
            with self._engine.begin() as connection:
                connection.execute(OWNERS.insert(), {**row, "process": NOBODY})
        except sa.exc.IntegrityError:
            pass  # another was faster, and its row is as good

    def take(self, seen: Sign) -> bool:
        """Becomes the owner, unless the owner beat after it was seen or another was faster.

        Fails with Held when the row is kept by a transaction that does not end.
        """
        same = self._here & (OWNERS.c.epoch == seen.epoch) & (OWNERS.c.beat == seen.beat)
        mine = {"epoch": seen.epoch + 1, "beat": seen.beat + 1, "process": processes.name_of_this()}
        try:
            with own_connection(self._engine, **_IMPATIENT) as connection, connection.begin():
                taken = connection.execute(sa.update(OWNERS).where(same).values(mine)).rowcount == 1
        except sa.exc.OperationalError as error:
            if is_held(error):
                raise Held(seen.process) from error
            raise
        if taken:
            self.epoch = seen.epoch + 1
        return taken

    def beat(self) -> None:
        """Says that the owner lives; whether a crash of the database forgets that does not matter.

        Fails with StaleEpoch when somebody else owns the shard.
        """
        if self._beating is None:
            self._beating = own_connection(self._engine, **_LIGHTLY)
        with self._beating.begin():
            beaten = self._beating.execute(_BEAT, {"shard": self._shard, "epoch": self.epoch})
            if beaten.rowcount != 1:
                raise self.lost()

    def release(self) -> None:
        """Leaves the shard to whoever wants it, without a wait. Nothing may be written after that."""
        mine = self._here & (OWNERS.c.epoch == self.epoch)
        with self._engine.begin() as connection:
            left = connection.execute(sa.update(OWNERS).where(mine).values(process=NOBODY)).rowcount == 1
        if left:
            log.info("left the shard", shard=self._shard, epoch=self.epoch)
        self.epoch = 0

    def close(self) -> None:
        """Gives the connection back."""
        if self._beating is not None:
            self._beating.close()
            self._beating = None

    def lost(self) -> StaleEpoch:
        """Returns what to say to who is not the owner any more."""
        return StaleEpoch(f"shard {self._shard} has a newer owner than epoch {self.epoch}")

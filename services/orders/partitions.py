"""Days of executions in PostgreSQL: a partition each, made ahead of time and detached when it is old.

A detached partition is an ordinary table of the same schema, for an operator to copy, attach again or drop;
the table `execution_days` lists them all. What it held is history that is not here any more: a question that
needs it is refused, never answered from the rest. The last report of each order that outlived its day
stays, since what comes later is told from there.

Rows of days without a partition are in `executions_other`; they move when their day gets one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..runtime.database import upsert
from ..runtime.errors import OutOfRange
from ..values import timestamp

DAY_NS = 86_400 * 10**9
REST = "executions_other"
_LOCK_MS = 2_000  # better late than in everybody's way: the next round tries again

metadata = sa.MetaData()
DAYS = sa.Table(
    "execution_days",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    *(sa.Column(name, sa.BigInteger) for name in ("from_ns", "to_ns", "attach_time_ns")),
    *(sa.Column(name, sa.BigInteger) for name in ("detach_time_ns", "last_sequence")),
)


@dataclass(frozen=True, slots=True)
class Day:
    """One UTC day, and the partition of its name."""

    from_ns: int

    @property
    def to_ns(self) -> int:
        """Returns when the next day begins."""
        return self.from_ns + DAY_NS

    @property
    def name(self) -> str:
        """Returns the name of its table, such as executions_20261121."""
        return f"executions_{datetime.fromtimestamp(self.from_ns // 10**9, UTC):%Y%m%d}"


@dataclass(frozen=True, slots=True)
class Start:
    """Where the history of executions begins: what was before is detached."""

    time_ns: int = 0
    sequence: int = 0  # the last that is detached


def start_of_history(connection: Connection) -> Start:
    """Returns where the attached history begins; at 0 when nothing is detached."""
    last = sa.select(sa.func.max(DAYS.c.to_ns), sa.func.max(DAYS.c.last_sequence))
    row = connection.execute(last.where(DAYS.c.detach_time_ns.is_not(None))).one()
    return Start(row[0] or 0, row[1] or 0)


class HistoryDetached(OutOfRange):
    """A question about executions that an operator has detached."""

    reason = "HISTORY_DETACHED"

    def __init__(self, start: Start) -> None:
        since = timestamp(start.time_ns).ToJsonString()
        told = {"since": since, "execution_id": str(start.sequence)}
        super().__init__(f"executions before {since} are detached, up to {start.sequence}", metadata=told)


def day_of(moment_ns: int) -> Day:
    """Returns the day of a moment."""
    return Day(moment_ns // DAY_NS * DAY_NS)


def make_ahead(connection: Connection, now_ns: int, days_ahead: int) -> list[Day]:
    """Makes partitions of today, of days to come, and of days whose rows have none yet; returns the new."""
    today = day_of(now_ns)
    coming = [Day(today.from_ns + count * DAY_NS) for count in range(days_ahead + 1)]
    known = set(connection.execute(sa.select(DAYS.c.name)).scalars())
    wanted = {day.name: day for day in (*_days_in_rest(connection), *coming)}
    made = [day for name, day in sorted(wanted.items()) if name not in known]
    for day in made:
        _attach(connection, day, now_ns)
    return made


def _days_in_rest(connection: Connection) -> Iterable[Day]:
    start = start_of_history(connection)
    query = sa.text(f"SELECT DISTINCT time_ns / {DAY_NS} FROM {REST} WHERE time_ns >= :start")  # noqa: S608
    return [Day(number * DAY_NS) for number in connection.execute(query, {"start": start.time_ns}).scalars()]


def _attach(connection: Connection, day: Day, now_ns: int) -> None:
    bounds = f"time_ns >= {day.from_ns} AND time_ns < {day.to_ns}"
    for statement in (
        f"SET LOCAL lock_timeout = {_LOCK_MS}",
        "LOCK TABLE executions IN SHARE ROW EXCLUSIVE MODE",  # no row may come between move and attach
        f"CREATE TABLE {day.name} (LIKE executions INCLUDING DEFAULTS)",
        f"WITH moved AS (DELETE FROM {REST} WHERE {bounds} RETURNING *)"  # noqa: S608  our own names
        f" INSERT INTO {day.name} SELECT * FROM moved",
        f"ALTER TABLE executions ATTACH PARTITION {day.name}"
        f" FOR VALUES FROM ({day.from_ns}) TO ({day.to_ns})",
    ):
        connection.execute(sa.text(statement))
    row = {"name": day.name, "from_ns": day.from_ns, "to_ns": day.to_ns, "attach_time_ns": now_ns}
    upsert(connection, DAYS, [{**row, "detach_time_ns": None, "last_sequence": None}], ["name"])


def detach_old(connection: Connection, now_ns: int, days_kept: int) -> list[Day]:
    """Detaches partitions that ended so many days ago, oldest first, and returns them; 0 keeps all."""
    if not days_kept:
        return []
    bound_ns = day_of(now_ns).from_ns - days_kept * DAY_NS
    old = sa.select(DAYS.c.from_ns).where(DAYS.c.detach_time_ns.is_(None), DAYS.c.to_ns <= bound_ns)
    days = [Day(from_ns) for from_ns in connection.execute(old.order_by(DAYS.c.from_ns)).scalars()]
    for day in days:
        _detach(connection, day, now_ns)
    return days


def _detach(connection: Connection, day: Day, now_ns: int) -> None:
    connection.execute(sa.text(f"SET LOCAL lock_timeout = {_LOCK_MS}"))
    connection.execute(sa.text(f"ALTER TABLE executions DETACH PARTITION {day.name}"))
    last = connection.execute(sa.text(f"SELECT max(sequence) FROM {day.name}")).scalar()  # noqa: S608
    _carry_over(connection, day)
    told = DAYS.update().where(DAYS.c.name == day.name)
    connection.execute(told.values(detach_time_ns=now_ns, last_sequence=last))


def _carry_over(connection: Connection, day: Day) -> None:
    """Keeps the last report of each order that was open when a day ended, and of no other."""
    outlived = f"(o.status <= 2 OR o.update_time_ns >= {day.to_ns})"
    connection.execute(sa.text(
        f"INSERT INTO executions SELECT DISTINCT ON (e.order_id) e.* FROM {day.name} e"  # noqa: S608  our own names
        f" JOIN orders o ON o.order_id = e.order_id WHERE {outlived} ORDER BY e.order_id, e.sequence DESC"
    ))  # fmt: skip
    connection.execute(sa.text(
        f"DELETE FROM {REST} e USING orders o"  # noqa: S608  our own names
        f" WHERE e.order_id = o.order_id AND e.time_ns < {day.to_ns} AND (NOT {outlived} OR e.sequence <"
        f" (SELECT max(n.sequence) FROM {REST} n WHERE n.order_id = e.order_id AND n.time_ns < {day.to_ns}))"
    ))  # fmt: skip

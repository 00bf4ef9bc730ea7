"""`tickmesh verify` over a journal of ten million commands, on SQLite and on PostgreSQL.

The commands are the flow of the engine's benchmark: one symbol, 10,000 resting orders, all through the risk
gate. They are laid into rows of 1 to 2,048 commands, as a sequencer under changing load makes them, and
hashed as the owner hashes them; a signed head vouches for all. One command a row is the worst that a journal
can be, and is measured apart. The rows are written in bulk, outside the measured time.

A walk is all that the command does: reading, hashes, signature, replay. Its CPU time is that of its process;
PostgreSQL works beside it.
"""

import argparse
import itertools
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from numpy.typing import NDArray

from tickmesh.native.engine import CommandType
from tickmesh.services.orders.appending import pen
from tickmesh.services.orders.chain import Chain, Row, row_hash
from tickmesh.services.orders.heads import KEY_NAME, Heads
from tickmesh.services.orders.journal import JOURNAL, Journal
from tickmesh.services.orders.shard import JOURNAL_REVISIONS
from tickmesh.services.orders.verification import verify
from tickmesh.services.runtime import migrate
from tickmesh.services.runtime.database import make_engine
from tickmesh.services.runtime.local_postgres import LocalPostgres, find_binaries
from tickmesh.services.runtime.settings import RuntimeSettings
from tickmesh.services.runtime.signing import SigningKey

from .engine import build, flow

COMMANDS = 10_000_000
RESTING = 10_000
ROW_COMMANDS_MAX = 2_048
WRITTEN_AT_ONCE = 8 << 20  # bytes
WALKS = 3
SEED = 1
# Bulk writing is not what is measured, and nothing here outlives the run.
UNSAFE_AND_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

Figures = dict[str, Any]


def sizes(chance: random.Random) -> Iterator[int]:
    """Yields how many commands a row has: 1 to 2,048, each doubling as likely as the next."""
    while True:
        yield min(ROW_COMMANDS_MAX, int((ROW_COMMANDS_MAX + 1) ** chance.random()))


def rows(commands: NDArray[Any], epoch: int, row_sizes: Iterator[int]) -> Iterator[Row]:
    """Yields commands as the rows of a journal; a new order's text is its client_order_id."""
    is_order = (commands["type"] == CommandType.NEW_ORDER).tolist()
    chain, start = Chain(), 0
    while start < len(commands):
        part = commands[start : start + next(row_sizes)]
        first, last = start + 1, start + len(part)
        names = [f"client-{n}" if is_order[n - 1] else "" for n in range(first, last + 1)]
        payload, texts = part.tobytes(), json.dumps(names).encode()
        digest = row_hash(chain.hash, 0, first, last, epoch, payload, texts)
        yield Row(0, first, last, epoch, payload, texts, digest)
        chain, start = Chain(last, digest), last


def fill(settings: RuntimeSettings, commands: NDArray[Any], row_sizes: Iterator[int]) -> int:
    """Writes the journal, all of it signed. Returns the number of its rows."""
    database = make_engine(settings.database_url, settings.data_dir, "orders_journal")
    migrate.migrate(database, "orders_journal", JOURNAL_REVISIONS)
    journal = Journal(database, 0)
    journal.take_over()
    written, waiting, size = 0, list[Row](), 0
    for row in rows(commands, journal.epoch, row_sizes):
        waiting.append(row)
        size += len(row.payload)
        if size >= WRITTEN_AT_ONCE:
            _write(database, waiting)
            written, waiting, size = written + len(waiting), [], 0
    _write(database, waiting)
    _sign(settings, database, journal, waiting[-1])
    database.dispose()
    return written + len(waiting)


def _write(database: sa.Engine, some: list[Row]) -> None:
    with database.begin() as connection:
        connection.execute(JOURNAL.insert(), [row._asdict() | {"texts": row.texts.decode()} for row in some])


def _sign(settings: RuntimeSettings, database: sa.Engine, journal: Journal, last: Row) -> None:
    heads = Heads(SigningKey.load_or_create(settings.keys, KEY_NAME), time.time_ns)
    _, signed = heads.sign(0, journal.journal_id, last.last_sequence, last.hash, journal.epoch)
    writer = pen(database, 0)
    assert writer.write(journal.epoch, signed)
    writer.close()


def measure_walks(settings: RuntimeSettings, replay: bool, walks: int = WALKS) -> tuple[float, float, int]:
    """Returns the median seconds of some walks, the median seconds of their process, and the commands."""
    spent: list[tuple[float, float]] = []
    for _ in range(walks):
        start = time.perf_counter(), time.process_time()
        report = verify(settings, replay=replay)
        spent.append((time.perf_counter() - start[0], time.process_time() - start[1]))
        assert report.first_bad is None, report.first_bad
        assert report.signed_commands == report.commands
    elapsed, of_process = zip(*spent, strict=True)
    return statistics.median(elapsed), statistics.median(of_process), report.commands


def measure_database(
    name: str, settings: RuntimeSettings, commands: NDArray[Any], row_sizes: Iterator[int]
) -> list[Figures]:
    """Fills a journal and walks over it, with and without a replay."""
    written = fill(settings, commands, row_sizes)
    figures = []
    for replay in (True, False):
        seconds, of_process, count = measure_walks(settings, replay)
        figures.append(
            {
                "database": name,
                "rows": written,
                "commands": count,
                "replay": "yes" if replay else "no",
                "seconds": round(seconds, 2),
                "cpu_seconds": round(of_process, 2),
                "commands_per_second": round(count / seconds),
            }
        )
    return figures


@contextmanager
def databases() -> Iterator[dict[str, Callable[[], RuntimeSettings]]]:
    """Yields where a journal can be made, each time an empty one: in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="tickmesh-verify-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        home.chmod(0o711)  # its owner may be root, and PostgreSQL's user must pass through
        made = {"SQLite": lambda: RuntimeSettings(data_dir=Path(tempfile.mkdtemp(dir=home)))}
        if find_binaries() is None:
            yield made
            return
        server = LocalPostgres(home / "postgres", UNSAFE_AND_FAST)
        server.start()
        try:
            url = server.create_database("journal")
            yield made | {"PostgreSQL": lambda: RuntimeSettings(data_dir=home / "keys", database_url=url)}
        finally:
            server.stop()


def measure(count: int = COMMANDS) -> list[Figures]:
    """Returns all figures."""
    commands = flow.load(build.compile_driver(), RESTING, gate=True, measured=count).commands[:count]
    figures = []
    with databases() as made:
        for name, settings in made.items():
            figures += measure_database(name, settings(), commands, sizes(random.Random(SEED)))
        single = commands[: count // 10]
        figures += measure_database("SQLite", made["SQLite"](), single, itertools.repeat(1))
    return figures


def main() -> None:
    """Prints the figures as JSON lines."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.verify", description=__doc__)
    parser.add_argument("--commands", type=int, default=COMMANDS)
    for row in measure(parser.parse_args().commands):
        print(json.dumps(row))


if __name__ == "__main__":
    main()

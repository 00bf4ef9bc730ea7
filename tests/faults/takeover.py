"""Measures how long a shard takes no orders when its owner ends.

    python -m tests.faults.takeover --kills 10
    python -m tests.faults.takeover --kills 10 --pause       the owner is stopped, not killed
    python -m tests.faults.takeover --kills 10 --postgres    in PostgreSQL instead of SQLite

Clients send orders all the time. A takeover is measured from the signal to the first answer to an order that
was sent after it; the process that was ended is started again and is the next standby.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL, SIGSTOP, Signals

from tickmesh.services.runtime.local_postgres import LocalPostgres

from .crew import Crew, a_crew
from .steady import Steady, under_load


async def measure(folder: Path, database_url: str, kills: int, how: Signals, silence_s: float) -> list[float]:
    """Returns the milliseconds of each takeover."""
    async with a_crew(folder, database_url, silence_s=silence_s) as crew:
        names = list(crew.addresses)
        await crew.start(names[0])
        await crew.open_portfolios()
        await crew.start(names[1])
        async with under_load(crew.desk) as (steady, _):
            return [await _one(crew, steady, names[n % 2], names[1 - n % 2], how) for n in range(kills)]


async def _one(crew: Crew, steady: Steady, owner: str, standby: str, how: Signals) -> float:
    await crew.stands_by(standby)
    await steady.wait_for_more()
    began_s = time.monotonic()
    crew.signal(owner, how)
    took_ms = (await steady.first_answer_after(began_s) - began_s) * 1e3
    print(f"{took_ms:.0f} ms", flush=True)
    crew.signal(owner, SIGKILL)
    await crew.ended(owner)
    await crew.start(owner)
    return took_ms


@contextmanager
def a_database(folder: Path, postgres: bool) -> Iterator[str]:
    """Yields the URL of an empty database; empty for SQLite."""
    if not postgres:
        yield ""
        return
    folder.chmod(0o711)  # PostgreSQL's user must pass through
    server = LocalPostgres(folder / "postgres")
    try:
        server.start()
        yield server.url()
    finally:
        server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", metavar="N", type=int, default=10, help="how often; default 10")
    parser.add_argument("--pause", action="store_true", help="stop the owner (SIGSTOP) instead of killing it")
    parser.add_argument("--postgres", action="store_true", help="in PostgreSQL instead of SQLite")
    parser.add_argument("--silence", metavar="S", type=float, default=1.5, help="seconds; default 1.5")
    args = parser.parse_args()
    how = SIGSTOP if args.pause else SIGKILL
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True, prefix="to_m") as made:
        folder = Path(made)
        with a_database(folder, args.postgres) as url:
            took_ms = asyncio.run(measure(folder / "data", url, args.kills, how, args.silence))
    median, worst = statistics.median(took_ms), max(took_ms)
    print(f"{len(took_ms)} takeovers after {how.name}: median {median:.0f} ms, worst {worst:.0f} ms")


if __name__ == "__main__":
    main()

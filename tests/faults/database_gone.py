"""The PostgreSQL of all services is gone for some seconds while orders flow, again and again.

    python -m tests.faults.database_gone --seconds 300 --seed 7      gone for 30 s at a time

Every service answers UNAVAILABLE with a reason meanwhile, and comes back by itself; nothing is lost.
"""

import asyncio
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tickmesh.services.runtime.local_postgres import LocalPostgres

from .company import Company, a_company
from .longer import Options, rounds
from .steady import Following, Steady, under_load
from .test_takeover import check_everything

GONE_S = 30.0
BACK_WITHIN_S = 30.0


@contextmanager
def a_server(folder: Path) -> Iterator[LocalPostgres]:
    """Runs a PostgreSQL that writes to the disk as it would anywhere."""
    folder.chmod(0o711)  # PostgreSQL's user must pass through
    server = LocalPostgres(folder / "postgres")
    try:
        server.start()
        yield server
    finally:
        server.stop()


async def take_away(
    company: Company, server: LocalPostgres, steady: Steady, gone_s: float
) -> dict[str, Counter[str]]:
    """Takes the database away for some seconds; returns what each service told meanwhile."""
    await steady.wait_for_more()
    server.kill()
    try:
        await asyncio.sleep(1.0)  # its last connections end
        answered = len(steady.answered)
        told = await company.told_for(gone_s - 1.0)
        assert len(steady.answered) == answered, "orders were answered without a journal"
    finally:
        await asyncio.to_thread(server.start)
    back_s = time.monotonic()
    await company.all_answer(BACK_WITHIN_S)
    print(f"gone for {gone_s:.0f} s; all answered {time.monotonic() - back_s:.1f} s after it was back")
    for name, said in told.items():
        print(f"  {name}: {dict(said)}")
    await steady.wait_for_more()
    return told


async def check(company: Company, steady: Steady, following: Following) -> None:
    """Stops the load; nothing may be lost or doubled, in orders or in positions."""
    await steady.stop()
    await check_everything(company, steady, following)
    await company.check_positions()


async def _repeat(folder: Path, options: Options) -> None:
    chance = random.Random(options.seed)
    with a_server(folder) as server:
        async with a_company(folder / "data", server.url()) as company:
            for _ in options.left():
                async with under_load(company.desk) as (steady, following):
                    await asyncio.sleep(chance.uniform(0.0, 3.0))
                    await take_away(company, server, steady, GONE_S)
                    await check(company, steady, following)


def main() -> None:
    options = rounds(__doc__, {})
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True, prefix="to_m") as folder:
        asyncio.run(_repeat(Path(folder), options))


if __name__ == "__main__":
    main()

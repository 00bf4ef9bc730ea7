"""Every commit to the disk takes long, by chance, while orders flow.

    python -m tests.faults.slow_disk --seconds 60 --seed 7
    python -m tests.faults.slow_disk --seconds 60 --postgres     in PostgreSQL instead of SQLite

Orders are answered later, those for which there is no time are refused at the door, and nothing is lost.
"""

import asyncio
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import grpc

from tests.services.orders.desk import BUY, an_order
from tickmesh.services.runtime.errors import RemoteError, describe
from tickmesh.services.runtime.local_postgres import LocalPostgres

from .crew import Crew, a_crew
from .longer import Options, rounds
from .steady import under_load
from .test_takeover import check_everything
from .weather import Weather

LEAST_S, MOST_S = 0.2, 1.0
EVERY_S = 0.02
GIVE_UP_S = 30.0  # callers wait longer than anybody is kept waiting
OWNER = "first"


@dataclass(slots=True)
class Heard:
    """What callers heard: how long answers took, and why some were refused."""

    took_s: list[float] = field(default_factory=list)
    refusals: list[RemoteError] = field(default_factory=list)

    def __str__(self) -> str:
        middle, worst = sorted(self.took_s)[len(self.took_s) // 2], max(self.took_s)
        return (
            f"{len(self.took_s)} answers, median {middle * 1e3:.0f} ms, worst {worst * 1e3:.0f} ms; "
            f"{len(self.refusals)} refused"
        )


async def listen(crew: Crew, seconds: float) -> Heard:
    """Sends an order every few milliseconds for some seconds, however long the answers take."""
    heard, ends_s = Heard(), time.monotonic() + seconds

    async def call() -> None:
        sent_s = time.monotonic()
        try:
            await crew.desk.stub.SubmitOrder(an_order(BUY, "1", "180.00"), timeout=GIVE_UP_S)
            heard.took_s.append(time.monotonic() - sent_s)
        except grpc.aio.AioRpcError as error:
            heard.refusals.append(describe(error))

    async with asyncio.TaskGroup() as group:
        while time.monotonic() < ends_s:
            group.create_task(call())
            await asyncio.sleep(EVERY_S)
    return heard


async def slow_down(crew: Crew, weather: Weather, seconds: float) -> tuple[Heard, Heard, Heard]:
    """Returns what callers hear with the disk as it is, slow, and much slower for a third of the time."""
    quick = await listen(crew, min(1.0, seconds / 3))
    weather.slow_disk(LEAST_S, MOST_S)
    slow = await listen(crew, seconds)
    weather.slow_disk(2 * MOST_S, 2 * MOST_S)
    crawling = await listen(crew, seconds)
    weather.clear()
    for name, heard in (("as it is", quick), ("slow", slow), ("crawling", crawling)):
        print(f"{name}: {heard}")
    return quick, slow, crawling


async def play(
    folder: Path, url: str, weather: Weather, own: Mapping[str, str], options: Options
) -> tuple[Heard, Heard, Heard]:
    """Runs an owner on a disk that slows down; then all must be there. Returns what was heard last."""
    async with a_crew(folder, url, (OWNER,)) as crew:
        await crew.start(OWNER, **own)
        await crew.open_portfolios()
        for _ in options.left():
            async with under_load(crew.desk) as (steady, following):
                heard = await slow_down(crew, weather, min(options.seconds, 10.0))
                await steady.wait_for_more()
                await steady.stop()
                await check_everything(crew, steady, following)
        return heard


def main() -> None:
    options = rounds(__doc__, {"--postgres": "in PostgreSQL instead of SQLite"})
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True, prefix="to_m") as made:
        folder = Path(made)
        folder.chmod(0o711)  # PostgreSQL's user must pass through
        weather = Weather(folder / "weather", options.seed)
        if not options.postgres:
            asyncio.run(play(folder / "data", "", weather, weather.environment, options))
            return
        server = LocalPostgres(folder / "postgres", environment=weather.environment)
        try:
            server.start()
            asyncio.run(play(folder / "data", server.url(), weather, {}, options))
        finally:
            server.stop()


if __name__ == "__main__":
    main()

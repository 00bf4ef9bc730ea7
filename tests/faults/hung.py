"""A process of a platform takes connections and never answers, in turn; subscribers stop reading.

    python -m tests.faults.hung --seconds 120 --seed 7

Who calls it is told so within the time that was asked for, and everybody else goes on;
so does it once it wakes.
"""

import asyncio
import os
import random
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGCONT, SIGSTOP

import grpc
import psutil

from tests.end_to_end.running_platform import RunningPlatform
from tests.end_to_end.waiting import until
from tests.services.orders.desk import BUY, SELL, Desk, actions, an_order
from tickmesh.orders.v1 import orders_pb2 as pb

from .crew import Crew, a_crew
from .disk_full import a_platform
from .load import Load, check_everything, is_healthy, under_load
from .longer import rounds
from .steady import Following

READS = {
    "assets": "/api/v1/instruments/MSFT",
    "orders": "/api/v1/engine/status",
    "portfolio": "/api/v1/portfolios",
    "pricing": "/api/v1/quotes/MSFT",
    "risk": "/api/v1/risk/limits",
    "strategy": "/api/v1/strategies",
}
ASK_WITHIN_S, ANSWERED_WITHIN_S = 1.0, 15.0  # generous: machines are shared
OWNER = "first"
BATCH = 500
KEPT = 5_000  # reports in memory: who wakes must read the tables


@contextmanager
def hanging(platform: RunningPlatform, name: str) -> Iterator[None]:
    """Stops a process for the length of a with block. The kernel still takes connections for it."""
    pid = platform.pids[name]
    os.kill(pid, SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, SIGCONT)


def hang(platform: RunningPlatform, load: Load, name: str) -> None:
    """Stops a service under load for some seconds; then everything must be there."""
    load.flood.flow()
    load.flood.wait_for_more()
    pids = platform.pids
    with hanging(platform, name):
        told = [_told(platform, READS[name]) for _ in range(3)]
        if name != "orders":
            load.flood.wait_for_more()
            others = {other: _told(platform, path) for other, path in READS.items() if other != name}
            assert {status for status, _, _ in others.values()} == {200}, others
        assert platform.run("status").returncode != 0
    print(f"{name}: {told}")
    for status, reason, took_s in told:
        assert (status, reason) in {(504, "DEADLINE_EXCEEDED"), (503, "UNAVAILABLE")}
        assert took_s < ANSWERED_WITHIN_S
    until(lambda: is_healthy(platform), within_s=60.0)
    load.flood.wait_for_more()
    check_everything(platform, load)
    assert platform.pids == pids, "a process ended"


def _told(platform: RunningPlatform, path: str) -> tuple[int, str, float]:
    """Asks over HTTP with a short deadline; returns status, reason, and after how long."""
    began_s = time.monotonic()
    with platform.http() as http:
        answer = http.get(path, headers={"X-Request-Timeout": str(ASK_WITHIN_S)})
    reason = "" if answer.status_code == 200 else answer.json()["error"]["reason"]
    return answer.status_code, reason, time.monotonic() - began_s


class Sleeping(Following):
    """A subscriber from now on that reads one response and then nothing, until it wakes."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.wakes = asyncio.Event()

    def _open(self, token: str) -> AsyncIterator[pb.StreamExecutionsResponse]:
        return aiter(self._desk.stub.StreamExecutions(pb.StreamExecutionsRequest(resume_token=token)))

    async def run(self) -> None:
        async for response in self.follower:
            self.ids += [int(report.execution_id) for report in response.update.reports]
            await self.wakes.wait()


async def sleep_and_wake(crew: Crew, count: int, batches: int) -> tuple[float, float]:
    """Lets subscribers read nothing while reports flow, then read on: they have missed none.

    Returns by how many MB the memory of orders grew without them, and with them.
    """
    awake, asleep = Following(crew.desk), [Sleeping(crew.desk) for _ in range(count)]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(awake.run())]
        alone_mb = await _growth_mb(crew, batches)
        tasks += [group.create_task(one.run()) for one in asleep]
        while not all(one.ids for one in asleep):
            await _answered(crew.desk)
        beside_mb = await _growth_mb(crew, batches)
        last = int((await crew.desk.executions())[-1].execution_id)
        await awake.wait_for(last)
        print(f"{alone_mb:.0f} MB more alone, {beside_mb:.0f} MB more beside {count} that sleep")
        for one in asleep:
            one.wakes.set()
        for one in asleep:
            await one.wait_for(last)
            assert (one.ids, one.follower.gaps) == (awake.ids[awake.ids.index(one.ids[0]) :], 0)
        for task in tasks:
            task.cancel()
    return alone_mb, beside_mb


async def _growth_mb(crew: Crew, batches: int) -> float:
    """Sends orders that trade, batch by batch; returns by how many MB the memory of orders grew."""
    owner, began_s = psutil.Process(crew.processes[OWNER].pid), time.monotonic()
    before = owner.memory_info().rss
    for _ in range(batches):
        await _answered(crew.desk)
    print(f"{batches * BATCH} orders in {time.monotonic() - began_s:.1f} s")
    return float(owner.memory_info().rss - before) / 1e6


async def _answered(desk: Desk) -> None:
    pairs = [(BUY, "demo"), (SELL, "other")] * (BATCH // 2)
    batch = actions(*(an_order(side, "1", portfolio_id=who) for side, who in pairs))
    while True:
        try:
            await desk.send(batch)
            return
        except grpc.aio.AioRpcError as error:  # the machine is shared, and may be slow
            if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                raise
            await asyncio.sleep(0.2)


async def subscribers(folder: Path, count: int, batches: int, kept: int) -> tuple[float, float]:
    """Runs an owner that keeps so many reports in memory, with subscribers that fall asleep."""
    async with a_crew(folder, "", (OWNER,)) as crew:
        await crew.start(OWNER, TICKMESH_ORDERS_EXECUTIONS_KEPT=str(kept))
        await crew.open_portfolios()
        return await sleep_and_wake(crew, count, batches)


def main() -> None:
    options = rounds(__doc__, {})
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True, prefix="to_m") as folder:
        asyncio.run(subscribers(Path(folder) / "crew", 20, 40, KEPT))
        with a_platform(Path(folder)) as (platform, _), under_load(platform) as load:
            for _ in options.left():
                hang(platform, load, chance.choice(list(READS)))


if __name__ == "__main__":
    main()

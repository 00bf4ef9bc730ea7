"""Runs a publisher process against the services' process and the subscribers in this one."""

import asyncio
import subprocess
import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import psutil

from .flow import Flow, symbols
from .services import connect, list_instruments, running, spawn
from .subscriber import BarReader, TickReader, traded

WITHIN_S = 180
RUNS_SYMBOLS = (1, 10, 100)
PACED_S = 8


@dataclass(frozen=True)
class Plan:
    """What one run is."""

    symbols: int
    subscribers: int
    rows_per_message: int
    rows: int
    target_rows_per_second: int = 0  # 0: as fast as it goes

    @property
    def batches(self) -> int:
        """Returns how many messages it publishes."""
        return self.rows // self.rows_per_message


@dataclass(frozen=True)
class Result:
    """What one run measured."""

    symbols: int
    subscribers: int
    rows_per_message: int
    target_rows_per_second: int
    rows: int
    rows_lost: int  # all subscribers together
    rows_per_second: int  # to each subscriber
    rows_per_response: int
    bars_exact: bool  # the stored bars have each trade and each lot that was published
    bars_after_ms: int  # how long after the last row the stream of bars had every trade
    cpu_ns_per_row: dict[str, float]  # a row that is published
    latency_ms: dict[str, float]


class Run:
    """One run against services that are up."""

    def __init__(self, plan: Plan, services: subprocess.Popen[bytes]) -> None:
        self._plan = plan
        self._services = psutil.Process(services.pid)
        self._here = psutil.Process()
        self._flow = Flow(plan.symbols, plan.rows_per_message)

    async def measure(self) -> Result:
        """Measures."""
        plan = self._plan
        names = symbols(plan.symbols)
        async with connect() as channel, connect() as other:
            before = await traded(other, names)
            readers = [TickReader(channel) for _ in range(plan.subscribers)]
            bars = BarReader(other)
            await asyncio.gather(bars.begin(), *(reader.begin() for reader in readers))
            started = self._cpu_ns()
            publisher = self._publisher()
            bars_after_s = await self._follow(readers, bars)
            used = {name: used - started[name] for name, used in self._cpu_ns().items()}
            used["publisher"] = await asyncio.to_thread(_finished, publisher)
            after = await traded(other, names)
        return self._result(readers, bars_after_s, (after[0] - before[0], after[1] - before[1]), used)

    async def _follow(self, readers: list[TickReader], bars: BarReader) -> float:
        async with asyncio.timeout(WITHIN_S), asyncio.TaskGroup() as group:
            following = group.create_task(bars.read(self._flow.trade_count * self._plan.batches))
            rows = self._plan.batches * self._plan.rows_per_message
            await asyncio.gather(*(reader.read(rows) for reader in readers))
            end_s = time.monotonic()
            await following
        return time.monotonic() - end_s

    def _publisher(self) -> subprocess.Popen[bytes]:
        plan = self._plan
        words = (plan.symbols, plan.rows_per_message, plan.batches, plan.target_rows_per_second)
        return spawn("publisher", *map(str, words))

    def _cpu_ns(self) -> dict[str, float]:
        processes = {"services": self._services, "subscribers": self._here}
        return {name: _cpu_ns(process) for name, process in processes.items()}

    def _result(
        self, readers: list[TickReader], bars_after_s: float, made: tuple[int, int], cpu_ns: dict[str, float]
    ) -> Result:
        plan = self._plan
        rows = plan.batches * plan.rows_per_message
        every = np.concatenate([reader.latencies_ns for reader in readers]) / 1e6
        expected = (self._flow.trade_count * plan.batches, self._flow.traded_lots * plan.batches)
        return Result(
            symbols=plan.symbols,
            subscribers=plan.subscribers,
            rows_per_message=plan.rows_per_message,
            target_rows_per_second=plan.target_rows_per_second,
            rows=rows,
            rows_lost=sum(reader.rows_lost for reader in readers),
            rows_per_second=round(float(np.median([reader.rows_per_second for reader in readers]))),
            rows_per_response=round(
                sum(reader.rows for reader in readers) / sum(reader.messages for reader in readers)
            ),
            bars_exact=made == expected,
            bars_after_ms=round(bars_after_s * 1_000),
            cpu_ns_per_row={name: round(used / rows, 1) for name, used in cpu_ns.items()},
            latency_ms={
                name: round(float(np.percentile(every, share)), 2)
                for name, share in (("p50", 50), ("p99", 99), ("p99_9", 99.9))
            },
        )


def _cpu_ns(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system) * 1e9


def _finished(publisher: subprocess.Popen[bytes]) -> float:
    """Waits for the publisher: its rows are stored then. Returns what it used."""
    said, _ = publisher.communicate(timeout=WITHIN_S)
    if publisher.returncode:
        raise RuntimeError("the publisher failed")
    return float(said) * 1e9


def plans(rows: int) -> list[Plan]:
    """Returns the runs: as fast as it goes for so many rows, then open-loop for some seconds each."""
    fast = [Plan(count, 1, 8_192, rows) for count in RUNS_SYMBOLS]
    fast += [Plan(100, 1, 1_000, rows), Plan(100, 10, 8_192, rows // 2)]
    paced = [(1, 100_000), (1, 500_000), (1, 1_000_000), (10, 500_000), (10, 1_000_000)]
    at_rates = [Plan(100, readers, 1_000, rate * PACED_S, rate) for readers, rate in paced]
    return [*fast, *at_rates, Plan(100, 1, 8_192, 2_000_000 * PACED_S, 2_000_000)]


async def prepare(chosen: list[Plan]) -> None:
    """Waits for the services and lists the instruments of some runs, unless they are listed."""
    async with connect() as channel:
        await list_instruments(channel, symbols(max(plan.symbols for plan in chosen)))


async def _measure_all(chosen: list[Plan], services: subprocess.Popen[bytes]) -> list[Result]:
    await prepare(chosen)
    return [await Run(plan, services).measure() for plan in chosen]


def run(chosen: list[Plan]) -> list[dict[str, Any]]:
    """Starts the services in a folder of their own, measures, stops them."""
    with running() as services:
        return run_against(services, chosen)


def run_against(services: subprocess.Popen[bytes], chosen: list[Plan]) -> list[dict[str, Any]]:
    """Measures services that were just started."""
    return [asdict(result) for result in asyncio.run(_measure_all(chosen, services))]

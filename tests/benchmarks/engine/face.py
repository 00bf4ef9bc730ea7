"""The engine from Python: single calls through a bound batch, and whole batches.

python -m tests.benchmarks.engine.face
"""

import json
import statistics
import time
from array import array
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tickmesh.native.engine import Engine

from . import flow
from .build import Row, compile_driver
from .flow import CONFIG, Flow

RESTING = 10_000
BATCHES = (10, 100, 1_000)
SHARES = {"p50_ns": 50, "p99_ns": 99, "p99_9_ns": 99.9}
Play = Callable[[Engine, Any], int]


def _single(engine: Engine, commands: Any) -> int:
    step, events = engine.batch(commands).step, 0
    for index in range(len(commands)):
        events += step(index)
    return events


def _bound(size: int) -> Play:
    def play(engine: Engine, commands: Any) -> int:
        run, events = engine.batch(commands).run, 0
        for start in range(0, len(commands), size):
            events += len(run(start, start + size))
        return events

    return play


def _sliced(size: int) -> Play:
    def play(engine: Engine, commands: Any) -> int:
        starts = range(0, len(commands), size)
        return sum(len(engine.run(commands[start : start + size])) for start in starts)

    return play


def _copied(size: int) -> Play:
    def play(engine: Engine, commands: Any) -> int:
        starts = range(0, len(commands), size)
        return sum(len(engine.process(commands[start : start + size])) for start in starts)

    return play


def ways() -> dict[str, tuple[int, Play]]:
    """Returns the ways in, with the commands a call."""
    named: dict[str, tuple[int, Play]] = {"Batch.step": (1, _single)}
    named |= {f"Batch.run, {size:,}": (size, _bound(size)) for size in BATCHES}
    named |= {f"Engine.run, {size:,}": (size, _sliced(size)) for size in BATCHES}
    named |= {f"Engine.process, {size:,}": (size, _copied(size)) for size in BATCHES}
    return named


def rate(given: Flow, play: Play) -> tuple[float, int]:
    """Returns commands per CPU second, with a new engine, and how many events its caller has counted."""
    commands = given.commands[given.first :]
    with Engine(CONFIG) as engine:
        engine.run(given.commands[: given.first])
        start_s = time.process_time()
        events = play(engine, commands)
        return len(commands) / (time.process_time() - start_s), events


def clock_floor(count: int) -> float:
    """Returns what two readings of the clock take by themselves, in ns: the median of many."""
    now = time.perf_counter_ns
    spent = array("q", bytes(8 * count))
    for index in range(count):
        before = now()
        spent[index] = now() - before
    return statistics.median(spent)


def timed_steps(given: Flow) -> NDArray[np.int64]:
    """Returns what each single call took in ns, with the clock's own time.

    The times go into eight bytes each: a list of ints would push the engine out of the cache meanwhile.
    """
    commands = given.commands[given.first :]
    now = time.perf_counter_ns
    spent = array("q", bytes(8 * len(commands)))
    with Engine(CONFIG) as engine:
        engine.run(given.commands[: given.first])
        step = engine.batch(commands).step
        for index in range(len(commands)):
            before = now()
            step(index)
            spent[index] = now() - before
    return np.array(spent, dtype=np.int64)


def latencies(given: Flow, repetitions: int) -> tuple[Row, Row]:
    """Returns percentiles of single calls: medians over the repetitions, and of what each took at least."""
    floor = clock_floor(len(given.commands) - given.first)
    runs = [np.maximum(timed_steps(given) - floor, 0) for _ in range(repetitions)]
    found = [np.percentile(run, list(SHARES.values()), method="lower") for run in runs]
    least = np.percentile(np.min(runs, axis=0), list(SHARES.values()), method="lower")
    return _latency_row(np.median(found, axis=0), floor), _latency_row(least, floor)


def _latency_row(found: NDArray[Any], floor: float) -> Row:
    return {name: int(ns) for name, ns in zip(SHARES, found, strict=True)} | {"timer_floor_ns": int(floor)}


def measure(quick: bool = False) -> list[Row]:
    """Returns a row a way in. The ways take turns, so that a busy moment of the machine meets all of them."""
    count, repetitions = (20_000, 2) if quick else (500_000, 5)
    given = flow.load(compile_driver(), RESTING, gate=True, measured=count, warm=5_000 if quick else None)
    rates: dict[str, list[float]] = {name: [] for name in ways()}
    told = set()
    for _ in range(repetitions):
        for name, (_, play) in ways().items():
            found, events = rate(given, play)
            rates[name].append(found)
            told.add(events)
    assert len(told) == 1, "the ways in give different events"
    rows = [_row(name, size, count, statistics.median(rates[name])) for name, (size, _) in ways().items()]
    every, least = latencies(given, repetitions)
    rows[0] |= every
    rows.insert(1, {"way": "Batch.step, each call's least", "commands_a_call": 1, "commands": count} | least)
    return rows


def _row(name: str, size: int, count: int, per_second: float) -> Row:
    rates = {"million_per_second": round(per_second / 1e6, 2), "ns_per_command": round(1e9 / per_second, 1)}
    return {"way": name, "commands_a_call": size, "commands": count} | rates


if __name__ == "__main__":
    for found in measure():
        print(json.dumps(found))

"""The engine from Python: single calls through a bound batch, and whole batches.

python -m tests.benchmarks.engine.face
"""

import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tickmesh.native.engine import Engine

from . import flow
from .build import Row, compile_driver
from .flow import CONFIG, Flow

RESTING = 10_000
BATCHES = (10, 100, 1_000)
Play = Callable[[Engine, Any], None]


def _single(engine: Engine, commands: Any) -> None:
    step = engine.batch(commands).step
    for index in range(len(commands)):
        step(index)


def _bound(size: int) -> Play:
    def play(engine: Engine, commands: Any) -> None:
        run = engine.batch(commands).run
        for start in range(0, len(commands), size):
            run(start, start + size)

    return play


def _sliced(size: int) -> Play:
    def play(engine: Engine, commands: Any) -> None:
        for start in range(0, len(commands), size):
            engine.run(commands[start : start + size])

    return play


def _copied(size: int) -> Play:
    def play(engine: Engine, commands: Any) -> None:
        for start in range(0, len(commands), size):
            engine.process(commands[start : start + size])

    return play


def ways() -> dict[str, tuple[int, Play]]:
    """Returns the ways in, with the commands a call."""
    named: dict[str, tuple[int, Play]] = {"Batch.step": (1, _single)}
    named |= {f"Batch.run, {size:,}": (size, _bound(size)) for size in BATCHES}
    named |= {f"Engine.run, {size:,}": (size, _sliced(size)) for size in BATCHES}
    named |= {f"Engine.process, {size:,}": (size, _copied(size)) for size in BATCHES}
    return named


def rate(given: Flow, play: Play) -> float:
    """Returns commands per CPU second, with a new engine."""
    commands = given.commands[given.first :]
    with Engine(CONFIG) as engine:
        engine.run(given.commands[: given.first])
        start_s = time.process_time()
        play(engine, commands)
        return len(commands) / (time.process_time() - start_s)


def timed_steps(given: Flow) -> list[int]:
    """Returns what each single call took in ns, the clock's own time taken off."""
    commands = given.commands[given.first :]
    now = time.perf_counter_ns
    spent = [0] * len(commands)
    for index in range(len(commands)):
        before = now()
        spent[index] = now() - before
    floor = statistics.median(spent)
    with Engine(CONFIG) as engine:
        engine.run(given.commands[: given.first])
        step = engine.batch(commands).step
        for index in range(len(commands)):
            before = now()
            step(index)
            spent[index] = now() - before
    return [max(0, round(ns - floor)) for ns in spent]


def latency(given: Flow, repetitions: int) -> Row:
    """Returns percentiles of single calls: the median of the repetitions of each."""
    shares = {"p50_ns": 50, "p99_ns": 99, "p99_9_ns": 99.9}
    runs = [
        np.percentile(timed_steps(given), list(shares.values()), method="lower") for _ in range(repetitions)
    ]
    return {name: int(statistics.median(run[at] for run in runs)) for at, name in enumerate(shares)}


def measure(quick: bool = False) -> list[Row]:
    """Returns a row a way in. The ways take turns, so that a busy moment of the machine meets all of them."""
    count, repetitions = (20_000, 2) if quick else (500_000, 5)
    given = flow.load(compile_driver(), RESTING, gate=True, measured=count, warm=5_000 if quick else None)
    rates: dict[str, list[float]] = {name: [] for name in ways()}
    for _ in range(repetitions):
        for name, (_, play) in ways().items():
            rates[name].append(rate(given, play))
    rows: list[Row] = []
    for name, (size, _) in ways().items():
        row: Row = {"way": name, "commands_a_call": size, "commands": count}
        row |= {"million_per_second": round(statistics.median(rates[name]) / 1e6, 2)}
        row |= {"ns_per_command": round(1e9 / statistics.median(rates[name]), 1)}
        rows.append(row | (latency(given, repetitions) if size == 1 else {}))
    return rows


if __name__ == "__main__":
    for found in measure():
        print(json.dumps(found))

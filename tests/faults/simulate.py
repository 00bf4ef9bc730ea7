"""Runs seeds of the simulation: `python -m tests.faults.simulate --seeds 2000 --jobs 2`.

`--seed 4711 -v` repeats one and tells all that happened.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing import Pool
from unittest.mock import patch

from .simulation.mutants import MUTANTS, broken, faults_beside
from .simulation.run import Run, run_seed

SAY_EVERY = 50
FAILURES_TOLD = 5
STORY_LINES = 60  # what never ends says the same again and again


def main() -> int:
    """Returns 1 when a seed failed, 130 when it was stopped."""
    chosen = _arguments()
    if chosen.seed is not None:
        run = _run(chosen.mutant, chosen.seed)
        tell(run, None if chosen.verbose else STORY_LINES)
        return int(bool(run.problem))
    with _own_folder():
        return _run_all(chosen)


@contextmanager
def _own_folder() -> Iterator[None]:
    """Keeps the files of all jobs in one folder, which goes in the end whatever became of them."""
    with tempfile.TemporaryDirectory(prefix="tickmesh-simulation-") as name, patch("tempfile.tempdir", name):
        yield


def _run_all(chosen: argparse.Namespace) -> int:
    total = _Total(chosen.seeds)
    try:
        for run in _runs(chosen):
            total.add(run)
    except KeyboardInterrupt:
        print("stopped")
        return 130
    finally:
        total.tell()
    return int(bool(total.failed))


def _run(mutant: str, seed: int) -> Run:
    with broken(mutant):
        return run_seed(seed, faults_beside(mutant))


def _runs(chosen: argparse.Namespace) -> Iterator[Run]:
    seeds = range(chosen.first, chosen.first + chosen.seeds)
    work = partial(_run, chosen.mutant)
    if chosen.jobs == 1:
        yield from map(work, seeds)
        return
    with Pool(chosen.jobs, signal.signal, (signal.SIGINT, signal.SIG_IGN)) as pool:
        yield from pool.imap(work, seeds)


class _Total:
    """What all runs came to."""

    def __init__(self, seeds: int) -> None:
        self.failed: list[int] = []
        self._seeds = seeds
        self._done = self._orders = self._reports = self._epochs = 0
        self._began_s = time.monotonic()

    def add(self, run: Run) -> None:
        self._done += 1
        self._orders += run.answered
        self._reports += run.reports
        self._epochs += run.epochs
        if run.problem:
            self.failed.append(run.seed)
            if len(self.failed) <= FAILURES_TOLD:
                tell(run, STORY_LINES)
        if self._done % SAY_EVERY == 0:
            print(f"{self._done} of {self._seeds} seeds, {len(self.failed)} failed", flush=True)

    def tell(self) -> None:
        taken_s = time.monotonic() - self._began_s
        found = f"{self._orders} orders answered, {self._reports} executions, {self._epochs} owners"
        failed = ", ".join(map(str, self.failed)) or "none"
        print(f"{self._done} seeds in {taken_s:.0f} s: {found}; failed: {failed}")


def tell(run: Run, lines: int | None) -> None:
    """Prints what was planned for a run, what happened last, and how to repeat it."""
    print(f"\nseed {run.seed}: {run.problem or 'all is well'}")
    print("what was planned:", *run.schedule, sep="\n  ")
    print("what happened:", *run.story[-lines if lines else 0 :], sep="\n  ")
    print(
        f"{run.epochs} owners, {run.commands} commands, {run.reports} reports, {run.answered} orders answered"
    )
    print(f"{run.steps} steps, trace {run.trace}")
    print(f"all of it again: python -m tests.faults.simulate --seed {run.seed} -v\n", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1_000, help="how many")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first of them")
    parser.add_argument("--jobs", type=int, default=1, help="processes that run them")
    parser.add_argument("--seed", type=int, help="only this one, with its story")
    parser.add_argument("-v", "--verbose", action="store_true", help="tells the whole story")
    parser.add_argument("--mutant", choices=MUTANTS, default="", help="breaks the code on purpose")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

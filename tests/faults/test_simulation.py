"""Runs of the order path on a virtual clock, each with the faults of its seed.

`python -m tests.faults.simulate` runs any number of them.
"""

import os
import subprocess
import sys

import pytest

from .simulation.mutants import MUTANTS, broken, faults_beside
from .simulation.run import run_seed

SEEDS = 8
SEEDS_OF_A_MUTANT = 20
REPEATED = 4  # a run with a takeover


def test_nothing_is_lost_or_doubled_whatever_fails() -> None:
    for seed in range(SEEDS):
        run = run_seed(seed)
        assert not run.problem, f"python -m tests.faults.simulate --seed {seed} -v: {run.problem}"


def test_runs_meet_takeovers_snapshots_and_readers_who_come_again() -> None:
    runs = [run_seed(seed) for seed in (2, 9)]
    assert all(run.answered > 20 and run.reports > 50 for run in runs)
    assert sum(run.epochs for run in runs) > len(runs)
    seen = set().union(*(run.events for run in runs))
    assert {"owns the shard", "restored", "snapshot", "a stream ended, following again"} <= seen


def test_a_seed_gives_the_very_same_run_in_any_process() -> None:
    run = run_seed(REPEATED)
    assert run_seed(REPEATED).story == run.story
    assert f"trace {run.trace}" in _told_elsewhere(REPEATED)


def _told_elsewhere(seed: int) -> str:
    """Returns what another process prints about a seed. Its sets and dicts are in another order."""
    command = [sys.executable, "-m", "tests.faults.simulate", "--seed", str(seed)]
    environment = {**os.environ, "PYTHONHASHSEED": "4711"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", MUTANTS)
def test_the_simulation_finds_code_that_is_broken_on_purpose(name: str) -> None:
    with broken(name):
        assert any(run_seed(seed, faults_beside(name)).problem for seed in range(SEEDS_OF_A_MUTANT))

"""Long runs of engine and reference: what they cover, and how they stop and go on."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.native.differential import CONFIGS, TIGHT, run_flow
from tests.native.differential_compile import ROOT, sources
from tests.native.differential_run import DIFFERENCES_MAX, FEEDS, Case, Log, Result, case_of, run
from tests.native.flow_orders import PROFILES, SCALES


class Worker:
    """Answers at once, and remembers what it was asked for."""

    def __init__(self, *differing: int) -> None:
        self.differing = differing
        self.seen: list[int] = []

    def __call__(self, case: Case) -> Result:
        self.seen.append(case.seed)
        return Result(case.seed, case.commands, 0.5, "not the same" if case.seed in self.differing else "")


def run_seeds(folder: Path, worker: Worker, last: int, build: str = "one") -> Log:
    cases = [case_of(seed) for seed in range(1, last + 1)]
    log = Log(folder, build, cases)
    with ThreadPoolExecutor(1) as executor:
        run(cases, log, executor, 1, worker)
    return log


def test_every_kind_of_flow_meets_all_pools_feeds_and_scales() -> None:
    count = len(CONFIGS) * len(PROFILES) * FEEDS * len(SCALES)
    cases = [case_of(seed) for seed in range(1, count + 1)]
    dealt = {(case.config, case.profile, case.feeds, case.seed % len(SCALES)) for case in cases}
    assert len(dealt) == count


@pytest.mark.parametrize("profile", sorted(PROFILES))
@pytest.mark.parametrize("seed", [2, 4])
def test_every_kind_of_flow_gives_the_events_of_the_reference(profile: str, seed: int) -> None:
    assert run_flow(TIGHT, seed, 3_000, PROFILES[profile]) >= 3_000


def test_a_run_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    run_seeds(tmp_path, Worker(), 3)
    worker = Worker()
    log = run_seeds(tmp_path, worker, 5)
    assert worker.seen == [4, 5]
    assert log.summary(0).startswith("5 of 5 seeds, 125,000 commands")


def test_results_of_another_build_do_not_count(tmp_path: Path) -> None:
    run_seeds(tmp_path, Worker(), 3)
    worker = Worker()
    run_seeds(tmp_path, worker, 2, build="another")
    assert worker.seen == [1, 2]


def test_a_difference_is_written_down_and_the_other_seeds_still_run(tmp_path: Path) -> None:
    worker = Worker(2)
    log = run_seeds(tmp_path, worker, 4)
    assert worker.seen == [1, 2, 3, 4]
    assert log.differences() == [2]
    assert "not the same" in (tmp_path / "seed-2.txt").read_text()


def test_a_run_ends_early_when_the_engine_differs_everywhere(tmp_path: Path) -> None:
    log = run_seeds(tmp_path, Worker(*range(100)), 99)
    assert DIFFERENCES_MAX <= len(log.differences()) < DIFFERENCES_MAX + 2


def test_all_of_the_reference_is_compiled_as_it_stands() -> None:
    assert "tests/native/reference_engine.py" in sources()
    assert all((ROOT / source).is_file() for source in sources())

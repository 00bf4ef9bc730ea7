"""Lets engine and reference run beside each other for as long as one likes.

    make differential ARGS="--commands 100_000_000 --jobs 2"           interpreted, or
    make differential ARGS="--compiled --commands 100_000_000 --jobs 2"

Each seed is a flow of 25,000 commands on engines of its own: `case_of` says of which kind. What a seed gave
is one line in a file, so that a run may be stopped and go on later, as long as engine and reference are the
same. A difference is written to a file of its own, as a test to paste; the other seeds still run.
"""

import argparse
import faulthandler
import json
import signal
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, replace
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from tests.native import differential_compile, reference_engine
from tests.native.differential import CONFIGS, run_flow
from tests.native.differential_compile import digest, sources
from tests.native.flow_orders import PROFILES, SCALES
from tickmesh.native import _engine
from tickmesh.native.engine import Feed

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "build" / "differential" / "results"
SEGMENT = 25_000
FEEDS = 8
PROGRESS_S = 30.0
DIFFERENCES_MAX = 10  # an engine that differs everywhere is not worth the rest of a run


@dataclass(frozen=True, slots=True)
class Case:
    """What one seed runs."""

    seed: int
    config: str
    profile: str
    feeds: int
    commands: int


@dataclass(frozen=True, slots=True)
class Result:
    """What one seed gave."""

    seed: int
    commands: int
    cpu_s: float
    difference: str = ""


def case_of(seed: int, commands: int = SEGMENT) -> Case:
    """Deals out kinds of pools, flows and feeds, so that each meets each, at every scale of prices."""
    rest, config = divmod(seed // len(SCALES), len(CONFIGS))
    rest, profile = divmod(rest, len(PROFILES))
    return Case(seed, sorted(CONFIGS)[config], list(PROFILES)[profile], rest % FEEDS, commands)


def run_case(case: Case) -> Result:
    """Runs one seed on one core."""
    config = replace(CONFIGS[case.config], feeds=Feed(case.feeds))
    started = time.process_time()
    try:
        done = run_flow(config, case.seed, case.commands, PROFILES[case.profile])
    except AssertionError as failure:
        return Result(case.seed, 0, time.process_time() - started, str(failure))
    return Result(case.seed, done, time.process_time() - started)


class Log:
    """The results so far, in a file that grows by a line a seed."""

    def __init__(self, folder: Path, build: str, cases: Sequence[Case]) -> None:
        self.folder = folder
        self.seeds = {case.seed for case in cases}
        self.path = folder / f"{build}.jsonl"
        self.results: dict[int, Result] = {}
        folder.mkdir(parents=True, exist_ok=True)
        for line in self.path.read_text().splitlines() if self.path.exists() else []:
            result = Result(**json.loads(line))
            if result.seed in self.seeds:
                self.results[result.seed] = result

    def add(self, case: Case, result: Result) -> None:
        self.results[result.seed] = result
        if result.difference:
            found = self.folder / f"seed-{case.seed}.txt"
            found.write_text(f"{case}\n\n{result.difference}\n")
            print(f"{case} differs, see {found}", flush=True)
        with self.path.open("a") as file:
            file.write(json.dumps(asdict(result)) + "\n")

    def differences(self) -> list[int]:
        return sorted(seed for seed, result in self.results.items() if result.difference)

    def summary(self, commands_per_s: float) -> str:
        commands = sum(result.commands for result in self.results.values())
        cpu_s = sum(result.cpu_s for result in self.results.values()) or 1.0
        words = [
            f"{len(self.results):,} of {len(self.seeds):,} seeds",
            f"{commands:,} commands",
            f"{commands_per_s:,.0f}/s now",
            f"{commands / cpu_s:,.0f} a second of a core",
            f"{len(self.differences())} differences",
        ]
        return ", ".join(words)


def run(
    cases: Sequence[Case],
    log: Log,
    executor: Executor,
    jobs: int,
    work: Callable[[Case], Result] = run_case,
) -> None:
    """Runs the cases that have no result yet, a few more at a time than there are processes."""
    left = (case for case in cases if case.seed not in log.results)
    running = {executor.submit(work, case): case for case in islice(left, 2 * jobs)}
    told, commands = time.monotonic(), 0
    while running:
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            result = take(future, running, log)
            commands += result.commands
            if len(log.differences()) < DIFFERENCES_MAX:
                running |= {executor.submit(work, case): case for case in islice(left, 1)}
        if (elapsed := time.monotonic() - told) >= PROGRESS_S or not running:
            print(log.summary(commands / max(elapsed, 1e-9)), flush=True)
            told, commands = time.monotonic(), 0


def take(future: "Future[Result]", running: "dict[Future[Result], Case]", log: Log) -> Result:
    """Writes down what a case gave. Fails with BrokenProcessPool, naming the cases, when a process died."""
    try:
        result = future.result()
    except BrokenProcessPool as error:
        raise BrokenProcessPool(f"a process died at one of {list(running.values())}") from error
    log.add(running.pop(future), result)
    return result


def prepare_process() -> None:
    """Leaves Ctrl-C to the parent, and says where a process was when it dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()


def build_digest() -> str:
    """Names the engine and the reference that run: results of others do not count."""
    kind = "compiled" if is_compiled() else "interpreted"
    engine = Path(_engine.__file__ or "")
    return f"{digest([engine])}-{digest([ROOT / source for source in sources()])}-{kind}"


def is_compiled() -> bool:
    return not (reference_engine.__file__ or "").endswith(".py")


def options() -> argparse.Namespace:
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    parser.add_argument("--seed", type=int, default=1, help="the first one")
    parser.add_argument("--commands", type=int, default=1_000_000, help="of all seeds together")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--config", choices=sorted(CONFIGS), help="only these pools")
    parser.add_argument("--profile", choices=list(PROFILES), help="only this kind of flow")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of results and differences")
    parser.add_argument("--compiled", action="store_true", help="with the reference compiled first")
    return parser.parse_args()


def cases_of(chosen: argparse.Namespace) -> list[Case]:
    count = -(-chosen.commands // SEGMENT)
    only = {"config": chosen.config, "profile": chosen.profile}
    wanted = {name: value for name, value in only.items() if value}
    return [replace(case_of(seed), **wanted) for seed in range(chosen.seed, chosen.seed + count)]


def main() -> int:
    chosen = options()
    if chosen.compiled and not is_compiled():
        differential_compile.main()
    cases, only = cases_of(chosen), [word for word in (chosen.config, chosen.profile) if word]
    log = Log(chosen.results, "-".join([build_digest(), *only]), cases)
    print(f"results in {log.path}", flush=True)
    with ProcessPoolExecutor(chosen.jobs, get_context("spawn"), prepare_process) as executor:
        try:
            run(cases, log, executor, chosen.jobs)
        except KeyboardInterrupt:
            executor.shutdown(cancel_futures=True)
            print("stopped; the same command goes on from here", flush=True)
            return 130
        except BrokenProcessPool as error:
            print(error, flush=True)
            return 1
    return 1 if log.differences() else 0


if __name__ == "__main__":
    sys.exit(main())

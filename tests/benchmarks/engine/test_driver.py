"""The driver itself: what it says must be true before its figures can be."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from .build import compile_driver, run_driver

STRICT = ("-std=c11", "-O1", "-Wall", "-Wextra", "-Wconversion", "-Werror")
SECTIONS = {"one_symbol", "latency", "variants", "many_symbols", "memory", "apart", "worst", "snapshot"}


@pytest.fixture(scope="module")
def driver() -> Path:
    """The driver with every assertion of the engine on."""
    if shutil.which("gcc") is None:
        pytest.skip("no gcc here")
    return compile_driver("driver-checked", STRICT)


def test_every_scenario_runs_and_prints_rows(driver: Path) -> None:
    rows = run_driver(driver, "--quick", "all")
    assert {row["section"] for row in rows} == SECTIONS
    assert all(row["million_per_second"] > 0 for row in rows if "million_per_second" in row)


def test_the_flow_has_the_mix_that_it_promises(driver: Path) -> None:
    actions = Counter(run_driver(driver, "--quick", "count")[0])
    del actions["section"]
    shares = {name: count / actions.total() for name, count in actions.items()}
    promised = {"add": 0.475, "cancel": 0.425, "move": 0.025, "reduce": 0.025, "take": 0.05}
    assert shares == pytest.approx(promised, abs=0.01)


def test_the_number_of_live_orders_stays(driver: Path) -> None:
    row = run_driver(driver, "--commands", "100000", "--repetitions", "1", "one-symbol")[0]
    assert row["live_at_end"] == pytest.approx(10_000, rel=0.02)

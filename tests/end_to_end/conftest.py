"""Platforms for the tests: one a module, because each costs seconds to start."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .running_platform import RunningPlatform


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Adds the ends of the platform's logs to the report of a test that failed."""
    report = yield
    if report.failed:  # type: ignore[attr-defined]
        for value in getattr(item, "funcargs", {}).values():
            if isinstance(value, RunningPlatform):
                report.sections.append(("platform", value.tails()))  # type: ignore[attr-defined]
    return report


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPlatform]:
    """Yields a platform in which nobody trades but the test."""
    yield from _running(tmp_path_factory.mktemp("quiet") / "data", "--no-market")


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPlatform]:
    """Yields a platform with its living market."""
    yield from _running(tmp_path_factory.mktemp("market") / "data")


def _running(data_dir: Path, *flags: str) -> Iterator[RunningPlatform]:
    platform = RunningPlatform(data_dir, *flags)
    try:
        yield platform.start()
    finally:
        platform.kill()

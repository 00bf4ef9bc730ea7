"""What all tests share: databases, a run of CI that skips nothing, and an end for a test that hangs."""

import faulthandler
import os
import sys
import threading
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

from tests.postgres_server import database_url, on_both_databases, postgres_server, postgres_url
from tickmesh.services.runtime import ports

__all__ = ["database_url", "on_both_databases", "postgres_server", "postgres_url"]

NOTHING_MAY_BE_SKIPPED = os.environ.get("CI") == "true"
# A process for each of hundreds of servers would cost a second each; platforms started as users do have one.
os.environ.setdefault("TICKMESH_ORDERS_PROJECTOR", "thread")
# Owners that end without a goodbye are replaced soon.
os.environ.setdefault("TICKMESH_ORDERS_SILENCE_S", "0.3")
TEST_MAX_S = 240.0  # the slowest takes a tenth of it

# Nothing fails because the machine is busy.
settings.register_profile("patient", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_configure() -> None:
    """Gives each worker ports of its own, below those that platforms choose for their insides.

    Else one takes the port of a process that a test of another has just killed and starts again.
    """
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    count = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    ports.RANGE = range(10_000 + number, 20_000, count)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Ends the run when a test hangs. Its name comes last, where a log that was cut still has it."""
    watch = threading.Timer(TEST_MAX_S, _give_up, [item])
    watch.daemon = True
    watch.start()
    try:
        return (yield)
    finally:
        watch.cancel()


def _give_up(item: pytest.Item) -> None:
    item.config.pluginmanager.getplugin("capturemanager").suspend_global_capture(in_=True)
    faulthandler.dump_traceback(sys.__stderr__)
    print(f"\n{item.nodeid} hung: not over after {TEST_MAX_S:.0f} s", file=sys.__stderr__, flush=True)
    os._exit(1)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fails a run of CI that skipped a test: green then means that everything ran."""
    if NOTHING_MAY_BE_SKIPPED and _skipped(session.config) and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says which tests made the run of CI fail by not running."""
    if not NOTHING_MAY_BE_SKIPPED:
        return
    for report in terminalreporter.stats.get("skipped", []):
        terminalreporter.write_line(
            f"SKIPPED, which fails a run with CI=true: {report.nodeid} {report.longrepr}"
        )


def _skipped(config: pytest.Config) -> bool:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return reporter is not None and bool(reporter.stats.get("skipped"))

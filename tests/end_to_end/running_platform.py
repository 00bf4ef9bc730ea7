"""A platform as a user starts it: `tickmesh up` in a process of its own, stopped by Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import psutil

from tickmesh.services.runtime.ports import free_ports

from .clients import GrpcClient

HEALTHY_WITHIN_S = 60.0
STOPPED_WITHIN_S = 30.0
_BINARIES = Path(sys.executable).parent


class RunningPlatform:
    """One data directory with two public ports, and the platform that runs there."""

    def __init__(self, data_dir: Path, *flags: str) -> None:
        self.data_dir = data_dir
        self.port, self.websocket_port = free_ports(2)
        self.seconds_to_healthy = 0.0
        self._flags = flags
        self._process: subprocess.Popen[bytes] | None = None
        self._tokens: dict[tuple[str, ...], str] = {}
        self._grpc: GrpcClient | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def websocket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        """Returns what `tickmesh up` has printed since its last start."""
        return self._console.read_text(errors="replace")

    @property
    def login_link(self) -> str:
        words = self.output.split()
        return words[words.index("in", words.index("log")) + 1]

    @property
    def _console(self) -> Path:
        return self.data_dir.with_name(self.data_dir.name + ".console")

    @property
    def pids(self) -> dict[str, int]:
        """Returns the processes by name, the supervisor among them, as the platform itself says."""
        found: dict[str, int] = json.loads((self.data_dir / "run" / "platform.json").read_text())["pids"]
        return found

    def start(self) -> "RunningPlatform":
        """Starts it and waits until it says that it is up."""
        began_s = time.monotonic()
        words = ["up", "--data", str(self.data_dir), "--port", str(self.port)]
        command = [*_CLI, *words, "--ws-port", str(self.websocket_port), *self._flags]
        with self._console.open("wb") as console:
            self._process = subprocess.Popen(
                command,
                stdout=console,
                stderr=subprocess.STDOUT,
                env=self.environment,
                start_new_session=True,
            )
        while "tickmesh is up at" not in self.output:
            late = time.monotonic() - began_s > HEALTHY_WITHIN_S
            if late or self._process.poll() is not None:
                self.kill()
                raise AssertionError(f"the platform did not come up\n{self.tails()}")
            time.sleep(0.05)
        self.seconds_to_healthy = time.monotonic() - began_s
        return self

    def stop(self) -> int:
        """Sends what Ctrl-C sends and returns the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(STOPPED_WITHIN_S)
        finally:
            self.kill()

    def kill(self) -> None:
        """Ends the supervisor without a goodbye; its children end with it."""
        if self._grpc is not None:
            self._grpc.close()
            self._grpc = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def kill_process(self, name: str) -> int:
        """Kills one process with signal 9 and returns its id."""
        pid = self.pids[name]
        os.kill(pid, signal.SIGKILL)
        return pid

    def tails(self, line_count: int = 6) -> str:
        """Returns the last lines of the console and of every log, for a failure's report."""
        files = [self._console, *sorted((self.data_dir / "logs").glob("*.log"))]
        shown = []
        for file in files:
            lines = file.read_text(errors="replace").splitlines()[-line_count:] if file.exists() else []
            shown.append("\n".join([f"--- {file.name}", *(line[:400] for line in lines)]))
        return "\n".join(shown)

    @property
    def environment(self) -> dict[str, str]:
        """Returns an environment in which `tickmesh` means this platform."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("TICKMESH_")}
        path = f"{_BINARIES}{os.pathsep}{kept.get('PATH', '')}"
        return {**kept, "PATH": path, "TICKMESH_DATA_DIR": str(self.data_dir)}

    def run(self, *words: str, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Runs a command of the command line."""
        return subprocess.run(
            [*_CLI, *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def run_json(self, *words: str) -> Any:
        """Runs a command with --json and returns what it printed. Fails when it fails."""
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    def token(self, *scopes: str, ttl: str = "12h") -> str:
        """Returns a token with these scopes; none: all of a user."""
        key = (*scopes, ttl)
        if key not in self._tokens:
            words = [word for scope in scopes for word in ("--scope", scope)]
            done = self.run("token", "--ttl", ttl, *words)
            assert done.returncode == 0, done.stderr
            self._tokens[key] = done.stdout.strip()
        return self._tokens[key]

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token()}"}

    def http(self, **options: Any) -> httpx.Client:
        """Returns an HTTP client of the public port that carries a user's token."""
        return httpx.Client(base_url=self.url, headers=self.bearer, timeout=30.0, **options)

    @property
    def grpc(self) -> GrpcClient:
        """Returns a gRPC client of the public port, the same one until the platform stops."""
        if self._grpc is None:
            self._grpc = GrpcClient(f"127.0.0.1:{self.port}", self.token())
        return self._grpc

    def open_portfolio(self, portfolio_id: str, desk_id: str = "tests") -> None:
        """Opens a portfolio for trading."""
        portfolio = {"portfolio_id": portfolio_id, "desk_id": desk_id, "name": portfolio_id}
        self.grpc.call("PortfolioService.CreatePortfolio", {"portfolio": portfolio})

    def resident_bytes(self) -> int:
        """Returns the memory of all its processes."""
        return sum(psutil.Process(pid).memory_info().rss for pid in self.pids.values())


_CLI = (sys.executable, "-m", "tickmesh.services.cli")


def are_gone(pids: dict[str, int], within_s: float = 5.0) -> bool:
    """Says whether all of these processes end soon."""
    deadline_s = time.monotonic() + within_s
    while any(psutil.pid_exists(pid) for pid in pids.values()):
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.02)
    return True

"""A quiet platform of its own for a benchmark, and the clients that load it."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from tickmesh.portfolio.v1 import portfolio_pb2
from tickmesh.portfolio.v1.portfolio_pb2_grpc import PortfolioServiceStub
from tickmesh.services.runtime import client, contract
from tickmesh.services.runtime.identity import Signer

TICKMESH = (sys.executable, "-m", "tickmesh.services.cli")
HEALTHY_WITHIN_S = 60


@dataclass(frozen=True)
class Running:
    """Where a platform listens, and how to be let in."""

    data_dir: Path
    port: int
    websocket_port: int
    pids: dict[str, int]

    def token(self) -> str:
        """Returns a token of an ordinary user."""
        return Signer.load(self.data_dir / "keys").mint("benchmark", contract.user_scopes(), 3_600)

    def channel(self) -> grpc.aio.Channel:
        """Returns a channel through the public port."""
        token = self.token()
        return client.connect(f"127.0.0.1:{self.port}", lambda: token)


@contextmanager
def platform(**settings: object) -> Iterator[Running]:
    """Starts a platform without a market for the length of a with block, with settings of its services."""
    with tempfile.TemporaryDirectory() as folder:
        command = [*TICKMESH, "up", "--data", folder, "--port", "0", "--ws-port", "0", "--no-market"]
        told = {f"TICKMESH_{name}": str(value) for name, value in settings.items()}
        environment = {**os.environ, **told}
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
        try:
            yield _await_healthy(Path(folder), process)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def _await_healthy(folder: Path, process: subprocess.Popen[bytes]) -> Running:
    _await_description(folder, process)
    waiting = [*TICKMESH, "wait", "--data", str(folder)]
    subprocess.run(waiting, check=True, timeout=HEALTHY_WITHIN_S, stdout=subprocess.DEVNULL)
    facts = json.loads((folder / "run" / "platform.json").read_text())
    return Running(folder, facts["port"], facts["websocket_port"], facts["pids"])


def _await_description(folder: Path, process: subprocess.Popen[bytes]) -> None:
    deadline_s = time.monotonic() + HEALTHY_WITHIN_S
    while not ((folder / "run" / "platform.json").exists() and (folder / "keys" / "jwks.json").exists()):
        if process.poll() is not None or time.monotonic() > deadline_s:
            raise RuntimeError("the platform did not start")
        time.sleep(0.05)


async def open_portfolio(channel: grpc.aio.Channel, name: str) -> str:
    """Opens a portfolio without limits of its own and returns its id."""
    portfolio = portfolio_pb2.Portfolio(portfolio_id=name, desk_id="benchmark", name=name)
    request = portfolio_pb2.CreatePortfolioRequest(request_id=name, portfolio=portfolio)
    await PortfolioServiceStub(channel).CreatePortfolio(request, wait_for_ready=True)
    return name


def percentiles(values: list[float]) -> dict[str, float]:
    """Returns p50, p99 and p99_9 of values, by nearest rank."""
    ranked = sorted(values)
    place = {"p50": 0.50, "p99": 0.99, "p99_9": 0.999}
    return {name: round(ranked[min(len(ranked) - 1, int(len(ranked) * at))], 3) for name, at in place.items()}


Row = dict[str, Any]

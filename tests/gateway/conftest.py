"""Servers for the gateway's tests, all on free ports of the loopback interface."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tickmesh.gateway import envoy
from tickmesh.gateway.http.serving import run_http
from tickmesh.gateway.settings import GatewaySettings
from tickmesh.services.runtime.contract import all_scopes
from tickmesh.services.runtime.host import Host
from tickmesh.services.runtime.identity import Signer
from tickmesh.services.runtime.ports import free_port, free_ports
from tickmesh.services.runtime.testing import serve_for_test

from .venue import Venue


@dataclass(frozen=True, slots=True)
class Gateway:
    """A running venue with the JSON process in front."""

    venue: Venue
    settings: GatewaySettings
    signer: Signer
    token: str

    @property
    def http_url(self) -> str:
        return f"http://{self.settings.http_address}"

    @property
    def edge_url(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    @property
    def bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    def client(self, url: str = "") -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=url or self.http_url, headers=self.bearer, timeout=10.0)


def gateway_settings(tmp_path: Path, address: str) -> GatewaySettings:
    port, http_port, websocket_port = free_ports(3)
    return GatewaySettings(
        data_dir=tmp_path,
        stop_grace_s=0.1,
        port=port,
        http_address=f"127.0.0.1:{http_port}",
        websocket_address=f"127.0.0.1:{websocket_port}",
        page_dir=tmp_path / "page",
        assets_address=address,
        orders_address=address,
        pricing_address=address,
        risk_address=address,
        portfolio_address=address,
        strategy_address=address,
    )


async def until(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    """Waits until a condition holds."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.01)


async def answers_at(url: str, timeout_s: float = 10.0) -> None:
    """Waits until a server answers with 200."""
    async with asyncio.timeout(timeout_s), httpx.AsyncClient() as client:
        while True:
            try:
                if (await client.get(url)).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running(work: Any) -> AsyncIterator[None]:
    """Runs a server for the length of a with block."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def venue() -> Venue:
    return Venue()


@pytest.fixture
async def host(venue: Venue, tmp_path: Path) -> AsyncIterator[Host]:
    address = f"127.0.0.1:{free_port()}"
    async with serve_for_test(venue.start, tmp_path, assets_address=address) as host:
        yield host


@pytest.fixture
async def backend(host: Host, venue: Venue, tmp_path: Path) -> Gateway:
    """The venue and the settings that lead to it; no process of the gateway runs yet."""
    settings = gateway_settings(tmp_path, host.settings.assets_address)
    token = host.signer.mint("tester", all_scopes(), 60.0)
    return Gateway(venue, settings, host.signer, token)


@pytest.fixture
async def gateway(backend: Gateway) -> AsyncIterator[Gateway]:
    """The venue with the JSON process in front."""
    async with running(run_http(backend.settings)):
        await answers_at(f"{backend.http_url}/healthz")
        yield backend


@pytest.fixture
async def client(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    async with gateway.client() as client:
        yield client


@asynccontextmanager
async def edge_before(gateway: Gateway, tmp_path: Path) -> AsyncIterator[Path]:
    """Runs a real Envoy before a gateway, and yields the file that it logs to."""
    file, log = tmp_path / "envoy.yaml", tmp_path / "envoy.log"
    envoy.write(gateway.settings, gateway.signer.jwks(), file)
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(*envoy.command(file), stdout=output, stderr=output)
        try:
            await answers_at(f"{gateway.edge_url}/healthz")
            yield log
        finally:
            process.terminate()
            await process.wait()


@pytest.fixture
async def edge(gateway: Gateway, tmp_path: Path) -> AsyncIterator[Gateway]:
    """The whole: Envoy, the JSON process, the venue."""
    async with edge_before(gateway, tmp_path):
        yield gateway

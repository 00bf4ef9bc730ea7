"""The services that are measured, in a process and a folder of their own, and how to reach them."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tickmesh.assets.v1 import assets_pb2
from tickmesh.assets.v1.assets_pb2_grpc import AssetsServiceStub
from tickmesh.pricing.v1 import pricing_pb2 as pb
from tickmesh.pricing.v1.pricing_pb2_grpc import PricingServiceStub
from tickmesh.services.runtime import client, contract, host, settings
from tickmesh.services.runtime.identity import Signer
from tickmesh.services.runtime.ports import free_port

READY_WITHIN_S = 60


def spawn(*arguments: str) -> subprocess.Popen[bytes]:
    """Starts another process of this benchmark."""
    command = [sys.executable, "-m", "tests.benchmarks.ticks", "--role", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def connect() -> grpc.aio.Channel:
    """Returns a channel to the process that the environment names: it has both services."""
    chosen = settings.load(settings.RuntimeSettings)
    token = client.service_token(Signer.load(chosen.keys), "benchmark", contract.user_scopes())
    return client.connect(chosen.pricing_address, token)


@contextmanager
def running() -> Iterator[subprocess.Popen[bytes]]:
    """Starts the services for the length of a with block and yields their process."""
    names = (f"TICKMESH_{name.upper()}_ADDRESS" for name in settings.SERVICES)
    with tempfile.TemporaryDirectory() as folder:
        addresses = {name: f"127.0.0.1:{free_port()}" for name in names}
        os.environ |= {"TICKMESH_DATA_DIR": folder, "TICKMESH_LOG_LEVEL": "error", **addresses}
        Signer.create(Path(folder) / "keys")
        process = spawn("services")
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)


def serve() -> None:
    """Runs the assets and pricing services; there is no venue to follow."""
    import uvloop

    from tickmesh.services.runtime import telemetry

    chosen = settings.load(settings.RuntimeSettings)
    telemetry.configure("benchmark", chosen.log_level)
    uvloop.run(host.run(chosen, ["assets", "pricing"]))


async def list_instruments(channel: grpc.aio.Channel, names: list[str]) -> None:
    """Lists instruments once the services are healthy, and waits until pricing knows them."""
    async with asyncio.timeout(READY_WITHIN_S):
        await _healthy(channel)
        assets = AssetsServiceStub(channel)
        for name in names:
            instrument = assets_pb2.Instrument(
                symbol=name,
                name=name,
                asset_type=assets_pb2.Instrument.STOCK,
                currency="USD",
                calendar="XNAS",
                reference_price="100.00",
                price_increment="0.01",
                quantity_increment="1",
                stock=assets_pb2.Stock(country="US"),
            )
            await assets.CreateInstrument(
                assets_pb2.CreateInstrumentRequest(request_id=name, instrument=instrument)
            )
        await _known(channel, names[-1])


async def _healthy(channel: grpc.aio.Channel) -> None:
    stub = health_pb2_grpc.HealthStub(channel)
    while True:
        try:
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=""))
            if answer.status == health_pb2.HealthCheckResponse.SERVING:
                return
        except grpc.aio.AioRpcError:
            pass
        await asyncio.sleep(0.1)


async def _known(channel: grpc.aio.Channel, name: str) -> None:
    while True:
        try:
            await PricingServiceStub(channel).GetQuote(pb.GetQuoteRequest(symbol=name))
            return
        except grpc.aio.AioRpcError:
            await asyncio.sleep(0.1)

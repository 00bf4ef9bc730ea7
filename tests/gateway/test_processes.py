"""The gateway's entry points as processes of their own: they end cleanly at SIGTERM."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from tickmesh.services.runtime.identity import Signer
from tickmesh.services.runtime.ports import free_port

from .conftest import answers_at

PROGRAM = """
import sys, uvloop
from tickmesh.gateway import service
from tickmesh.gateway.settings import GatewaySettings
from tickmesh.services.runtime.settings import load
uvloop.run(getattr(service, sys.argv[1])(load(GatewaySettings)))
print("cleaned up")
"""


@pytest.mark.parametrize("name", ["run_http", "run_websocket"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_process_serves_and_stops(tmp_path: Path, name: str, number: int) -> None:
    Signer.create(tmp_path / "keys")
    address = f"127.0.0.1:{free_port()}"
    environ = {
        "TICKMESH_DATA_DIR": str(tmp_path),
        "TICKMESH_HTTP_ADDRESS": address,
        "TICKMESH_WEBSOCKET_ADDRESS": address,
        "PYTHONPATH": ":".join(sys.path),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, name, stdout=asyncio.subprocess.PIPE, env=environ
    )
    try:
        await answers_at(f"http://{address}/healthz", 20.0)
        process.send_signal(number)
        async with asyncio.timeout(10):
            output, _ = await process.communicate()
        assert process.returncode == 0
        assert output.endswith(b"cleaned up\n")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

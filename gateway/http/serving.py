"""Runs the JSON process."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from tickmesh.services.runtime import identity

from ..lifetime import until_stopped
from ..settings import GatewaySettings, split_address
from .app import make_application

_STOP_S = 3


class _Server(uvicorn.Server):
    """Leaves signals to its owner: uvicorn would end the process before others have cleaned up."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def run_http(settings: GatewaySettings) -> None:
    """Answers HTTP/JSON until SIGTERM, SIGINT or cancellation; calls in flight get three seconds to end."""
    await until_stopped(_serve(settings))


async def _serve(settings: GatewaySettings) -> None:
    server = _Server(_config(settings))
    serving = asyncio.create_task(server.serve())
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
        raise


def _config(settings: GatewaySettings) -> uvicorn.Config:
    host, port = split_address(settings.http_address)
    verifier = identity.Verifier(identity.load_jwks(settings.keys))
    return uvicorn.Config(
        make_application(settings, verifier),
        host=host,
        port=port,
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        proxy_headers=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=_STOP_S,
        timeout_keep_alive=75,
        backlog=4096,
    )

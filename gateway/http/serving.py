"""Runs the JSON process."""

import asyncio

import uvicorn

from tickmesh.services.runtime import identity

from ..settings import GatewaySettings, split_address
from .app import make_application

_STOP_S = 3


async def run_http(settings: GatewaySettings) -> None:
    """Answers HTTP/JSON until SIGTERM, SIGINT or cancellation; calls in flight get three seconds to end."""
    host, port = split_address(settings.http_address)
    verifier = identity.Verifier(identity.load_jwks(settings.keys))
    config = uvicorn.Config(
        make_application(settings, verifier),
        host=host,
        port=port,
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=_STOP_S,
        timeout_keep_alive=75,
        backlog=4096,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
        raise

"""Runs the WebSocket process."""

import asyncio
import time
import uuid
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress

import grpc
from picows import (
    WSListener,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_create_server,
)

from tickmesh.services.runtime import client, identity, telemetry
from tickmesh.services.runtime.settings import SERVICES

from ..http.answers import to_bytes
from ..http.calls import Backends
from ..http.problems import ProblemError
from ..lifetime import until_stopped
from ..settings import GatewaySettings, split_address
from .counters import Counters
from .doors import Visitor, Wish, admit, read_wish
from .executions import ExecutionFeed
from .feeds import Feed
from .hall import Hall
from .market import MarketFeed
from .status import EngineFeed, HealthFeed
from .streams import StreamFeed

log = telemetry.logger(__name__)

INBOUND_BYTES_MAX = 4_096
_SCOPES = ("orders:read", "pricing:read")
_GOODBYE_S = 0.5
_HEADERS = {"Content-Type": "application/json", "Cache-Control": "no-store"}


class Door:
    """Lets readers in, each to its channel."""

    def __init__(
        self,
        settings: GatewaySettings,
        verifier: identity.Verifier,
        channels: Mapping[str, grpc.aio.Channel],
        backends: Backends,
        counters: Counters,
        hall: Hall,
    ) -> None:
        self._settings = settings
        self._verifier = verifier
        self._channels = channels
        self._backends = backends
        self._counters = counters
        self._hall = hall
        self.closing = False

    def answer(self, request: WSUpgradeRequest) -> WSListener | WSUpgradeResponseWithListener:
        """Returns a reader, or the refusal of one. /healthz says what the process counts."""
        target = request.path.decode("latin-1")
        if target == "/healthz":
            return self._health()
        try:
            wish = read_wish(target)
            visitor = admit(request, wish, self._verifier)
            self._check_room()
        except ProblemError as problem:
            self._counters.refused += 1
            return _refusal(problem)
        self._counters.accepted += 1
        return self._reader(wish, visitor)

    def _health(self) -> WSUpgradeResponseWithListener:
        status = {"status": "NOT_SERVING" if self.closing else "SERVING", **self._counters.value()}
        content = to_bytes(status)
        return WSUpgradeResponseWithListener(WSUpgradeResponse.create_ok_response(content, _HEADERS), None)

    def _check_room(self) -> None:
        if self.closing or self._counters.connections >= self._settings.websocket_connections_max:
            message = "the gateway is stopping" if self.closing else "there is no room for another connection"
            raise ProblemError(503, "UNAVAILABLE", "NO_ROOM", message, headers={"retry-after": "1"})

    def _reader(self, wish: Wish, visitor: Visitor) -> WSListener:
        key = f"{wish.channel}/{wish.symbol}{wish.portfolio_id}"
        if wish.resume_token or wish.route:  # each stands at a place of its own
            key += f"/{uuid.uuid4().hex}"
        channel = f"{wish.channel}/{wish.symbol}".rstrip("/")
        seconds_left = visitor.principal.expire_time_s - time.time()
        return self._hall.enter(key, channel, seconds_left, lambda: self._feed(wish, visitor))

    def _feed(self, wish: Wish, visitor: Visitor) -> Feed:
        if wish.route is not None:
            route, metadata = wish.route, (("authorization", f"Bearer {visitor.token}"),)
            call = self._backends.method(route)
            return StreamFeed(
                wish.channel, lambda: call(wish.request, metadata=metadata), self._counters, self._settings
            )
        orders, pricing = self._channels["orders"], self._channels["pricing"]
        if wish.channel == "market-data":
            return MarketFeed(wish.symbol, orders, pricing, self._counters, self._settings)
        if wish.channel == "trades/updates":
            return ExecutionFeed(wish.portfolio_id, wish.resume_token, orders, self._counters, self._settings)
        if wish.channel == "engine/status":
            return EngineFeed(orders, self._counters, self._settings)
        return HealthFeed(self._channels, self._counters, self._settings)


def _refusal(problem: ProblemError) -> WSUpgradeResponseWithListener:
    headers = {**_HEADERS, **problem.headers}
    response = WSUpgradeResponse.create_error_response(problem.http_status, to_bytes(problem.body()), headers)
    return WSUpgradeResponseWithListener(response, None)


async def run_websocket(settings: GatewaySettings) -> None:
    """Answers WebSocket until SIGTERM, SIGINT or cancellation; readers are told that it leaves."""
    await until_stopped(_serve(settings))


async def _serve(settings: GatewaySettings) -> None:
    signer = identity.Signer.load(settings.keys)
    verifier = identity.Verifier(identity.load_jwks(settings.keys))
    counters = Counters()
    async with AsyncExitStack() as stack:
        channels = _connect(settings, signer, stack)
        hall = Hall(counters, settings.websocket_heartbeat_s)
        backends = Backends(settings)
        stack.push_async_callback(backends.close)
        door = Door(settings, verifier, channels, backends, counters, hall)
        host, port = split_address(settings.websocket_address)
        server = await ws_create_server(
            door.answer,
            host,
            port,
            enable_auto_ping=True,
            auto_ping_idle_timeout=30,
            auto_ping_reply_timeout=20,
            max_frame_size=INBOUND_BYTES_MAX,
            read_buffer_init_size=1_024,
            backlog=4_096,
        )
        try:
            await asyncio.Event().wait()
        finally:
            await _stop(server, door, hall, counters)


def _connect(
    settings: GatewaySettings, signer: identity.Signer, stack: AsyncExitStack
) -> dict[str, grpc.aio.Channel]:
    token = client.service_token(signer, "service:websocket", _SCOPES)
    channels = {name: client.connect(settings.address(name), token) for name in SERVICES}
    for channel in channels.values():
        stack.push_async_callback(channel.close, None)
    return channels


async def _stop(server: asyncio.Server, door: Door, hall: Hall, counters: Counters) -> None:
    """Closes the door, says goodbye, and gives the readers a moment to go."""
    door.closing = True
    server.close()
    await hall.close()
    log.info("websocket stopping", **counters.value())
    with suppress(TimeoutError):
        await asyncio.wait_for(hall.empty.wait(), _GOODBYE_S)

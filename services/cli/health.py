"""`status` and `wait`: how the platform is, asked of each process and through the public port."""

import asyncio
import http.client
import time
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from .. import local
from ..runtime.errors import describe
from ..runtime.settings import SERVICES
from ..runtime.shards import origin_of
from . import place
from .command import OK, REFUSED, Command, CommandError

_ASK_TIMEOUT_S = 1.0
_POLL_S = 0.1
_HEALTHY = "healthy"
_STANDS_BY = "stands by"


@dataclass(frozen=True, slots=True)
class Health:
    """How one process is; `state` is "healthy", or says what is wrong."""

    name: str
    address: str
    state: str

    @property
    def is_healthy(self) -> bool:
        """Says whether it does what it is there for."""
        return self.state in (_HEALTHY, _STANDS_BY)


class Examiner:
    """Asks the parts of one platform again and again, on connections that it keeps."""

    def __init__(self, platform: local.Platform, token: str) -> None:
        self._platform = platform
        self._token = token
        self._channels: dict[str, grpc.aio.Channel] = {}

    async def close(self) -> None:
        """Ends the connections."""
        for channel in self._channels.values():
            await channel.close(None)

    async def examine(self, name: str) -> Health:
        """Returns how a part is: a service, gateway, websocket, or edge."""
        if name == "edge":
            address = self._platform.url.removeprefix("http://")
            return Health(name, address, await self._edge(address))
        if name in ("gateway", "websocket"):
            direct = self._platform.addresses.get(name, self._platform.websocket_address)
            return Health(name, direct, await asyncio.to_thread(_ask_http, direct))
        address = self._platform.addresses[name]
        return Health(name, address, await self._ask_service(address))

    async def _ask_service(self, address: str) -> str:
        stub = health_pb2_grpc.HealthStub(self._channel(address))
        try:
            answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=_ASK_TIMEOUT_S)
        except grpc.aio.AioRpcError as error:
            return _in_words(error.code())
        if answer.status == health_pb2.HealthCheckResponse.SERVING:
            return _HEALTHY
        return _STANDS_BY if await self._stands_by(address) else "starting"

    async def _stands_by(self, address: str) -> bool:
        """Says whether a process that does not serve waits for its turn: any call is told so."""
        path = "/tickmesh.orders.v1.OrdersService/GetEngineStatus"
        try:
            await self._call(address, path)
        except grpc.aio.AioRpcError as error:
            return describe(error).reason == "STANDING_BY"
        return False

    async def _edge(self, address: str) -> str:
        """The edge is healthy when it leads to the page and to every service."""
        page = await asyncio.to_thread(_ask_http, address)
        if page != _HEALTHY:
            return page
        answers = await asyncio.gather(*(self._routed(address, name) for name in SERVICES))
        wrong = [f"no way to {name} yet" for name, ok in zip(SERVICES, answers, strict=True) if not ok]
        return wrong[0] if wrong else _HEALTHY

    async def _routed(self, address: str, name: str) -> bool:
        """Calls a method that no service has: the service itself refuses it, or the edge says it is away."""
        path = f"/tickmesh.{name}.v1.{name.capitalize()}Service/"
        try:
            await self._call(address, path)
        except grpc.aio.AioRpcError as error:
            return error.code() is grpc.StatusCode.UNIMPLEMENTED
        return True

    async def _call(self, address: str, path: str) -> None:
        channel: Any = self._channel(address)
        bearer = (("authorization", f"Bearer {self._token}"),)
        await channel.unary_unary(path)(b"", metadata=bearer, timeout=_ASK_TIMEOUT_S)

    def _channel(self, address: str) -> grpc.aio.Channel:
        if address not in self._channels:
            options = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 200)]
            self._channels[address] = grpc.aio.insecure_channel(address, options)
        return self._channels[address]


def _in_words(code: grpc.StatusCode) -> str:
    silent = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
    return "does not answer" if code in silent else code.name


def _ask_http(address: str) -> str:
    connection = http.client.HTTPConnection(address, timeout=_ASK_TIMEOUT_S)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return "does not answer"
    finally:
        connection.close()
    return _HEALTHY if status == http.HTTPStatus.OK else f"answers {status}"


def _configure_status(parser: ArgumentParser) -> None:
    place.add_data(parser)
    parser.add_argument("--json", action="store_true", help="print JSON for programs")


def _status(args: Namespace) -> int:
    platform = place.running(Path(args.data))
    states, engine = asyncio.run(_look(platform))
    _print_status(args, platform, states, engine)
    return OK if all(state.is_healthy for state in states) else REFUSED


async def _look(platform: local.Platform) -> tuple[list[Health], Any]:
    token = place.mint(platform.data_dir, "status", [], 60.0)
    examiner = Examiner(platform, token)
    try:
        states = await asyncio.gather(*(examiner.examine(name) for name in platform.names))
        return list(states), await _engine(platform, token)
    finally:
        await examiner.close()


async def _engine(platform: local.Platform, token: str) -> Any:
    """Returns the status of the matching engine, or None when it cannot be had."""
    from tickmesh.orders.v1 import orders_pb2, orders_pb2_grpc

    from ..runtime import client

    channel = client.connect(platform.address("orders"), lambda: token)
    try:
        stub = orders_pb2_grpc.OrdersServiceStub(channel)
        return await stub.GetEngineStatus(orders_pb2.GetEngineStatusRequest(), timeout=_ASK_TIMEOUT_S)
    except grpc.aio.AioRpcError:
        return None
    finally:
        await channel.close(None)


def _print_status(args: Namespace, platform: local.Platform, states: list[Health], engine: Any) -> None:
    from . import output

    if args.json:
        services = [{"name": one.name, "address": one.address, "state": one.state} for one in states]
        shown = None if engine is None else output.to_value(engine)
        output.print_json({"url": platform.url, "services": services, "engine": shown})
        return
    pids = platform.pids
    rows = [(one.name, one.state, one.address, str(pids.get(one.name, ""))) for one in states]
    output.print_table(("service", "state", "address", "pid"), rows)
    if engine is not None:
        print(f"engine: {_engine_line(engine)}")
        for shard in engine.shards:
            print(f"  shard {shard.shard}: {_engine_line(shard)}")
        for number in engine.shards_away:
            print(f"  shard {number}: does not answer")


def _engine_line(engine: Any) -> str:
    projected = engine.event_sequence - engine.projected_sequence
    return (
        f"command {engine.command_sequence - origin_of(engine.shard):,},"
        f" {engine.commands_per_second:,.0f} a second,"
        f" {engine.open_orders:,} open orders, {engine.instruments:,} instruments,"
        f" tables {projected:,} events behind, state {engine.state_hash}"
    )


def _configure_wait(parser: ArgumentParser) -> None:
    place.add_data(parser)
    parser.add_argument("--timeout", metavar="S", type=float, default=60.0, help="seconds; default 60")


def _wait(args: Namespace) -> int:
    platform = place.running(Path(args.data))
    late = asyncio.run(_until_healthy(platform, args.timeout))
    if late:
        place.running(platform.data_dir)  # it may have been stopped meanwhile
        named = ", ".join(f"{one.name} {one.state}" for one in late)
        raise CommandError(
            f"not healthy after {args.timeout:g} s: {named}; logs: {platform.log_dir}", REFUSED
        )
    return OK


async def _until_healthy(platform: local.Platform, timeout_s: float) -> list[Health]:
    """Says which part is healthy as it becomes so; returns those that are not in time."""
    began_s = time.monotonic()
    examiner = Examiner(platform, place.mint(platform.data_dir, "status", [], timeout_s + 60.0))
    waiting, late = platform.names, []
    try:
        while waiting:
            late = [one for one in await _examine_all(examiner, waiting, began_s) if not one.is_healthy]
            waiting = [one.name for one in late]
            if waiting and (
                time.monotonic() - began_s > timeout_s or not local.is_running(platform.data_dir)
            ):
                break
            await asyncio.sleep(_POLL_S if waiting else 0)
    finally:
        await examiner.close()
    return late


async def _examine_all(examiner: Examiner, names: list[str], began_s: float) -> list[Health]:
    async def one(name: str) -> Health:
        health = await examiner.examine(name)
        if health.is_healthy:
            print(f"  {name:<16} {health.state} after {time.monotonic() - began_s:.1f} s", flush=True)
        return health

    return list(await asyncio.gather(*map(one, names)))


COMMANDS = {
    "status": Command(_configure_status, _status, "  tickmesh status\n  tickmesh status --json"),
    "wait": Command(_configure_wait, _wait, "  tickmesh wait --timeout 30 && ./my_tests"),
}

"""One process that serves one or several services: their server, tasks, channels and databases."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import SERVICE_NAME as HEALTH_NAME
from grpc_health.v1.health import aio as health  # type: ignore[attr-defined]  # its stubs lack it
from grpc_reflection.v1alpha import reflection

from . import client, contract, garbage, identity, migrate, server, telemetry
from .cache import Cache
from .database import Database, make_engine, wait_for
from .outages import DatabaseUnavailable
from .settings import RuntimeSettings

log = telemetry.logger(__name__)

ALIVE = "alive"  # whose health says that the process runs, whether or not it serves
HANG_UP_S = 0.2  # time enough to be told why
Start = Callable[["Host"], Awaitable[None]]
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class ServerEnded(Exception):
    """The server takes no calls any more: one whose path is not UTF-8 ends any server of grpc.aio.

    The edge lets none of those through. Whoever is inside can call a service itself, and no token is looked
    at before, so the process ends, to be started again.
    """


class Host:
    """What a service is given to stand on. Made by `open_host`, which also closes everything."""

    def __init__(
        self,
        settings: RuntimeSettings,
        names: list[str],
        clock: Callable[[], int],
        stack: AsyncExitStack,
        tasks: asyncio.TaskGroup,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.cache = Cache(settings.redis_url)
        self.signer = identity.Signer.load_or_create(settings.keys)
        self._gate = server.Gate(identity.Verifier(self.signer.jwks()))
        self.server = server.make_server(self._gate)
        self._names = names
        self._stack = stack
        self._tasks = tasks
        self._owned: list[asyncio.Task[Any]] = []
        self._health = health.HealthServicer()
        self._served: set[str] = set()
        subject = f"service:{'+'.join(names)}"
        self._token = client.service_token(self.signer, subject, contract.all_scopes())

    def serve(self, add_to_server: Callable[[Any, Any], None], servicer: object) -> None:
        """Adds a servicer to the running server."""
        add_to_server(servicer, _Late(self.server))
        self._served |= _services_of(servicer)

    def channel(self, service: str) -> grpc.aio.Channel:
        """Returns a channel to a service, authenticated as this process, closed at the end."""
        return self.channel_to(self.settings.address(service))

    def channel_to(self, address: str, *, watches: bool = False) -> grpc.aio.Channel:
        """Returns a channel to an address, as `channel` does. For `watches` see `client.connect`."""
        channel = client.connect(address, self._token, watches=watches)
        self._stack.push_async_callback(channel.close, None)
        return channel

    def is_not_ready(self, message: str, reason: str) -> None:
        """Says what callers are told as long as a service of this process has not started."""
        self._gate.not_yet.say(message, reason)

    async def database(self, name: str, revisions: Path | None = None) -> Database:
        """Returns the migrated tables of a service, closed at the end.

        As long as their database does not answer, callers are told so.
        """
        engine = make_engine(self.settings.database_url, self.settings.data_dir, name)
        outage = DatabaseUnavailable()
        waits = partial(self.is_not_ready, outage.message, outage.reason)
        await wait_for(engine, self.settings.database_wait_s, waits)
        self.is_not_ready(*server.STARTING)
        where = revisions or migrate.folder(name)
        await asyncio.to_thread(migrate.migrate, engine, name, where)
        database = Database(engine)
        self._stack.callback(database.close)
        return database

    def spawn(self, coroutine: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Runs a task for as long as the process lives. When it fails, the process ends and says why."""
        task = self._tasks.create_task(coroutine, name=name)
        task.add_done_callback(self._look_at)
        self._owned.append(task)
        return task

    def _look_at(self, task: asyncio.Task[Any]) -> None:
        """Hangs up on everybody soon when a task has failed: what they wait for may never come."""
        if not task.cancelled() and task.exception() is not None:
            log.critical("a task failed", task=task.get_name(), exc_info=task.exception())
            self._hanging_up = asyncio.ensure_future(self._close(HANG_UP_S))

    async def _stays_open(self) -> None:
        """Fails with ServerEnded when the server ends and nobody here has ended it."""
        try:
            await self.server.wait_for_termination()
        except Exception as error:
            raise ServerEnded(f"gRPC ended the server: {error}") from error

    async def _close(self, grace_s: float) -> None:
        """Closes the server, also one that has ended by itself: gRPC says again and again what of."""
        try:
            await self.server.stop(grace_s)
        except Exception as error:
            log.error("the server was not closed in order", problem=str(error))

    def on_stop(self, action: Callable[[], Awaitable[None]]) -> None:
        """Runs an action at a clean stop; what was registered last runs first."""
        self._stack.push_async_callback(action)

    async def listen(self) -> None:
        """Opens the ports: reachable, but not yet healthy."""
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self.server)
        for service in ["", *_services_in(self._names)]:
            await self._health.set(service, NOT_SERVING)
        await self._health.set(ALIVE, SERVING)
        for name in self._names:
            self.server.add_insecure_port(self.settings.listens_on(name))
        await self.server.start()
        self.spawn(self._stays_open(), "server")

    async def start(self, starts: list[Start]) -> None:
        """Starts the services side by side; those that wait for another in this process find it."""
        async with asyncio.TaskGroup() as group:
            for start in starts:
                group.create_task(_awaited(start(self)))
        self._gate.is_open = True
        names = [*self._served, HEALTH_NAME, reflection.SERVICE_NAME]
        reflection.enable_server_reflection(names, cast(grpc.aio.Server, _Late(self.server)))
        for name in ["", *self._served]:
            await self._health.set(name, SERVING)

    async def stop(self) -> None:
        """Says that it is leaving, lets calls finish for the grace period, ends the tasks."""
        await self._health.enter_graceful_shutdown()
        await self._close(self.settings.stop_grace_s)
        for task in self._owned:
            task.cancel()
        await asyncio.gather(*self._owned, return_exceptions=True)


def _services_of(servicer: object) -> set[str]:
    """Returns the full names of the services that a servicer's class implements."""
    bases = {base.__name__ for base in type(servicer).__mro__}
    every = {method.service for method in contract.methods().values()}
    return {name for name in every if f"{name.rpartition('.')[2]}Servicer" in bases}


def _services_in(areas: list[str]) -> set[str]:
    """Returns the full names of the services of some areas."""
    prefixes = tuple(f"tickmesh.{area}." for area in areas)
    return {method.service for method in contract.methods().values() if method.service.startswith(prefixes)}


class _Late:
    """A server that already runs, as the generated code wants to see it: it takes generic handlers only."""

    def __init__(self, running: grpc.aio.Server) -> None:
        self._server = running

    def add_generic_rpc_handlers(self, handlers: Any) -> None:
        """Adds handlers that are looked up by name."""
        self._server.add_generic_rpc_handlers(handlers)

    def add_registered_method_handlers(self, service: str, handlers: Any) -> None:
        """Does nothing: these are a faster way to the same handlers, for servers that have not started."""


async def _awaited(work: Awaitable[None]) -> None:
    await work


@asynccontextmanager
async def open_host(
    settings: RuntimeSettings, names: list[str], starts: list[Start], clock: Callable[[], int] = time.time_ns
) -> AsyncIterator[Host]:
    """Runs services for the length of a with block."""
    async with asyncio.TaskGroup() as tasks, AsyncExitStack() as stack:
        host = Host(settings, names, clock, stack, tasks)
        stack.push_async_callback(host.cache.close)
        await host.listen()
        try:
            await host.start(starts)
            yield host
        finally:
            await host.stop()


def find_start(name: str) -> Start:
    """Returns how a service is started: the `start` of its service.py."""
    start: Start = import_module(f"tickmesh.services.{name}.service").start
    return start


async def run(settings: RuntimeSettings, names: list[str]) -> None:
    """Serves until SIGINT or SIGTERM, also when that comes while the services still start."""
    serving = asyncio.create_task(_serve(settings, names))
    stop = _Once(serving.cancel)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    with suppress(asyncio.CancelledError):
        await serving


class _Once:
    """Does something at the first call only: who is impatient must not cancel the clean stop itself."""

    def __init__(self, action: Callable[[], object]) -> None:
        self._action: Callable[[], object] | None = action

    def __call__(self) -> None:
        action, self._action = self._action, None
        if action is not None:
            action()


async def _serve(settings: RuntimeSettings, names: list[str]) -> None:
    async with open_host(settings, names, [find_start(name) for name in names]):
        garbage.collect_rarely()
        log.info("serving", services=names, addresses=[settings.listens_on(name) for name in names])
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            log.info("stopping", services=names)

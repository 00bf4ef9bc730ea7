"""/ws/engine/status and /ws/system/health: states that are asked for once a second."""

import asyncio
from abc import abstractmethod
from collections.abc import Mapping

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tickmesh.orders.v1 import orders_pb2, orders_pb2_grpc

from ..http.answers import to_value
from ..settings import GatewaySettings
from .backlogs import Newest, Update
from .counters import Counters
from .feeds import Feed
from .frames import Data

POLL_S = 1.0
TIMEOUT_S = 1.0


class PolledFeed(Feed):
    """Asks for a state and publishes it when it changed."""

    def __init__(self, channel: str, counters: Counters, settings: GatewaySettings) -> None:
        super().__init__(channel, counters, settings)
        self._state: Data | None = None

    @abstractmethod
    async def ask(self) -> Data | None:
        """Returns the state, or None when nobody answers."""

    async def run(self) -> None:
        """Asks again and again."""
        while True:
            state = await self.ask()
            if state is not None and state != self._state:
                kind = "snapshot" if self._state is None else "update"
                self._state = state
                self.publish(Update(self._body(kind, state)))
            await asyncio.sleep(POLL_S)

    def snapshot(self) -> bytes | None:
        """Returns the newest state."""
        return None if self._state is None else self._body("snapshot", self._state)

    def backlog(self) -> Newest:
        """Returns room for the newest state."""
        return Newest(self._counters)


class EngineFeed(PolledFeed):
    """Where the matching engine stands."""

    def __init__(self, orders: grpc.aio.Channel, counters: Counters, settings: GatewaySettings) -> None:
        super().__init__("engine/status", counters, settings)
        self._orders = orders_pb2_grpc.OrdersServiceStub(orders)

    async def ask(self) -> Data | None:
        """Returns the engine's status."""
        try:
            status = await self._orders.GetEngineStatus(
                orders_pb2.GetEngineStatusRequest(), timeout=TIMEOUT_S
            )
        except grpc.aio.AioRpcError:
            self.mark("engine", live=False)
            return None
        self.mark("engine", live=True)
        return to_value(status)


class HealthFeed(PolledFeed):
    """The health of every service, as it says itself."""

    def __init__(
        self, channels: Mapping[str, grpc.aio.Channel], counters: Counters, settings: GatewaySettings
    ) -> None:
        super().__init__("system/health", counters, settings)
        self._stubs = {name: health_pb2_grpc.HealthStub(channel) for name, channel in channels.items()}

    async def ask(self) -> Data | None:
        """Returns the status of each service, and SERVING when all serve."""
        names = list(self._stubs)
        states = await asyncio.gather(*(self._one(name) for name in names))
        services = [{"service": name, "status": state} for name, state in zip(names, states, strict=True)]
        overall = "SERVING" if all(state == "SERVING" for state in states) else "DEGRADED"
        return {"status": overall, "services": services}

    async def _one(self, name: str) -> str:
        try:
            answer = await self._stubs[name].Check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT_S)
        except grpc.aio.AioRpcError:
            return "UNREACHABLE"
        return str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))

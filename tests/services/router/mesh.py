"""Several shards of orders behind a router, each a real server, all in one process."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from tests.services.orders.desk import PORTFOLIOS, Desk, an_account
from tickmesh.orders.v1 import orders_pb2_grpc
from tickmesh.services.assets import service as assets
from tickmesh.services.orders import service as orders
from tickmesh.services.router import service as router
from tickmesh.services.runtime.host import Host, Start, open_host
from tickmesh.services.runtime.ports import free_ports
from tickmesh.services.runtime.settings import RuntimeSettings


@dataclass
class Mesh:
    """`desk` calls the router, as any client does; `shards` are called directly."""

    folder: Path
    settings: dict[str, Any]
    addresses: list[str]
    hosts: AsyncExitStack
    shards: list[Desk] = field(default_factory=list)
    parts: dict[int, AsyncExitStack] = field(default_factory=dict)
    desk: Desk = field(init=False)

    async def open(self, start: Start, name: str, **settings: Any) -> tuple[Host, AsyncExitStack]:
        """Starts a part of it."""
        stack = await self.hosts.enter_async_context(AsyncExitStack())
        chosen = RuntimeSettings(**{**self.settings, **settings})
        return await stack.enter_async_context(open_host(chosen, [name], [start])), stack

    def own_address(self, service: str) -> dict[str, str]:
        """Returns the setting of a free address for a service."""
        return {f"{service}_address": f"127.0.0.1:{free_ports(1)[0]}"}

    async def open_shard(self, number: int) -> None:
        """Starts a shard."""
        own = {
            "TICKMESH_ORDERS_SHARD": str(number),
            "TICKMESH_ORDERS_WAITS_MAX_S": "30",  # a machine with much to do is not what is tested
        }
        with mock.patch.dict(os.environ, own):
            _, self.parts[number] = await self.open(
                orders.start, "orders", orders_address=self.addresses[number]
            )

    async def close_shard(self, number: int) -> None:
        """Stops a shard."""
        await self.parts.pop(number).aclose()


@asynccontextmanager
async def a_mesh(folder: Path, count: int = 2) -> AsyncIterator[Mesh]:
    """Runs assets, so many shards, and a router, with the portfolios open."""
    ports = [f"127.0.0.1:{port}" for port in free_ports(count + 2)]
    settings = {
        "data_dir": folder,
        "database_url": os.environ.get("TICKMESH_DATABASE_URL", ""),
        "stop_grace_s": 0.1,
        "assets_address": ports[0],
        "orders_address": ports[1],
        "orders_shards": ";".join(ports[2:]),
    }
    async with AsyncExitStack() as stack:
        mesh = Mesh(folder, settings, ports[2:], stack)
        await mesh.open(assets.start, "assets")
        for number in range(count):
            await mesh.open_shard(number)
        host, _ = await mesh.open(router.start, "router")
        channel = host.channel("orders")
        mesh.desk = Desk(orders_pb2_grpc.OrdersServiceStub(channel), channel)
        channels = (host.channel_to(address) for address in mesh.addresses)
        mesh.shards = [Desk(orders_pb2_grpc.OrdersServiceStub(channel)) for channel in channels]
        await mesh.desk.control(*map(an_account, PORTFOLIOS))
        yield mesh

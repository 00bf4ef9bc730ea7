"""Several processes of orders for one shard, and one of assets, without a supervisor: who dies stays dead."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import grpc

from tests.services.orders.desk import Desk, an_account
from tickmesh.orders.v1 import orders_pb2_grpc
from tickmesh.services.orders.verification import Report, verify
from tickmesh.services.runtime import client, contract, identity
from tickmesh.services.runtime.errors import describe
from tickmesh.services.runtime.ports import free_ports
from tickmesh.services.runtime.settings import RuntimeSettings

PORTFOLIOS = ("demo", "other")
WITHIN_S = 60.0
SERVE = (sys.executable, "-m", "tickmesh.services.cli", "serve")


class Crew:
    """Processes by name. `desk` calls whoever serves, as any client does."""

    desk: Desk

    def __init__(self, folder: Path, database_url: str, names: tuple[str, ...], silence_s: float) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.settings = RuntimeSettings(data_dir=folder, database_url=database_url)
        assets, *orders = (f"127.0.0.1:{port}" for port in free_ports(1 + len(names)))
        self.addresses = dict(zip(names, orders, strict=True))
        self.processes: dict[str, asyncio.subprocess.Process] = {}
        self._environment = {
            **os.environ,
            "TICKMESH_DATA_DIR": str(folder),
            "TICKMESH_DATABASE_URL": database_url,
            "TICKMESH_ASSETS_ADDRESS": assets,
            "TICKMESH_ORDERS_ADDRESS": ",".join(orders),
            "TICKMESH_ORDERS_PROJECTOR": "process",
            "TICKMESH_ORDERS_SILENCE_S": str(silence_s),
            "TICKMESH_STOP_GRACE_S": "0.2",
        }
        signer = identity.Signer.load_or_create(folder / "keys")
        self._token = client.service_token(signer, "test", contract.all_scopes())
        self._stack = AsyncExitStack()
        self._keepers: list[asyncio.Task[None]] = []
        self._stubs = {name: self._stub(address) for name, address in self.addresses.items()}

    def _stub(self, address: str) -> orders_pb2_grpc.OrdersServiceStub:
        return orders_pb2_grpc.OrdersServiceStub(self.channel(address))

    def channel(self, address: str) -> grpc.aio.Channel:
        """Returns a channel of a caller who may do everything; it is closed with the crew."""
        channel = client.connect(address, self._token)
        self._stack.push_async_callback(channel.close, None)
        return channel

    async def open(self) -> None:
        """Starts assets, and opens the way to whoever serves."""
        await self._run("assets", "assets", {})
        self.desk = Desk(self._stub(",".join(self.addresses.values())))

    async def start(self, name: str, **settings: str) -> None:
        """Starts a process of orders and does not wait for it."""
        own = {"TICKMESH_ORDERS_LISTEN": self.addresses[name], **settings}
        await self._run(name, "orders", own)

    def keep(self, name: str) -> None:
        """Starts a process again whenever it ends, as a supervisor does."""
        self._keepers.append(asyncio.create_task(self._keep(name)))

    async def _keep(self, name: str) -> None:
        while True:
            await self.processes[name].wait()
            await asyncio.sleep(0.1)
            await (self.start(name) if name in self.addresses else self._run(name, name, {}))

    async def _run(self, name: str, service: str, own: dict[str, str]) -> None:
        with self.log(name).open("ab") as log:
            self.processes[name] = await asyncio.create_subprocess_exec(
                *SERVE, service, env={**self._environment, **own}, stdout=log, stderr=log
            )

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def signal(self, name: str, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):  # who was stopped within a transaction may have been killed for it
            self.processes[name].send_signal(number)

    async def ended(self, name: str) -> int:
        """Waits for the end of a process and returns its exit code."""
        async with asyncio.timeout(WITHIN_S):
            return await self.processes[name].wait()

    async def role(self, name: str) -> str:
        """Returns "owner", the reason why a process does not serve, or "silent"."""
        try:
            desk = Desk(self._stubs[name])
            async with asyncio.timeout(0.5):
                await desk.status()
        except TimeoutError:
            return "silent"
        except grpc.aio.AioRpcError as error:
            return describe(error).reason
        return "owner"

    async def owner(self) -> str:
        """Waits until exactly one process serves and returns its name."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                found = [name for name in self.addresses if await self.role(name) == "owner"]
                if len(found) == 1:
                    return found[0]
                await asyncio.sleep(0.02)

    async def stands_by(self, name: str) -> None:
        """Waits until a process stands by."""
        async with asyncio.timeout(WITHIN_S):
            while await self.role(name) != "STANDING_BY":
                await asyncio.sleep(0.02)

    async def open_portfolios(self) -> None:
        """Opens the portfolios that the tests trade in, once somebody serves."""
        await self.owner()
        async with asyncio.timeout(WITHIN_S):
            while True:
                try:
                    await self.desk.control(*map(an_account, PORTFOLIOS))
                    await self.desk.book()
                    return
                except grpc.aio.AioRpcError:
                    await asyncio.sleep(0.05)

    async def verified(self) -> Report:
        """Walks the journal, and replays it."""
        return await asyncio.to_thread(verify, self.settings)

    async def close(self) -> None:
        """Ends everything."""
        for keeper in self._keepers:
            keeper.cancel()
        await self._stack.aclose()
        for process in self.processes.values():
            if process.returncode is None:
                process.kill()
            await process.wait()


@asynccontextmanager
async def a_crew(
    folder: Path, database_url: str, names: tuple[str, ...] = ("first", "second"), silence_s: float = 1.5
) -> AsyncIterator[Crew]:
    """Runs assets; the test starts who is to own the shard."""
    crew = Crew(folder, database_url, names, silence_s)
    try:
        await crew.open()
        yield crew
    finally:
        await crew.close()

"""Shards of orders and their router as processes, each on a host of its own if the test makes hosts."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import grpc

from tests.faults.steady import Following, Steady
from tests.services.orders.desk import BUY, SELL, Desk, an_account, an_order
from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.orders.v1 import orders_pb2_grpc
from tickmesh.services.orders.verification import verify
from tickmesh.services.runtime import client, contract, identity
from tickmesh.services.runtime.ports import free_ports
from tickmesh.services.runtime.settings import RuntimeSettings

SHARDS = (0, 1)
SYMBOLS = (("AAPL", "TSLA"), ("MSFT", "BTC-USD"))  # that each shard trades, when there are two
PORTFOLIOS = ("demo", "other")
WITHIN_S = 60.0
SERVE = (sys.executable, "-m", "tickmesh.services.cli", "serve")


class Fleet:
    """Processes by name: assets, router, shard-0, shard-1. `desk` calls the router, as any client does."""

    desk: Desk

    def __init__(
        self, folder: Path, addresses: Mapping[str, str], hosts: Mapping[str, Sequence[str]]
    ) -> None:
        """`hosts` says with which words a command begins that runs on the host of a process."""
        self.folder = folder
        self._addresses = addresses
        self._hosts = hosts
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._environment = {
            **os.environ,
            "TICKMESH_DATA_DIR": str(folder),
            "TICKMESH_DATABASE_URL": "",
            "TICKMESH_ASSETS_ADDRESS": addresses["assets"],
            "TICKMESH_ORDERS_ADDRESS": addresses["router"],
            "TICKMESH_ORDERS_SHARDS": ";".join(addresses[f"shard-{number}"] for number in SHARDS),
            "TICKMESH_ORDERS_PROJECTOR": "process",
            "TICKMESH_STOP_GRACE_S": "0.2",
        }
        folder.mkdir(exist_ok=True)
        signer = identity.Signer.load_or_create(folder / "keys")
        self._token = client.service_token(signer, "test", contract.all_scopes())
        self._stack = AsyncExitStack()

    def _desk(self, name: str) -> Desk:
        channel = client.connect(self._addresses[name], self._token)
        self._stack.push_async_callback(channel.close, None)
        return Desk(orders_pb2_grpc.OrdersServiceStub(channel), channel)

    async def open(self) -> None:
        """Starts everything and opens the portfolios that the tests trade in."""
        for name in self._addresses:
            await self.start(name)
        self.desk = self._desk("router")
        self.shards = [self._desk(f"shard-{number}") for number in SHARDS]
        async with asyncio.timeout(WITHIN_S):
            while True:
                try:
                    await self.desk.control(*map(an_account, PORTFOLIOS))
                    for symbol in (SYMBOLS[0][0], SYMBOLS[1][0]):
                        await self.desk.book(symbol)
                    return
                except grpc.aio.AioRpcError:
                    await asyncio.sleep(0.05)

    async def start(self, name: str) -> None:
        """Starts a process."""
        service, _, number = name.partition("-")
        own = {"TICKMESH_ORDERS_SHARD": number} if number else {}
        if service != "assets":
            own["TICKMESH_ORDERS_LISTEN"] = self._addresses[name]
        command = (*self._hosts.get(name, ()), *SERVE, "orders" if number else service)
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = await asyncio.create_subprocess_exec(
                *command, env={**self._environment, **own}, stdout=log, stderr=log
            )

    async def kill(self, name: str) -> None:
        """Ends a process without a goodbye."""
        with suppress(ProcessLookupError):
            self._processes[name].send_signal(signal.SIGKILL)
        await self._processes[name].wait()

    async def close(self) -> None:
        """Ends everything."""
        await self._stack.aclose()
        for name in self._processes:
            await self.kill(name)

    async def check(self, steady: "Sequence[ShardSteady]", seen: list[int]) -> None:
        """Requires that answered orders are there once, executions were seen once, and journals are whole."""
        reports = [report for shard in self.shards for report in await shard.executions()]
        assert sorted(seen) == sorted(int(report.execution_id) for report in reports)
        made = [report.order for report in reports if report.exec_type == pb.ExecutionReport.NEW]
        by_client = {order.client_order_id: order.order_id for order in made}
        assert len(by_client) == len(made)
        answered = [one for each in steady for one in each.answered]
        assert {one.request.client_order_id for one in answered} == set(by_client)
        assert all(by_client[one.request.client_order_id] == one.answer.order_id for one in answered)
        for shard in SHARDS:
            settings = RuntimeSettings(data_dir=self.folder)
            report = await asyncio.to_thread(verify, settings, shard=shard)
            assert report.first_bad is None
            assert report.state_hash == (await self.shards[shard].status()).state_hash


class ShardSteady(Steady):
    """Clients that trade the instruments of one shard, and never give up."""

    def __init__(self, desk: Desk, shard: int) -> None:
        super().__init__(desk)
        self._symbols = SYMBOLS[shard]

    def _request(self) -> pb.SubmitOrderRequest:
        side = self._chance.choice((BUY, SELL))
        return an_order(
            side,
            str(self._chance.randint(1, 20)),
            f"{189.00 + self._chance.randint(0, 40) / 100:.2f}",
            symbol=self._chance.choice(self._symbols),
            portfolio_id="demo" if side == BUY else "other",
        )


class Seen(Following):
    """Follows the merged executions, which are in order within each shard only."""

    async def wait_for_all(self, execution_ids: Sequence[int]) -> None:
        """Waits until it has seen all of some executions."""
        async with asyncio.timeout(WITHIN_S):
            while not set(execution_ids) <= set(self.ids):
                await asyncio.sleep(0.1)


@asynccontextmanager
async def under_load(fleet: Fleet) -> AsyncIterator[tuple[list[ShardSteady], Seen]]:
    """Trades on both shards and follows for the length of a with block; then checks everything."""
    steady, seen = [ShardSteady(fleet.desk, shard) for shard in SHARDS], Seen(fleet.desk)
    async with asyncio.TaskGroup() as group:
        for each in steady:
            group.create_task(each.run())
        reading = group.create_task(seen.run())
        try:
            await asyncio.gather(*(each.wait_for_more() for each in steady))
            yield steady, seen
        finally:
            await asyncio.gather(*(each.stop() for each in steady))
            newest = [report for shard in fleet.shards for report in await shard.executions()]
            await seen.wait_for_all([int(report.execution_id) for report in newest])
            reading.cancel()
    await fleet.check(steady, seen.ids)


def on_this_host() -> dict[str, str]:
    """Returns addresses on this machine."""
    names = ("assets", "shard-0", "shard-1", "router")
    return {name: f"127.0.0.1:{port}" for name, port in zip(names, free_ports(len(names)), strict=True)}


@asynccontextmanager
async def a_fleet(
    folder: Path, addresses: Mapping[str, str], hosts: Mapping[str, Sequence[str]]
) -> AsyncIterator[Fleet]:
    """Runs everything."""
    fleet = Fleet(folder, addresses, hosts)
    try:
        await fleet.open()
        yield fleet
    finally:
        await fleet.close()

"""After a stop, however rude, everything that was acknowledged is there, once."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest
import sqlalchemy as sa

from tests.services.orders.desk import BUY, SELL, Desk, Order, an_account, an_order, open_desk
from tests.services.orders.following import Reader, random_batch, what_is_known
from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.orders.v1 import orders_pb2_grpc
from tickmesh.services.orders.verification import verify
from tickmesh.services.runtime import client, contract, identity
from tickmesh.services.runtime.database import make_engine
from tickmesh.services.runtime.ports import free_ports
from tickmesh.services.runtime.settings import RuntimeSettings

DAY_NS = 86_400 * 10**9
SERVER = """
import asyncio
from tickmesh.services.runtime import host, settings
asyncio.run(host.run(settings.load(settings.RuntimeSettings), ["assets", "orders"]))
"""


@pytest.mark.parametrize("kept", [200_000, 20], ids=["all-in-memory", "old-ones-in-the-table"])
async def test_a_restart_finds_everything_as_it_was(
    tmp_path: Path, database_url: str, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKMESH_ORDERS_EXECUTIONS_KEPT", str(kept))
    request = an_order(SELL, "7", "189.90")
    async with open_desk(tmp_path, database_url=database_url) as desk:
        first = await desk.stub.SubmitOrder(request)
        for seed in range(3):
            await desk.send(random_batch(random.Random(seed), 100))
        await desk.submit(BUY, "9999", "190.00", time_in_force=Order.IOC)
        refused = an_order(quantity="9999", price="190.00", time_in_force=Order.FOK)
        (refusal,) = await desk.batch(refused)
        reader = Reader(desk)
        await reader.read("", 50)
        before = await what_is_known(desk)
        epoch = (await desk.status()).epoch
    async with open_desk(tmp_path, database_url=database_url) as desk:
        assert await what_is_known(desk) == before
        assert (await desk.status()).epoch == epoch + 1
        assert await desk.stub.SubmitOrder(request) == first
        (again,) = await desk.batch(refused)
        assert (again.reason, again.order_id) == (refusal.reason, refusal.order_id) != ("", "")
        reader.desk = desk
        await reader.read(before[2][-1].execution_id)
        assert (reader.reports, reader.gaps) == (before[2], 0)
    report = verify(RuntimeSettings(data_dir=tmp_path, database_url=database_url))
    assert report.first_bad is None


async def test_tables_that_were_lost_are_written_again_from_the_journal(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.send(random_batch(random.Random(3), 200))
        before = await what_is_known(desk)
    for file in tmp_path.glob("orders.sqlite*"):
        file.unlink()
    async with open_desk(tmp_path) as desk:
        assert await what_is_known(desk) == before


async def test_day_orders_end_with_their_day_also_when_nobody_was_here(tmp_path: Path) -> None:
    now = [20_000 * DAY_NS + 5]
    async with open_desk(tmp_path, clock=lambda: now[0]) as desk:
        day = await desk.submit(time_in_force=Order.DAY)
        kept = await desk.submit(time_in_force=Order.GTC)
    now[0] += DAY_NS
    async with open_desk(tmp_path, clock=lambda: now[0]) as desk:
        ended = await desk.get(day)
        assert (ended.status, ended.reason) == (Order.EXPIRED, "END_OF_DAY")
        assert (await desk.get(kept)).status == Order.NEW


async def test_no_order_of_a_new_day_meets_one_of_the_day_before(tmp_path: Path) -> None:
    now = [20_000 * DAY_NS - 1]
    async with open_desk(tmp_path, clock=lambda: now[0]) as desk:
        await desk.submit(SELL, time_in_force=Order.DAY)
        now[0] += 1
        order = await desk.submit(BUY)
        assert (order.status, order.cum_quantity) == (Order.NEW, "0")
        assert await desk.levels() == ([("189.20", "10", 1)], [])


@asynccontextmanager
async def a_server(folder: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, Desk]]:
    """Runs assets and orders in a process of their own, and kills it in the end."""
    names = ("assets", "orders")
    addresses = {name: f"127.0.0.1:{port}" for name, port in zip(names, free_ports(2), strict=True)}
    told = {f"TICKMESH_{name.upper()}_ADDRESS": address for name, address in addresses.items()}
    environment = {**os.environ, **told, "TICKMESH_DATA_DIR": str(folder)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVER, env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        signer = identity.Signer.load_or_create(folder / "keys")
        channel = client.connect(
            addresses["orders"], client.service_token(signer, "test", contract.all_scopes())
        )
        async with channel:
            desk = Desk(orders_pb2_grpc.OrdersServiceStub(channel))
            await open_accounts(desk)
            yield process, desk
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def open_accounts(desk: Desk) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                await desk.control(an_account("demo"), an_account("other"))
                await desk.book()
                return
            except grpc.aio.AioRpcError:
                await asyncio.sleep(0.05)


async def flood_until_killed(desk: Desk, seed: int, acknowledged: dict[str, pb.ActionResult]) -> None:
    chance = random.Random(seed)
    try:
        while True:
            request = random_batch(chance, 50)
            for action, result in zip(request.actions, await desk.send(request), strict=True):
                if result.command:
                    kind = action.WhichOneof("action")
                    acknowledged[f"{result.command}"] = result if kind == "submit" else pb.ActionResult()
    except (grpc.aio.AioRpcError, ValueError):
        return


@pytest.mark.parametrize("commands", [50_000, 100], ids=["from-the-journal", "from-snapshots"])
async def test_whatever_was_acknowledged_before_a_kill_is_there(
    tmp_path: Path, commands: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKMESH_ORDERS_SNAPSHOT_COMMANDS", str(commands))
    acknowledged: dict[str, pb.ActionResult] = {}
    async with a_server(tmp_path) as (process, desk):
        floods = [asyncio.create_task(flood_until_killed(desk, seed, acknowledged)) for seed in range(3)]
        async with asyncio.timeout(30):
            while len(acknowledged) < 1_000:
                await asyncio.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        await asyncio.gather(*floods)
    report = await asyncio.to_thread(verify, RuntimeSettings(data_dir=tmp_path))
    assert report.first_bad is None
    assert report.commands >= max(map(int, acknowledged))
    async with open_desk(tmp_path) as desk:
        assert (await desk.status()).state_hash == report.state_hash
        executions = await desk.executions()
        ids = [report.execution_id for report in executions]
        assert len(ids) == len(set(ids))
        known = {report.order.order_id for report in executions}
        assert {result.order_id for result in acknowledged.values() if result.order_id} <= known
    assert_projected_once(tmp_path, executions)


def assert_projected_once(folder: Path, executions: list[pb.ExecutionReport]) -> None:
    """Compares the tables that were caught up after a kill with ones made afresh from the journal."""
    database = make_engine("", folder, "orders")
    with database.connect() as connection:
        caught_up = connection.execute(sa.text("SELECT * FROM executions ORDER BY sequence")).all()
    database.dispose()
    assert [str(row.sequence) for row in caught_up] == [report.execution_id for report in executions]


@pytest.mark.parametrize("seed", range(3))
async def test_every_lot_bought_was_sold_and_every_report_adds_up(tmp_path: Path, seed: int) -> None:
    async with open_desk(tmp_path) as desk:
        chance = random.Random(seed)
        for _ in range(5):
            await desk.send(random_batch(chance, 100))
        check_sums(await desk.executions())
        check_last_states(await desk.executions(), await desk.orders())


def check_sums(executions: list[pb.ExecutionReport]) -> None:
    """Checks that positions come from trades alone, and that each order's figures fit its status."""
    positions: dict[str, int] = {}
    traded: dict[str, int] = {}
    for report in executions:
        order = report.order
        if report.exec_type == pb.ExecutionReport.TRADE:
            lots = int(report.last_quantity)
            sign = 1 if order.side == BUY else -1
            positions[order.portfolio_id] = positions.get(order.portfolio_id, 0) + sign * lots
            traded[order.order_id] = traded.get(order.order_id, 0) + lots
        assert int(order.cum_quantity) == traded.get(order.order_id, 0)
        check_figures(order)
    assert sum(positions.values()) == 0
    assert len(traded) > 10


def check_figures(order: pb.Order) -> None:
    """Checks quantity, leaves and cum of an order against its status."""
    quantity, traded, leaves = int(order.quantity), int(order.cum_quantity), int(order.leaves_quantity)
    if order.status in (Order.NEW, Order.PARTIALLY_FILLED):
        assert leaves == quantity - traded > 0
        assert (traded > 0) == (order.status == Order.PARTIALLY_FILLED)
    else:
        assert leaves == 0
        assert (traded == quantity) == (order.status == Order.FILLED)
    assert bool(order.average_price) == (traded > 0)


def check_last_states(executions: list[pb.ExecutionReport], orders: list[pb.Order]) -> None:
    """Checks that an order in the list is as its last report says."""
    last = {report.order.order_id: report.order for report in executions}
    for order in orders:
        assert order == last[order.order_id]

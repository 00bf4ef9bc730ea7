"""What each shard keeps: tables and a journal of its own, from which it comes back as it was."""

import asyncio
import random

import pytest

from tests.services.orders.desk import Desk
from tests.services.router.flow import random_orders
from tests.services.router.mesh import Mesh
from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.services.orders.verification import verify
from tickmesh.services.runtime.settings import RuntimeSettings

pytestmark = pytest.mark.usefixtures("on_both_databases")


@pytest.fixture(autouse=True)
def snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKMESH_ORDERS_SNAPSHOT_COMMANDS", "100")


async def known(desk: Desk) -> tuple[object, ...]:
    """Returns all that a shard tells of itself."""
    status = await desk.status()
    return status.state_hash, status.command_sequence, await desk.orders(), await desk.executions()


async def test_a_shard_comes_back_as_it_was_from_its_own_tables(mesh: Mesh) -> None:
    chance = random.Random(5)
    for _ in range(8):
        await mesh.desk.batch(*random_orders(chance, 60))
    first, second = [await known(shard) for shard in mesh.shards]
    await mesh.close_shard(1)
    await mesh.open_shard(1)
    async with asyncio.timeout(30):
        while list((await mesh.desk.status()).shards_away):
            await asyncio.sleep(0.05)
    assert await known(mesh.shards[1]) == second
    assert await known(mesh.shards[0]) == first
    (result,) = await mesh.desk.batch(*random_orders(chance, 1))
    assert result.status in (pb.Order.NEW, pb.Order.PARTIALLY_FILLED, pb.Order.FILLED)


async def test_each_journal_is_verified_apart(mesh: Mesh) -> None:
    await mesh.desk.batch(*random_orders(random.Random(6), 200))
    settings = RuntimeSettings(data_dir=mesh.folder, database_url=mesh.settings["database_url"])
    whole = (await mesh.desk.status()).command_sequence
    reports = [await asyncio.to_thread(verify, settings, shard=shard) for shard in (0, 1)]
    assert [report.first_bad for report in reports] == [None, None]
    assert sum(report.commands for report in reports) == whole
    hashes = [(await shard.status()).state_hash for shard in mesh.shards]
    assert [report.state_hash for report in reports] == hashes

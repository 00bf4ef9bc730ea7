"""Limits that are sums over instruments, over two shards: what is used never exceeds them, and room moves."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from tests.services.orders.desk import BUY, a_limit, an_order, scope
from tests.services.router.flow import FIRST, SECOND
from tests.services.router.mesh import Mesh, a_mesh
from tickmesh.native.engine import COMMAND_DTYPE, CommandType, LimitType
from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.risk.v1 import risk_pb2, risk_pb2_grpc
from tickmesh.services.risk import service as risk

WHOLE = 1_000_000
DEMO = scope("PORTFOLIO", "demo")
EXPOSURE = pb.EngineLimit(scope=DEMO, limit_type=pb.EngineLimit.GROSS_EXPOSURE)


@pytest.fixture
async def guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Mesh, Any]]:
    """Yields two shards with a risk service that leases limits to them, and a client of risk."""
    monkeypatch.setenv("TICKMESH_RISK_DEFAULT_LIMITS", "")
    monkeypatch.setenv("TICKMESH_RISK_COLLAR_BPS", "0")
    async with a_mesh(tmp_path) as mesh:
        host, _ = await mesh.open(risk.start, "risk", **mesh.own_address("risk"))
        yield mesh, risk_pb2_grpc.RiskServiceStub(host.channel("risk"))


async def set_limit(stub: Any, value: int) -> None:
    request = risk_pb2.SetLimitRequest(limit_type="GROSS_EXPOSURE", value=str(value))
    request.scope.level, request.scope.id = pb.RiskScope.PORTFOLIO, "demo"
    await stub.SetLimit(request)


async def usage(desk: Any) -> tuple[float, float]:
    """Returns the limit and how much of it is used."""
    request = pb.GetLimitUsageRequest(limits=[EXPOSURE])
    (found,) = (await desk.stub.GetLimitUsage(request)).usages
    return float(found.limit.value), float(found.used)


async def test_an_order_that_fits_in_the_whole_limit_is_taken_once_room_has_moved(
    guarded: tuple[Mesh, Any],
) -> None:
    mesh, stub = guarded
    await set_limit(stub, WHOLE)
    assert [await usage(shard) for shard in mesh.shards] == [(WHOLE / 2, 0)] * 2
    for symbol, quantity in (("AAPL", "4700"), ("MSFT", "2300")):  # nearly nine tenths of the limit
        order = await taken_soon(mesh, symbol, quantity=quantity, price="100.00")
        limit, used = await usage(mesh.desk)
        assert limit == WHOLE and used > 0.8 * WHOLE
        await mesh.desk.cancel(order)


async def taken_soon(mesh: Mesh, symbol: str, **told: Any) -> pb.Order:
    refused = await mesh.desk.refused(symbol=symbol, **told)
    assert refused.reason == "GROSS_EXPOSURE_LIMIT"
    async with asyncio.timeout(20):
        while True:
            await asyncio.sleep(0.1)
            (result,) = await mesh.desk.batch(an_order(BUY, symbol=symbol, **told))
            if not result.reason:
                return await mesh.desk.stub.GetOrder(pb.GetOrderRequest(order_id=result.order_id))


async def test_a_lowered_limit_holds_at_once(guarded: tuple[Mesh, Any]) -> None:
    mesh, stub = guarded
    await set_limit(stub, WHOLE)
    for symbol, quantity in (("AAPL", "1500"), ("MSFT", "750")):
        await mesh.desk.submit(BUY, quantity, "100.00", symbol=symbol)
    await set_limit(stub, WHOLE // 2)
    limit, used = await usage(mesh.desk)
    assert limit <= WHOLE // 2 < used
    for symbol in ("AAPL", "MSFT"):
        assert (await mesh.desk.refused(BUY, "1", "100.00", symbol=symbol)).reason == "GROSS_EXPOSURE_LIMIT"


async def test_under_load_portions_never_add_up_to_more_than_the_limit(guarded: tuple[Mesh, Any]) -> None:
    mesh, stub = guarded
    await set_limit(stub, WHOLE)
    async with asyncio.TaskGroup() as group:
        for seed in range(4):
            group.create_task(load(mesh, random.Random(seed)))
        group.create_task(change(stub))
    limit, used = await usage(mesh.desk)
    assert used <= limit <= WHOLE
    moves = portions_over_time(mesh)
    assert len(moves) > 20
    told = {0: 0, 1: 0}
    for _, shard, portion in moves:
        told[shard] = portion
        assert sum(told.values()) <= WHOLE * 1_000_000


async def load(mesh: Mesh, chance: random.Random) -> None:
    """Sends orders that use much of the limit, now on one shard, now on the other, and cancels them."""
    for _ in range(25):
        symbols = chance.choice((FIRST, SECOND))
        sizes = [str(chance.randint(100, 4_000)) for _ in range(4)]
        orders = [an_order(BUY, size, "100.00", symbol=chance.choice(symbols)) for size in sizes]
        results = await mesh.desk.batch(*orders)
        await asyncio.sleep(chance.random() / 10)
        live = [result.order_id for result in results if not result.reason]
        if live:
            await mesh.desk.batch(*(pb.CancelOrderRequest(order_id=order_id) for order_id in live))


async def change(stub: Any) -> None:
    """Sets the limit anew meanwhile."""
    for value in (WHOLE // 2, WHOLE, WHOLE // 3, WHOLE):
        await asyncio.sleep(0.5)
        await set_limit(stub, value)


def portions_over_time(mesh: Mesh) -> list[tuple[int, int, int]]:
    """Returns what each shard was told of the limit and when, in micro-units, in order of time."""
    found = []
    for shard, name in enumerate(("orders_journal", "orders_journal_1")):
        engine = sa.create_engine(f"sqlite:///{mesh.folder / name}.sqlite")
        with engine.connect() as connection:
            rows = sa.text("SELECT payload FROM journal ORDER BY first_sequence")
            commands = np.frombuffer(b"".join(connection.execute(rows).scalars()), COMMAND_DTYPE)
        engine.dispose()
        mine = commands[
            (commands["type"] == CommandType.SET_LIMIT) & (commands["kind"] == LimitType.GROSS_EXPOSURE)
        ]
        found += [(int(each["time_ns"]), shard, int(each["quantity"])) for each in mine]
    return sorted(found)


async def test_a_limit_is_not_changed_while_a_shard_is_away_and_what_is_leased_holds(mesh: Mesh) -> None:
    await mesh.desk.control(a_limit("GROSS_EXPOSURE", str(WHOLE), DEMO))
    await mesh.close_shard(1)
    with pytest.raises(Exception, match="shard 1"):
        await mesh.desk.control(a_limit("GROSS_EXPOSURE", str(2 * WHOLE), DEMO))
    assert await usage(mesh.shards[0]) == (WHOLE / 2, 0)


async def test_portions_that_are_right_are_not_told_again(mesh: Mesh) -> None:
    await mesh.desk.control(a_limit("GROSS_EXPOSURE", str(WHOLE), DEMO))
    before = (await mesh.desk.status()).command_sequence
    await mesh.desk.control(a_limit("GROSS_EXPOSURE", str(WHOLE), DEMO))
    assert (await mesh.desk.status()).command_sequence == before

"""The portfolio service is killed while trades flow, again and again: each trade still counts once."""

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import grpc

from tests.services.portfolio.fakes import FakeAssets, FakeOrders, FakePricing, starts, stock, trade
from tickmesh.portfolio.v1 import portfolio_pb2 as pb
from tickmesh.portfolio.v1.portfolio_pb2_grpc import PortfolioServiceStub
from tickmesh.services.portfolio.domain.positions import Holding
from tickmesh.services.portfolio.wire import fill_of
from tickmesh.services.runtime.host import Start
from tickmesh.services.runtime.ports import free_port
from tickmesh.services.runtime.testing import serve_for_test

ROUNDS = 3
PORTION = 100  # trades of a round; they go on while the service is dead
PROGRAM = """
import asyncio
from tickmesh.services.runtime import host, settings
asyncio.run(host.run(settings.load(settings.RuntimeSettings), ["portfolio"]))
"""


@contextmanager
def portfolio_process(chosen: Any) -> Iterator[None]:
    """Runs the service in a process of its own, and kills it in the end."""
    names = ("assets", "orders", "pricing", "portfolio")
    addresses = {f"TICKMESH_{name.upper()}_ADDRESS": chosen.address(name) for name in names}
    environment = os.environ | addresses | {"TICKMESH_DATA_DIR": str(chosen.data_dir)}
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


async def trade_for_a_while(orders: FakeOrders, dice: random.Random, numbers: range) -> None:
    for number in numbers:
        price = f"{dice.randint(9_900, 10_100) / 100:.2f}"
        orders.add(
            trade(number, "demo", "AAPL", dice.choice(("BUY", "SELL")), str(dice.randint(1, 90)), price)
        )
        await asyncio.sleep(0.01)


async def counted(stub: Any) -> pb.Position:
    try:
        listed = await stub.ListPositions(pb.ListPositionsRequest(portfolio_id="demo"), timeout=5)
    except grpc.aio.AioRpcError:
        return pb.Position()
    return listed.positions[0] if listed.positions else pb.Position()


async def until_counted(stub: Any, count: int) -> None:
    async with asyncio.timeout(30):
        while (await counted(stub)).trade_count < count:
            await asyncio.sleep(0.02)


async def until_valued(stub: Any) -> pb.Position:
    """Waits until the service knows the instrument too, of which it hears in another stream."""
    async with asyncio.timeout(30):
        while not (position := await counted(stub)).realized_pnl:
            await asyncio.sleep(0.02)
    return position


def make_neighbours() -> tuple[FakeOrders, list[Start]]:
    orders = FakeOrders(batch=5)  # type: ignore[abstract]
    pricing = FakePricing()  # type: ignore[abstract]
    assets = FakeAssets(stock("AAPL"))  # type: ignore[abstract]
    return orders, starts(orders, pricing, assets)


async def test_each_trade_counts_once_whenever_the_service_is_killed(tmp_path: Path) -> None:
    orders, neighbours = make_neighbours()
    dice = random.Random(4)
    address = f"127.0.0.1:{free_port()}"
    async with serve_for_test(neighbours, tmp_path, portfolio_address=address) as host:
        stub = PortfolioServiceStub(host.channel("portfolio"))
        for done in range(0, ROUNDS * PORTION, PORTION):
            numbers = range(done + 1, done + PORTION + 1)
            trading = asyncio.create_task(trade_for_a_while(orders, dice, numbers))
            with portfolio_process(host.settings):
                await until_counted(stub, numbers[0])
                await asyncio.sleep(dice.random() * 0.3)  # anywhere between two commits, or in one
            await trading
        with portfolio_process(host.settings):
            await until_counted(stub, ROUNDS * PORTION)
            position = await until_valued(stub)
    whole = Holding()
    for report in orders.reports:
        whole = whole.after(fill_of(report))
    assert position.trade_count == ROUNDS * PORTION
    assert Decimal(position.quantity) == whole.quantity
    assert Decimal(position.realized_pnl) == round(whole.realized, 12)
    resumed_from = [int(request.resume_token or 0) for request in orders.requests]
    assert resumed_from == sorted(resumed_from)
    assert len(set(resumed_from)) > 2  # it went on, each time from further on

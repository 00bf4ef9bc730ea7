"""The pricing service is killed while trades flow, again and again: each trade still counts once."""

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc

from tests.services.pricing.fakes import FakeAssets, FakeOrders, both_sides, starts
from tickmesh.pricing.v1 import pricing_pb2 as pb
from tickmesh.pricing.v1.pricing_pb2_grpc import PricingServiceStub
from tickmesh.services.runtime.ports import free_port
from tickmesh.services.runtime.testing import serve_for_test

TRADES = 400
PROGRAM = """
import asyncio
from tickmesh.services.runtime import host, settings
asyncio.run(host.run(settings.load(settings.RuntimeSettings), ["pricing"]))
"""


@contextmanager
def pricing_process(chosen: Any) -> Iterator[None]:
    """Runs the service in a process of its own, and kills it in the end."""
    addresses = {
        f"TICKMESH_{name}_ADDRESS": chosen.address(name.lower()) for name in ("ASSETS", "ORDERS", "PRICING")
    }
    environment = os.environ | addresses | {"TICKMESH_DATA_DIR": str(chosen.data_dir)}
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


async def trade(orders: FakeOrders) -> None:
    for number in range(TRADES):
        orders.add(*both_sides(number, after_s=number / 8, price=f"189.{20 + number % 50}"))
        await asyncio.sleep(0.01)


async def stored_count(pricing: Any) -> int:
    try:
        response = await pricing.ListTrades(pb.ListTradesRequest(symbol="AAPL", page_size=1_000), timeout=5)
    except grpc.aio.AioRpcError:
        return -1
    return len(response.trades)


async def until_stored(pricing: Any, count: int) -> None:
    async with asyncio.timeout(30):
        while await stored_count(pricing) < count:
            await asyncio.sleep(0.02)


async def test_each_trade_counts_once_whenever_the_service_is_killed(tmp_path: Path) -> None:
    assets, orders, chance = FakeAssets(), FakeOrders(batch=5), random.Random(4)
    address = f"127.0.0.1:{free_port()}"
    async with serve_for_test(starts(assets, orders), tmp_path, pricing_address=address) as host:
        pricing = PricingServiceStub(host.channel("pricing"))
        trading = asyncio.create_task(trade(orders))
        for _ in range(3):
            with pricing_process(host.settings):
                await until_stored(pricing, 1)
                await asyncio.sleep(chance.random() * 0.3)  # anywhere between two commits, or in one
        await trading
        with pricing_process(host.settings):
            await until_stored(pricing, TRADES)
            trades = (await pricing.ListTrades(pb.ListTradesRequest(symbol="AAPL", page_size=1_000))).trades
            assert [item.trade_id for item in trades] == [f"T{number}" for number in reversed(range(TRADES))]
            for interval in (pb.Bar.SECOND_1, pb.Bar.MINUTE_1, pb.Bar.DAY_1):
                asked = pb.ListBarsRequest(symbol="AAPL", interval=interval, page_size=1_000)
                bars = (await pricing.ListBars(asked)).bars
                assert sum(bar.trade_count for bar in bars) == TRADES
                assert (bars[0].open, bars[-1].close) == ("189.20", "189.69")
    assert (
        len({request.resume_token for request in orders.requests}) > 2
    )  # it went on, each time from further on

"""The pricing service over real gRPC between a made-up venue and a clock, and how tests talk to it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest

from tests.services.pricing.fakes import (
    NOON_NS,
    FakeAssets,
    FakeOrders,
    starts,
)
from tickmesh.pricing.v1 import pricing_pb2 as pb
from tickmesh.pricing.v1.pricing_pb2_grpc import PricingServiceStub
from tickmesh.services.pricing.service import start
from tickmesh.services.runtime.errors import RemoteError, describe
from tickmesh.services.runtime.testing import serve_for_test

SECOND_1, MINUTE_1, DAY_1 = pb.Bar.SECOND_1, pb.Bar.MINUTE_1, pb.Bar.DAY_1


class Clock:
    def __init__(self) -> None:
        self.now_ns = NOON_NS

    def __call__(self) -> int:
        return self.now_ns


class World:
    """The venue, the clock, and the pricing service, which may stop and start again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.assets = FakeAssets()
        self.orders = FakeOrders()
        self.clock = Clock()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Any]:
        every = [*starts(self.assets, self.orders), start]
        async with serve_for_test(every, self.folder, self.clock) as host:
            yield PricingServiceStub(host.channel("pricing"))


async def eventually(check: Any, timeout_s: float = 10.0) -> Any:
    async with asyncio.timeout(timeout_s):
        while not (found := await check()):
            await asyncio.sleep(0.02)
        return found


async def trades_of(pricing: Any, symbol: str, count: int) -> list[pb.TradePrint]:
    async def check() -> list[pb.TradePrint]:
        found = (await pricing.ListTrades(pb.ListTradesRequest(symbol=symbol))).trades
        return list(found) if len(found) >= count else []

    found: list[pb.TradePrint] = await eventually(check)
    return found


async def bars_of(pricing: Any, interval: pb.Bar.Interval.ValueType, **request: Any) -> list[pb.Bar]:
    asked = pb.ListBarsRequest(symbol="AAPL", interval=interval, **request)
    return list((await pricing.ListBars(asked)).bars)


Row = tuple[int, int, int, int, int]


def columns(*rows: Row, instruments: tuple[str, ...] = ("AAPL",)) -> pb.TickColumns:
    index, kind, price, lots, time_ns = zip(*rows, strict=True) if rows else ((),) * 5
    return pb.TickColumns(
        instruments=[pb.TickInstrument(index=i, symbol=symbol) for i, symbol in enumerate(instruments)],
        instrument_index=np.array(index, "<u4").tobytes(),
        kind=np.array(kind, "u1").tobytes(),
        price_ticks=np.array(price, "<i8").tobytes(),
        quantity_lots=np.array(lots, "<i8").tobytes(),
        time_ns=np.array(time_ns, "<i8").tobytes(),
    )


async def publish(pricing: Any, *batches: pb.TickColumns) -> int:
    requests = iter([pb.PublishTicksRequest(ticks=ticks) for ticks in batches])
    return int((await pricing.PublishTicks(requests)).row_count)


async def refusal(call: Any) -> RemoteError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return describe(caught.value)


def in_lots_of(ticks: pb.TickColumns) -> Iterator[tuple[int, int, int]]:
    kinds = np.frombuffer(ticks.kind, "u1").tolist()
    prices = np.frombuffer(ticks.price_ticks, "<i8").tolist()
    lots = np.frombuffer(ticks.quantity_lots, "<i8").tolist()
    return zip(kinds, prices, lots, strict=True)

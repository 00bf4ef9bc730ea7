"""Readers of what is published: ticks into NumPy arrays, and the bars that come of them."""

import asyncio
import time
from typing import Any

import grpc
import numpy as np
from numpy.typing import NDArray

from tickmesh.pricing.v1 import pricing_pb2 as pb
from tickmesh.pricing.v1.pricing_pb2_grpc import PricingServiceStub
from tickmesh.services.pricing.domain.ticks import Ticks, from_bytes

SAMPLE = 32  # of so many rows one is asked for its latency


class TickReader:
    """One subscriber of the ticks of all instruments."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stream: Any = PricingServiceStub(channel).StreamTicks(pb.StreamTicksRequest())
        self._latencies: list[NDArray[np.int64]] = []
        self.messages = self.rows = self.rows_lost = self.lots = 0
        self._first_rows = 0
        self._start_s = self._end_s = 0.0

    async def begin(self) -> None:
        """Waits for the first heartbeat: from here on nothing is missed."""
        await self._stream.read()

    async def read(self, rows: int) -> None:
        """Reads until so many rows have come or were lost."""
        while self.rows + self.rows_lost < rows:
            response = await self._stream.read()
            if response is grpc.aio.EOF:
                raise RuntimeError("the stream of ticks ended")
            if response.HasField("update"):
                self._take(arrays(response.update))
            elif response.HasField("gap"):
                self.rows_lost += response.gap.to_position - response.gap.from_position
        self._end_s = time.monotonic()
        self._stream.cancel()

    def _take(self, ticks: Ticks) -> None:
        if not self.messages:  # came before the clock was started
            self._start_s, self._first_rows = time.monotonic(), len(ticks)
        self._latencies.append(time.time_ns() - ticks.time_ns[::SAMPLE])
        self.lots += int(ticks.quantity_lots.sum())
        self.messages += 1
        self.rows += len(ticks)

    @property
    def rows_per_second(self) -> float:
        """Returns the rate of what came after the first message."""
        return (self.rows - self._first_rows) / (self._end_s - self._start_s)

    @property
    def latencies_ns(self) -> NDArray[np.int64]:
        """Returns how long after they were due some rows were here, evenly chosen."""
        return np.concatenate(self._latencies)


class BarReader:
    """One subscriber of the bars of a minute of all instruments."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stream: Any = PricingServiceStub(channel).StreamBars(
            pb.StreamBarsRequest(interval=pb.Bar.MINUTE_1)
        )
        self._counts: dict[tuple[str, int], int] = {}
        self._before = 0

    async def begin(self) -> None:
        """Waits for the bars that there are already."""
        self._take((await self._stream.read()).snapshot.bars)
        self._before = sum(self._counts.values())

    async def read(self, trades: int) -> None:
        """Reads until the bars have so many trades more than at the beginning."""
        while sum(self._counts.values()) < self._before + trades:
            response = await self._stream.read()
            self._take((*response.snapshot.bars, *response.update.bars))
        self._stream.cancel()

    def _take(self, bars: Any) -> None:
        for bar in bars:
            self._counts[bar.symbol, bar.start_time.seconds] = bar.trade_count


async def traded(channel: grpc.aio.Channel, names: list[str]) -> tuple[int, int]:
    """Returns how many trades, and how many lots, the stored bars of a day have."""
    stub = PricingServiceStub(channel)
    asked = [pb.ListBarsRequest(symbol=name, interval=pb.Bar.DAY_1) for name in names]
    bars = [bar for page in await asyncio.gather(*map(stub.ListBars, asked)) for bar in page.bars]
    return sum(bar.trade_count for bar in bars), sum(int(bar.volume) for bar in bars)


def arrays(columns: pb.TickColumns) -> Ticks:
    """Returns the columns of a message as arrays."""
    return from_bytes(
        (
            columns.instrument_index,
            columns.kind,
            columns.price_ticks,
            columns.quantity_lots,
            columns.time_ns,
        )
    )

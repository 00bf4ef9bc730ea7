"""Publishes rows as fast as they are taken, or each batch when it is due, however late those before it."""

import asyncio
import time
from collections.abc import AsyncIterator

from tickmesh.pricing.v1 import pricing_pb2 as pb
from tickmesh.pricing.v1.pricing_pb2_grpc import PricingServiceStub

from .flow import Flow
from .services import connect

NANOSECONDS = 1_000_000_000


async def publish(symbols: int, row_count: int, batches: int, rate: int) -> None:
    """Sends so many batches of so many rows, at a rate of rows a second or, with 0, without one.

    Prints how many seconds of the processor that took.
    """
    flow = Flow(symbols, row_count)
    used_before_s = time.process_time()
    start_ns = time.time_ns()

    async def requests() -> AsyncIterator[pb.PublishTicksRequest]:
        for number in range(batches):
            due_ns = start_ns + number * row_count * NANOSECONDS // rate if rate else time.time_ns()
            await asyncio.sleep(max(0.0, (due_ns - time.time_ns()) / NANOSECONDS))
            yield flow.batch(due_ns, names=number == 0)

    async with connect() as channel:
        await PricingServiceStub(channel).PublishTicks(requests())
    print(time.process_time() - used_before_s)

"""Orders through the public port: the round trip of one, and how many a second in batches, durable.

Every order is in the journal before it is answered. The unary run is open-loop: orders are due at
a fixed rate and latency counts from the moment at which one was due, so a stall cannot hide behind itself.
"""

import asyncio
import time
from collections.abc import AsyncIterator

import grpc

from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.orders.v1.orders_pb2_grpc import OrdersServiceStub

from .running import Row, Running, open_portfolio, percentiles

SYMBOL = "AAPL"
REFERENCE_CENTS = 18_920
RATE = 200
UNARY_SECONDS = 10
BATCHES = 300
IN_FLIGHT = 4


def order(portfolio_id: str, number: int) -> pb.SubmitOrderRequest:
    """Returns one of a mix: four of five rest within two dollars of the reference, one takes."""
    side = pb.Order.BUY if number % 2 else pb.Order.SELL
    away = 1 + number % 200
    takes = number % 5 == 0
    cents = REFERENCE_CENTS - away if (side == pb.Order.BUY) != takes else REFERENCE_CENTS + away
    return pb.SubmitOrderRequest(
        client_order_id=f"b{number}",
        portfolio_id=portfolio_id,
        symbol=SYMBOL,
        side=side,
        order_type=pb.Order.LIMIT,
        quantity=str(1 + number % 7),
        price=f"{cents // 100}.{cents % 100:02d}",
        time_in_force=pb.Order.IOC if takes else pb.Order.GTC,
    )


async def unary(channel: grpc.aio.Channel) -> Row:
    """Measures SubmitOrder, one after the other being due at a fixed rate."""
    stub, portfolio_id = OrdersServiceStub(channel), await open_portfolio(channel, "bench-unary")
    latencies_ms: list[float] = []
    start_s = time.perf_counter() + 0.1

    async def one(number: int) -> None:
        due_s = start_s + number / RATE
        await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
        await stub.SubmitOrder(order(portfolio_id, number))
        latencies_ms.append((time.perf_counter() - due_s) * 1e3)

    await asyncio.gather(*(one(number) for number in range(RATE * UNARY_SECONDS)))
    return {"orders": len(latencies_ms), "orders_per_second": RATE, "latency_ms": percentiles(latencies_ms)}


async def batched(channel: grpc.aio.Channel, size: int, name: str) -> Row:
    """Measures SubmitOrders with so many orders a message and a few messages in flight."""
    stub, portfolio_id = OrdersServiceStub(channel), await open_portfolio(channel, name)
    messages = [
        pb.SubmitOrdersRequest(
            actions=[pb.OrderAction(submit=order(portfolio_id, batch * size + i)) for i in range(size)]
        )
        for batch in range(BATCHES)
    ]
    sent_s: list[float] = []
    latencies_ms: list[float] = []
    free = asyncio.Semaphore(IN_FLIGHT)

    async def requests() -> AsyncIterator[pb.SubmitOrdersRequest]:
        for message in messages:
            await free.acquire()
            sent_s.append(time.perf_counter())
            yield message

    start_s = time.perf_counter()
    async for response in stub.SubmitOrders(requests()):
        assert all(result.command for result in response.results), response.results[0]
        latencies_ms.append((time.perf_counter() - sent_s[len(latencies_ms)]) * 1e3)
        free.release()
    seconds = time.perf_counter() - start_s
    return {
        "orders_a_message": size,
        "orders": BATCHES * size,
        "orders_per_second": round(BATCHES * size / seconds),
        "latency_ms": percentiles(latencies_ms),
    }


async def measure(running: Running) -> dict[str, list[Row]]:
    """Runs all of them on a platform."""
    async with running.channel() as channel:
        rows = [await unary(channel)]
        batches = [await batched(channel, size, f"bench-{size}") for size in (20, 100, 500)]
    return {"unary": rows, "batched": batches}

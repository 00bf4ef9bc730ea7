"""Ticks a second from PublishTicks through the pricing service into a subscriber's NumPy arrays.

Three processes: the services, a publisher and a subscriber, over gRPC on the loopback interface. First as
fast as it goes, for several batch sizes; then open-loop at a fixed rate, where a row's latency counts from
the moment at which it was due, so that a stall cannot hide the rows behind it.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import grpc
import numpy as np
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tickmesh.pricing.v1 import pricing_pb2 as pb
from tickmesh.pricing.v1.pricing_pb2_grpc import PricingServiceStub
from tickmesh.services.pricing.domain.ticks import Ticks, from_bytes, to_bytes
from tickmesh.services.runtime import client, contract, host, settings
from tickmesh.services.runtime.identity import Signer
from tickmesh.services.runtime.ports import free_port

SYMBOLS = ("AAPL", "MSFT", "NVDA", "SPY")
TRADE_SHARE = 0.05
NANOSECONDS = 1_000_000_000


@dataclass(frozen=True)
class Result:
    """What one run measured."""

    rows_per_message: int
    target_rows_per_second: int  # 0: as fast as it goes
    rows: int
    rows_lost: int
    rows_per_second: int
    rows_per_response: int
    latency_ms: dict[str, float]


def connect() -> grpc.aio.Channel:
    """Returns a channel to the pricing service that the environment names."""
    chosen = settings.load(settings.RuntimeSettings)
    token = client.service_token(Signer.load(chosen.keys), "benchmark", contract.user_scopes())
    return client.connect(chosen.pricing_address, token)


def batches(row_count: int) -> Callable[[int], pb.TickColumns]:
    """Returns a maker of batches due at a moment: a random walk, one trade in twenty rows."""
    random = np.random.default_rng(7)
    instrument = random.integers(0, len(SYMBOLS), row_count, np.uint32)
    kind = np.where(
        random.random(row_count) < TRADE_SHARE,
        random.integers(3, 5, row_count),
        random.integers(1, 3, row_count),
    )
    price = 10_000 + random.integers(-1, 2, row_count).cumsum()
    lots = random.integers(1, 100, row_count)

    def make(due_ns: int) -> pb.TickColumns:
        times = np.full(row_count, due_ns)
        index, kinds, prices, quantities, moments = to_bytes(
            Ticks(instrument, kind.astype(np.uint8), price, lots, times)
        )
        return pb.TickColumns(
            instruments=[pb.TickInstrument(index=i, symbol=symbol) for i, symbol in enumerate(SYMBOLS)],
            instrument_index=index,
            kind=kinds,
            price_ticks=prices,
            quantity_lots=quantities,
            time_ns=moments,
        )

    return make


async def publish(row_count: int, rows: int, rate: int) -> None:
    """Sends rows; with a rate, each batch when it is due, however late the ones before it were."""
    make = batches(row_count)
    start_ns = time.time_ns()

    async def requests() -> Any:
        for number in range(rows // row_count):
            due_ns = start_ns + number * row_count * NANOSECONDS // rate if rate else time.time_ns()
            await asyncio.sleep(max(0.0, (due_ns - time.time_ns()) / NANOSECONDS))
            yield pb.PublishTicksRequest(ticks=make(due_ns))

    async with connect() as channel:
        await PricingServiceStub(channel).PublishTicks(requests())


async def subscribe(stream: Any, rows: int) -> tuple[list[np.ndarray], int, float]:
    """Reads rows into arrays. Returns latencies by message, how many rows were lost, and how long it took."""
    latencies: list[np.ndarray] = []
    lost = seen = 0
    start_s = time.monotonic()
    while seen + lost < rows:
        response = await stream.read()
        if response.HasField("update"):
            ticks = arrays(response.update)
            latencies.append(time.time_ns() - ticks.time_ns)
            start_s = start_s if seen else time.monotonic()
            seen += len(ticks)
        elif response.HasField("gap"):
            lost += response.gap.to_position - response.gap.from_position
    return latencies, lost, time.monotonic() - start_s


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


async def measure(row_count: int, rows: int, rate: int) -> Result:
    """Runs a publisher process against one subscriber in this process."""
    rows -= rows % row_count
    async with connect() as channel:
        stream = PricingServiceStub(channel).StreamTicks(pb.StreamTicksRequest())
        await stream.read()  # the first heartbeat: from here on nothing is missed
        publisher = spawn("publisher", str(row_count), str(rows), str(rate))
        async with asyncio.timeout(120):
            latencies, lost, elapsed_s = await subscribe(stream, rows)
        await asyncio.to_thread(publisher.wait, 60)
    first = len(latencies[0])  # came before the clock was started
    every = np.concatenate(latencies) / 1e6
    return Result(
        rows_per_message=row_count,
        target_rows_per_second=rate,
        rows=len(every),
        rows_lost=lost,
        rows_per_second=round((len(every) - first) / elapsed_s),
        rows_per_response=round(len(every) / len(latencies)),
        latency_ms={
            name: round(float(np.percentile(every, share)), 3)
            for name, share in (("p50", 50), ("p99", 99), ("p99_9", 99.9))
        },
    )


def spawn(role: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Starts another process of this benchmark."""
    return subprocess.Popen([sys.executable, __file__, "--role", role, *arguments])


async def healthy() -> None:
    """Waits until the pricing service says that it serves."""
    async with asyncio.timeout(30), connect() as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        while True:
            try:
                answer = await stub.Check(health_pb2.HealthCheckRequest(service=""))
                if answer.status == health_pb2.HealthCheckResponse.SERVING:
                    return
            except grpc.aio.AioRpcError:
                pass
            await asyncio.sleep(0.1)


async def measure_all(rows: int) -> list[Result]:
    """Runs everything against services that are started for it."""
    await healthy()
    plan = [(1_000, rows, 0), (8_000, rows * 2, 0), (1_000, rows // 4, 100_000), (1_000, rows // 2, 500_000)]
    return [await measure(*one) for one in plan]


def run(rows: int = 4_000_000) -> list[dict[str, Any]]:
    """Starts the services in a folder of their own, measures, stops them."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "TICKMESH_DATA_DIR": folder,
            "TICKMESH_LOG_LEVEL": "error",
            **{f"TICKMESH_{name.upper()}_ADDRESS": f"127.0.0.1:{free_port()}" for name in settings.SERVICES},
        }
        Signer.create(Path(folder) / "keys")
        services = spawn("services")
        try:
            return [asdict(result) for result in asyncio.run(measure_all(rows))]
        finally:
            services.terminate()
            services.wait(10)


def serve() -> None:
    """Runs the assets and pricing services; there is no venue to follow."""
    import uvloop

    from tickmesh.services.runtime import telemetry

    chosen = settings.load(settings.RuntimeSettings)
    telemetry.configure("benchmark", chosen.log_level)
    uvloop.run(host.run(chosen, ["assets", "pricing"]))


def show(results: list[dict[str, Any]]) -> None:
    """Prints the results as a table."""
    print("rows/message  target rows/s      rows/s  rows/response    lost  latency ms p50 / p99 / p99.9")
    for result in results:
        target = f"{result['target_rows_per_second']:,}" if result["target_rows_per_second"] else "unbounded"
        latency = " / ".join(f"{value:.2f}" for value in result["latency_ms"].values())
        print(
            f"{result['rows_per_message']:>12,}  {target:>13}  {result['rows_per_second']:>10,}"
            f"  {result['rows_per_response']:>13,}  {result['rows_lost']:>6,}  {latency}"
        )


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=4_000_000, help="rows of the first run")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--role", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.role == ["services"]:
        serve()
    elif arguments.role:
        asyncio.run(publish(*map(int, arguments.role[1:])))
    else:
        results = run(arguments.rows)
        print(json.dumps(results)) if arguments.json else show(results)


if __name__ == "__main__":
    main()

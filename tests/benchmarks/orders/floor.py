"""What no order can be faster than here: a call that does nothing, and the disk alone.

python -m tests.benchmarks.orders.floor PORT serves SubmitOrder, and answers each with nothing.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import grpc
import uvloop

from tickmesh.services.runtime.ports import free_ports

from ..running import Row
from .histogram import Histogram
from .wire import SUBMIT_ORDER, Answers, Caller, open_loop_singles

ROW_BYTES = 4_096  # a page, as a database writes for a row of one order
DISK_WRITES = 1_000


async def _answer(request: bytes, context: object) -> bytes:
    return b""


async def serve(port: int) -> None:
    """Answers until the process is told to stop."""
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    service, _, method = SUBMIT_ORDER.strip("/").partition("/")
    handlers = {method: grpc.unary_unary_rpc_method_handler(_answer)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


@contextmanager
def _served() -> Iterator[str]:
    (port,) = free_ports(1)
    process = subprocess.Popen([sys.executable, "-m", __name__, str(port)])
    try:
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def empty_calls(rate: int, seconds: int, told: Callable[[Answers], Row]) -> Row:
    """Returns percentiles of unary calls that do nothing, open loop at a rate."""

    async def call(address: str) -> Answers:
        async with Caller(address, "nobody's") as caller:
            return await open_loop_singles(caller, [b""] * rate * seconds, rate)

    with _served() as address:
        answers = uvloop.run(call(address))
    return {"call": "a unary call that does nothing", "orders_per_second": rate, **told(answers)}


def disk() -> Row:
    """Returns percentiles of writing a page to the end of a file and waiting for the disk, in ms."""
    waited = Histogram()
    page = bytes(ROW_BYTES)
    with tempfile.NamedTemporaryFile(prefix="tickmesh-bench-") as file:
        for _ in range(DISK_WRITES):
            began = time.perf_counter_ns()
            os.write(file.fileno(), page)
            os.fdatasync(file.fileno())
            waited.record(time.perf_counter_ns() - began)
    most = round(waited.most / 1e6, 3)
    return {"call": "a page written, and fdatasync", **waited.told(1_000_000), "max": most}


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))

"""What a router costs: the same orders straight to a shard, through it to one, and through it to two."""

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvloop

from tickmesh.services.runtime.ports import free_ports

from ..running import Row
from . import flow
from .rates import middle, once
from .services import AS_USUAL, Services, account, control, known, ready
from .wire import Caller

COUNTS = {1: 3_000, 100: 60_000, 1_000: 100_000}  # orders in a repetition, by orders a message
REPETITIONS = 3
HERE, THERE = ("AAPL", "TSLA"), ("AAPL", "MSFT")  # both on the first shard; one on each of two


@contextmanager
def _running(folder: Path) -> Iterator[tuple[Services, list[str]]]:
    """Yields assets, two shards and their router, and where the shards listen."""
    shards = [f"127.0.0.1:{port}" for port in free_ports(2)]
    found = Services(folder, "", {}, AS_USUAL, orders_shards=";".join(shards))
    found.token()
    names = ["assets", *(f"shard-{number}" for number in range(len(shards))), "router"]
    try:
        found.start("assets")
        for number, address in enumerate(shards):
            found.start(names[1 + number], "orders", ORDERS_SHARD=number, ORDERS_LISTEN=address)
        found.start("router")
        asyncio.run(_prepare(found))
        yield found, shards
    finally:
        for name in reversed(names):
            found.stop(name)


async def _prepare(found: Services) -> None:
    await ready(found)
    async with found.stub() as stub:
        for symbol in {*HERE, *THERE}:
            await known(stub, symbol)
        await control(stub, [account(number) for number in range(100)])


async def _measure(found: Services, shards: Sequence[str], quick: bool) -> list[Row]:
    ways = {
        "straight to a shard": (shards[0], HERE),
        "router, one shard": (found.address, HERE),
        "router, two shards": (found.address, THERE),
    }
    rows: list[Row] = []
    portfolio = 0
    for size, orders in COUNTS.items():
        count = orders // size // (10 if quick else 1)
        tries: dict[str, list[Row]] = {way: [] for way in ways}
        for _ in range(1 if quick else REPETITIONS):
            for way, (address, symbols) in ways.items():  # in turn, so that all see the same machine
                contents = flow.of_portfolio(flow.messages(count, size, symbols), portfolio)
                portfolio += 1
                async with Caller(address, found.token()) as caller:
                    tries[way].append((await once(caller, contents, size, found.processes))[1])
        rows += [{"way": way, "orders_a_message": size, **middle(each)} for way, each in tries.items()]
    return rows


def measure(quick: bool = False) -> Iterator[Row]:
    """Measures on SQLite."""
    with (
        tempfile.TemporaryDirectory(prefix="tickmesh-bench-", ignore_cleanup_errors=True) as name,
        _running(Path(name)) as (found, shards),
    ):
        yield from uvloop.run(_measure(found, shards, quick))

"""Two shards and a router on three hosts, one of which is cut off and comes back."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from tests.faults.fleet import SYMBOLS, Fleet, a_fleet, under_load
from tests.faults.hosts import Hosts, NoHosts, some_hosts
from tests.services.orders.desk import an_order
from tickmesh.services.runtime.errors import RemoteError, describe

PORT = 7102
AWAY_WITHIN_S = 4.0  # two seconds until a cut is seen, and a busy machine


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    try:
        with some_hosts("router", "shard-0", "shard-1") as hosts:
            yield hosts
    except NoHosts as error:
        pytest.skip(f"no network namespaces here: {error}")


async def refusal(fleet: Fleet, symbol: str) -> RemoteError | None:
    try:
        await fleet.desk.stub.SubmitOrder(an_order(symbol=symbol), timeout=5.0)
    except grpc.aio.AioRpcError as error:
        return describe(error)
    return None


async def test_a_host_is_cut_off_and_comes_back(tmp_path: Path, hosts: Hosts) -> None:
    places = {name: hosts.address(name) for name in ("router", "shard-0", "shard-1")}
    addresses = {"assets": f"{places['router']}:{PORT - 1}"}
    addresses |= {name: f"{place}:{PORT}" for name, place in places.items()}
    commands = {name: hosts.command("router" if name == "assets" else name) for name in addresses}
    async with a_fleet(tmp_path / "data", addresses, commands) as fleet, under_load(fleet) as (steady, seen):
        cut_s = time.monotonic()
        hosts.cut("shard-1")
        await is_away(fleet)
        seen_s = time.monotonic() - cut_s
        assert seen_s < AWAY_WITHIN_S
        before = len(steady[0].answered), len(seen.ids)
        await steady[0].wait_for_more(500)
        assert len(seen.ids) > before[1]
        assert steady[0].unavailable == 0
        hosts.mend("shard-1")
        mended_s = time.monotonic()
        took_s = await steady[1].first_answer_after(mended_s) - mended_s
        print(f"the cut was seen after {seen_s:.1f} s; answers {took_s:.1f} s after the cable was put in")
        await steady[1].wait_for_more()


async def is_away(fleet: Fleet) -> None:
    """Waits until orders for the shard that is cut off are refused."""
    async with asyncio.timeout(30):
        while (refused := await refusal(fleet, SYMBOLS[1][0])) is None or (
            refused.reason != "SHARD_UNAVAILABLE"
        ):
            await asyncio.sleep(0.05)

"""A shard or the router ends under load: the other shard goes on, and nothing is lost or doubled."""

import time
from pathlib import Path

import pytest

from tests.faults.fleet import a_fleet, on_this_host, under_load


async def test_a_shard_is_killed_and_comes_back(tmp_path: Path) -> None:
    async with a_fleet(tmp_path / "data", on_this_host(), {}) as fleet, under_load(fleet) as (steady, _):
        unavailable = steady[0].unavailable
        await fleet.kill("shard-1")
        await steady[0].wait_for_more(500)
        assert steady[0].unavailable == unavailable
        came_back_s = time.monotonic()
        await fleet.start("shard-1")
        await steady[1].first_answer_after(came_back_s)
        await steady[1].wait_for_more()


@pytest.mark.parametrize("times", [3])
async def test_the_router_is_killed_again_and_again(tmp_path: Path, times: int) -> None:
    async with a_fleet(tmp_path / "data", on_this_host(), {}) as fleet, under_load(fleet) as (steady, _):
        for _ in range(times):
            await fleet.kill("router")
            await fleet.start("router")
            for each in steady:
                await each.wait_for_more(100)

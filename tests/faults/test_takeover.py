"""One owner of a shard at a time: who stands by takes over, and nothing is lost, doubled or written late."""

import asyncio
import time
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP, SIGTERM

from .crew import Crew, a_crew
from .steady import Following, Steady, under_load

GENEROUS_S = 10.0  # on a busy machine; `python -m tests.faults.takeover` measures
FIRST, SECOND = "first", "second"


async def a_pair(crew: Crew) -> None:
    """Starts an owner, and then one that stands by."""
    await crew.start(FIRST)
    await crew.open_portfolios()
    await crew.start(SECOND)
    await crew.stands_by(SECOND)


async def check_everything(crew: Crew, steady: Steady, following: Following) -> None:
    """Every acknowledged order is there once, the first answer is kept, and nobody missed an execution."""
    executions = await crew.desk.executions()
    ids = [int(report.execution_id) for report in executions]
    assert ids == sorted(set(ids))
    submitted = [report.order.client_order_id for report in executions if report.exec_type == report.NEW]
    assert len(submitted) == len(set(submitted))
    assert {one.request.client_order_id for one in steady.answered} <= set(submitted)
    for one in steady.answered[:: max(1, len(steady.answered) // 100)]:
        assert await crew.desk.stub.SubmitOrder(one.request, timeout=10) == one.answer
    await following.wait_for(ids[-1])
    assert (following.ids, following.follower.gaps) == (ids, 0)
    state_hash = (await crew.desk.status()).state_hash
    report = await crew.verified()
    assert (report.first_bad, report.state_hash) == (None, state_hash)


async def test_a_killed_owner_is_replaced_and_nothing_is_lost(tmp_path: Path, database_url: str) -> None:
    async with a_crew(tmp_path, database_url) as crew:
        await a_pair(crew)
        async with under_load(crew.desk) as (steady, following):
            for owner, standby in ((FIRST, SECOND), (SECOND, FIRST)):
                await steady.wait_for_more()
                killed_s = time.monotonic()
                crew.signal(owner, SIGKILL)
                await crew.ended(owner)
                await crew.start(owner)
                took_s = await steady.first_answer_after(killed_s) - killed_s
                print(f"orders were accepted again after {took_s * 1e3:.0f} ms")
                assert took_s < GENEROUS_S
                assert await crew.owner() == standby
                await crew.stands_by(owner)
                await steady.wait_for_more()
            await steady.stop()
            await check_everything(crew, steady, following)
        assert steady.retries > 0


async def test_a_paused_owner_that_wakes_up_writes_nothing_and_ends(
    tmp_path: Path, database_url: str
) -> None:
    async with a_crew(tmp_path, database_url) as crew:
        await a_pair(crew)
        async with under_load(crew.desk) as (steady, following):
            paused_s = time.monotonic()
            crew.signal(FIRST, SIGSTOP)
            took_s = await steady.first_answer_after(paused_s) - paused_s
            print(f"orders were accepted again after {took_s * 1e3:.0f} ms")
            assert took_s < GENEROUS_S
            await asyncio.sleep(max(0.0, paused_s + 5.0 - time.monotonic()))
            epoch = (await crew.desk.status()).epoch
            crew.signal(FIRST, SIGCONT)
            assert await crew.ended(FIRST) != 0
            await steady.wait_for_more()
            assert ((await crew.desk.status()).epoch, await crew.owner()) == (epoch, SECOND)
            await steady.stop()
            await check_everything(crew, steady, following)


async def test_of_two_that_start_at_once_on_an_empty_database_one_owns(
    tmp_path: Path, database_url: str
) -> None:
    async with a_crew(tmp_path, database_url) as crew:
        await asyncio.gather(crew.start(FIRST), crew.start(SECOND))
        owner = await crew.owner()
        await crew.stands_by(SECOND if owner == FIRST else FIRST)
        assert (await crew.desk.status()).epoch == 1


async def test_after_a_clean_stop_whoever_stands_by_or_starts_owns_at_once(
    tmp_path: Path, database_url: str
) -> None:
    async with a_crew(tmp_path, database_url, silence_s=30.0) as crew:
        await a_pair(crew)
        crew.signal(FIRST, SIGTERM)
        assert await crew.ended(FIRST) == 0
        async with asyncio.timeout(GENEROUS_S):
            assert await crew.owner() == SECOND
        crew.signal(SECOND, SIGTERM)
        assert await crew.ended(SECOND) == 0
        await crew.start(FIRST)
        async with asyncio.timeout(GENEROUS_S):
            assert await crew.owner() == FIRST
        assert (await crew.desk.status()).epoch == 3


async def test_who_stands_by_can_be_stopped(tmp_path: Path) -> None:
    async with a_crew(tmp_path, "") as crew:
        await a_pair(crew)
        crew.signal(SECOND, SIGTERM)
        assert await crew.ended(SECOND) == 0
        assert await crew.role(FIRST) == "owner"
        assert (await crew.desk.status()).epoch == 1

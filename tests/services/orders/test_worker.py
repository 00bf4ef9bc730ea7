"""The thread that does one thing after the other."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from tickmesh.services.orders.worker import Worker


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker("tests")
    yield worker
    worker.shutdown()


async def test_everything_is_done_in_order_in_one_thread(worker: Worker) -> None:
    loop, done = asyncio.get_running_loop(), list[tuple[int, str]]()

    def work(number: int) -> int:
        done.append((number, threading.current_thread().name))
        return number * number

    found = await asyncio.gather(*(loop.run_in_executor(worker, work, number) for number in range(100)))
    assert found == [number * number for number in range(100)]
    assert done == [(number, "tests") for number in range(100)]


async def test_a_failure_is_raised_where_it_is_waited_for(worker: Worker) -> None:
    loop = asyncio.get_running_loop()
    with pytest.raises(ZeroDivisionError):
        await loop.run_in_executor(worker, lambda: 1 // 0)
    assert await loop.run_in_executor(worker, lambda: 1) == 1


async def test_what_nobody_waits_for_any_more_is_done_all_the_same(worker: Worker) -> None:
    loop, may_go_on, done = asyncio.get_running_loop(), threading.Event(), list[int]()
    first = loop.run_in_executor(worker, may_go_on.wait)
    second = loop.run_in_executor(worker, done.append, 2)
    first.cancel()
    second.cancel()
    may_go_on.set()
    await loop.run_in_executor(worker, done.append, 3)
    assert done == [2, 3]


async def test_the_end_waits_for_what_is_in_line_and_takes_nothing_more() -> None:
    worker, loop, done = Worker("tests"), asyncio.get_running_loop(), list[int]()
    waiting = [loop.run_in_executor(worker, done.append, number) for number in range(10)]
    worker.shutdown()
    assert done == list(range(10))
    await asyncio.gather(*waiting)
    with pytest.raises(RuntimeError, match="any more"):
        loop.run_in_executor(worker, done.append, 0)


def test_a_loop_that_is_closed_meanwhile_is_not_told() -> None:
    worker, may_go_on, done = Worker("tests"), threading.Event(), list[int]()

    async def leave() -> None:
        asyncio.get_running_loop().run_in_executor(worker, may_go_on.wait)

    asyncio.run(leave())
    may_go_on.set()

    async def come() -> None:
        await asyncio.get_running_loop().run_in_executor(worker, done.append, 1)

    asyncio.run(come())
    worker.shutdown()
    assert done == [1]

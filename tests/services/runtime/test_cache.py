"""The cache against a real Redis, and without one."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from tests.redis_server import RedisServer, redis_server
from tickmesh.services.runtime import cache as cache_module
from tickmesh.services.runtime.cache import Cache, Memory

__all__ = ["redis_server"]

KEY = "asset:metadata:AAPL"


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
async def caches(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Cache, Cache]]:
    monkeypatch.setattr(cache_module, "ANSWER_WITHIN_S", 10.0)  # a busy machine is not a Redis that is gone
    first, second = Cache(redis_server.url), Cache(redis_server.url)
    await first.get("asset:warm")
    await second.get("asset:warm")
    await until(lambda: first.is_tracking and second.is_tracking)
    yield first, second
    await first.close()
    await second.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def warm(cache: Cache) -> None:
    """Reads until the value is served from memory."""
    async with asyncio.timeout(10):
        while cache._memory.get(KEY) is None:
            await cache.get(KEY)
            await asyncio.sleep(0.005)


async def test_a_value_is_found_until_its_time_is_over() -> None:
    clock = Clock()
    cache = Cache(clock_s=clock)
    await cache.put(KEY, b"apple", 60)
    assert await cache.get(KEY) == b"apple"
    clock.now_s += 60
    assert await cache.get(KEY) is None
    assert (cache.hits, cache.misses) == (1, 1)


async def test_an_invalidated_value_is_gone_and_counted() -> None:
    cache = Cache()
    await cache.put(KEY, b"apple", 60)
    await cache.invalidate(KEY)
    await cache.invalidate(KEY)
    assert await cache.get(KEY) is None
    assert cache.invalidations == 1


async def test_an_older_version_does_not_replace_a_newer_one() -> None:
    cache = Cache()
    await cache.put(KEY, b"new", 60, version=2)
    await cache.put(KEY, b"old", 60, version=1)
    assert await cache.get(KEY) == b"new"


def test_the_least_recently_used_value_makes_room() -> None:
    memory = Memory(2, Clock())
    memory.put("a", b"1", 60, 0)
    memory.put("b", b"2", 60, 0)
    memory.get("a")
    memory.put("c", b"3", 60, 0)
    assert (memory.get("a"), memory.get("b"), memory.get("c")) == (b"1", None, b"3")


async def test_another_process_finds_what_this_one_cached(caches: tuple[Cache, Cache]) -> None:
    first, second = caches
    await first.put(KEY, b"apple", 60)
    assert await second.get(KEY) == b"apple"


async def test_an_empty_value_is_a_value(caches: tuple[Cache, Cache]) -> None:
    await caches[0].put(KEY, b"", 60)
    assert await caches[1].get(KEY) == b""


async def test_an_invalidation_reaches_the_memory_of_other_processes(caches: tuple[Cache, Cache]) -> None:
    first, second = caches
    await first.put(KEY, b"apple", 60)
    await warm(second)
    await first.invalidate(KEY)
    await until(lambda: second._memory.get(KEY) is None)
    assert await second.get(KEY) is None
    assert second.invalidations >= 1


async def test_a_new_value_replaces_the_one_in_the_memory_of_other_processes(
    caches: tuple[Cache, Cache],
) -> None:
    first, second = caches
    await first.put(KEY, b"old", 60, version=1)
    await warm(second)
    await first.put(KEY, b"new", 60, version=2)
    await until(lambda: second._memory.get(KEY) != b"old")
    assert await second.get(KEY) == b"new"


async def test_redis_too_keeps_the_newer_version(caches: tuple[Cache, Cache]) -> None:
    first, second = caches
    await first.put(KEY, b"new", 60, version=2)
    await second.put(KEY, b"old", 60, version=1)
    assert await first.get(KEY) == b"new"
    assert await second.get(KEY) == b"new"


async def test_keys_without_a_tracked_prefix_stay_out_of_memory(caches: tuple[Cache, Cache]) -> None:
    first, _ = caches
    await first.put("other:1", b"x", 60)
    assert await first.get("other:1") == b"x"
    assert first._memory.get("other:1") is None


async def test_a_flushed_redis_empties_the_memory(
    caches: tuple[Cache, Cache], redis_server: RedisServer
) -> None:
    first, second = caches
    await first.put(KEY, b"apple", 60)
    await warm(second)
    assert first._redis is not None
    await first._redis.flushall()
    await until(lambda: second._memory.get(KEY) is None)


async def test_the_platform_works_on_when_redis_dies_and_when_it_returns(redis_server: RedisServer) -> None:
    clock = Clock()
    cache = Cache(redis_server.url, clock_s=clock)
    await cache.put(KEY, b"apple", 60)
    await until(lambda: cache.is_tracking)
    redis_server.kill()
    await until(lambda: not cache.is_tracking)
    await cache.put(KEY, b"pear", 60)
    assert await cache.get(KEY) == b"pear"
    assert cache.failures >= 1
    clock.now_s += 2
    assert await cache.get(KEY) is None, "unheard of changes end its trust"
    redis_server.start()
    await until(lambda: cache.is_tracking)
    clock.now_s += 2
    await cache.put(KEY, b"plum", 60)
    assert await cache.get(KEY) == b"plum"
    await cache.close()


async def test_a_redis_that_was_never_there_costs_nothing_but_a_count() -> None:
    cache = Cache("redis://127.0.0.1:1/0")
    await cache.put(KEY, b"apple", 60)
    assert await cache.get(KEY) == b"apple"
    await cache.invalidate(KEY)
    assert await cache.get(KEY) is None
    assert cache.failures >= 1
    await cache.close()

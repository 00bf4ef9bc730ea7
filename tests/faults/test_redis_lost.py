"""Redis makes some answers faster and holds nothing that is missed: without it everything goes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.running_platform import RunningPlatform
from tests.redis_server import RedisServer, redis_server

__all__ = ["redis_server"]

ORDER = {
    "portfolio_id": "demo",
    "symbol": "AAPL",
    "side": "BUY",
    "order_type": "LIMIT",
    "quantity": "1",
    "price": "189.20",
}


@pytest.fixture
def platform(tmp_path: Path, redis_server: RedisServer) -> Iterator[RunningPlatform]:
    platform = RunningPlatform(tmp_path / "data", "--no-market", "--redis", redis_server.url)
    try:
        yield platform.start()
    finally:
        platform.kill()


def works(platform: RunningPlatform, number: int) -> None:
    """Reads and changes instruments, which Redis may keep, and sends an order."""
    grpc = platform.grpc
    name = f"Apple {number}"
    change = {"instrument": {"symbol": "AAPL", "name": name}, "update_mask": "name"}
    grpc.call("AssetsService.UpdateInstrument", change)
    assert grpc.call("AssetsService.GetInstrument", {"symbol": "AAPL"})["name"] == name
    order = grpc.call("OrdersService.SubmitOrder", {**ORDER, "client_order_id": f"redis-{number}"})
    assert order["status"] == "NEW"


def test_redis_may_die_and_come_back(platform: RunningPlatform, redis_server: RedisServer) -> None:
    works(platform, 1)
    redis_server.kill()
    works(platform, 2)
    assert platform.run("status").returncode == 0
    redis_server.start()
    works(platform, 3)
    assert platform.stop() == 0


def test_a_platform_starts_and_works_without_the_redis_it_was_told_of(
    platform: RunningPlatform, redis_server: RedisServer
) -> None:
    works(platform, 1)
    assert platform.stop() == 0
    redis_server.kill()
    platform.start()
    works(platform, 2)

"""`tickmesh up --shards 2 --standby`: an owner is killed, and consumers count each trade of both once."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.end_to_end.running_platform import RunningPlatform
from tests.end_to_end.waiting import until

PRICES = {"AAPL": "189.20", "MSFT": "378.90"}  # of the first shard, and of the second
SHARD = ("orders-1", "orders-1-standby")


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[RunningPlatform]:
    platform = RunningPlatform(tmp_path / "data", "--no-market", "--shards", "2", "--standby")
    try:
        yield platform.start()
    finally:
        platform.kill()


def states(platform: RunningPlatform) -> dict[str, str]:
    """Returns how each process is."""
    services = json.loads(platform.run("status", "--json").stdout)["services"]
    return {one["name"]: one["state"] for one in services}


def trade(platform: RunningPlatform, symbol: str, number: int) -> bool:
    """Buys and sells one; the same number again does nothing more. Says whether that was taken."""
    told = {"portfolio_id": "demo", "symbol": symbol, "quantity": "1", "price": PRICES[symbol]}
    try:
        for side in ("BUY", "SELL"):
            order = {
                **told,
                "side": side,
                "order_type": "LIMIT",
                "client_order_id": f"{symbol}-{side}-{number}",
            }
            platform.grpc.call("OrdersService.SubmitOrder", order)
    except grpc.RpcError:
        return False
    return True


def trades(platform: RunningPlatform) -> dict[str, int]:
    """Returns how many trades portfolio counts in each instrument."""
    found: dict[str, Any] = platform.grpc.call("PortfolioService.ListPositions", {"portfolio_id": "demo"})
    return {one["symbol"]: int(one["trade_count"]) for one in found.get("positions", [])}


def test_the_owner_of_a_shard_is_killed_and_every_trade_counts_once(platform: RunningPlatform) -> None:
    assert all(trade(platform, symbol, 1) for symbol in PRICES)
    until(lambda: trades(platform) == {"AAPL": 2, "MSFT": 2})
    before = states(platform)
    (owner,) = (name for name in SHARD if before[name] == "healthy")
    (standby,) = set(SHARD) - {owner}
    assert before[standby] == "stands by"
    platform.kill_process(owner)
    assert trade(platform, "AAPL", 2)
    until(lambda: trade(platform, "MSFT", 2))
    until(lambda: trades(platform) == {"AAPL": 4, "MSFT": 4})
    until(lambda: states(platform) == before | {owner: "stands by", standby: "healthy"})
    for shard in ("0", "1"):
        assert platform.run("verify", "--shard", shard).returncode == 0
    assert platform.stop() == 0

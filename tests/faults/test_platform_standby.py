"""`tickmesh up --standby`: a second orders process takes over, seen from the public port."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from tests.end_to_end.running_platform import RunningPlatform
from tests.end_to_end.waiting import until

NAMES = ("orders", "orders-standby")
ORDER = {
    "portfolio_id": "demo",
    "symbol": "AAPL",
    "side": "BUY",
    "order_type": "LIMIT",
    "quantity": "1",
    "price": "189.20",
}


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[RunningPlatform]:
    platform = RunningPlatform(tmp_path / "data", "--no-market", "--standby")
    try:
        yield platform.start()
    finally:
        platform.kill()


def roles(platform: RunningPlatform) -> dict[str, str]:
    """Returns how the two processes of orders are: who owns, and who stands by."""
    done = platform.run("status", "--json")
    assert done.stdout, done.stderr
    services = json.loads(done.stdout)["services"]
    return {one["name"]: one["state"] for one in services if one["name"] in NAMES}


def accepted(platform: RunningPlatform, number: int) -> bool:
    try:
        order = platform.grpc.call("OrdersService.SubmitOrder", {**ORDER, "client_order_id": f"s-{number}"})
    except grpc.RpcError:
        return False
    return bool(order["status"] == "NEW")


def test_the_standby_takes_over_and_the_one_that_comes_back_stands_by(platform: RunningPlatform) -> None:
    assert accepted(platform, 1)
    (owner,) = (name for name, state in roles(platform).items() if state == "healthy")
    (standby,) = set(NAMES) - {owner}
    assert roles(platform)[standby] == "stands by"
    platform.kill_process(owner)
    killed_s = time.monotonic()
    until(lambda: accepted(platform, 2))
    print(f"orders were accepted again after {(time.monotonic() - killed_s) * 1e3:.0f} ms")
    until(lambda: roles(platform) == {standby: "healthy", owner: "stands by"})
    assert platform.run("status").returncode == 0
    assert platform.stop() == 0

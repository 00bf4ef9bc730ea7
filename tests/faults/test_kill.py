"""kill -9 of every process in turn, the supervisor too, while orders flow and others follow."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from tests.end_to_end.running_platform import RunningPlatform, are_gone
from tests.end_to_end.waiting import until

from .flood import BUYER, SELLER, SYMBOL, Flood
from .followers import GrpcFollowing, WebSocketFollowing

PROCESSES = (
    "orders", "portfolio", "risk", "pricing", "strategy", "assets", "gateway", "websocket", "edge",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Load:
    """Everybody who uses the platform while its processes die."""

    flood: Flood
    over_grpc: GrpcFollowing
    over_websocket: WebSocketFollowing


class OftenSnapshotting(RunningPlatform):
    """A platform that takes a snapshot of its engine after every few batches."""

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "TICKMESH_ORDERS_SNAPSHOT_COMMANDS": "100"}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPlatform]:
    platform = OftenSnapshotting(tmp_path_factory.mktemp("faults") / "data", "--no-market")
    try:
        platform.start()
        platform.open_portfolio(BUYER)
        platform.open_portfolio(SELLER)
        yield platform
    finally:
        platform.kill()


@pytest.fixture(scope="module")
def load(platform: RunningPlatform) -> Iterator[Load]:
    address, token = f"127.0.0.1:{platform.port}", platform.token()
    price = platform.grpc.call("AssetsService.GetInstrument", {"symbol": SYMBOL})["reference_price"]
    users = Load(
        Flood(address, token, price),
        GrpcFollowing(address, token),
        WebSocketFollowing(platform.websocket_url, platform.bearer),
    )
    until(lambda: users.over_websocket.has_begun and users.over_grpc.has_begun)
    yield users
    for user in (users.flood, users.over_grpc, users.over_websocket):
        user.end()
        print(f"{type(user).__name__} came back {user.reconnects} times")
    print(f"{len(users.flood.answers)} orders answered, {len(users.over_grpc.ids)} executions followed")


def listed(platform: RunningPlatform, path: str, name: str, **query: str) -> list[dict[str, Any]]:
    """Returns a list from its first page to its last, oldest first."""
    found: list[dict[str, Any]] = []
    token = ""
    with platform.http() as http:
        while True:
            answer = http.get(path, params={**query, "page_size": "1000", "page_token": token})
            assert answer.status_code == 200, answer.text
            found += answer.json()[name]
            token = answer.json()["next_page_token"]
            if not token:
                return found[::-1]


def check_orders(platform: RunningPlatform, flood: Flood) -> None:
    """Every order that was acknowledged is there, once, and no less filled than was said."""
    orders = listed(platform, "/api/v1/orders", "orders", symbol=SYMBOL)
    by_name = {order["client_order_id"]: order for order in orders}
    assert len(by_name) == len(orders)
    assert [answer for answer in flood.answers.values() if answer["reason"]] == []
    for name, answer in flood.answers.items():
        assert by_name[name]["order_id"] == answer["order_id"]
        assert int(by_name[name]["cum_quantity"]) >= int(answer["cum_quantity"])


def check_positions(platform: RunningPlatform, executions: list[dict[str, Any]]) -> None:
    """Positions are the sum of the trades: each counts once."""
    trades = [one for one in executions if one["exec_type"] == "TRADE"]
    for portfolio_id, sign in ((BUYER, 1), (SELLER, -1)):
        own = [one for one in trades if one["order"]["portfolio_id"] == portfolio_id]
        total = sum(Decimal(one["last_quantity"]) for one in own)
        until(lambda: booked(platform, portfolio_id) == (total * sign, total, len(own)))  # noqa: B023


def booked(platform: RunningPlatform, portfolio_id: str) -> tuple[Decimal, Decimal, int]:
    (position,) = listed(platform, "/api/v1/positions", "positions", portfolio_id=portfolio_id)
    return Decimal(position["quantity"]), Decimal(position["volume"]), int(position["trade_count"])


def check_streams(load: Load, ids: list[int]) -> None:
    """Both streams have had every execution, once and in order, or said that some were missed."""
    for following in (load.over_grpc, load.over_websocket):
        until(lambda: following.ids and following.ids[-1] == ids[-1])  # noqa: B023
        assert following.problems == []
        assert following.ids == sorted(set(following.ids))
        assert following.gaps > 0 or following.ids == ids


def check_everything(platform: RunningPlatform, load: Load) -> None:
    load.flood.pause()
    check_orders(platform, load.flood)
    executions = listed(platform, "/api/v1/executions", "executions")
    check_streams(load, [int(one["execution_id"]) for one in executions])
    check_positions(platform, executions)
    verified = platform.run("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


BREAKS_THE_FLOOD = {"orders", "edge"}
BREAKS_THE_CHANNEL = {"websocket", "edge"}


def is_healthy(platform: RunningPlatform) -> bool:
    return platform.run("status").returncode == 0


@pytest.mark.parametrize("name", PROCESSES)
def test_a_killed_process_comes_back_and_nothing_is_lost(
    platform: RunningPlatform, load: Load, name: str
) -> None:
    load.flood.flow()
    load.flood.wait_for_more()
    breaks = (load.flood.reconnects, load.over_websocket.reconnects)
    pid = platform.kill_process(name)
    until(lambda: platform.pids.get(name, pid) != pid)
    until(lambda: is_healthy(platform), within_s=60.0)
    load.flood.wait_for_more()
    assert name not in BREAKS_THE_FLOOD or load.flood.reconnects > breaks[0]
    assert name not in BREAKS_THE_CHANNEL or load.over_websocket.reconnects > breaks[1]
    check_everything(platform, load)


def test_a_killed_supervisor_takes_all_with_it_and_nothing_is_lost(
    platform: RunningPlatform, load: Load
) -> None:
    load.flood.flow()
    load.flood.wait_for_more()
    pids = platform.pids
    platform.kill()
    assert are_gone(pids)
    platform.start()
    load.flood.wait_for_more()
    check_everything(platform, load)
    log = (platform.data_dir / "logs" / "orders.log").read_text()
    assert '"restored"' in log
    assert '"a snapshot is passed over"' not in log

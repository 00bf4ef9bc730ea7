"""Everybody who uses a platform while something goes wrong, and what must be true afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.end_to_end.running_platform import RunningPlatform
from tests.end_to_end.waiting import until

from .flood import BUYER, SELLER, SYMBOL, Flood
from .followers import GrpcFollowing, WebSocketFollowing


@dataclass(frozen=True, slots=True)
class Load:
    """Everybody who uses the platform while its processes die."""

    flood: Flood
    over_grpc: GrpcFollowing
    over_websocket: WebSocketFollowing


@contextmanager
def under_load(platform: RunningPlatform, port: int = 0) -> Iterator[Load]:
    """Sends orders, once told so, and follows executions; through the public port or one that leads there."""
    address, token = f"127.0.0.1:{port or platform.port}", platform.token()
    price = platform.grpc.call("AssetsService.GetInstrument", {"symbol": SYMBOL})["reference_price"]
    users = Load(
        Flood(address, token, price),
        GrpcFollowing(address, token),
        WebSocketFollowing(f"ws://{address}", platform.bearer),
    )
    try:
        until(lambda: users.over_websocket.has_begun and users.over_grpc.has_begun)
        yield users
    finally:
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


def is_healthy(platform: RunningPlatform) -> bool:
    """Says whether every process does its work, and prints which does not."""
    status = platform.run("status")
    if status.returncode != 0:
        print(status.stdout, status.stderr)
    return status.returncode == 0

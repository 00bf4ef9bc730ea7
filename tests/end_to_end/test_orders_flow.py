"""The whole way of an order, and everything there again after Ctrl-C and another start, on each storage."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.redis_server import redis_server

from .channels import channel
from .running_platform import RunningPlatform, are_gone
from .waiting import until

__all__ = ["redis_server"]

SYMBOL = "MSFT"
SELLER, BUYER = "seller", "buyer"
MEMORY_BYTES_MAX = 1.5e9


@pytest.fixture(params=["sqlite", "postgres", "sqlite+redis", "postgres+redis"])
def platform(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunningPlatform]:
    flags = []
    if "postgres" in request.param:
        flags += ["--database", request.getfixturevalue("postgres_url")]
    if "redis" in request.param:
        flags += ["--redis", request.getfixturevalue("redis_server").url]
    platform = RunningPlatform(tmp_path / "data", "--no-market", *flags)
    try:
        yield platform.start()
    finally:
        platform.kill()


def an_order(portfolio_id: str, side: str, quantity: str, price: Decimal, number: int = 1) -> dict[str, Any]:
    return {
        "client_order_id": f"{portfolio_id}-{number}",
        "portfolio_id": portfolio_id,
        "symbol": SYMBOL,
        "side": side,
        "order_type": "LIMIT",
        "quantity": quantity,
        "price": str(price),
        "time_in_force": "GTC",
    }


def reference_price(http: httpx.Client) -> Decimal:
    return Decimal(http.get(f"/api/v1/instruments/{SYMBOL}").json()["reference_price"])


def position_of(http: httpx.Client, portfolio_id: str) -> dict[str, Any]:
    listed = http.get("/api/v1/positions", params={"portfolio_id": portfolio_id}).json()["positions"]
    return listed[0] if listed else {}


def everything(http: httpx.Client) -> dict[str, Any]:
    """Returns what must be the same before a stop and after the next start."""
    book = http.get(f"/api/v1/books/{SYMBOL}").json()
    positions = [{**position_of(http, one), "mark_time": ""} for one in (SELLER, BUYER)]
    return {
        "orders": http.get("/api/v1/orders").json(),
        "executions": http.get("/api/v1/executions").json(),
        "trades": http.get("/api/v1/trades", params={"symbol": SYMBOL}).json(),
        "positions": positions,
        "book": (book["bids"], book["asks"]),
        "open_orders": http.get("/api/v1/engine/status").json()["open_orders"],
    }


def trade(platform: RunningPlatform, http: httpx.Client, price: Decimal) -> None:
    """An order over HTTP rests; one over gRPC in another portfolio takes a part of it."""
    answer = http.post("/api/v1/orders", json=an_order(SELLER, "SELL", "100", price))
    assert {stage.partition(";")[0] for stage in answer.headers["server-timing"].split(", ")} >= {"journal"}
    resting = answer.json()
    assert resting["status"] == "NEW"
    with channel(platform, f"/ws/trades/updates?portfolio_id={BUYER}") as updates:
        assert updates.next()["type"] == "snapshot"
        taken = platform.grpc.call("OrdersService.SubmitOrder", an_order(BUYER, "BUY", "60", price + 1))
        assert (taken["status"], taken["cum_quantity"]) == ("FILLED", "60")
        assert Decimal(taken["average_price"]) == price  # the resting order's price, not the worse one
        reports = updates.next_of("update")["data"]["reports"]
    assert {report["order"]["order_id"] for report in reports} == {taken["order_id"]}
    assert http.get(f"/api/v1/orders/{resting['order_id']}").json()["leaves_quantity"] == "40"


def check_streamed_once(platform: RunningPlatform) -> None:
    """The stream from the first report on has both sides of the trade, each once."""
    request = {"from_start": True, "exec_types": ["TRADE"]}
    reports = next(platform.grpc.stream("OrdersService.StreamExecutions", request))["update"]["reports"]
    sides = sorted((one["order"]["portfolio_id"], one["last_quantity"], one["liquidity"]) for one in reports)
    assert sides == [(BUYER, "60", "REMOVED"), (SELLER, "60", "ADDED")]
    assert len({one["trade_id"] for one in reports}) == 1


def check_booked(http: httpx.Client, price: Decimal) -> None:
    """Both positions follow, and sums of profit and loss come to nothing between them."""
    until(lambda: position_of(http, SELLER).get("mark_price") and position_of(http, BUYER).get("mark_price"))
    bought, sold = position_of(http, BUYER), position_of(http, SELLER)
    assert (bought["quantity"], sold["quantity"]) == ("60", "-60")
    assert Decimal(bought["average_price"]) == Decimal(sold["average_price"]) == price
    assert Decimal(bought["unrealized_pnl"]) + Decimal(sold["unrealized_pnl"]) == 0


def check_journaled(platform: RunningPlatform) -> str:
    """The journal is whole and replays to the state that the engine says it has. Returns its hash."""
    state_hash: str = platform.grpc.call("OrdersService.GetEngineStatus", {})["state_hash"]
    assert state_hash in platform.run("verify").stdout
    return state_hash


def test_an_order_is_matched_streamed_booked_and_found_again(platform: RunningPlatform) -> None:
    print(f"healthy after {platform.seconds_to_healthy:.1f} s")
    platform.open_portfolio(SELLER)
    platform.open_portfolio(BUYER)
    with platform.http() as http:
        price = reference_price(http)
        trade(platform, http, price)
        check_streamed_once(platform)
        check_booked(http, price)
        before = everything(http)
    state_hash = check_journaled(platform)
    stop(platform)
    assert state_hash in platform.run("verify").stdout  # the journal alone leads to the same state
    platform.start()
    with platform.http() as http:
        until(
            lambda: position_of(http, BUYER).get("mark_price") and position_of(http, SELLER).get("mark_price")
        )
        assert everything(http) == before
        again = http.post("/api/v1/orders", json=an_order(SELLER, "SELL", "100", price)).json()
        assert (
            again["order_id"] == before["orders"]["orders"][-1]["order_id"]
        )  # the first answer, no second order
        closing = platform.grpc.call("OrdersService.SubmitOrder", an_order(BUYER, "SELL", "10", price + 2, 2))
        assert int(closing["order_id"]) > int(again["order_id"])
    check_journaled(platform)
    assert platform.resident_bytes() < MEMORY_BYTES_MAX


def stop(platform: RunningPlatform) -> None:
    pids = platform.pids
    assert platform.stop() == 0, platform.tails()
    assert are_gone(pids)

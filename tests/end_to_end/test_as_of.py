"""The past over HTTP, through the edge: `?as_of=2026-11-21T10:00:00Z`."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from .running_platform import RunningPlatform
from .waiting import until

SYMBOL = "JPM"


@pytest.fixture(scope="module")
def http(quiet: RunningPlatform) -> Iterator[httpx.Client]:
    with quiet.http() as http:
        for portfolio in ("past", "past-other"):
            quiet.open_portfolio(portfolio)
        yield http


def send(http: httpx.Client, portfolio: str, side: str, quantity: str) -> dict[str, Any]:
    price = http.get(f"/api/v1/instruments/{SYMBOL}").json()["reference_price"]
    order = {"portfolio_id": portfolio, "symbol": SYMBOL, "side": side, "order_type": "LIMIT", "price": price}
    order |= {
        "client_order_id": f"{portfolio}-{side}-{quantity}",
        "quantity": quantity,
        "time_in_force": "GTC",
    }
    answer: dict[str, Any] = http.post("/api/v1/orders", json=order).json()
    return answer


def listed(http: httpx.Client, path: str, name: str, **parameters: str) -> list[dict[str, Any]]:
    response = http.get(f"/api/v1/{path}", params=parameters)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json().get(name, [])
    return found


def test_an_order_and_what_it_made_are_shown_as_they_were(http: httpx.Client) -> None:
    resting = send(http, "past", "SELL", "10")
    taken = send(http, "past-other", "BUY", "4")
    path = f"orders/{resting['order_id']}"
    was = http.get(f"/api/v1/{path}", params={"as_of": resting["update_time"]}).json()
    assert was == resting
    then = http.get(f"/api/v1/{path}?as_of={taken['update_time']}").json()
    assert (then["status"], then["cum_quantity"]) == ("PARTIALLY_FILLED", "4")
    mine = {"portfolio_id": "past"}
    orders = listed(http, "orders", "orders", **mine, open_only="true", as_of=resting["update_time"])
    assert orders == [resting]
    reports = listed(http, "executions", "executions", **mine, as_of=resting["update_time"])
    assert [report["exec_type"] for report in reports] == ["NEW"]
    until(lambda: listed(http, "positions", "positions", **mine))
    (held,) = listed(http, "positions", "positions", **mine, as_of=taken["update_time"])
    assert (held["quantity"], held["trade_count"]) == ("-4", "1")
    assert listed(http, "positions", "positions", **mine, as_of=resting["update_time"]) == []


def test_a_limit_and_a_trading_state_are_shown_as_they_were(http: httpx.Client) -> None:
    scope = {"level": "PORTFOLIO", "id": "past"}
    values = [
        http.put(
            "/api/v1/risk/limits", json={"scope": scope, "limit_type": "ORDER_RATE", "value": value}
        ).json()
        for value in ("500", "600")
    ]
    for limit in values:
        found = listed(http, "risk/limits", "limits", as_of=limit["update_time"])
        assert [one for one in found if one["limit_id"] == limit["limit_id"]] == [limit]
    states = [
        http.put("/api/v1/risk/trading-states", json={"scope": scope, "state": state}).json()
        for state in ("REDUCING", "ACTIVE")
    ]
    closed = [listed(http, "risk/trading-states", "records", as_of=state["update_time"]) for state in states]
    assert closed == [[states[0]], []]


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-21", "2026-13-01T00:00:00Z", ""])
def test_what_is_no_moment_is_refused(http: httpx.Client, moment: str) -> None:
    for path in ("orders", "executions", "orders/1", "positions", "risk/limits", "risk/trading-states"):
        response = http.get(f"/api/v1/{path}", params={"as_of": moment})
        assert response.status_code == 400, path
        assert "as_of" in response.text


def test_a_page_token_of_another_moment_is_refused(http: httpx.Client) -> None:
    at = "2099-01-01T00:00:00Z"
    first = http.get("/api/v1/orders", params={"as_of": at, "page_size": 1}).json()
    other = {"as_of": "2099-01-01T00:00:00.000000001Z", "page_token": first["next_page_token"]}
    response = http.get("/api/v1/orders", params=other)
    assert (response.status_code, response.json()["error"]["reason"]) == (400, "AS_OF_CHANGED")

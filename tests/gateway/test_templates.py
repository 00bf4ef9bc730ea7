"""Which route a path means."""

import random

import pytest

from tickmesh.gateway.descriptors import load_contract
from tickmesh.gateway.http.problems import MethodNotAllowedError, ProblemError
from tickmesh.gateway.http.templates import Router

ROUTER = Router(load_contract().routes)


@pytest.mark.parametrize(
    ("method", "path", "rpc", "variables"),
    [
        ("POST", "/api/v1/orders", "SubmitOrder", {}),
        ("POST", "/api/v1/orders:batch", "SubmitOrders", {}),
        ("GET", "/api/v1/orders/7", "GetOrder", {"order_id": "7"}),
        ("DELETE", "/api/v1/orders/7", "CancelOrder", {"order_id": "7"}),
        ("PATCH", "/api/v1/instruments/BTC-USD", "UpdateInstrument", {"instrument.symbol": "BTC-USD"}),
        ("POST", "/api/v1/strategies/maker:start", "StartStrategy", {"strategy_id": "maker"}),
        ("GET", "/api/v1/strategies:stream", "StreamStatus", {}),
        ("GET", "/api/v1/bars:stream", "StreamBars", {}),
        ("GET", "/api/v1/bars/AAPL", "ListBars", {"symbol": "AAPL"}),
        (
            "DELETE",
            "/api/v1/risk/limits/portfolio:demo::RATE",
            "DeleteLimit",
            {"limit_id": "portfolio:demo::RATE"},
        ),
        ("DELETE", "/api/v1/risk/limits/s%3Aa%2Fb", "DeleteLimit", {"limit_id": "s:a/b"}),
        ("GET", "/api/v1/instruments/%C3%A4", "GetInstrument", {"symbol": "ä"}),
    ],
)
def test_a_path_leads_to_its_rpc(method: str, path: str, rpc: str, variables: dict[str, str]) -> None:
    match = ROUTER.match(method, path)
    assert match.route.method == rpc
    assert match.variables == variables


def test_the_order_of_routes_does_not_matter() -> None:
    routes = list(load_contract().routes)
    random.Random(7).shuffle(routes)
    shuffled = Router(routes)
    for route in routes:
        path = route.template.replace("{", "").replace("}", "")
        assert shuffled.match(route.http_method, path).route is route
        assert ROUTER.match(route.http_method, path).route == route


def test_unknown_paths_are_not_found() -> None:
    for path in (
        "/api/v1/nothing",
        "/api/v1/orders/",
        "/api/v1/orders/1/2",
        "/api/v1/orders:nothing",
        "/api/v1//orders",
    ):
        with pytest.raises(ProblemError) as problem:
            ROUTER.match("GET", path)
        assert problem.value.http_status == 404


def test_a_wrong_method_is_told_which_are_right() -> None:
    with pytest.raises(MethodNotAllowedError) as problem:
        ROUTER.match("PUT", "/api/v1/orders/1")
    assert problem.value.headers["allow"] == "DELETE, GET, PATCH"


def test_a_path_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(ProblemError) as problem:
        ROUTER.match("GET", "/api/v1/orders/%ff")
    assert problem.value.reason == "PATH_MALFORMED"

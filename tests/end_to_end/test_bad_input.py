"""Bad input at every door: refused with a reason and the field, and afterwards nothing has changed."""

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import grpc
import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import connect

from tickmesh.orders.v1 import orders_pb2, orders_pb2_grpc

from .clients import GrpcClient
from .running_platform import RunningPlatform
from .waiting import until

PORTFOLIO = "careful"
ORDER = {
    "client_order_id": "bad-1",
    "portfolio_id": PORTFOLIO,
    "symbol": "AAPL",
    "side": "BUY",
    "order_type": "LIMIT",
    "quantity": "100",
    "price": "189.20",
}
BATCH_MAX = 1_000


@pytest.fixture(scope="module", autouse=True)
def unchanged(quiet: RunningPlatform) -> Iterator[None]:
    """After all of this module's bad input the platform works, and its orders are as they were."""
    quiet.open_portfolio(PORTFOLIO)
    first = quiet.grpc.call("OrdersService.SubmitOrder", {**ORDER, "client_order_id": "good-1"})
    yield
    assert quiet.grpc.call("OrdersService.GetOrder", {"order_id": first["order_id"]}) == first
    with quiet.http() as http:
        last = http.post("/api/v1/orders", json={**ORDER, "client_order_id": "good-2"}).json()
        listed = http.get("/api/v1/orders", params={"portfolio_id": PORTFOLIO, "open_only": "true"}).json()
    assert [one["order_id"] for one in listed["orders"]] == [last["order_id"], first["order_id"]]
    assert quiet.run("verify").returncode == 0


@pytest.fixture(scope="module")
def http(quiet: RunningPlatform) -> Iterator[httpx.Client]:
    with quiet.http() as http:
        yield http


def refused(response: httpx.Response, status: int = 400) -> dict[str, Any]:
    assert response.status_code == status, response.text
    error: dict[str, Any] = response.json()["error"]
    assert error["code"]
    assert error["reason"]
    assert error["message"]
    return error


MALFORMED = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"{'a': 1}",
    b'{"price": NaN}',
    b"\xff\xfe{}",
    b'{"a":1}{"a":1}',
]


@pytest.mark.parametrize("content", MALFORMED)
def test_malformed_json_is_refused(http: httpx.Client, content: bytes) -> None:
    refused(http.post("/api/v1/orders", content=content, headers={"Content-Type": "application/json"}))


WRONG_FIELDS = [
    ({"post_onyl": True}, "post_onyl"),
    ({"quantity": 100}, "quantity"),
    ({"quantity": "NaN"}, "quantity"),
    ({"quantity": "Infinity"}, "quantity"),
    ({"quantity": "-1"}, "quantity"),
    ({"quantity": "1e3"}, "quantity"),
    ({"quantity": " 1"}, "quantity"),
    ({"quantity": "9" * 40}, "quantity"),
    ({"quantity": None}, "quantity"),
    ({"quantity": ["1"]}, "quantity"),
    ({"price": "-189.20"}, "price"),
    ({"price": {"value": "1"}}, "price"),
    ({"side": "HOLD"}, "side"),
    ({"side": 99}, "side"),
    ({"side": "SIDE_UNSPECIFIED"}, "side"),
    ({"order_type": True}, "order_type"),
    ({"client_order_id": ""}, "client_order_id"),
    ({"client_order_id": "x" * 65}, "client_order_id"),
    ({"portfolio_id": "Not A Name"}, "portfolio_id"),
    ({"symbol": "A" * 25}, "symbol"),
]


@pytest.mark.parametrize(("change", "field"), WRONG_FIELDS, ids=str)
def test_a_wrong_field_is_refused_by_its_name(http: httpx.Client, change: dict[str, Any], field: str) -> None:
    error = refused(http.post("/api/v1/orders", json={**ORDER, **change}))
    assert field in [one["field"] for one in error["fields"]] or field in error["message"]


DECIDED = [
    ({"quantity": "0"}, 400, ""),
    ({"price": "189.205"}, 400, "OFF_TICK"),
    ({"quantity": "1.5"}, 400, "OFF_LOT"),
    ({"quantity": "9" * 18}, 400, ""),
    ({"price": "999999"}, 400, "PRICE_COLLAR"),
    ({"symbol": "NOPE"}, 404, "UNKNOWN_INSTRUMENT"),
    ({"portfolio_id": "nobody"}, 404, "UNKNOWN_PORTFOLIO"),
    ({"order_type": "MARKET"}, 400, ""),
]


@pytest.mark.parametrize(("change", "status", "reason"), DECIDED, ids=str)
def test_a_well_formed_order_that_cannot_be_is_refused_with_its_reason(
    quiet: RunningPlatform, http: httpx.Client, change: dict[str, str], status: int, reason: str
) -> None:
    order = {**ORDER, "client_order_id": f"no-{hash(str(change)) % 10**9}", **change}
    error = refused(http.post("/api/v1/orders", json=order), status)
    assert reason in ("", error["reason"])
    with pytest.raises(grpc.RpcError) as over_grpc:
        quiet.grpc.call(
            "OrdersService.SubmitOrder", {**order, "client_order_id": order["client_order_id"] + "g"}
        )
    assert over_grpc.value.code().name == error["code"]


def test_unknown_paths_methods_and_types_have_their_own_status(http: httpx.Client) -> None:
    refused(http.get("/api/v1/nothing"), 404)
    refused(http.delete("/api/v1/instruments"), 405)
    refused(http.post("/api/v1/orders", content=b"<order/>", headers={"Content-Type": "text/xml"}), 415)
    assert "colour" in refused(http.get("/api/v1/orders?colour=red"))["message"]
    refused(http.get("/api/v1/orders?page_size=-1"))
    refused(http.get("/api/v1/orders?page_size=1001"))
    refused(http.get("/api/v1/orders?page_token=nonsense"))


def test_a_huge_body_is_refused(http: httpx.Client) -> None:
    order = {**ORDER, "client_order_id": "x" * (2 << 20)}
    response = http.post("/api/v1/orders", json=order)
    assert response.status_code in (400, 413), response.status_code
    assert "json" in response.headers["content-type"]


def test_a_huge_header_is_refused(http: httpx.Client) -> None:
    response = http.get("/api/v1/orders", headers={"X-Long": "x" * 200_000})
    assert response.status_code == 431


def test_deep_nesting_is_refused(http: httpx.Client) -> None:
    refused(http.post("/api/v1/orders", content=b'{"price":' * 5_000 + b"1" + b"}" * 5_000))


def action(number: int) -> dict[str, Any]:
    return {"cancel": {"order_id": str(10**9 + number)}}


@pytest.mark.parametrize("count", [0, 10_000])
def test_a_batch_of_none_or_too_many_is_refused_whole_over_grpc(quiet: RunningPlatform, count: int) -> None:
    request = {"actions": [action(number) for number in range(count)]}
    with pytest.raises(grpc.RpcError) as error:
        list(quiet.grpc.exchange("OrdersService.SubmitOrders", [request]))
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert error.value.details()


@pytest.mark.parametrize("count", [0, 10_000])
@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson"])
def test_a_batch_of_none_or_too_many_is_refused_whole_over_http(
    http: httpx.Client, count: int, kind: str
) -> None:
    content = json.dumps({"actions": [action(number) for number in range(count)]})
    response = http.post("/api/v1/orders:batch", content=content, headers={"Content-Type": kind})
    assert "BATCH" in refused(response)["reason"] or count == 0


def test_ten_thousand_actions_in_batches_that_fit_are_each_answered(http: httpx.Client) -> None:
    batches = [{"actions": [action(number) for number in range(BATCH_MAX)]} for _ in range(10)]
    content = "\n".join(map(json.dumps, batches))
    response = http.post(
        "/api/v1/orders:batch", content=content, headers={"Content-Type": "application/x-ndjson"}
    )
    assert response.status_code == 200, response.text
    answers = [json.loads(line)["results"] for line in response.text.splitlines()]
    assert [len(results) for results in answers] == [BATCH_MAX] * 10
    assert {one["reason"] for results in answers for one in results} == {"UNKNOWN_ORDER"}


def test_bytes_that_are_no_message_are_refused_over_grpc(quiet: RunningPlatform) -> None:
    path = "/tickmesh.orders.v1.OrdersService/SubmitOrder"
    call = quiet.grpc.channel.unary_unary(path, lambda content: content, lambda content: content)
    with pytest.raises(grpc.RpcError):
        call(b"\xff" * 100, metadata=(("authorization", quiet.bearer["Authorization"]),), timeout=10)


def test_an_order_with_an_unknown_side_is_refused_over_grpc(quiet: RunningPlatform) -> None:
    stub = orders_pb2_grpc.OrdersServiceStub(quiet.grpc.channel)
    request = orders_pb2.SubmitOrderRequest(client_order_id="bad-1", portfolio_id=PORTFOLIO, symbol="AAPL")
    request.MergeFromString(b"\x28\x4d\x30\x02")  # side 77, order_type LIMIT
    with pytest.raises(grpc.RpcError) as error:
        stub.SubmitOrder(request, metadata=(("authorization", quiet.bearer["Authorization"]),), timeout=10)
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "side" in str(error.value.details())


def forged_tokens(token: str) -> dict[str, str]:
    """Returns tokens that look right and are not ours."""
    header, body = jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})
    other_key = ec.generate_private_key(ec.SECP256R1())
    first, _, signature = token.split(".")
    changed = base64.urlsafe_b64encode(json.dumps({**body, "sub": "root"}).encode()).rstrip(b"=").decode()
    return {
        "none": jwt.encode(body, "", algorithm="none", headers={"kid": header["kid"]}),
        "other key": jwt.encode(body, other_key, algorithm="ES256", headers={"kid": header["kid"]}),
        "shared secret": jwt.encode(body, "x" * 32, algorithm="HS256", headers={"kid": header["kid"]}),
        "changed": f"{first}.{changed}.{signature}",
        "nonsense": "nonsense",
        "huge": "x" * 20_000,
    }


KINDS = ("none", "other key", "shared secret", "changed", "nonsense", "huge", "expired")


@pytest.fixture(scope="module")
def tokens(quiet: RunningPlatform) -> dict[str, str]:
    expired = quiet.token("orders:read", "pricing:read", ttl="1s")
    claims = jwt.decode(expired, options={"verify_signature": False})
    until(lambda: time.time() > claims["exp"] + 1)
    return {**forged_tokens(quiet.token()), "expired": expired}


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_that_is_not_ours_opens_no_door(
    quiet: RunningPlatform, tokens: dict[str, str], kind: str
) -> None:
    bearer = {"Authorization": f"Bearer {tokens[kind]}"}
    refused(httpx.get(f"{quiet.url}/api/v1/orders", headers=bearer), 401)
    stranger = GrpcClient(f"127.0.0.1:{quiet.port}", tokens[kind])
    with pytest.raises(grpc.RpcError) as error:
        stranger.call("OrdersService.ListOrders", {})
    assert error.value.code() is grpc.StatusCode.UNAUTHENTICATED
    stranger.close()
    for url in (quiet.websocket_url, f"ws://127.0.0.1:{quiet.websocket_port}"):
        no_channel_opens(f"{url}/ws/engine/status", bearer)


def no_channel_opens(url: str, bearer: dict[str, str]) -> None:
    """A header that is too long ends the direct connection without an answer; all else is a 401."""
    with pytest.raises(InvalidHandshake) as refusal, connect(url, additional_headers=bearer):
        pass
    if len(bearer["Authorization"]) < 8_192:
        assert isinstance(refusal.value, InvalidStatus)
        assert refusal.value.response.status_code == 401


@pytest.mark.parametrize("path", ["/ws/market-data/NOPE", "/ws/trades/updates?resume_token=nonsense"])
def test_a_channel_that_cannot_be_says_why_and_closes(quiet: RunningPlatform, path: str) -> None:
    with connect(f"{quiet.websocket_url}{path}", additional_headers=quiet.bearer) as connection:
        while (frame := json.loads(connection.recv(timeout=10)))["type"] != "error":
            assert frame["type"] == "stale"
        assert frame["data"]["reason"]
        with pytest.raises(ConnectionClosed) as closed:
            connection.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


def test_a_reader_that_talks_is_closed(quiet: RunningPlatform) -> None:
    with connect(f"{quiet.websocket_url}/ws/system/health", additional_headers=quiet.bearer) as connection:
        connection.recv(timeout=10)
        connection.send("x" * 100_000)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                connection.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code in (1008, 1009)

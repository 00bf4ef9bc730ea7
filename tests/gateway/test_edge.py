"""Through a real Envoy: one port for JSON, gRPC and gRPC-Web, and no way in without a good token."""

import asyncio
import base64
import json
import time
from pathlib import Path
from typing import Any

import grpc
import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tickmesh.assets.v1 import assets_pb2, assets_pb2_grpc
from tickmesh.services.runtime.identity import ALGORITHM, AUDIENCE, ISSUER, Signer

from .conftest import Gateway, edge_before

ORDER = {
    "client_order_id": "a-1",
    "portfolio_id": "demo",
    "symbol": "AAPL",
    "side": "BUY",
    "order_type": "LIMIT",
    "quantity": "100",
    "price": "189.20",
    "time_in_force": "DAY",
}


def claims(expire_time_s: float) -> dict[str, object]:
    return {"iss": ISSUER, "aud": AUDIENCE, "sub": "x", "scope": "orders:write", "exp": int(expire_time_s)}


def forged(gateway: Gateway) -> str:
    """A token with the right key id, signed with another key."""
    key = ec.generate_private_key(ec.SECP256R1())
    headers = {"kid": gateway.signer.jwk["kid"]}
    return jwt.encode(claims(time.time() + 60), key, algorithm=ALGORITHM, headers=headers)


def unsigned() -> str:
    parts = [{"alg": "none", "typ": "JWT"}, claims(time.time() + 60)]
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
        + "."
    )


async def test_an_order_travels_through_the_edge_as_curl_sends_it(edge: Gateway) -> None:
    headers = {**edge.bearer, "content-type": "application/x-www-form-urlencoded"}
    async with httpx.AsyncClient() as client:
        answer = await client.post(
            f"{edge.edge_url}/api/v1/orders", headers=headers, content=json.dumps(ORDER)
        )
    assert answer.status_code == 200, answer.text
    assert answer.json()["side"] == "BUY"
    assert edge.venue.submitted[0].client_order_id == "a-1"


async def test_a_large_batch_and_a_stream_pass_the_edge(edge: Gateway) -> None:
    actions = [{"submit": ORDER}] * 10_000
    async with edge.client(edge.edge_url) as client:
        answer = await client.post("/api/v1/orders:batch", json={"actions": actions})
        assert len(answer.json()["results"]) == 10_000
        async with client.stream("GET", "/api/v1/quotes:stream?symbols=AAPL") as stream:
            first = json.loads(await anext(stream.aiter_lines()))
    assert first["snapshot"]["quotes"][0]["symbol"] == "AAPL"


async def test_bad_tokens_are_refused_at_the_edge(edge: Gateway) -> None:
    expired = Signer.load(edge.settings.keys).mint("x", ["orders:write"], -10.0)
    async with httpx.AsyncClient(base_url=edge.edge_url) as client:
        for token in ("", expired, forged(edge), unsigned(), "nonsense"):
            headers = {"authorization": f"Bearer {token}"} if token else {}
            for path in ("/api/v1/orders", "/ws/engine/status"):
                answer = await client.get(path, headers=headers)
                assert answer.status_code == 401, (token, path, answer.text)
                assert answer.json()["error"]["code"] == "UNAUTHENTICATED"
    assert edge.venue.submitted == []


async def test_grpc_goes_straight_to_the_service(edge: Gateway) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{edge.settings.port}") as channel:
        stub = assets_pb2_grpc.AssetsServiceStub(channel)
        request = assets_pb2.GetInstrumentRequest(symbol="AAPL")
        instrument = await stub.GetInstrument(request, metadata=(("authorization", f"Bearer {edge.token}"),))
        assert instrument.name == "Apple Inc."
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.GetInstrument(request)
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


def grpc_web(request: assets_pb2.GetInstrumentRequest) -> bytes:
    message = request.SerializeToString()
    return b"\0" + len(message).to_bytes(4, "big") + message


async def test_grpc_web_takes_the_cookie_from_our_own_page_alone(edge: Gateway) -> None:
    path = "/tickmesh.assets.v1.AssetsService/GetInstrument"
    body = grpc_web(assets_pb2.GetInstrumentRequest(symbol="AAPL"))
    kind = {"content-type": "application/grpc-web+proto", "cookie": f"a=b; tickmesh_session={edge.token}"}
    async with httpx.AsyncClient(base_url=edge.edge_url) as client:
        own = await client.post(path, content=body, headers={**kind, "origin": edge.edge_url})
        assert own.status_code == 200
        assert b"Apple Inc." in own.content
        for origin in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}, {}):
            foreign = await client.post(path, content=body, headers={**kind, **origin})
            assert b"Apple" not in foreign.content


async def test_the_access_log_has_no_query_and_no_token(gateway: Gateway, tmp_path: Path) -> None:
    async with edge_before(gateway, tmp_path) as log, httpx.AsyncClient(base_url=gateway.edge_url) as client:
        await client.get(f"/login?token={gateway.token}")
        await client.get("/api/v1/orders?symbol=SECRET", headers=gateway.bearer)
    text = log.read_text()
    assert "/login" in text
    assert gateway.token not in text
    assert "SECRET" not in text


async def test_a_path_that_is_no_text_reaches_no_service(edge: Gateway) -> None:
    def call(path: bytes) -> grpc.StatusCode:
        with grpc.insecure_channel(edge.edge_url.removeprefix("http://")) as channel:
            method: Any = channel.unary_unary(path)  # type: ignore[arg-type]  # bytes are sent as they are
            with pytest.raises(grpc.RpcError) as failed:
                method(b"", timeout=10, metadata=tuple(edge.bearer.items()))
        code: grpc.StatusCode = failed.value.code()
        return code

    garbled, unknown = (
        b"/tickmesh.orders.v1.OrdersService/\xe5rder",
        b"/tickmesh.orders.v1.OrdersService/Order",
    )
    assert await asyncio.to_thread(call, garbled) != grpc.StatusCode.OK
    assert await asyncio.to_thread(call, unknown) == grpc.StatusCode.UNIMPLEMENTED  # the service lives

"""The whole way with a real service: Envoy, the JSON process, assets and its database."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest

from tickmesh.assets.v1 import assets_pb2, assets_pb2_grpc
from tickmesh.gateway.http.answers import to_value
from tickmesh.gateway.http.serving import run_http
from tickmesh.services.assets.service import start
from tickmesh.services.runtime.contract import all_scopes
from tickmesh.services.runtime.testing import serve_for_test

from .conftest import Gateway, answers_at, edge_before, gateway_settings, running
from .venue import Venue


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with serve_for_test(start, tmp_path) as host:
        settings = gateway_settings(tmp_path, host.settings.assets_address)
        token = host.signer.mint("tester", all_scopes(), 60.0)
        gateway = Gateway(Venue(), settings, host.signer, token)
        async with running(run_http(settings)):
            await answers_at(f"{gateway.http_url}/healthz")
            async with edge_before(gateway, tmp_path):
                yield gateway


@pytest.fixture
async def client(platform: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    async with platform.client(platform.edge_url) as client:
        yield client


async def over_grpc(platform: Gateway, method: str, request: Any) -> Any:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{platform.settings.port}") as channel:
        stub = assets_pb2_grpc.AssetsServiceStub(channel)
        answer = await getattr(stub, method)(
            request, metadata=(("authorization", f"Bearer {platform.token}"),)
        )
        return to_value(answer)


async def test_http_and_grpc_answer_the_same(platform: Gateway, client: httpx.AsyncClient) -> None:
    listed = (await client.get("/api/v1/instruments?asset_type=STOCK&page_size=3")).json()
    request = assets_pb2.ListInstrumentsRequest(asset_type=assets_pb2.Instrument.STOCK, page_size=3)
    assert listed == await over_grpc(platform, "ListInstruments", request)
    assert len(listed["instruments"]) == 3
    symbol = listed["instruments"][0]["symbol"]
    one = (await client.get(f"/api/v1/instruments/{symbol}")).json()
    assert one == await over_grpc(platform, "GetInstrument", assets_pb2.GetInstrumentRequest(symbol=symbol))


async def test_an_instrument_is_listed_and_changed_over_json(client: httpx.AsyncClient) -> None:
    instrument = {
        "symbol": "TEST",
        "name": "Test Corporation",
        "asset_type": "STOCK",
        "currency": "USD",
        "price_increment": "0.01",
        "quantity_increment": "1",
        "calendar": "XNYS",
        "reference_price": "10",
        "stock": {"sector": "Energy", "country": "US"},
    }
    wrong = {"instrument": {**instrument, "stock": {"sektor": "Energy"}}}
    refused = await client.post("/api/v1/instruments", json=wrong)
    assert refused.json()["error"]["fields"][0]["field"] == "instrument.stock.sektor"
    made = await client.post("/api/v1/instruments", json={"instrument": instrument})
    assert made.status_code == 200, made.text
    again = await client.post("/api/v1/instruments", json={"instrument": instrument})
    assert again.status_code == 409
    change = {"instrument": {"name": "Test Limited"}, "update_mask": "name"}
    changed = await client.patch("/api/v1/instruments/TEST", json=change)
    assert changed.json()["name"] == "Test Limited"
    assert (await client.get("/api/v1/instruments/NONE")).status_code == 404


async def test_instruments_stream_through_the_edge(client: httpx.AsyncClient) -> None:
    async with client.stream(
        "GET", "/api/v1/instruments:stream", headers={"accept": "text/event-stream"}
    ) as answer:
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                first = json.loads(line.removeprefix("data: "))
                break
    assert len(first["snapshot"]["instruments"]) >= 30

"""The WebSocket process over a real socket: snapshot, updates, slow readers, refusals and a clean stop."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tickmesh.gateway.websocket.serving import run_websocket
from tickmesh.orders.v1 import orders_pb2
from tickmesh.pricing.v1 import pricing_pb2
from tickmesh.services.runtime.identity import Signer

from .conftest import Gateway, answers_at, edge_before, running, until

MARKET = "/ws/market-data/AAPL"
TRADES = "/ws/trades/updates"


@asynccontextmanager
async def serving(backend: Gateway, **changes: Any) -> AsyncIterator[Gateway]:
    gateway = replace(backend, settings=replace(backend.settings, **changes))
    async with running(run_websocket(gateway.settings)):
        await answers_at(f"http://{gateway.settings.websocket_address}/healthz")
        yield gateway


@pytest.fixture
async def sockets(backend: Gateway) -> AsyncIterator[Gateway]:
    async with serving(backend) as gateway:
        yield gateway


def opened(gateway: Gateway, path: str, headers: dict[str, str] | None = None, **options: Any) -> Any:
    url = f"ws://{gateway.settings.websocket_address}{path}"
    return connect(url, additional_headers=gateway.bearer if headers is None else headers, **options)


async def frame(socket: ClientConnection) -> Any:
    async with asyncio.timeout(10):
        return json.loads(await socket.recv())


async def frames_until(socket: ClientConnection, kind: str) -> list[Any]:
    """Returns all frames up to the first of a kind, and that."""
    frames = []
    while not frames or frames[-1]["type"] != kind:
        frames.append(await frame(socket))
    return frames


async def counters(gateway: Gateway) -> dict[str, Any]:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://{gateway.settings.websocket_address}/healthz")
    value: dict[str, Any] = answer.json()
    return value


async def refused(gateway: Gateway, path: str, headers: dict[str, str]) -> tuple[int, str]:
    with pytest.raises(InvalidStatus) as error:
        await opened(gateway, path, headers)
    body = json.loads(error.value.response.body or b"{}")
    return error.value.response.status_code, body["error"]["reason"]


def quote(bid_price: str) -> pricing_pb2.Quote:
    return pricing_pb2.Quote(symbol="AAPL", bid_price=bid_price)


def book_update(price: str, quantity: str, command: int) -> orders_pb2.BookUpdate:
    level = orders_pb2.BookLevel(price=price, quantity=quantity, order_count=1)
    return orders_pb2.BookUpdate(symbol="AAPL", command=command, bids=[level])


def report(number: int, text: str = "") -> orders_pb2.ExecutionReport:
    return orders_pb2.ExecutionReport(execution_id=str(number), order=orders_pb2.Order(reason=text))


async def test_market_data_starts_with_a_snapshot_and_counts_frames(sockets: Gateway) -> None:
    async with opened(sockets, MARKET) as socket:
        first, second = await frame(socket), await frame(socket)
        assert {first["type"], second["type"]} == {"snapshot"}
        assert {*first["data"], *second["data"]} == {"quote", "book"}
        sockets.venue.quotes.publish(quote("2"))
        third = await frame(socket)
        assert third["type"] == "update"
        assert third["data"]["quote"]["bid_price"] == "2"
        assert [first["sequence"], second["sequence"], third["sequence"]] == [1, 2, 3]
        assert third["channel"] == "market-data/AAPL"


async def test_a_second_reader_shares_the_stream_and_sees_the_state_of_now(sockets: Gateway) -> None:
    async with opened(sockets, MARKET) as first:
        await frame(first), await frame(first)
        sockets.venue.books.publish(book_update("11", "5", 7))
        await frame(first)
        async with opened(sockets, MARKET) as second:
            snapshot = await frame(second)
            assert snapshot["sequence"] == 1
            prices = [level["price"] for level in snapshot["data"]["book"]["bids"]]
            assert prices == ["11", "10"]
            assert snapshot["data"]["quote"]["bid_price"] == "1"
            assert sockets.venue.open_streams == 2  # one of books, one of quotes
    await until(lambda: sockets.venue.open_streams == 0)


async def test_executions_start_with_recent_ones_and_resume_by_token(sockets: Gateway) -> None:
    async with opened(sockets, TRADES) as socket:
        snapshot = (await frames_until(socket, "snapshot"))[-1]
        assert [each["execution_id"] for each in snapshot["data"]["reports"]] == ["1", "2"]
        sockets.venue.reports.publish(report(3))
        update = (await frames_until(socket, "update"))[-1]
        assert update["data"]["reports"][0]["execution_id"] == "3"
        token = update["resume_token"]
    for number in (4, 5):
        sockets.venue.reports.publish(report(number))
    async with opened(sockets, f"{TRADES}?resume_token={token}") as socket:
        frames = await frames_until(socket, "update")
        reports = [
            each["execution_id"]
            for item in frames
            if item["type"] == "update"
            for each in item["data"]["reports"]
        ]
        assert reports == ["4", "5"]


async def test_engine_status_and_health_are_told(sockets: Gateway) -> None:
    async with opened(sockets, "/ws/engine/status") as socket:
        assert (await frame(socket))["data"]["state_hash"] == "00000000000000ff"
    async with opened(sockets, "/ws/system/health") as socket:
        health = (await frame(socket))["data"]
        assert health["status"] == "SERVING"
        assert {"service": "orders", "status": "SERVING"} in health["services"]


async def test_a_silent_channel_sends_heartbeats(backend: Gateway) -> None:
    async with serving(backend, websocket_heartbeat_s=0.05) as gateway, opened(gateway, MARKET) as socket:
        beat = (await frames_until(socket, "heartbeat"))[-1]
        assert beat["data"]["time"].endswith("Z")


async def test_nobody_gets_in_without_a_good_token_and_scope(sockets: Gateway) -> None:
    expired = Signer.load(sockets.settings.keys).mint("x", ["orders:read"], -5.0)
    poor = Signer.load(sockets.settings.keys).mint("x", ["orders:write"], 60.0)
    assert await refused(sockets, MARKET, {}) == (401, "TOKEN_MISSING")
    assert await refused(sockets, MARKET, {"authorization": f"Bearer {expired}"}) == (401, "TOKEN_EXPIRED")
    assert await refused(sockets, MARKET, {"authorization": "Bearer nonsense"}) == (401, "TOKEN_INVALID")
    assert await refused(sockets, MARKET, {"authorization": f"Bearer {poor}"}) == (403, "SCOPE_MISSING")
    assert sockets.venue.open_streams == 0


async def test_unknown_channels_and_parameters_are_refused_by_name(sockets: Gateway) -> None:
    for path in ("/ws/nothing", "/ws/market-data", "/ws/market-data/no%20symbol", "/other"):
        assert await refused(sockets, path, sockets.bearer) == (404, "PATH_NOT_FOUND")
    assert await refused(sockets, f"{TRADES}?symbol=A", sockets.bearer) == (400, "INVALID_PARAMETERS")
    assert await refused(sockets, f"{TRADES}?portfolio_id=UPPER", sockets.bearer) == (
        400,
        "INVALID_PARAMETERS",
    )


async def test_the_cookie_works_from_our_own_pages_alone(sockets: Gateway) -> None:
    cookie = {"cookie": f"tickmesh_session={sockets.token}"}
    own = {**cookie, "origin": f"http://{sockets.settings.websocket_address}"}
    async with opened(sockets, MARKET, own) as socket:
        assert (await frame(socket))["type"] == "snapshot"
    foreign = {**cookie, "origin": "http://evil.example"}
    assert await refused(sockets, MARKET, foreign) == (403, "FOREIGN_ORIGIN")
    assert await refused(sockets, MARKET, cookie) == (403, "FOREIGN_ORIGIN")


async def test_the_number_of_connections_is_bounded(backend: Gateway) -> None:
    async with serving(backend, websocket_connections_max=1) as gateway, opened(gateway, MARKET) as socket:
        await frame(socket)
        assert await refused(gateway, MARKET, gateway.bearer) == (503, "NO_ROOM")


async def test_a_reader_that_sends_data_is_shown_the_door(sockets: Gateway) -> None:
    async with opened(sockets, MARKET) as socket:
        await socket.send("x")
        with pytest.raises(ConnectionClosed) as closed:
            await frames_until(socket, "never")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008
    async with opened(sockets, MARKET) as socket:
        await socket.send("x" * 100_000)
        with pytest.raises(ConnectionClosed):
            await frames_until(socket, "never")


async def test_a_slow_reader_of_prices_gets_the_newest(sockets: Gateway) -> None:
    async with opened(sockets, MARKET, max_queue=1) as socket:
        await frame(socket), await frame(socket)
        bulk = "9" * 50_000
        number = 0
        while (await counters(sockets))["updates_conflated"] == 0:
            for _ in range(50):
                number += 1
                sockets.venue.quotes.publish(
                    pricing_pb2.Quote(symbol="AAPL", bid_price=str(number), last_quantity=bulk)
                )
                sockets.venue.books.publish(book_update("10", str(number), number))
                await asyncio.sleep(0)
            assert number < 20_000, "nothing was conflated"
            await asyncio.sleep(0.01)
        last = str(number)
        quotes, levels, sequence = "", "", 0
        while quotes != last or levels != last:
            item = await frame(socket)
            assert sequence in (0, item["sequence"] - 1)
            sequence = item["sequence"]
            quotes = item.get("data", {}).get("quote", {}).get("bid_price", quotes)
            for level in item.get("data", {}).get("book", {}).get("bids", []):
                levels = level["quantity"]
        assert sequence < 2 * number
        assert (await counters(sockets))["slow_readers_closed"] == 0


async def test_a_slow_reader_of_executions_is_closed_with_a_reason(backend: Gateway) -> None:
    async with (
        serving(backend, websocket_queue_max=4) as gateway,
        opened(gateway, TRADES, max_queue=1) as socket,
    ):
        await frames_until(socket, "snapshot")
        number = 10
        while (await counters(gateway))["slow_readers_closed"] == 0:
            for _ in range(20):
                number += 1
                gateway.venue.reports.publish(report(number, "x" * 50_000))
                await asyncio.sleep(0)
            await asyncio.sleep(0.01)
        seen = []
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                seen.append(await frame(socket))
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1013
        assert seen[-1]["type"] == "error"
        assert seen[-1]["data"]["reason"] == "SLOW_READER"
        ids = [
            int(each["execution_id"])
            for item in seen
            if item["type"] == "update"
            for each in item["data"]["reports"]
        ]
        assert ids == list(range(11, 11 + len(ids)))  # nothing was skipped before the end


QUOTES = "/ws/api/v1/quotes:stream?symbols=AAPL&symbols=MSFT"


async def test_any_stream_of_the_contract_is_a_channel(sockets: Gateway) -> None:
    async with opened(sockets, QUOTES) as socket:
        first = await frame(socket)
        assert (first["type"], first["sequence"], first["channel"]) == ("snapshot", 1, "api/v1/quotes:stream")
        assert [each["symbol"] for each in first["data"]["quotes"]] == ["AAPL", "MSFT"]
        sockets.venue.quotes.publish(quote("2"))
        update = (await frames_until(socket, "update"))[-1]
        assert update["data"]["quotes"][0]["bid_price"] == "2"
        assert update["resume_token"]
    await until(lambda: sockets.venue.open_streams == 0)
    async with opened(sockets, f"/ws/api/v1/quotes:stream?resume_token={update['resume_token']}") as socket:
        assert (await frame(socket))["type"] == "heartbeat"


async def test_a_stream_that_is_no_stream_or_not_allowed_is_refused(sockets: Gateway) -> None:
    assert await refused(sockets, "/ws/api/v1/orders", sockets.bearer) == (404, "PATH_NOT_FOUND")
    assert await refused(sockets, "/ws/api/v1/quotes:stream?symbol=A", sockets.bearer) == (
        400,
        "INVALID_PARAMETERS",
    )
    poor = {"authorization": f"Bearer {sockets.signer.mint('x', ['orders:read'], 60.0)}"}
    assert await refused(sockets, QUOTES, poor) == (403, "SCOPE_MISSING")
    async with opened(sockets, "/ws/api/v1/executions:stream?resume_token=nonsense") as socket:
        assert (await frame(socket))["data"]["reason"] == "RESUME_TOKEN_INVALID"
        with pytest.raises(ConnectionClosed) as closed:
            await frame(socket)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


async def test_a_slow_reader_of_a_stream_holds_its_source_back(sockets: Gateway) -> None:
    async with opened(sockets, "/ws/api/v1/quotes:stream", max_queue=1) as socket:
        number = 0
        while sockets.venue.quotes.conflated == 0:
            for _ in range(50):
                number += 1
                sockets.venue.quotes.publish(
                    pricing_pb2.Quote(symbol="AAPL", bid_price=str(number), last_quantity="9" * 50_000)
                )
                await asyncio.sleep(0)
        assert (await counters(sockets))["slow_readers_closed"] == 0
        newest = ""
        while newest != str(number):
            item = await frame(socket)
            if item["type"] == "update":
                newest = item["data"]["quotes"][-1]["bid_price"]


async def test_a_connection_lives_no_longer_than_its_token(sockets: Gateway) -> None:
    short = sockets.signer.mint("tester", ["orders:read", "pricing:read"], 2.0)
    async with opened(sockets, MARKET, {"authorization": f"Bearer {short}"}) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await frames_until(socket, "never")
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason.split(":")[0]) == (1008, "TOKEN_EXPIRED")


async def test_a_stop_says_goodbye(backend: Gateway) -> None:
    async with serving(backend) as gateway:
        socket = await opened(gateway, MARKET)
        await frame(socket)
    with pytest.raises(ConnectionClosed) as closed:
        await frames_until(socket, "never")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001


async def test_a_channel_is_reachable_through_the_edge(gateway: Gateway, tmp_path: Any) -> None:
    async with serving(gateway), edge_before(gateway, tmp_path):
        url = f"ws://127.0.0.1:{gateway.settings.port}{MARKET}"
        async with connect(url, additional_headers=gateway.bearer) as socket:
            assert (await frame(socket))["type"] == "snapshot"
        cookie = {"cookie": f"tickmesh_session={gateway.token}", "origin": gateway.edge_url}
        async with connect(url, additional_headers=cookie) as socket:
            assert (await frame(socket))["type"] == "snapshot"
        with pytest.raises(InvalidStatus) as error:
            await connect(url)
        assert error.value.response.status_code == 401

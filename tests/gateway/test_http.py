"""The JSON process over a real socket: unary calls, streams, login, errors, pages."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from tickmesh.gateway.http.serving import run_http
from tickmesh.gateway.settings import PAGE_DIR
from tickmesh.orders.v1 import orders_pb2
from tickmesh.services.runtime.identity import Signer
from tickmesh.services.runtime.ports import free_port

from .conftest import Gateway, answers_at, running, until
from .test_edge import ORDER


def error_of(answer: httpx.Response, status: int) -> Any:
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert set(error) == {"code", "reason", "message", "fields", "metadata"}
    return error


async def lines(answer: httpx.Response) -> AsyncIterator[Any]:
    async for line in answer.aiter_lines():
        yield json.loads(line)


async def test_an_order_is_taken_and_answered_in_snake_case(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/orders", json=ORDER)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    value = answer.json()
    assert list(value)[:3] == ["order_id", "client_order_id", "portfolio_id"]
    assert (value["side"], value["status"], value["post_only"]) == ("BUY", "NEW", False)


async def test_an_answer_says_where_its_time_went(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/orders", json=ORDER)
    assert answer.headers["server-timing"] == "queue;dur=0.125"
    assert "x-inside" not in answer.headers
    assert "server-timing" not in (await client.get("/api/v1/orders/1")).headers


async def test_unset_and_empty_fields_look_as_documented(client: httpx.AsyncClient) -> None:
    value = (await client.get("/api/v1/instruments/AAPL")).json()
    assert value["attributes"] == {"colour": "grün"}
    assert value["version"] == "7"
    assert value["isin"] == ""
    assert "bond" not in value
    assert value["reference_time"] == "2023-11-14T22:13:20Z"


async def test_a_failure_carries_reason_and_metadata(client: httpx.AsyncClient) -> None:
    error = error_of(await client.get("/api/v1/instruments/XXX"), 404)
    assert (error["code"], error["reason"]) == ("NOT_FOUND", "UNKNOWN_INSTRUMENT")
    assert error["metadata"] == {"symbol": "XXX"}
    limited = await client.post("/api/v1/orders", json={**ORDER, "symbol": "FAST"})
    assert error_of(limited, 429)["reason"] == "ORDER_RATE_LIMIT"
    assert limited.headers["retry-after"] == "1"


async def test_the_rules_of_the_contract_name_every_wrong_field(client: httpx.AsyncClient) -> None:
    error = error_of(await client.post("/api/v1/orders", json={"symbol": "AAPL", "quantity": "-1"}), 400)
    assert error["reason"] == "INVALID_REQUEST"
    assert {"client_order_id", "portfolio_id", "side", "quantity"} <= {
        item["field"] for item in error["fields"]
    }


async def test_an_unknown_field_is_refused_and_nothing_is_sent(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    error = error_of(await client.post("/api/v1/orders", json={**ORDER, "post_onyl": True}), 400)
    assert error["fields"][0]["field"] == "post_onyl"
    assert gateway.venue.submitted == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "BODY_NOT_JSON"),
        (b"\xff", "BODY_NOT_UTF8"),
        (b'{"price": NaN}', "NUMBER_NOT_FINITE"),
        (b'{"price": "1", "price": "2"}', "DUPLICATE_KEY"),
        (b"[" * 100_000, "BODY_TOO_DEEP"),
        (b'{"symbol": "' + b"A" * (1 << 20) + b'"}', "BODY_TOO_LARGE"),
        (b"", "INVALID_REQUEST"),
    ],
)
async def test_bad_bodies_are_refused_clearly(client: httpx.AsyncClient, body: bytes, reason: str) -> None:
    assert error_of(await client.post("/api/v1/orders", content=body), 400)["reason"] == reason


async def test_a_body_without_a_length_is_bounded_too(client: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b" " * 65_536

    assert error_of(await client.post("/api/v1/orders", content=endless()), 400)["reason"] == "BODY_TOO_LARGE"


async def test_a_batch_may_be_larger_than_an_order(client: httpx.AsyncClient) -> None:
    body = json.dumps({"actions": [{"submit": ORDER}] * 10_000}).encode()
    assert len(body) > 1 << 20
    answer = await client.post(
        "/api/v1/orders:batch", content=body, headers={"content-type": "application/json"}
    )
    assert len(answer.json()["results"]) == 10_000


async def test_other_content_types_are_refused(client: httpx.AsyncClient) -> None:
    for kind in ("text/plain", "application/xml", "multipart/form-data", "application/json; charset=latin-1"):
        answer = await client.post("/api/v1/orders", content=b"{}", headers={"content-type": kind})
        assert error_of(answer, 415)["reason"] == "CONTENT_TYPE_UNSUPPORTED"


async def test_a_body_or_a_query_where_none_belongs_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.request("GET", "/api/v1/orders", content=b"{}")
    assert error_of(answer, 400)["reason"] == "BODY_NOT_EXPECTED"
    answer = await client.post("/api/v1/orders?symbol=AAPL", json=ORDER)
    assert error_of(answer, 400)["reason"] == "INVALID_PARAMETERS"


async def test_unknown_paths_and_methods_say_what_there_is(client: httpx.AsyncClient) -> None:
    assert error_of(await client.get("/api/v1/nothing"), 404)["reason"] == "PATH_NOT_FOUND"
    assert error_of(await client.get("/nothing"), 404)["reason"] == "PATH_NOT_FOUND"
    answer = await client.put("/api/v1/orders", json={})
    assert error_of(answer, 405)["reason"] == "METHOD_NOT_ALLOWED"
    assert answer.headers["allow"] == "GET, POST"
    assert (await client.post("/healthz")).status_code == 405


async def test_path_and_body_must_agree(client: httpx.AsyncClient) -> None:
    body = {"instrument": {"symbol": "MSFT", "name": "x"}, "update_mask": "name"}
    error = error_of(await client.patch("/api/v1/instruments/AAPL", json=body), 400)
    assert error["fields"][0]["field"] == "instrument.symbol"
    body["instrument"] = {"name": "Apple"}
    assert (await client.patch("/api/v1/instruments/AAPL", json=body)).json()["symbol"] == "AAPL"


async def test_query_parameters_reach_the_service(client: httpx.AsyncClient) -> None:
    query = {"symbol": "AAPL", "status": "FILLED", "open_only": "true", "page_size": "7"}
    value = (await client.get("/api/v1/orders", params=query)).json()
    assert value["orders"][0]["status"] == "FILLED"
    assert value["orders"][0]["post_only"] is True
    assert value["next_page_token"] == "7"
    error = error_of(await client.get("/api/v1/orders?pagesize=7"), 400)
    assert error["fields"][0]["field"] == "pagesize"


async def test_a_call_takes_deadline_and_trace_with_it(gateway: Gateway, client: httpx.AsyncClient) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = {"x-request-timeout": "5", "x-request-id": "abc", "traceparent": trace}
    answer = await client.post("/api/v1/orders", json=ORDER, headers=headers)
    assert answer.headers["x-request-id"] == "abc"
    assert gateway.venue.metadata["x-request-id"] == "abc"
    assert gateway.venue.metadata["traceparent"] == trace
    assert gateway.venue.deadline_s is not None and 3 < gateway.venue.deadline_s <= 5
    for wrong in ("0", "-1", "soon", "nan", "1e9"):
        answer = await client.post("/api/v1/orders", json=ORDER, headers={"x-request-timeout": wrong})
        assert error_of(answer, 400)["reason"] == "TIMEOUT_INVALID"


async def test_without_a_good_token_nothing_is_answered(gateway: Gateway) -> None:
    expired = Signer.load(gateway.settings.keys).mint("x", ["orders:read"], -5.0)
    poor = Signer.load(gateway.settings.keys).mint("x", ["orders:read"], 60.0)
    async with httpx.AsyncClient(base_url=gateway.http_url) as client:
        for token, reason in (
            ("", "TOKEN_MISSING"),
            (expired, "TOKEN_EXPIRED"),
            ("nonsense", "TOKEN_INVALID"),
        ):
            headers = {"authorization": f"Bearer {token}"} if token else {}
            answer = await client.get("/api/v1/orders", headers=headers)
            assert error_of(answer, 401)["reason"] == reason
            assert answer.headers["www-authenticate"] == "Bearer"
        answer = await client.post("/api/v1/orders", json=ORDER, headers={"authorization": f"Bearer {poor}"})
        assert error_of(answer, 403)["metadata"] == {"scope": "orders:write"}


async def test_a_service_that_is_away_gives_503_without_its_address(backend: Gateway) -> None:
    port = str(free_port())
    settings = replace(backend.settings, risk_address=f"127.0.0.1:{port}")
    async with running(run_http(settings)):
        await answers_at(f"{backend.http_url}/healthz")
        async with backend.client() as client:
            error = error_of(await client.put("/api/v1/risk/limits", json={}), 503)
    assert error["code"] == "UNAVAILABLE"
    assert port not in error["message"]


async def test_what_no_service_at_the_address_has_is_unimplemented(client: httpx.AsyncClient) -> None:
    error = error_of(await client.get("/api/v1/risk/limits"), 501)
    assert (error["code"], error["reason"]) == ("UNIMPLEMENTED", "UNIMPLEMENTED")


async def test_a_stream_comes_as_lines(gateway: Gateway, client: httpx.AsyncClient) -> None:
    async with client.stream("GET", "/api/v1/quotes:stream?symbols=AAPL&symbols=MSFT") as answer:
        assert answer.headers["content-type"].startswith("application/x-ndjson")
        first = await anext(lines(answer))
        assert first["sequence"] == "1"
        assert [each["symbol"] for each in first["snapshot"]["quotes"]] == ["AAPL", "MSFT"]
        await until(lambda: gateway.venue.open_streams == 1)
    await until(lambda: gateway.venue.open_streams == 0)  # a reader that leaves ends the call


async def test_a_stream_comes_as_events_and_resumes(gateway: Gateway, client: httpx.AsyncClient) -> None:
    headers = {"accept": "text/event-stream"}
    for number in (1, 2, 3):
        gateway.venue.reports.publish(orders_pb2.ExecutionReport(execution_id=str(number)))
    token = f"{gateway.venue.reports.epoch}.1"
    path = "/api/v1/executions:stream"
    async with client.stream("GET", path, headers={**headers, "last-event-id": token}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        event = [line async for line in _first_event(answer)]
    assert event[0] == f"id: {gateway.venue.reports.epoch}.3"
    reports = json.loads(event[1].removeprefix("data: "))["update"]["reports"]
    assert [each["execution_id"] for each in reports] == ["2", "3"]


async def _first_event(answer: httpx.Response) -> AsyncIterator[str]:
    async for line in answer.aiter_lines():
        if not line:
            return
        yield line


async def test_a_failure_in_a_stream_is_its_last_part(gateway: Gateway, client: httpx.AsyncClient) -> None:
    gateway.venue.fail_stream_after = 1
    async with client.stream("GET", "/api/v1/executions:stream") as answer:
        received = [line async for line in lines(answer)]
    assert "heartbeat" in received[0]
    assert received[-1]["error"]["reason"] == "SLOW_READER"
    async with client.stream(
        "GET", "/api/v1/executions:stream", headers={"accept": "text/event-stream"}
    ) as answer:
        text = (await answer.aread()).decode()
    assert "event: error\ndata: " in text


async def test_a_stream_that_is_refused_at_once_has_a_status(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/executions:stream?resume_token=nonsense")
    assert error_of(answer, 400)["reason"] == "RESUME_TOKEN_INVALID"


async def test_a_batch_is_one_object_or_a_line_each(client: httpx.AsyncClient) -> None:
    batch = {"actions": [{"submit": ORDER}, {"cancel": {"order_id": "5"}}]}
    whole = await client.post("/api/v1/orders:batch", json=batch)
    assert [each["order_id"] for each in whole.json()["results"]] == ["0", "1"]
    body = b"\n".join([json.dumps(batch).encode()] * 3) + b"\n"
    headers = {"content-type": "application/x-ndjson"}
    several = await client.post("/api/v1/orders:batch", content=body, headers=headers)
    assert several.headers["content-type"].startswith("application/x-ndjson")
    assert len(several.text.splitlines()) == 3
    wrong = await client.post("/api/v1/orders:batch", content=body + b'{"x": 1}', headers=headers)
    assert "line 4" in error_of(wrong, 400)["message"]


async def test_ticks_are_taken_as_lines_and_answered_once(client: httpx.AsyncClient) -> None:
    line = json.dumps({"ticks": {"kind": "AQI="}}).encode()
    headers = {"content-type": "application/x-ndjson"}
    answer = await client.post("/api/v1/ticks", content=b"\n".join([line] * 4), headers=headers)
    assert answer.json() == {"row_count": "8"}


async def test_a_link_logs_a_browser_in_and_out(gateway: Gateway) -> None:
    async with httpx.AsyncClient(base_url=gateway.http_url) as browser:
        answer = await browser.get("/login", params={"token": gateway.token})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=strict" in cookie and "path=/" in cookie
        session = (await browser.get("/api/v1/session")).json()
        assert session["subject"] == "tester"
        assert "orders:write" in session["scopes"]
        own = {"origin": gateway.http_url, "sec-fetch-site": "same-origin"}
        assert (await browser.post("/api/v1/orders", json=ORDER, headers=own)).status_code == 200
        assert (await browser.post("/api/v1/session:logout", headers=own)).status_code == 200
        assert (await browser.get("/api/v1/session")).status_code == 401


async def test_the_cookie_is_worth_nothing_on_other_sites(gateway: Gateway) -> None:
    async with httpx.AsyncClient(
        base_url=gateway.http_url, cookies={"tickmesh_session": gateway.token}
    ) as browser:
        for headers in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}, {}):
            answer = await browser.post("/api/v1/orders", json=ORDER, headers=headers)
            assert error_of(answer, 403)["reason"] == "FOREIGN_ORIGIN"
        form = {"origin": gateway.http_url, "content-type": "application/x-www-form-urlencoded"}
        assert (await browser.post("/api/v1/orders", json=ORDER, headers=form)).status_code == 415
    assert gateway.venue.submitted == []


async def test_a_bad_link_says_so_and_sets_no_cookie(gateway: Gateway) -> None:
    async with httpx.AsyncClient(base_url=gateway.http_url) as browser:
        answer = await browser.get("/login?token=nonsense")
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers
        assert (await browser.get("/login")).status_code == 200
        own = {"origin": gateway.http_url}
        answer = await browser.post("/login", data={"token": gateway.token}, headers=own)
        assert answer.status_code == 303
        assert (await browser.post("/login", data={"token": gateway.token})).status_code == 403


async def test_the_page_is_served_safely(gateway: Gateway, client: httpx.AsyncClient) -> None:
    unbuilt = await client.get("/")
    assert "npm run build" in unbuilt.text
    page = gateway.settings.page_dir
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text("<!doctype html>")
    (page / "assets" / "index-1.js").write_text("1")
    (page.parent / "secret").write_text("secret")
    index = await client.get("/")
    assert index.headers["cache-control"] == "no-cache"
    assert "script-src 'self'" in index.headers["content-security-policy"]
    assert index.headers["x-content-type-options"] == "nosniff"
    assert "immutable" in (await client.get("/assets/index-1.js")).headers["cache-control"]
    for path in ("/../secret", "/%2e%2e/secret", "/assets/%2e%2e/%2e%2e/secret", "/assets", "/%00"):
        assert (await client.get(path)).status_code == 404
    assert PAGE_DIR.name == "dist"


async def test_documentation_needs_no_token(gateway: Gateway) -> None:
    async with httpx.AsyncClient(base_url=gateway.http_url) as anybody:
        assert (await anybody.get("/openapi.json")).json()["openapi"] == "3.1.0"
        for path, kind in (
            ("/docs", "text/html"),
            ("/docs/docs.js", "text/javascript"),
            ("/docs/style.css", "text/css"),
        ):
            answer = await anybody.get(path)
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith(kind)
        assert (await anybody.get("/docs/nothing")).status_code == 404


async def test_many_calls_at_once_are_all_answered(client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(client.get(f"/api/v1/orders/{number}") for number in range(200)))
    assert [answer.json()["order_id"] for answer in answers] == [str(number) for number in range(200)]

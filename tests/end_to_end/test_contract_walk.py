"""Every RPC over gRPC and over HTTP, NDJSON and SSE: the same answer, the same refusal."""

import json
from collections.abc import Iterator
from typing import Any

import grpc
import httpx
import pytest

from tickmesh.services.runtime import contract

from .clients import GrpcClient, Value, short_name
from .mapping import http_call
from .running_platform import RunningPlatform
from .samples import SAMPLES, Sample, Scene

METHODS = {short_name(method): method for method in contract.methods().values()}
SERVER_STREAMS = [name for name, one in METHODS.items() if one.server_streams and not one.client_streams]
CLIENT_STREAMS = [name for name, one in METHODS.items() if one.client_streams]
UNARY = [name for name in METHODS if name not in SERVER_STREAMS and name not in CLIENT_STREAMS]
EVENT_STREAM = {"Accept": "text/event-stream"}


def sample_of(name: str) -> Sample:
    if name not in SAMPLES:
        pytest.fail(f"{name} has no sample request in samples.py", pytrace=False)
    return SAMPLES[name]


@pytest.fixture(scope="module")
def token(quiet: RunningPlatform) -> str:
    """Returns a token that may do everything, also what is for services alone."""
    return quiet.token(*sorted(contract.all_scopes()))


@pytest.fixture(scope="module")
def client(quiet: RunningPlatform, token: str) -> Iterator[GrpcClient]:
    client = GrpcClient(f"127.0.0.1:{quiet.port}", token)
    yield client
    client.close()


@pytest.fixture(scope="module")
def scene(client: GrpcClient) -> Scene:
    return Scene(client)


@pytest.fixture(scope="module")
def http(quiet: RunningPlatform, token: str) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=quiet.url, headers=headers, timeout=30.0) as http:
        yield http


def without(value: Any, names: tuple[str, ...]) -> Any:
    """Returns a JSON value without the fields of these names, wherever they are."""
    if isinstance(value, dict):
        return {key: without(one, names) for key, one in value.items() if key not in names}
    return [without(one, names) for one in value] if isinstance(value, list) else value


def answered(response: httpx.Response) -> Value:
    assert response.status_code == 200, response.text
    value: Value = response.json()
    return value


def test_every_rpc_has_a_sample_and_every_sample_an_rpc() -> None:
    assert set(SAMPLES) == set(METHODS)


@pytest.mark.parametrize("name", UNARY)
def test_an_answer_is_the_same_over_grpc_and_http(
    name: str, client: GrpcClient, http: httpx.Client, scene: Scene
) -> None:
    sample = sample_of(name)
    over_grpc = client.call(name, sample.request(scene))
    over_http = answered(http.request(**http_call(METHODS[name], sample.request(scene)).options()))
    assert without(over_http, sample.differs) == without(over_grpc, sample.differs)


@pytest.mark.parametrize("name", CLIENT_STREAMS)
def test_a_stream_of_requests_is_answered_the_same(
    name: str, client: GrpcClient, http: httpx.Client, scene: Scene
) -> None:
    sample = sample_of(name)
    (over_grpc,) = client.exchange(name, [sample.request(scene)])
    as_json = answered(http.request(**http_call(METHODS[name], sample.request(scene)).options()))
    lines = http.request(**http_call(METHODS[name], sample.request(scene)).as_lines())
    as_lines = json.loads(lines.text.strip())
    for over_http in (as_json, as_lines):
        assert without(over_http, sample.differs) == without(over_grpc, sample.differs)


@pytest.mark.parametrize("name", SERVER_STREAMS)
def test_a_stream_begins_the_same_over_grpc_ndjson_and_sse(
    name: str, client: GrpcClient, http: httpx.Client, scene: Scene
) -> None:
    sample = sample_of(name)
    over_grpc = first_of(client, name, sample.request(scene))
    call = http_call(METHODS[name], sample.request(scene)).options()
    line = first_line(http, call, {})
    event = first_line(http, call, EVENT_STREAM).removeprefix("data:")
    for over_http in (line, event):
        assert without(json.loads(over_http), sample.differs) == without(over_grpc, sample.differs)


def first_of(client: GrpcClient, name: str, request: Value) -> Value:
    stream = client.stream(name, request)
    try:
        return next(stream)
    finally:
        stream.close()


def first_line(http: httpx.Client, call: dict[str, Any], headers: dict[str, str]) -> str:
    """Returns the first line of a stream that carries a response."""
    start = "data:" if headers else "{"
    with http.stream(**call, headers=headers) as response:
        assert response.status_code == 200
        return next(line for line in response.iter_lines() if line.startswith(start))


def refusal_over_grpc(client: GrpcClient, name: str) -> str:
    method = METHODS[name]
    with pytest.raises(grpc.RpcError) as refused:
        if method.client_streams:
            list(client.exchange(name, [{}]))
        elif method.server_streams:
            next(client.stream(name, {}))
        else:
            client.call(name, {})
    code: str = refused.value.code().name
    return code


def refusal_over_http(
    quiet: RunningPlatform, name: str, scene: Scene, headers: dict[str, str]
) -> tuple[int, str]:
    call = http_call(METHODS[name], sample_of(name).request(scene)).options()
    response = httpx.request(**{**call, "url": quiet.url + call["url"]}, headers=headers, timeout=30.0)
    return response.status_code, response.json()["error"]["code"]


@pytest.mark.parametrize("name", METHODS)
def test_without_a_token_nothing_is_answered(name: str, quiet: RunningPlatform, scene: Scene) -> None:
    nobody = GrpcClient(f"127.0.0.1:{quiet.port}")
    try:
        assert refusal_over_grpc(nobody, name) == "UNAUTHENTICATED"
    finally:
        nobody.close()
    assert refusal_over_http(quiet, name, scene, {}) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize("name", METHODS)
def test_without_its_scope_nothing_is_done(name: str, quiet: RunningPlatform, scene: Scene) -> None:
    token = quiet.token(*sorted(contract.all_scopes() - {METHODS[name].scope}))
    stranger = GrpcClient(f"127.0.0.1:{quiet.port}", token)
    try:
        assert refusal_over_grpc(stranger, name) == "PERMISSION_DENIED"
    finally:
        stranger.close()
    headers = {"Authorization": f"Bearer {token}"}
    assert refusal_over_http(quiet, name, scene, headers) == (403, "PERMISSION_DENIED")

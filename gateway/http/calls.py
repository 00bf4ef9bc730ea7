"""Calls from HTTP to the services: whose token, until when, and which channel."""

import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.message import Message
from starlette.requests import Request

from tickmesh.services.runtime import client
from tickmesh.services.runtime.settings import SERVICES, RuntimeSettings

from ..descriptors import Route
from .problems import bad_request

SESSION_COOKIE = "tickmesh_session"
_PASSED_ON = ("traceparent", "tracestate")


@dataclass(frozen=True, slots=True)
class Caller:
    """What a call takes with it from its HTTP request."""

    metadata: tuple[tuple[str, str], ...]
    timeout_s: float
    request_id: str


class Backends:
    """A channel to each service, and the methods on it."""

    def __init__(self, settings: RuntimeSettings) -> None:
        self._channels = {name: client.connect(settings.address(name), lambda: "") for name in SERVICES}
        self._methods: dict[str, Any] = {}

    def method(self, route: Route) -> Callable[..., Any]:
        """Returns what calls the method of a route."""
        if route.rpc_path not in self._methods:
            self._methods[route.rpc_path] = self._make(route)
        made: Callable[..., Any] = self._methods[route.rpc_path]
        return made

    def _make(self, route: Route) -> Callable[..., Any]:
        kind = ("stream" if route.client_streaming else "unary") + (
            "_stream" if route.server_streaming else "_unary"
        )
        make: Callable[..., Callable[..., Any]] = getattr(self._channels[route.area], kind)
        return make(
            route.rpc_path,
            request_serializer=route.request_class.SerializeToString,
            response_deserializer=route.response_class.FromString,
        )

    def channel(self, area: str) -> grpc.aio.Channel:
        """Returns the channel to a service."""
        return self._channels[area]

    async def close(self) -> None:
        """Closes all channels; calls that still run are cancelled."""
        for channel in self._channels.values():
            await channel.close(None)


def token_of(headers: Mapping[str, str], cookies: Mapping[str, str]) -> tuple[str, bool]:
    """Returns the caller's token, and whether it came in the cookie. The header wins."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if token:
        return (token.strip() if scheme.lower() == "bearer" else ""), False
    cookie = cookies.get(SESSION_COOKIE, "")
    return cookie, bool(cookie)


def caller_of(request: Request, timeout_s: float, timeout_s_max: float) -> Caller:
    """Returns what the calls of a request take with them."""
    token, _ = token_of(request.headers, request.cookies)
    request_id = _request_id(request.headers.get("x-request-id", ""))
    metadata = [("x-request-id", request_id)]
    if token:
        metadata.append(("authorization", f"Bearer {token}"))
    metadata += [(name, request.headers[name]) for name in _PASSED_ON if name in request.headers]
    wanted = request.headers.get("x-request-timeout")
    timeout = timeout_s if wanted is None else _timeout(wanted, timeout_s_max)
    return Caller(tuple(metadata), timeout, request_id)


def _request_id(given: str) -> str:
    return (
        given
        if given and len(given) <= 100 and given.isascii() and given.isprintable()
        else str(uuid.uuid4())
    )


def _timeout(text: str, most: float) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds <= most:
        raise bad_request(
            "TIMEOUT_INVALID", f"X-Request-Timeout is a number of seconds, more than 0, at most {most:g}"
        )
    return seconds


async def one_by_one(messages: list[Message]) -> AsyncIterator[Message]:
    """Yields the messages that a client-streaming call sends."""
    for message in messages:
        yield message

"""The gRPC client side: channels that carry a token, retry what may be repeated, and notice dead peers."""

import json
import time
from collections.abc import Callable, Iterable
from typing import Any

import grpc

from . import contract
from .identity import Signer
from .server import MESSAGE_BYTES_MAX

TOKEN_TTL_S = 900.0
_RETRY = {
    "maxAttempts": 4,
    "initialBackoff": "0.05s",
    "maxBackoff": "1s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}

TokenSource = Callable[[], str]


def service_token(signer: Signer, subject: str, scopes: Iterable[str]) -> TokenSource:
    """Returns a source of tokens for a service; each is used for two thirds of its life."""
    kept = list(scopes)
    state = {"token": "", "renew_s": 0.0}

    def token() -> str:
        now = time.monotonic()
        if now >= float(state["renew_s"]):
            state["token"] = signer.mint(subject, kept, TOKEN_TTL_S)
            state["renew_s"] = now + TOKEN_TTL_S * 2 / 3
        return str(state["token"])

    return token


class _WithToken(
    grpc.aio.UnaryUnaryClientInterceptor,
    grpc.aio.UnaryStreamClientInterceptor,
    grpc.aio.StreamUnaryClientInterceptor,
    grpc.aio.StreamStreamClientInterceptor,
):
    """Adds the bearer token to every call."""

    def __init__(self, token: TokenSource) -> None:
        self._token = token

    def _details(self, details: grpc.aio.ClientCallDetails) -> grpc.aio.ClientCallDetails:
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        if "authorization" not in metadata:
            metadata.add("authorization", f"Bearer {self._token()}")
        return grpc.aio.ClientCallDetails(
            details.method, details.timeout, metadata, details.credentials, details.wait_for_ready
        )

    async def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        return await continuation(self._details(details), request)

    async def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        return await continuation(self._details(details), request)

    async def intercept_stream_unary(self, continuation: Any, details: Any, requests: Any) -> Any:
        return await continuation(self._details(details), requests)

    async def intercept_stream_stream(self, continuation: Any, details: Any, requests: Any) -> Any:
        return await continuation(self._details(details), requests)


def _kinds(token: TokenSource) -> list[grpc.aio.ClientInterceptor]:
    """Returns an interceptor of each shape: grpc.aio files an interceptor under one shape only."""
    bases = _WithToken.__mro__[1:5]
    return [_one_kind(base)(token) for base in bases]


def _one_kind(base: type) -> type[Any]:
    hook = next(name for name in vars(base) if name.startswith("intercept_"))
    body = {"__init__": _WithToken.__init__, "_details": _WithToken._details, hook: getattr(_WithToken, hook)}
    return type(f"WithToken{base.__name__}", (base,), body)


def service_config() -> str:
    """Returns gRPC's service config: balance a call at a time, retry the calls that only read."""
    names = [
        dict(zip(("service", "method"), method.path.strip("/").split("/"), strict=True))
        for method in contract.methods().values()
        if method.reads_only and not method.server_streams
    ]
    config = {"loadBalancingConfig": [{"round_robin": {}}], "methodConfig": [{"name": names, "retryPolicy": _RETRY}]}
    return json.dumps(config)


def connect(address: str, token: TokenSource) -> grpc.aio.Channel:
    """Returns a channel to a service. It connects when it is first used, and again whenever it must."""
    options = [
        ("grpc.service_config", service_config()),
        ("grpc.enable_retries", 1),
        ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
        ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
        ("grpc.keepalive_time_ms", 20_000),
        ("grpc.http2.ping_timeout_ms", 5_000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 1_000),
    ]
    return grpc.aio.insecure_channel(address, options=options, interceptors=_kinds(token))

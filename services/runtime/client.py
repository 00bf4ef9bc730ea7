"""The gRPC client side: channels that carry a token, retry what may be repeated, and notice dead peers."""

import ipaddress
import json
import time
from collections.abc import Callable, Iterable
from typing import Any, cast

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


class _ServiceToken:
    """Mints a token, and another when two thirds of its life have passed.

    By the clock on the wall: the monotonic one stands still while a laptop sleeps, and tokens age.
    """

    def __init__(self, mint: Callable[[], str], clock_s: Callable[[], float]) -> None:
        self._mint = mint
        self._clock_s = clock_s
        self._token = ""
        self._made_s = 0.0

    def __call__(self) -> str:
        age_s = self._clock_s() - self._made_s
        if not self._token or not 0 <= age_s < TOKEN_TTL_S * 2 / 3:
            self._token = self._mint()
            self._made_s = self._clock_s()
        return self._token


def service_token(
    signer: Signer, subject: str, scopes: Iterable[str], clock_s: Callable[[], float] = time.time
) -> TokenSource:
    """Returns a source of tokens for a service; each is used for two thirds of its life."""
    kept = list(scopes)
    return _ServiceToken(lambda: signer.mint(subject, kept, TOKEN_TTL_S), clock_s)


class _WithToken:
    """Adds the bearer token to a call."""

    def __init__(self, token: TokenSource) -> None:
        self._token = token

    def _details(self, details: grpc.aio.ClientCallDetails) -> grpc.aio.ClientCallDetails:
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        if "authorization" not in metadata:
            metadata.add("authorization", f"Bearer {self._token()}")
        return grpc.aio.ClientCallDetails(
            details.method, details.timeout, metadata, details.credentials, details.wait_for_ready
        )


# grpc.aio files an interceptor under one shape only, so there is one of each. Only its stubs are generic.
class _UnaryUnary(_WithToken, grpc.aio.UnaryUnaryClientInterceptor):  # type: ignore[type-arg]
    async def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        return await continuation(self._details(details), request)


class _UnaryStream(_WithToken, grpc.aio.UnaryStreamClientInterceptor):  # type: ignore[type-arg]
    async def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        return await continuation(self._details(details), request)


class _StreamUnary(_WithToken, grpc.aio.StreamUnaryClientInterceptor):  # type: ignore[type-arg]
    async def intercept_stream_unary(self, continuation: Any, details: Any, requests: Any) -> Any:
        return await continuation(self._details(details), requests)


class _StreamStream(_WithToken, grpc.aio.StreamStreamClientInterceptor):  # type: ignore[type-arg]
    async def intercept_stream_stream(self, continuation: Any, details: Any, requests: Any) -> Any:
        return await continuation(self._details(details), requests)


def _interceptors(token: TokenSource) -> list[grpc.aio.ClientInterceptor]:
    kinds = (_UnaryUnary, _UnaryStream, _StreamUnary, _StreamStream)
    return cast("list[grpc.aio.ClientInterceptor]", [kind(token) for kind in kinds])


def service_config(*, asks_health: bool = False) -> str:
    """Returns gRPC's service config: balance a call at a time, retry the calls that only read.

    Where only some addresses serve, the health of each is followed, and only those are called.
    """
    names = [
        dict(zip(("service", "method"), method.path.strip("/").split("/"), strict=True))
        for method in contract.methods().values()
        if method.reads_only and not method.server_streams
    ]
    config: dict[str, Any] = {
        "loadBalancingConfig": [{"round_robin": {}}],
        "methodConfig": [{"name": names, "retryPolicy": _RETRY}],
    }
    if asks_health:
        config["healthCheckConfig"] = {"serviceName": ""}
    return json.dumps(config)


def connect(address: str, token: TokenSource, *, watches: bool = False) -> grpc.aio.Channel:
    """Returns a channel to a service. It connects when it is first used, and again whenever it must.

    The address may be several, literal ones with commas between: then calls go to those that serve. Who
    watches notices within two seconds that a peer is cut off or hangs, also when there is one address only.
    """
    watches = watches or "," in address
    silence_ms = 1_000 if watches else 20_000  # then the peer is asked whether it lives
    options = [
        ("grpc.service_config", service_config(asks_health=watches)),
        ("grpc.enable_retries", 1),
        ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
        ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
        ("grpc.keepalive_time_ms", silence_ms),
        ("grpc.http2.ping_timeout_ms", min(silence_ms, 5_000)),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 1_000),
    ]
    return grpc.aio.insecure_channel(_target(address), options=options, interceptors=_interceptors(token))


def _target(address: str) -> str:
    """Returns an address as gRPC wants it. Fails with ValueError for several that are not all literal."""
    if "," not in address:
        return address
    hosts = [ipaddress.ip_address(one.rpartition(":")[0].strip("[]")) for one in address.split(",")]
    (version,) = {host.version for host in hosts}
    return f"ipv{version}:{address}"

"""The gRPC server: one interceptor that authenticates, validates and turns errors into statuses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NoReturn, TypeAlias, cast

import grpc
import protovalidate
from google.protobuf.message import Message
from grpc_status import rpc_status

from . import contract, errors, identity, telemetry

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
MESSAGE_BYTES_MAX = 16 << 20
OPEN_METHODS = ("/grpc.health.v1.Health/", "/grpc.reflection.v1alpha.ServerReflection/")
OPTIONS = [
    ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
    ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
    ("grpc.so_reuseport", 0),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.http2.ping_timeout_ms", 5_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
]

log = telemetry.logger(__name__)


class InvalidRequest(errors.InvalidArgument):
    """A request that breaks a rule of the contract."""

    reason = "INVALID_REQUEST"

    def __init__(self, violations: list[protovalidate.Violation]) -> None:
        fields = [_violation(violation) for violation in violations]
        super().__init__("; ".join(f"{item.field}: {item.description}" for item in fields), fields=fields)


def _violation(violation: protovalidate.Violation) -> errors.FieldViolation:
    path = ""
    for element in violation.proto.field.elements:
        path += ("." if path else "") + element.field_name
        if element.subscript is not None:
            path += f"[{element.subscript.value}]"
    return errors.FieldViolation(path, violation.proto.message or violation.proto.rule_id)


def validate(request: Message) -> None:
    """Checks a request against the rules in its proto. Fails with InvalidRequest naming every wrong field."""
    try:
        protovalidate.validate(request)
    except protovalidate.ValidationError as error:
        raise InvalidRequest(error.violations) from error


class _NotYet:
    """Stands in for a handler while its service starts: every call is told to come again."""

    request_deserializer = response_serializer = None

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return _starting


def _starting(request: Any, context: Context) -> NoReturn:
    raise errors.Unavailable("the service is starting", reason="STARTING")


_NOT_YET: Any = _NotYet()


class Gate(grpc.aio.ServerInterceptor):
    """Stands before every RPC of ours: token, scope, validation, errors."""

    def __init__(self, verifier: identity.Verifier) -> None:
        self._verifier = verifier
        self._methods = contract.methods()

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any]]],
        details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any]:
        """Wraps the handler of a call."""
        handler = await continuation(details)
        method = self._methods.get(details.method)
        if method is None:
            return handler
        return _Guard(method, self._verifier, handler or _NOT_YET).wrapped()


class _Guard:
    """One method's handler with everything around it."""

    def __init__(
        self, method: contract.Method, verifier: identity.Verifier, handler: grpc.RpcMethodHandler[Any, Any]
    ) -> None:
        self._method = method
        self._verifier = verifier
        self._handler = handler

    def wrapped(self) -> grpc.RpcMethodHandler[Any, Any]:
        """Returns a handler of the same shape."""
        kind = ("stream" if self._method.client_streams else "unary") + (
            "_stream" if self._method.server_streams else "_unary"
        )
        make = getattr(grpc, f"{kind}_rpc_method_handler")
        read = self._handler.request_deserializer or self._method.request_type.FromString
        wrapper = self._streams if self._method.server_streams else self._answers
        return cast(
            "grpc.RpcMethodHandler[Any, Any]",
            make(
                wrapper,
                request_deserializer=read,
                response_serializer=self._handler.response_serializer,
            ),
        )

    async def _answers(self, request: Any, context: Context) -> Any:
        try:
            behavior = self._handler.stream_unary if self._method.client_streams else self._handler.unary_unary
            return await cast(Any, behavior)(self._admit(request, context), context)
        except Exception as error:
            await _abort(context, error, self._method)

    async def _streams(self, request: Any, context: Context) -> AsyncIterator[Any]:
        try:
            behavior = self._handler.stream_stream if self._method.client_streams else self._handler.unary_stream
            async for response in cast(Any, behavior)(self._admit(request, context), context):
                yield response
        except Exception as error:
            await _abort(context, error, self._method)

    def _admit(self, request: Any, context: Context) -> Any:
        principal = self._verifier.verify(bearer(context))
        if self._method.scope not in principal.scopes:
            raise errors.PermissionDenied(
                f"the token lacks the scope {self._method.scope}",
                reason="SCOPE_MISSING",
                metadata={"scope": self._method.scope},
            )
        identity.set_current(principal)
        if self._method.client_streams:
            return _validated(request)
        validate(request)
        return request


async def _validated(requests: AsyncIterator[Message]) -> AsyncIterator[Message]:
    async for request in requests:
        validate(request)
        yield request


def bearer(context: Context) -> str:
    """Returns the token of a call, or nothing."""
    for key, value in context.invocation_metadata() or ():
        if key == "authorization":
            scheme, _, token = str(value).partition(" ")
            return token.strip() if scheme.lower() == "bearer" else ""
    return ""


async def _abort(context: Context, error: Exception, method: contract.Method) -> NoReturn:
    if isinstance(error, grpc.aio.AbortError):
        raise error
    if not isinstance(error, errors.TickmeshError):
        log.error("an RPC failed", method=method.path, exc_info=error)
        error = errors.Internal("an internal fault; the server's log has the details")
    status = rpc_status.to_status(errors.to_status(error))
    await context.abort_with_status(status)
    raise AssertionError("abort_with_status raises")


def make_server(verifier: identity.Verifier) -> grpc.aio.Server:
    """Returns a server that nobody may call without a token."""
    return grpc.aio.server(interceptors=[Gate(verifier)], options=OPTIONS)

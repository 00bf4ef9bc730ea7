"""The gRPC server: one interceptor that authenticates, validates and turns errors into statuses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, suppress
from typing import Any, NoReturn, TypeAlias, TypeVar, cast

import grpc
import protovalidate
from google.protobuf.message import Message
from grpc_status import rpc_status

from . import contract, errors, identity, telemetry, wire

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
MESSAGE_BYTES_MAX = 16 << 20
UNREAD_CALLS = 20_000  # at a time; gRPC drops some of a thousand by itself, as CANCELLED, with no reason
OPTIONS = [
    ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
    ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
    ("grpc.so_reuseport", 0),
    ("grpc.server.max_pending_requests", UNREAD_CALLS),
    ("grpc.server.max_pending_requests_hard_limit", 2 * UNREAD_CALLS),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.http2.ping_timeout_ms", 5_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 500),
    ("grpc.keepalive_permit_without_calls", 1),
]

STARTING = ("the service is starting", "STARTING")
_FIRST_REQUEST_S = 1.0
log = telemetry.logger(__name__)


class InvalidRequest(errors.InvalidArgument):
    """A request that breaks a rule of the contract."""

    reason = "INVALID_REQUEST"

    def __init__(self, violations: list[protovalidate.Violation]) -> None:
        fields = [_violation(violation) for violation in violations[: errors.FIELDS_MAX]]
        message = "; ".join(f"{item.field or 'request'}: {item.description}" for item in fields)
        more = len(violations) - len(fields)
        super().__init__(f"{message}; and {more} more" if more else message, fields=fields)


def _violation(violation: protovalidate.Violation) -> errors.FieldViolation:
    path = ""
    for element in violation.proto.field.elements if violation.proto.field else ():
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


F = TypeVar("F", bound=Callable[..., Any])


def takes_bytes(behavior: F) -> F:
    """Marks a method of a servicer that reads its requests itself: it is given their bytes, unvalidated."""
    behavior.takes_bytes = True  # type: ignore[attr-defined]
    return behavior


class NotYet:
    """Stands in for the handlers of a service that has not started: every call is told to come again."""

    request_deserializer = response_serializer = None

    def __init__(self) -> None:
        self._told = STARTING

    def say(self, message: str, reason: str) -> None:
        """Changes what callers are told."""
        self._told = (message, reason)

    def refuse(self, request: Any = None, context: Context | None = None) -> NoReturn:
        """Fails with Unavailable."""
        message, reason = self._told
        raise errors.Unavailable(message, reason=reason)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return self.refuse


class Gate(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in its stubs only
    """Stands before every RPC of ours: token, scope, validation, errors.

    Until it `is_open`, a method that has no handler is one whose service still starts.
    """

    def __init__(self, verifier: identity.Verifier) -> None:
        self.is_open = False
        self.not_yet: Any = NotYet()
        self._verifier = verifier
        self._methods = contract.methods()
        self._wrapped: dict[str, tuple[Handler, Handler]] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]],
        details: grpc.HandlerCallDetails,
    ) -> Handler:
        """Wraps the handler of a call."""
        handler = await continuation(details)
        method = self._methods.get(details.method)
        if method is None or (handler is None and self.is_open):
            return handler
        return self._guarded(method, handler or self.not_yet)

    def _guarded(self, method: contract.Method, handler: Handler) -> Handler:
        known = self._wrapped.get(method.path)
        if known is None or known[0] is not handler:
            known = (handler, _Guard(method, self._verifier, handler).wrapped())
            self._wrapped[method.path] = known
        return known[1]


class _Guard:
    """One method's handler with everything around it."""

    def __init__(self, method: contract.Method, verifier: identity.Verifier, handler: Handler) -> None:
        self._method = method
        self._verifier = verifier
        self._handler = handler
        self._shape = ("stream" if method.client_streams else "unary") + (
            "_stream" if method.server_streams else "_unary"
        )
        self._behavior: Any = getattr(handler, self._shape)

    def wrapped(self) -> Handler:
        """Returns a handler of the same shape."""
        make = getattr(grpc, f"{self._shape}_rpc_method_handler")
        wrapper = self._streams if self._method.server_streams else self._answers
        return cast(
            Handler,
            make(
                wrapper,
                request_deserializer=self._deserializer(),
                response_serializer=wire.serializer(
                    self._handler.response_serializer or self._method.response_type.SerializeToString
                ),
            ),
        )

    def _deserializer(self) -> Callable[[bytes], Any] | None:
        if getattr(self._behavior, "takes_bytes", False):
            return None
        return self._handler.request_deserializer or self._method.request_type.FromString

    async def _answers(self, request: Any, context: Context) -> Any:
        try:
            return await self._behavior(await self._admitted(request, context), context)
        except Exception as error:
            await _abort(context, error, self._method)

    async def _streams(self, request: Any, context: Context) -> AsyncIterator[Any]:
        try:
            # Closed here, not by the garbage collector: whoever leaves frees what the stream holds at once.
            admitted = await self._admitted(request, context)
            async with aclosing(self._behavior(admitted, context)) as responses:
                async for response in responses:
                    yield response
        except Exception as error:
            await _abort(context, error, self._method)

    async def _admitted(self, request: Any, context: Context) -> Any:
        """Returns the request once the caller may send it.

        A stream of requests is refused only after its first: a client of grpc.aio that is refused
        while it still begins takes that for a fault of its own (INTERNAL) and never learns why.
        """
        try:
            admitted = self._admit(request, context)
            if isinstance(self._handler, NotYet):
                self._handler.refuse()
            return admitted
        except errors.TickmeshError:
            if self._method.client_streams:
                await _first_of(request)
            raise

    def _admit(self, request: Any, context: Context) -> Any:
        principal = self._verifier.verify(bearer(context))
        if self._method.scope not in principal.scopes:
            raise errors.PermissionDenied(
                f"the token lacks the scope {self._method.scope}",
                reason="SCOPE_MISSING",
                metadata={"scope": self._method.scope},
            )
        identity.set_current(principal)
        if getattr(self._behavior, "takes_bytes", False):
            return request
        if self._method.client_streams:
            return _validated(request)
        validate(request)
        return request


async def _first_of(requests: AsyncIterator[Message]) -> None:
    """Waits for the first request, not for long; what it says does not matter."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_FIRST_REQUEST_S):
            await anext(requests, None)


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
    told = cast(Any, context).trailing_metadata() or ()
    await cast(Any, context).abort(status.code, status.details, (*status.trailing_metadata, *told))
    raise AssertionError("abort_with_status raises")


def make_server(gate: Gate) -> grpc.aio.Server:
    """Returns a server that nobody may call without a token."""
    return grpc.aio.server(interceptors=[gate], options=OPTIONS)

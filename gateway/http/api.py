"""Every RPC over HTTP: from a request to a call, from its answer to JSON."""

from collections.abc import Sequence
from typing import Any

import grpc
from google.protobuf.message import Message
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ..descriptors import Route
from ..settings import GatewaySettings
from . import answers, bodies, problems, queries, streams
from .calls import Backends, Caller, caller_of, one_by_one, token_of
from .origins import refuse_foreign_origin
from .problems import ProblemError, bad_request
from .templates import Match, Router

BODY_BYTES_MAX = 1 << 20
STREAM_BODY_BYTES_MAX = 8 << 20
_DISCARDED_BYTES_MAX = 64 << 20
JSON = "application/json"
_NDJSON_TYPES = (streams.NDJSON, "application/ndjson")
_FORM = "application/x-www-form-urlencoded"  # what `curl -d` says of anything
_SAFE = ("GET", "HEAD", "OPTIONS")
_RECEIPT = "server-timing"


class Api:
    """Answers everything under /api/v1/ that the contract names."""

    def __init__(self, routes: Sequence[Route], backends: Backends, settings: GatewaySettings) -> None:
        self._router = Router(routes)
        self._backends = backends
        self._settings = settings

    async def answer(self, request: Request) -> Response:
        """Returns the answer to one request. Fails with ProblemError or grpc.RpcError."""
        match = self._router.match(request.method, _raw_path(request))
        _, by_cookie = token_of(request.headers, request.cookies)
        if by_cookie and request.method not in _SAFE:
            refuse_foreign_origin(request)
        caller = caller_of(request, self._settings.request_timeout_s, self._settings.request_timeout_s_max)
        response = await self._call(request, match, caller)
        response.headers["x-request-id"] = caller.request_id
        return response

    async def _call(self, request: Request, match: Match, caller: Caller) -> Response:
        if match.route.client_streaming:
            return await self._send_many(request, match, caller)
        message = await _one_message(request, match)
        if match.route.server_streaming:
            return await self._stream(request, match.route, message, caller)
        call = self._backends.method(match.route)(message, metadata=caller.metadata, timeout=caller.timeout_s)
        response = json_response(await call)
        response.headers.update(await _receipt(call))
        return response

    async def _stream(self, request: Request, route: Route, message: Message, caller: Caller) -> Response:
        _resume(request, message)
        timeout_s = caller.timeout_s if "x-request-timeout" in request.headers else None
        call = self._backends.method(route)(message, metadata=caller.metadata, timeout=timeout_s)
        return await _streamed(call, streams.media_type(request))

    async def _send_many(self, request: Request, match: Match, caller: Caller) -> Response:
        queries.refuse_any(request.scope["query_string"])
        kind = _content_type(request, allow_lines=True)
        body = await _read(request, STREAM_BODY_BYTES_MAX)
        lines = [body] if kind == JSON else [line for line in body.split(b"\n") if line.strip()]
        messages = [_line_message(line, number, match) for number, line in enumerate(lines, 1)]
        call = self._backends.method(match.route)(
            one_by_one(messages), metadata=caller.metadata, timeout=caller.timeout_s
        )
        if not match.route.server_streaming:
            return json_response(await call)
        if kind == JSON:
            return json_response(await _only_answer(call))
        return await _streamed(call, streams.NDJSON)


def json_response(message: Message) -> Response:
    """Returns a message as the answer to a request."""
    return Response(answers.to_json(message), media_type=JSON, headers={"cache-control": "no-store"})


async def _receipt(call: Any) -> dict[str, str]:
    """Returns the header that says where the time of an answer went, for the calls that tell."""
    trailers: dict[str, str] = dict(await call.trailing_metadata() or ())
    return {_RECEIPT: trailers[_RECEIPT]} if _RECEIPT in trailers else {}


async def _streamed(call: Any, kind: str) -> Response:
    first = await streams.begin(call)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(streams.follow(call, first, kind), media_type=kind, headers=headers)


async def _only_answer(call: Any) -> Message:
    try:
        answer = await call.read()
        if isinstance(answer, Message):
            return answer
        raise ProblemError(502, "INTERNAL", "NO_ANSWER", "the service ended the call without an answer")
    finally:
        call.cancel()


def _raw_path(request: Request) -> str:
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return raw.partition(b"?")[0].decode("latin-1")


async def _one_message(request: Request, match: Match) -> Message:
    query = request.scope["query_string"]
    if match.route.body:
        queries.refuse_any(query)
        _content_type(request, allow_lines=False)
        body = await _read(request, BODY_BYTES_MAX)
        return bodies.to_message(bodies.parse_json(body or b"{}"), match.route, match.variables)
    if await _read(request, BODY_BYTES_MAX):
        raise bad_request("BODY_NOT_EXPECTED", "this call takes no body; its fields are query parameters")
    return queries.to_request(query, match.route, match.variables)


def _line_message(line: bytes, number: int, match: Match) -> Message:
    try:
        return bodies.to_message(bodies.parse_json(line), match.route, match.variables)
    except ProblemError as problem:
        problem.message = f"line {number}: {problem.message}"
        raise


def _content_type(request: Request, *, allow_lines: bool) -> str:
    """Returns the kind of the body. `curl -d` calls JSON a form: taken from all who need no cookie."""
    given = request.headers.get("content-type", "")
    kind, _, parameters = given.partition(";")
    kind = kind.strip().lower()
    _, by_cookie = token_of(request.headers, request.cookies)
    if "charset=" in parameters.lower() and "utf-8" not in parameters.lower():
        kind = ""
    elif kind in ("", _FORM) and not by_cookie:
        return JSON
    if kind == JSON:
        return JSON
    if allow_lines and kind in _NDJSON_TYPES:
        return streams.NDJSON
    wanted = f"{JSON} or {streams.NDJSON}" if allow_lines else JSON
    message = f"send {wanted} in UTF-8, not {given[:100] or 'a body without a Content-Type'}"
    raise ProblemError(415, "INVALID_ARGUMENT", "CONTENT_TYPE_UNSUPPORTED", message)


async def _read(request: Request, bytes_max: int) -> bytes:
    """Returns the body. Fails with 400 for one that is larger than the bound; what is too much is not kept.

    The rest is still read, up to a bound: a client that is cut off while it sends never sees the answer.
    """
    body, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= bytes_max:
            body += chunk
        elif size > _DISCARDED_BYTES_MAX:
            break
    if size > bytes_max:
        raise _too_large(bytes_max)
    return bytes(body)


def _too_large(bytes_max: int) -> ProblemError:
    problem = bad_request("BODY_TOO_LARGE", f"the body is larger than {bytes_max >> 20} MiB")
    problem.headers["connection"] = "close"
    return problem


def _resume(request: Request, message: Any) -> None:
    """Takes Last-Event-ID, which a browser sends when it reconnects, as the token to resume from."""
    token = request.headers.get("last-event-id", "")
    if token and "resume_token" in message.DESCRIPTOR.fields_by_name and not message.resume_token:
        message.resume_token = token[:2_000]


def problem_of(error: Exception) -> ProblemError:
    """Returns what a failure means over HTTP."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, grpc.RpcError):
        return problems.from_rpc(error)
    return ProblemError(500, "INTERNAL", "INTERNAL", "an internal fault; the gateway's log has the details")

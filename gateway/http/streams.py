"""Server streams over HTTP: server-sent events for browsers, one JSON object a line for everybody else."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
from google.protobuf.message import Message
from starlette.requests import Request

from . import answers, problems

EVENT_STREAM = "text/event-stream"
NDJSON = "application/x-ndjson"
FIRST_ANSWER_S = 0.25

Frame = Callable[[bytes, str], bytes]


def media_type(request: Request) -> str:
    """Returns what the caller wants a stream as."""
    return EVENT_STREAM if EVENT_STREAM in request.headers.get("accept", "") else NDJSON


def frame_of(kind: str) -> Frame:
    """Returns what puts one JSON text, and the token that resumes after it, into the stream."""
    return _event if kind == EVENT_STREAM else _line


def _event(text: bytes, token: str) -> bytes:
    mark = f"id: {token}\n".encode() if token else b""
    return mark + b"data: " + text + b"\n\n"


def _line(text: bytes, token: str) -> bytes:
    return text + b"\n"


def last_event(kind: str, error: grpc.RpcError) -> bytes:
    """Returns the last part of a stream that failed."""
    text = answers.to_bytes(problems.from_rpc(error).body())
    return b"event: error\n" + _event(text, "") if kind == EVENT_STREAM else _line(text, "")


async def begin(call: Any) -> "asyncio.Task[Any]":
    """Waits a moment for the first answer, so that a call refused at once is refused by its HTTP status."""
    first: asyncio.Task[Any] = asyncio.ensure_future(call.read())
    await asyncio.wait([first], timeout=FIRST_ANSWER_S)
    if first.done() and first.exception() is not None:
        call.cancel()
        first.result()
    return first


async def follow(call: Any, first: "asyncio.Task[Any]", kind: str) -> AsyncIterator[bytes]:
    """Yields the parts of a stream. When the reader leaves, the call is cancelled."""
    frame = frame_of(kind)
    try:
        message = await first
        while isinstance(message, Message):
            yield frame(answers.to_json(message), getattr(message, "resume_token", ""))
            message = await call.read()
        await _check(call)
    except grpc.RpcError as error:
        yield last_event(kind, error)
    finally:
        first.cancel()
        call.cancel()


async def _check(call: Any) -> None:
    """Raises what ended a call, unless it ended well."""
    if await call.code() is not grpc.StatusCode.OK:
        raise grpc.aio.AioRpcError(
            await call.code(),
            await call.initial_metadata(),
            await call.trailing_metadata(),
            await call.details(),
            None,
        )

"""Errors that reach a user: a canonical code, a stable reason, the fields that are wrong.

The domain raises them, the server turns them into a google.rpc.Status, and `describe` reads
such a status on the client's side. Nobody in between catches them.
"""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2, status_pb2

DOMAIN = "tickmesh"
STATUS_KEY = "grpc-status-details-bin"
# The error of an aio call is no grpc.Call, and has the same methods.
_CALLS = (grpc.Call, grpc.aio.AioRpcError)
# A status travels in a header, and a header that is too large fails the call in a way that names no field.
FIELDS_MAX = 20
_TEXT_MAX = 200
_MESSAGE_MAX = 600  # gRPC refuses metadata of more than 8 KiB, at random up to 16 KiB


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """One field that is wrong, by its path in the request, and what would be right."""

    field: str
    description: str


class TickmeshError(Exception):
    """A failure that the caller is told about. Subclasses name the code, and a reason of their own."""

    code = grpc.StatusCode.INTERNAL
    reason = "INTERNAL"

    def __init__(
        self,
        message: str,
        *,
        reason: str | None = None,
        metadata: Mapping[str, str] | None = None,
        fields: Iterable[FieldViolation] = (),
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or type(self).reason
        self.metadata = dict(metadata or {})
        self.fields = list(fields)
        self.retry_after_s = retry_after_s


class InvalidArgument(TickmeshError):
    """The request is wrong whatever the state of the system."""

    code = grpc.StatusCode.INVALID_ARGUMENT
    reason = "INVALID_ARGUMENT"


class NotFound(TickmeshError):
    """What the request names does not exist."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "NOT_FOUND"


class AlreadyExists(TickmeshError):
    """What the request would make exists."""

    code = grpc.StatusCode.ALREADY_EXISTS
    reason = "ALREADY_EXISTS"


class FailedPrecondition(TickmeshError):
    """The request is well formed, and the state of the system forbids it."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "FAILED_PRECONDITION"


class PermissionDenied(TickmeshError):
    """The caller is known and may not."""

    code = grpc.StatusCode.PERMISSION_DENIED
    reason = "PERMISSION_DENIED"


class Unauthenticated(TickmeshError):
    """The caller is not known."""

    code = grpc.StatusCode.UNAUTHENTICATED
    reason = "UNAUTHENTICATED"


class ResourceExhausted(TickmeshError):
    """A bound is reached: a rate, a capacity, a reader's lag."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "RESOURCE_EXHAUSTED"


class Aborted(TickmeshError):
    """Somebody else changed it meanwhile."""

    code = grpc.StatusCode.ABORTED
    reason = "ABORTED"


class OutOfRange(TickmeshError):
    """Past the valid range."""

    code = grpc.StatusCode.OUT_OF_RANGE
    reason = "OUT_OF_RANGE"


class Unavailable(TickmeshError):
    """Try again later."""

    code = grpc.StatusCode.UNAVAILABLE
    reason = "UNAVAILABLE"


class Internal(TickmeshError):
    """A fault of ours."""


def to_status(error: TickmeshError) -> status_pb2.Status:
    """Returns the error as the status that goes over the wire, with ErrorInfo, BadRequest and RetryInfo.

    The first 20 wrong fields are named; who sends thousands of wrong orders learns enough from those.
    """
    number, _ = error.code.value
    status = status_pb2.Status(code=number, message=_cut(error.message, _MESSAGE_MAX))
    metadata = {key: _cut(value, _TEXT_MAX) for key, value in error.metadata.items()}
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=metadata)
    status.details.append(_packed(info))
    if error.fields:
        bad = error_details_pb2.BadRequest()
        for violation in error.fields[:FIELDS_MAX]:
            description = _cut(violation.description, _TEXT_MAX)
            bad.field_violations.add(field=_cut(violation.field, _TEXT_MAX), description=description)
        status.details.append(_packed(bad))
    if error.retry_after_s is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromNanoseconds(round(error.retry_after_s * 1e9))
        status.details.append(_packed(retry))
    return status


def _cut(text: str, length_max: int) -> str:
    return text if len(text) <= length_max else text[: length_max - 3] + "..."


def _packed(detail: Message) -> AnyMessage:
    packed = AnyMessage()
    packed.Pack(detail)
    return packed


@dataclass(frozen=True, slots=True)
class RemoteError:
    """What a server said when a call failed."""

    code: grpc.StatusCode
    reason: str
    message: str
    metadata: dict[str, str] = field(default_factory=dict)
    fields: list[FieldViolation] = field(default_factory=list)
    retry_after_s: float | None = None


def describe(error: grpc.RpcError) -> RemoteError:
    """Returns what a failed call says. Servers that are not ours give a reason equal to the code's name."""
    call: Any = error if isinstance(error, _CALLS) else None
    code: grpc.StatusCode = call.code() if call else grpc.StatusCode.UNKNOWN
    message = (call.details() or "") if call else str(error)
    info, bad, retry = _details(error)
    return RemoteError(
        code=code,
        reason=info.reason or code.name,
        message=message,
        metadata=dict(info.metadata),
        fields=[FieldViolation(item.field, item.description) for item in bad.field_violations],
        retry_after_s=retry.retry_delay.ToNanoseconds() / 1e9 if retry.HasField("retry_delay") else None,
    )


def again(said: RemoteError) -> TickmeshError:
    """Returns what a server said as an error of our own, for whoever asked it on behalf of another."""
    error = TickmeshError(
        said.message,
        reason=said.reason,
        metadata=said.metadata,
        fields=said.fields,
        retry_after_s=said.retry_after_s,
    )
    error.code = said.code
    return error


def _details(
    error: grpc.RpcError,
) -> tuple[error_details_pb2.ErrorInfo, error_details_pb2.BadRequest, error_details_pb2.RetryInfo]:
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    retry = error_details_pb2.RetryInfo()
    trailers: Any = error.trailing_metadata() if isinstance(error, _CALLS) else None
    for key, value in trailers or ():
        if key == STATUS_KEY and isinstance(value, bytes):
            with contextlib.suppress(DecodeError):  # somebody else's bytes under the same key
                for detail in status_pb2.Status.FromString(value).details:
                    detail.Unpack(info)
                    detail.Unpack(bad)
                    detail.Unpack(retry)
    return info, bad, retry

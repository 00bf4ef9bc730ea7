"""What HTTP users are told when a call fails: a status, and one JSON object that all failures share."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import grpc

from tickmesh.services.runtime import errors
from tickmesh.services.runtime.errors import FieldViolation

_HTTP_STATUS = {
    grpc.StatusCode.OK: 200,
    grpc.StatusCode.CANCELLED: 499,
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.UNIMPLEMENTED: 501,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.UNAUTHENTICATED: 401,
}
RETRY_AFTER_S = "1"


class ProblemError(Exception):
    """A failed call, as HTTP users see it."""

    def __init__(
        self,
        http_status: int,
        code: str,
        reason: str,
        message: str,
        *,
        fields: Iterable[FieldViolation] = (),
        metadata: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.code = code
        self.reason = reason
        self.message = message
        self.fields = list(fields)
        self.metadata = dict(metadata or {})
        self.headers = dict(headers or {})

    def body(self) -> dict[str, object]:
        """Returns the JSON object that the user gets."""
        fields = [{"field": item.field, "description": item.description} for item in self.fields]
        content = {"code": self.code, "reason": self.reason, "message": self.message}
        return {"error": {**content, "fields": fields, "metadata": self.metadata}}


class MethodNotAllowedError(ProblemError):
    """The path exists, and not for this HTTP method."""

    def __init__(self, http_method: str, allowed: Iterable[str]) -> None:
        methods = ", ".join(sorted(set(allowed)))
        message = f"{http_method} is not possible here; {methods} is"
        super().__init__(405, "UNIMPLEMENTED", "METHOD_NOT_ALLOWED", message, headers={"allow": methods})


def bad_request(reason: str, message: str, fields: Iterable[FieldViolation] = ()) -> ProblemError:
    """Returns a refusal of a request that is wrong whatever the state of the system."""
    return ProblemError(400, "INVALID_ARGUMENT", reason, message, fields=fields)


def path_not_found(path: str) -> ProblemError:
    """Returns the answer to a path that leads nowhere."""
    shown = path if len(path) <= 200 else path[:200] + "..."
    return ProblemError(
        404, "NOT_FOUND", "PATH_NOT_FOUND", f"there is nothing at {shown}; /docs lists what there is"
    )


def from_rpc(error: grpc.RpcError) -> ProblemError:
    """Returns what a failed gRPC call means over HTTP. Words of gRPC itself name hosts: not shown."""
    remote = errors.describe(error)
    if remote.code is grpc.StatusCode.UNAVAILABLE and remote.reason == remote.code.name:
        remote = replace(remote, message="the service is not available; try again")
    return _from_remote(remote)


def from_error(error: errors.TickmeshError) -> ProblemError:
    """Returns what a failure of ours means over HTTP."""
    remote = errors.RemoteError(error.code, error.reason, error.message, error.metadata, error.fields)
    return _from_remote(remote)


def _from_remote(error: errors.RemoteError) -> ProblemError:
    headers = {}
    if error.code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        headers["retry-after"] = RETRY_AFTER_S
    if error.code is grpc.StatusCode.UNAUTHENTICATED:
        headers["www-authenticate"] = "Bearer"
    return ProblemError(
        _HTTP_STATUS.get(error.code, 500),
        error.code.name,
        error.reason,
        error.message,
        fields=error.fields,
        metadata=error.metadata,
        headers=headers,
    )

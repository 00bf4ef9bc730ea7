"""The one port: routes, errors that the edge itself gives, and the access log."""

from ..descriptors import Contract, area_of
from ..settings import GatewaySettings
from .clusters import JSON_CLUSTER, WEBSOCKET_CLUSTER
from .filters import Json, make_filters, typed

_MANAGER = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
_HEADERS_KIB_MAX = 32
_STREAMS_MAX = 1_024  # of one HTTP/2 connection


def make_listener(contract: Contract, settings: GatewaySettings, jwks: dict[str, object]) -> Json:
    """Returns the listener of the edge."""
    manager = typed(
        _MANAGER,
        stat_prefix="edge",
        codec_type="AUTO",
        use_remote_address=True,
        normalize_path=True,
        generate_request_id=True,
        preserve_external_request_id=True,
        always_set_request_id_in_response=True,
        server_header_transformation="PASS_THROUGH",
        max_request_headers_kb=_HEADERS_KIB_MAX,
        request_headers_timeout="10s",
        stream_idle_timeout="300s",
        common_http_protocol_options={"idle_timeout": "3600s"},
        http2_protocol_options={"max_concurrent_streams": _STREAMS_MAX},
        http_filters=make_filters(settings, jwks),
        route_config={"name": "edge", "virtual_hosts": [_host(contract)]},
        local_reply_config={"mappers": [_mapper(*each) for each in _OWN_ERRORS]},
        access_log=[_access_log()],
    )
    chain: Json = {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}
    address: Json = {"address": settings.host, "port_value": settings.port}
    return {
        "name": "edge",
        "address": {"socket_address": address},
        "filter_chains": [{"filters": [chain]}],
        "per_connection_buffer_limit_bytes": 1 << 20,
    }


def _host(contract: Contract) -> Json:
    routes: list[Json] = [_read_only(path) for path in contract.idempotent_paths()]
    routes += [_stream(path) for path in contract.streaming_paths()]
    routes += [_grpc({"prefix": f"/{service}/"}, area_of(service)) for service in contract.services]
    routes += [_websocket(), _json()]
    return {"name": "edge", "domains": ["*"], "routes": routes}


def _grpc(match: Json, area: str, **more: Json) -> Json:
    """A route of gRPC: the caller's deadline holds, and no other."""
    deadline: Json = {"grpc_timeout_header_max": "0s"}
    return {
        "match": match,
        "route": {"cluster": area, "timeout": "0s", "max_stream_duration": deadline, **more},
    }


def _read_only(path: str) -> Json:
    """A call that changes nothing is sent again when its server is gone."""
    retry: Json = {
        "retry_on": "connect-failure,refused-stream,unavailable,reset",
        "num_retries": 3,
        "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.25s"},
    }
    return _grpc({"path": path}, area_of(path.strip("/")), retry_policy=retry)


def _stream(path: str) -> Json:
    return _grpc({"path": path}, area_of(path.strip("/")), idle_timeout="0s")


def _websocket() -> Json:
    route: Json = {
        "cluster": WEBSOCKET_CLUSTER,
        "timeout": "0s",
        "idle_timeout": "0s",
        "upgrade_configs": [{"upgrade_type": "websocket"}],
    }
    return {"match": {"prefix": "/ws/"}, "route": route}


def _json() -> Json:
    """All else. The JSON process keeps the time itself; what never reached it is sent again."""
    retry: Json = {"retry_on": "connect-failure,refused-stream", "num_retries": 3}
    return {
        "match": {"prefix": "/"},
        "route": {"cluster": JSON_CLUSTER, "timeout": "0s", "idle_timeout": "0s", "retry_policy": retry},
    }


_OWN_ERRORS = (
    (401, "UNAUTHENTICATED", "TOKEN_INVALID"),
    (403, "PERMISSION_DENIED", "PERMISSION_DENIED"),
    (404, "NOT_FOUND", "PATH_NOT_FOUND"),
    (429, "RESOURCE_EXHAUSTED", "RATE_LIMIT"),
    (503, "UNAVAILABLE", "UNAVAILABLE"),
    (504, "DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"),
)


def _mapper(status: int, code: str, reason: str) -> Json:
    """An error of the edge in the form that all errors have. gRPC callers get it as a gRPC status."""
    is_status: Json = {
        "status_code_filter": {
            "comparison": {
                "op": "EQ",
                "value": {"default_value": status, "runtime_key": f"edge.error.{status}"},
            }
        }
    }
    is_plain: Json = {
        "name": "content-type",
        "string_match": {"prefix": "application/grpc"},
        "invert_match": True,
        "treat_missing_header_as_empty": True,
    }
    content: Json = {
        "code": code,
        "reason": reason,
        "message": "%LOCAL_REPLY_BODY%",
        "fields": [],
        "metadata": {},
    }
    return {
        "filter": {"and_filter": {"filters": [is_status, {"header_filter": {"header": is_plain}}]}},
        "body_format_override": {"json_format": {"error": content}},
    }


def _access_log() -> Json:
    """A line a request. No query, header or cookie: a login link and a token never reach the log."""
    line: Json = {
        "time": "%START_TIME%",
        "method": "%REQ(:METHOD)%",
        "path": "%PATH(NQ:PATH)%",
        "protocol": "%PROTOCOL%",
        "status": "%RESPONSE_CODE%",
        "flags": "%RESPONSE_FLAGS%",
        "details": "%RESPONSE_CODE_DETAILS%",
        "duration_ms": "%DURATION%",
        "bytes_received": "%BYTES_RECEIVED%",
        "bytes_sent": "%BYTES_SENT%",
        "upstream": "%UPSTREAM_CLUSTER%",
        "request_id": "%REQ(X-REQUEST-ID)%",
    }
    stdout = typed(
        "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog", log_format={"json_format": line}
    )
    return {"name": "envoy.access_loggers.stdout", "typed_config": stdout}

"""Where the edge sends calls: the services, the JSON process and the WebSocket process."""

from tickmesh.services.runtime.settings import SERVICES

from ..descriptors import Contract, area_of
from ..settings import GatewaySettings, split_address
from .filters import Json, typed

JSON_CLUSTER = "gateway-http"
WEBSOCKET_CLUSTER = "gateway-websocket"
_PROTOCOL = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def make_clusters(contract: Contract, settings: GatewaySettings) -> list[Json]:
    """Returns a cluster for each service and for each of our processes."""
    names = {area_of(service): service for service in contract.services}
    services = [_service(area, names[area], settings) for area in SERVICES if area in names]
    ours = [
        _cluster(JSON_CLUSTER, settings.http_address, settings)
        | {"health_checks": [_http_check("/healthz")]},
        _cluster(WEBSOCKET_CLUSTER, settings.websocket_address, settings)
        | {"health_checks": [_http_check("/healthz")]},
    ]
    return [*services, *ours]


def _service(area: str, service: str, settings: GatewaySettings) -> Json:
    """A gRPC service. Its replicas are balanced a call at a time; one that fails is left out for a while."""
    http2: Json = {"connection_keepalive": {"interval": "20s", "timeout": "5s"}}
    address = settings.address(area)
    choice = _one_that_serves(service) if "," in address else _any_that_answers(service)
    return _cluster(area, address, settings) | {
        "lb_policy": "ROUND_ROBIN",
        **choice,
        "typed_extension_protocol_options": {
            _PROTOCOL: typed(_PROTOCOL, explicit_http_config={"http2_protocol_options": http2})
        },
    }


def _any_that_answers(service: str) -> dict[str, Json]:
    """For replicas that are alike."""
    return {
        "health_checks": [{**_check(), "grpc_health_check": {"service_name": service}}],
        "outlier_detection": {
            "consecutive_5xx": 5,
            "consecutive_gateway_failure": 3,
            "enforcing_consecutive_gateway_failure": 100,
            "interval": "1s",
            "base_ejection_time": "5s",
            "max_ejection_percent": 50,
        },
    }


def _one_that_serves(service: str) -> dict[str, Json]:
    """For an owner and those who stand by: no call goes to who stands by, also while none is healthy.

    The owner is never left out for its answers, as there is nobody else to ask.
    """
    return {
        "health_checks": [{**_quick_check(), "grpc_health_check": {"service_name": service}}],
        "common_lb_config": {"healthy_panic_threshold": {"value": 0}},
    }


def _cluster(name: str, address: str, settings: GatewaySettings) -> dict[str, Json]:
    endpoints = [_endpoint(*split_address(one)) for one in address.split(",")]
    most = settings.connections_max
    bounds: Json = {
        "max_connections": most,
        "max_pending_requests": most,
        "max_requests": most,
        "max_retries": 1_024,
    }
    return {
        "name": name,
        "type": "STRICT_DNS",
        "connect_timeout": "1s",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": endpoints}]},
        "circuit_breakers": {"thresholds": [bounds]},
    }


def _endpoint(host: str, port: int) -> Json:
    return {"endpoint": {"address": {"socket_address": {"address": host, "port_value": port}}}}


def _quick_check() -> dict[str, Json]:
    """For a service with a process that stands by: the one that takes over is called a moment later."""
    return {**_check(), "timeout": "0.5s", "interval": "0.2s", "no_traffic_interval": "0.2s"}


def _check() -> dict[str, Json]:
    return {
        "timeout": "1s",
        "interval": "1s",
        "no_traffic_interval": "1s",
        "unhealthy_threshold": 3,
        "healthy_threshold": 1,
    }


def _http_check(path: str) -> Json:
    return {**_check(), "http_health_check": {"path": path}}

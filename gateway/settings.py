"""What an operator may change about the gateway."""

from dataclasses import dataclass
from pathlib import Path

from tickmesh.services.runtime.settings import RuntimeSettings

PAGE_DIR = Path(__file__).parent / "dashboard" / "dist"


@dataclass(frozen=True, slots=True)
class GatewaySettings(RuntimeSettings):
    """Where the edge and the two processes behind it listen, and their bounds."""

    host: str = "127.0.0.1"  # the edge; loopback unless told otherwise
    port: int = 8080
    http_address: str = "127.0.0.1:8082"  # the JSON process, behind the edge
    websocket_address: str = "127.0.0.1:8081"  # the WebSocket process, also reachable directly
    admin_port: int = 0  # Envoy's own pages, loopback only; 0: off
    page_dir: Path = PAGE_DIR
    request_timeout_s: float = 30.0  # of a unary call whose caller names no time
    request_timeout_s_max: float = 300.0
    requests_per_second: int = 20_000  # at the edge, all callers together
    connections_max: int = 65_536  # at the edge and from it to each service
    websocket_connections_max: int = 10_000
    websocket_queue_max: int = 256  # frames that wait for one slow reader
    websocket_heartbeat_s: float = 30.0


def split_address(address: str) -> tuple[str, int]:
    """Returns host and port of "host:port". Fails with ValueError for anything else."""
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdecimal():
        raise ValueError(f"{address!r} is not host:port")
    return host.strip("[]"), int(port)

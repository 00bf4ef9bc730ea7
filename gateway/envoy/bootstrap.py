"""The whole configuration of Envoy as one value, and the command that starts it."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from ..descriptors import load_contract
from ..settings import GatewaySettings
from .clusters import make_clusters
from .filters import Json, typed
from .listener import make_listener


def render(settings: GatewaySettings, jwks: dict[str, object]) -> dict[str, Json]:
    """Returns Envoy's bootstrap: one port for everything, behind it the services and our two processes."""
    contract = load_contract()
    bootstrap: dict[str, Json] = {
        "node": {"id": "tickmesh-edge", "cluster": "tickmesh"},
        "static_resources": {
            "listeners": [make_listener(contract, settings, jwks)],
            "clusters": make_clusters(contract, settings),
        },
        "overload_manager": {
            "resource_monitors": [
                {
                    "name": "envoy.resource_monitors.global_downstream_max_connections",
                    "typed_config": typed(
                        "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
                        max_active_downstream_connections=settings.connections_max,
                    ),
                }
            ]
        },
    }
    if settings.admin_port:
        address: Json = {"address": "127.0.0.1", "port_value": settings.admin_port}
        bootstrap["admin"] = {"address": {"socket_address": address}}
    return bootstrap


def write(settings: GatewaySettings, jwks: dict[str, object], file: Path) -> None:
    """Writes the configuration to a file, as YAML that people can read."""
    file.parent.mkdir(parents=True, exist_ok=True)
    plain = json.loads(json.dumps(render(settings, jwks)))
    file.write_text(yaml.safe_dump(plain, sort_keys=False, width=110))


def command(file: Path, extra: Sequence[str] = ()) -> list[str]:
    """Returns the command that runs Envoy with a configuration until SIGTERM; it logs to its output."""
    envoy = Path(sys.executable).parent / "envoy"
    return [
        str(envoy),
        "-c",
        str(file),
        "--disable-hot-restart",
        "--concurrency",
        "2",
        "-l",
        "warning",
        *extra,
    ]

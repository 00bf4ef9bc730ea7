"""Free ports of the loopback interface, below those that Linux gives to outgoing connections."""

import random
import socket
from collections.abc import Iterable

LOOPBACK = "127.0.0.1"
RANGE = range(20_000, 32_000)


def is_free(host: str, port: int) -> bool:
    """Says whether a port can be listened on now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def free_ports(count: int, taken: Iterable[int] = ()) -> list[int]:
    """Returns different ports that were free a moment ago, chosen by lot so that two who ask differ."""
    lot = random.Random()  # noqa: S311  nothing here is secret
    found: list[int] = []
    while len(found) < count:
        port = lot.choice(RANGE)
        if port not in taken and port not in found and is_free(LOOPBACK, port):
            found.append(port)
    return found


def free_port() -> int:
    """Returns a port that was free a moment ago."""
    return free_ports(1)[0]

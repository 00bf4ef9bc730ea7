"""Connections to a platform are torn in the middle of messages, and bits of what is said are turned over.

    python -m tests.faults.torn --seconds 120 --seed 7

No process may end of that. What a client sends again with the same id is answered once, streams go on with
their tokens, and nothing is doubled. Turned bits may change an order: only TLS would notice; those orders are
nobody's here, and all else must be right.
"""

import json
import random
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
from websockets.sync.client import connect

from tests.end_to_end.clients import GrpcClient, Value
from tests.end_to_end.running_platform import RunningPlatform
from tests.end_to_end.waiting import until

from .disk_full import ORDER, a_platform
from .load import Load, check_everything, is_healthy, under_load
from .longer import rounds
from .tearing import Tearing, a_tearing_way

ANSWER_WITHIN_S = 1.0


def tear(platform: RunningPlatform, way: Tearing, load: Load, times: int) -> None:
    """Tears connections so many times while orders flow; everything must be there afterwards."""
    pids, wanted = platform.pids, way.torn + times
    load.flood.flow()
    load.flood.wait_for_more()
    way.tears = True
    until(lambda: way.torn >= wanted, within_s=60.0)
    way.tears = False
    load.flood.wait_for_more()
    check_everything(platform, load)
    assert platform.pids == pids, "a process ended"


def garble(platform: RunningPlatform, seed: int, connections: int) -> None:
    """Says many things with a bit turned over, also to services directly.

    No process may end of it, but for one whose server a path that is no UTF-8 has ended: it comes back.
    """
    pids, chance, understood = platform.pids, random.Random(seed), 0
    ports = [platform.port, platform.websocket_port, *_ports_of_services(platform)]
    with ExitStack() as stack:
        ways = [stack.enter_context(a_tearing_way(port, chance.getrandbits(32))) for port in ports]
        for way in ways:
            way.garbles = True
        for number in range(connections):
            way = ways[number % len(ways)]
            say = _over_websocket if way is ways[1] else chance.choice(_SAYING)
            with suppress(Exception):  # what a client makes of a garbled answer is its own affair
                say(platform, way.port, number)
                understood += 1
    print(f"{understood} of {connections} were understood all the same")
    until(lambda: is_healthy(platform))
    ended = [name for name, pid in platform.pids.items() if pid != pids[name]]
    assert all(_lost_its_server(platform, name) for name in ended), f"{ended} ended"


def _lost_its_server(platform: RunningPlatform, name: str) -> bool:
    return "ServerEnded" in (platform.data_dir / "logs" / f"{name}.log").read_text(errors="replace")


def _ports_of_services(platform: RunningPlatform) -> list[int]:
    content = json.loads((platform.data_dir / "run" / "platform.json").read_text())
    return [int(content["addresses"][name].rpartition(":")[2]) for name in ("orders", "portfolio", "gateway")]


def _order(number: int) -> Value:
    return {**ORDER, "client_order_id": f"garbled-{number}"}


def _over_grpc(platform: RunningPlatform, port: int, number: int) -> None:
    client = GrpcClient(f"127.0.0.1:{port}", platform.token())
    try:
        stream = client.exchange(
            "OrdersService.SubmitOrders", [{"actions": [{"submit": _order(number)}]}], ANSWER_WITHIN_S
        )
        next(stream)
    finally:
        client.close()


def _over_http(platform: RunningPlatform, port: int, number: int) -> None:
    url = f"http://127.0.0.1:{port}/api/v1/orders"
    httpx.post(url, json=_order(number), headers=platform.bearer, timeout=ANSWER_WITHIN_S)


def _over_websocket(platform: RunningPlatform, port: int, _: int) -> None:
    url = f"ws://127.0.0.1:{port}/ws/trades/updates"
    with connect(url, additional_headers=platform.bearer, open_timeout=1, close_timeout=1) as connection:
        connection.send("hello " * 20)
        connection.recv(timeout=ANSWER_WITHIN_S)


_SAYING = (_over_grpc, _over_http, _over_websocket)


def main() -> None:
    options = rounds(__doc__, {})
    with (
        tempfile.TemporaryDirectory(prefix="to_m") as folder,
        a_platform(Path(folder)) as (platform, _),
        a_tearing_way(platform.port, options.seed) as way,
        under_load(platform, way.port) as load,
    ):
        for number in options.left():
            tear(platform, way, load, 20)
            garble(platform, options.seed + number, 60)


if __name__ == "__main__":
    main()

"""The disk of a whole platform is full while orders flow, again and again.

    python -m tests.faults.disk_full --seconds 120 --seed 7
    python -m tests.faults.disk_full --seconds 120 --bound     no mount: files of the processes cannot grow

No order may be answered that is not kept; who sends one is told UNAVAILABLE with a reason; when there is room
again everything goes on without a hand.
"""

import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc

from tests.end_to_end.running_platform import RunningPlatform
from tests.end_to_end.waiting import until
from tickmesh.services.runtime.errors import describe

from .flood import BUYER, SELLER
from .load import Load, check_everything, is_healthy, under_load
from .longer import rounds
from .small_disk import Disk, small_disk

REFUSALS = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED"}
FULL_S = (2.0, 5.0)
ASK_EVERY_S = 0.1
ORDER = {
    "portfolio_id": BUYER,
    "symbol": "AAPL",
    "side": "BUY",
    "order_type": "LIMIT",
    "quantity": "1",
    "price": "189.20",
}


@contextmanager
def a_platform(folder: Path, bound: bool = False) -> Iterator[tuple[RunningPlatform, Disk]]:
    """Runs a platform whose data is on a small disk."""
    platform = RunningPlatform(folder / "data", "--no-market")
    with small_disk(folder / "data", lambda: _everything_but_the_edge(platform), bound) as disk:
        try:
            platform.start()
            platform.open_portfolio(BUYER)
            platform.open_portfolio(SELLER)
            yield platform, disk
        finally:
            platform.kill()


def _everything_but_the_edge(platform: RunningPlatform) -> list[int]:
    """Envoy ends when it may not write its log; it keeps nothing."""
    return [pid for name, pid in platform.pids.items() if name != "edge"]


def fill_and_make_room(platform: RunningPlatform, disk: Disk, load: Load, full_s: float) -> Counter[str]:
    """Fills the disk for some seconds; returns what callers were told meanwhile, and how often."""
    load.flood.flow()
    load.flood.wait_for_more()
    owner = platform.pids["orders"]
    disk.fill()
    try:
        told = _told(platform, full_s)
    finally:
        disk.make_room()
    until(lambda: is_healthy(platform), within_s=60.0)
    load.flood.wait_for_more()
    print(f"full for {full_s:.1f} s: {dict(told)}; orders {owner} -> {platform.pids['orders']}")
    return told


def _told(platform: RunningPlatform, for_s: float) -> Counter[str]:
    """Changes things for some seconds; returns what came of it."""
    told: Counter[str] = Counter()
    ends_s = time.monotonic() + for_s
    while time.monotonic() < ends_s:
        number = time.time_ns()
        order = {**ORDER, "client_order_id": f"asked-{number}"}
        told[_outcome(platform, "OrdersService.SubmitOrder", order)] += 1
        portfolio = {"portfolio_id": f"p-{number}", "desk_id": "tests", "name": "asked"}
        told[_outcome(platform, "PortfolioService.CreatePortfolio", {"portfolio": portfolio})] += 1
        time.sleep(ASK_EVERY_S)
    return told


def _outcome(platform: RunningPlatform, name: str, request: dict[str, object]) -> str:
    try:
        platform.grpc.call(name, request)
    except grpc.RpcError as error:
        said = describe(error)
        assert said.code.name in REFUSALS, f"{name}: {said}"
        return f"{name} {said.code.name} {said.reason}"
    return f"{name} OK"


def main() -> None:
    options = rounds(__doc__, {"--bound": "let files not grow, instead of mounting a small disk"})
    chance = random.Random(options.seed)
    with (
        tempfile.TemporaryDirectory(prefix="to_m") as folder,
        a_platform(Path(folder), options.bound) as made,
    ):
        platform, disk = made
        with under_load(platform) as load:
            for _ in options.left():
                fill_and_make_room(platform, disk, load, chance.uniform(*FULL_S))
                check_everything(platform, load)


if __name__ == "__main__":
    main()

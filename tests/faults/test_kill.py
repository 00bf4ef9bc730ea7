"""kill -9 of every process in turn, the supervisor too, while orders flow and others follow."""

from collections.abc import Iterator

import pytest

from tests.end_to_end.running_platform import RunningPlatform, are_gone
from tests.end_to_end.waiting import until

from .flood import BUYER, SELLER
from .load import Load, check_everything, is_healthy, under_load

PROCESSES = (
    "orders", "portfolio", "risk", "pricing", "strategy", "assets", "gateway", "websocket", "edge",
)  # fmt: skip


class OftenSnapshotting(RunningPlatform):
    """A platform that takes a snapshot of its engine after every few batches."""

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "TICKMESH_ORDERS_SNAPSHOT_COMMANDS": "100"}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPlatform]:
    platform = OftenSnapshotting(tmp_path_factory.mktemp("faults") / "data", "--no-market")
    try:
        platform.start()
        platform.open_portfolio(BUYER)
        platform.open_portfolio(SELLER)
        yield platform
    finally:
        platform.kill()


@pytest.fixture(scope="module")
def load(platform: RunningPlatform) -> Iterator[Load]:
    with under_load(platform) as users:
        yield users


BREAKS_THE_FLOOD = {"orders", "edge"}
BREAKS_THE_CHANNEL = {"websocket", "edge"}


@pytest.mark.parametrize("name", PROCESSES)
def test_a_killed_process_comes_back_and_nothing_is_lost(
    platform: RunningPlatform, load: Load, name: str
) -> None:
    load.flood.flow()
    load.flood.wait_for_more()
    breaks = (load.flood.reconnects, load.over_websocket.reconnects)
    pid = platform.kill_process(name)
    until(lambda: platform.pids.get(name, pid) != pid)
    until(lambda: is_healthy(platform), within_s=60.0)
    load.flood.wait_for_more()
    assert name not in BREAKS_THE_FLOOD or load.flood.reconnects > breaks[0]
    assert name not in BREAKS_THE_CHANNEL or load.over_websocket.reconnects > breaks[1]
    check_everything(platform, load)


def test_a_killed_supervisor_takes_all_with_it_and_nothing_is_lost(
    platform: RunningPlatform, load: Load
) -> None:
    load.flood.flow()
    load.flood.wait_for_more()
    pids = platform.pids
    platform.kill()
    assert are_gone(pids)
    platform.start()
    load.flood.wait_for_more()
    check_everything(platform, load)
    log = (platform.data_dir / "logs" / "orders.log").read_text()
    assert '"restored"' in log
    assert '"a snapshot is passed over"' not in log

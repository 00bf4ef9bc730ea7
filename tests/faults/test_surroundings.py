"""What a whole platform lives on goes wrong while orders flow: nothing is lost, and it heals by itself."""

from collections.abc import Iterator

import pytest

from tests.end_to_end.running_platform import RunningPlatform

from .disk_full import a_platform, fill_and_make_room
from .hung import hang
from .load import Load, check_everything, under_load
from .small_disk import Disk
from .tearing import Tearing, a_tearing_way
from .torn import garble, tear


@pytest.fixture(scope="module")
def on_a_small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningPlatform, Disk]]:
    with a_platform(tmp_path_factory.mktemp("faults")) as made:
        yield made


@pytest.fixture(scope="module")
def platform(on_a_small_disk: tuple[RunningPlatform, Disk]) -> RunningPlatform:
    return on_a_small_disk[0]


@pytest.fixture(scope="module")
def disk(on_a_small_disk: tuple[RunningPlatform, Disk]) -> Disk:
    return on_a_small_disk[1]


@pytest.fixture(scope="module")
def way(platform: RunningPlatform) -> Iterator[Tearing]:
    with a_tearing_way(platform.port, seed=3) as way:
        yield way


@pytest.fixture(scope="module")
def load(platform: RunningPlatform, way: Tearing) -> Iterator[Load]:
    with under_load(platform, way.port) as load:
        yield load


def test_a_full_disk_loses_nothing_and_all_goes_on_when_there_is_room(
    platform: RunningPlatform, disk: Disk, load: Load
) -> None:
    told = fill_and_make_room(platform, disk, load, 3.0)
    assert any("SubmitOrder UNAVAILABLE" in what for what in told)
    check_everything(platform, load)


def test_torn_connections_lose_and_double_nothing_and_end_no_process(
    platform: RunningPlatform, way: Tearing, load: Load
) -> None:
    breaks = load.flood.reconnects, load.over_grpc.reconnects + load.over_websocket.reconnects
    tear(platform, way, load, 12)
    assert load.flood.reconnects > breaks[0]
    assert load.over_grpc.reconnects + load.over_websocket.reconnects > breaks[1]


def test_what_is_garbled_loses_nothing_and_all_goes_on(platform: RunningPlatform, load: Load) -> None:
    load.flood.flow()
    load.flood.wait_for_more()
    garble(platform, seed=3, connections=40)
    check_everything(platform, load)


@pytest.mark.parametrize("name", ["portfolio", "orders"])
def test_a_service_that_hangs_is_told_of_in_time_and_goes_on_when_it_wakes(
    platform: RunningPlatform, load: Load, name: str
) -> None:
    hang(platform, load, name)

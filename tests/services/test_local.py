"""Where the parts of a local platform listen, and what they are told."""

import socket
import stat
from pathlib import Path

import pytest

from tickmesh.gateway.settings import GatewaySettings
from tickmesh.services import local
from tickmesh.services.runtime.settings import SERVICES, load
from tickmesh.services.strategy.settings import StrategySettings


def wishes(tmp_path: Path, **changes: object) -> local.Wishes:
    return local.Wishes(**{"data_dir": tmp_path, "port": 0, "websocket_port": 0, **changes})  # type: ignore[arg-type]


def test_every_part_gets_a_port_of_its_own(tmp_path: Path) -> None:
    platform = local.plan(wishes(tmp_path))
    ports = [int(address.rpartition(":")[2]) for address in platform.addresses.values()]
    assert len({*ports, platform.port, platform.websocket_port}) == len(SERVICES) + 3


def test_internal_ports_are_on_the_loopback_interface_even_for_a_public_host(tmp_path: Path) -> None:
    platform = local.plan(wishes(tmp_path, host="0.0.0.0"))
    assert all(address.startswith("127.0.0.1:") for address in platform.addresses.values())
    assert platform.url == f"http://127.0.0.1:{platform.port}"


def test_a_taken_public_port_is_named_with_the_flag_that_helps(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(local.StartError, match=rf"127.0.0.1:{port} cannot be listened on; .* --port"):
            local.plan(wishes(tmp_path, port=port))


def test_both_public_ports_cannot_be_the_same(tmp_path: Path) -> None:
    port = local.plan(wishes(tmp_path)).port
    with pytest.raises(local.StartError, match="give each its own"):
        local.plan(wishes(tmp_path, port=port, websocket_port=port))


def test_settings_reach_the_gateway_as_variables(tmp_path: Path) -> None:
    asked = wishes(tmp_path, database_url="postgresql://x/y", redis_url="redis://z")
    platform = local.plan(asked)
    read = load(GatewaySettings, local.environment(platform, asked, {}))
    assert (read.data_dir, read.database_url, read.redis_url) == (tmp_path, "postgresql://x/y", "redis://z")
    assert (read.host, read.port) == ("127.0.0.1", platform.port)
    assert read.http_address == platform.addresses["gateway"]
    assert read.websocket_address == platform.websocket_address
    assert {name: read.address(name) for name in SERVICES}.items() <= platform.addresses.items()


@pytest.mark.parametrize("market", [True, False])
def test_seed_and_market_reach_the_strategies(tmp_path: Path, market: bool) -> None:
    asked = wishes(tmp_path, seed=42, market=market)
    read = load(StrategySettings, local.environment(local.plan(asked), asked, {}))
    assert (read.seed, read.market) == (42, market)


def test_other_settings_pass_through_and_what_up_decides_wins(tmp_path: Path) -> None:
    asked = wishes(tmp_path)
    base = {"TICKMESH_LOG_LEVEL": "debug", "TICKMESH_PORT": "1", "TICKMESH_TOKEN": "secret", "PATH": "/bin"}
    made = local.environment(local.plan(asked), asked, base)
    assert made["TICKMESH_LOG_LEVEL"] == "debug"
    assert made["PATH"] == "/bin"
    assert made["TICKMESH_PORT"] != "1"
    assert "TICKMESH_TOKEN" not in made


def test_a_platform_is_remembered_for_its_owner_alone(tmp_path: Path) -> None:
    platform = local.plan(wishes(tmp_path, database_url="postgresql://user:secret@host/db"))
    local.write(platform)
    assert local.read(tmp_path) == platform
    assert stat.S_IMODE(local.platform_file(tmp_path).stat().st_mode) == 0o600


def test_nothing_is_remembered_where_nothing_ran(tmp_path: Path) -> None:
    assert local.read(tmp_path) is None
    assert not local.is_running(tmp_path)


def test_a_data_directory_has_one_platform_at_a_time(tmp_path: Path) -> None:
    with local.lock(tmp_path):
        assert local.is_running(tmp_path)
        with pytest.raises(local.StartError, match="already runs"), local.lock(tmp_path):
            pass
    assert not local.is_running(tmp_path)
    with local.lock(tmp_path):
        pass


def test_the_edge_starts_last_and_everything_is_started(tmp_path: Path) -> None:
    names = [program.name for program in local.programs(local.plan(wishes(tmp_path)))]
    assert names[-1] == "edge"
    assert set(SERVICES) | {"gateway", "websocket", "edge"} == set(names)


def test_a_standby_is_a_second_process_of_orders_with_an_address_of_its_own(tmp_path: Path) -> None:
    asked = wishes(tmp_path, standby=True)
    platform = local.plan(asked)
    programs = {program.name: program for program in local.programs(platform)}
    first, second = programs["orders"], programs["orders-standby"]
    assert first.command == second.command
    told = local.environment(platform, asked, {})
    reads = [load(GatewaySettings, {**told, **dict(one.environment)}) for one in (first, second)]
    listens = [read.listens_on("orders") for read in reads]
    assert listens == [platform.addresses["orders"], platform.addresses["orders-standby"]]
    assert [read.address("orders") for read in reads] == [",".join(listens)] * 2


def test_several_shards_have_a_process_each_and_a_router_before_them(tmp_path: Path) -> None:
    asked = wishes(tmp_path, shards=2, standby=True)
    platform = local.plan(asked)
    programs = {program.name: program for program in local.programs(platform)}
    assert programs["orders"].command[-1] == "router"
    told = local.environment(platform, asked, {})
    for number in range(2):
        processes = [programs[f"orders-{number}{end}"] for end in ("", "-standby")]
        assert {process.command[-1] for process in processes} == {"orders"}
        own = [dict(process.environment) for process in processes]
        assert {each["TICKMESH_ORDERS_SHARD"] for each in own} == {str(number)}
        listens = [load(GatewaySettings, {**told, **each}).listens_on("orders") for each in own]
        assert load(GatewaySettings, told).shard_addresses[number] == ",".join(listens)
    assert load(GatewaySettings, told).listens_on("router") == platform.addresses["orders"]


def test_a_platform_keeps_its_shards_and_may_have_more_but_not_fewer(tmp_path: Path) -> None:
    local.write(local.plan(wishes(tmp_path, shards=2)))
    assert len(local.plan(wishes(tmp_path)).shards) == 2
    assert len(local.plan(wishes(tmp_path, shards=3)).shards) == 3
    with pytest.raises(local.StartError, match="--shards 2"):
        local.plan(wishes(tmp_path, shards=1))

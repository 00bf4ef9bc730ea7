"""The edge's configuration, judged by the real Envoy."""

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tickmesh.gateway import envoy
from tickmesh.gateway.descriptors import load_contract
from tickmesh.gateway.settings import GatewaySettings, split_address
from tickmesh.services.runtime.identity import Signer

SETTINGS = GatewaySettings()


@pytest.fixture
def jwks(tmp_path: Path) -> dict[str, object]:
    return Signer.create(tmp_path / "keys").jwks()


def manager(bootstrap: Any) -> Any:
    listener = bootstrap["static_resources"]["listeners"][0]
    return listener["filter_chains"][0]["filters"][0]["typed_config"]


@pytest.mark.parametrize("admin_port", [0, 9_901])
def test_envoy_takes_the_configuration(tmp_path: Path, jwks: dict[str, object], admin_port: int) -> None:
    file = tmp_path / "envoy.yaml"
    envoy.write(replace(SETTINGS, admin_port=admin_port), jwks, file)
    done = subprocess.run(
        envoy.command(file, ["--mode", "validate"]), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert ("admin" in yaml.safe_load(file.read_text())) == bool(admin_port)


def test_every_service_has_a_route_and_a_checked_cluster(jwks: dict[str, object]) -> None:
    bootstrap: Any = envoy.render(SETTINGS, jwks)
    clusters = {cluster["name"]: cluster for cluster in bootstrap["static_resources"]["clusters"]}
    routes = manager(bootstrap)["route_config"]["virtual_hosts"][0]["routes"]
    prefixes = {route["match"].get("prefix"): route["route"] for route in routes}
    for service in load_contract().services:
        cluster = clusters[prefixes[f"/{service}/"]["cluster"]]
        assert cluster["health_checks"][0]["grpc_health_check"]["service_name"] == service
        assert "outlier_detection" in cluster
        assert cluster["circuit_breakers"]["thresholds"][0]["max_requests"] > 1_024


def test_no_call_goes_to_who_stands_by_also_while_nobody_serves(
    jwks: dict[str, object], tmp_path: Path
) -> None:
    settings = replace(SETTINGS, orders_address="127.0.0.1:9001,127.0.0.1:9002")
    bootstrap: Any = envoy.render(settings, jwks)
    clusters = {cluster["name"]: cluster for cluster in bootstrap["static_resources"]["clusters"]}
    assert clusters["orders"]["common_lb_config"] == {"healthy_panic_threshold": {"value": 0}}
    assert "outlier_detection" not in clusters["orders"]
    file = tmp_path / "envoy.yaml"
    envoy.write(settings, jwks, file)
    command = envoy.command(file, ["--mode", "validate"])
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_only_calls_that_read_are_sent_again(jwks: dict[str, object]) -> None:
    routes = manager(envoy.render(SETTINGS, jwks))["route_config"]["virtual_hosts"][0]["routes"]
    again = [
        route["match"]["path"]
        for route in routes
        if "path" in route["match"] and "retry_policy" in route["route"]
    ]
    assert "/tickmesh.orders.v1.OrdersService/GetOrder" in again
    assert not any("Submit" in path or "Cancel" in path or "Stream" in path for path in again)


def test_nothing_of_the_api_is_open(jwks: dict[str, object]) -> None:
    filters = {
        each["name"]: each["typed_config"] for each in manager(envoy.render(SETTINGS, jwks))["http_filters"]
    }
    rules = filters["envoy.filters.http.jwt_authn"]["rules"]
    closed = {rule["match"].get("prefix") for rule in rules if "requires" in rule}
    assert closed == {"/api/", "/tickmesh.", "/ws/"}
    assert [rule["match"] for rule in rules if "requires" not in rule] == [{"path": "/api/v1/session:logout"}]


def test_the_edge_listens_on_loopback_unless_told_otherwise(jwks: dict[str, object]) -> None:
    bootstrap: Any = envoy.render(SETTINGS, jwks)
    address = bootstrap["static_resources"]["listeners"][0]["address"]["socket_address"]
    assert address == {"address": "127.0.0.1", "port_value": 8_080}


def test_an_address_is_host_and_port() -> None:
    assert split_address("127.0.0.1:80") == ("127.0.0.1", 80)
    assert split_address("[::1]:80") == ("::1", 80)
    for wrong in ("127.0.0.1", "host:", "host:http"):
        with pytest.raises(ValueError, match="host:port"):
            split_address(wrong)

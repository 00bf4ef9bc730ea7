"""The manifests say what the code says: programs, ports, settings. `make check` holds them to the schemas."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from tickmesh.gateway.settings import GatewaySettings
from tickmesh.services.local import START_ORDER
from tickmesh.services.runtime.host import ALIVE
from tickmesh.services.runtime.settings import ROUTER, SERVICES, RuntimeSettings, load

BASE = Path(__file__).parent.parent / "k8s" / "base"
WORKLOADS = ("Deployment", "StatefulSet")


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((BASE / f"{name}.yaml").read_text()))


def one(name: str, *kinds: str) -> dict[str, Any]:
    (found,) = (document for document in documents(name) if document["kind"] in kinds)
    return found


def pod(name: str) -> dict[str, Any]:
    spec: dict[str, Any] = one(name, *WORKLOADS)["spec"]["template"]["spec"]
    return spec


def settings() -> dict[str, str]:
    data: dict[str, str] = one("settings", "ConfigMap")["data"]
    return data


def test_the_kustomization_lists_every_manifest() -> None:
    (kustomization,) = documents("kustomization")
    files = {path.name for path in BASE.glob("*.yaml")} - {"kustomization.yaml"}
    assert sorted(kustomization["resources"]) == sorted(files)


def test_every_program_of_the_platform_is_there_and_no_other() -> None:
    found = {path.stem for path in BASE.glob("*.yaml")} - {
        "kustomization",
        "namespace",
        "network",
        "settings",
    }
    assert found == set(START_ORDER)


@pytest.mark.parametrize("name", START_ORDER)
def test_a_program_is_started_by_its_name_as_a_user_without_rights(name: str) -> None:
    (container,) = pod(name)["containers"]
    assert container["args"] == ["serve", name]
    assert pod(name)["securityContext"]["runAsNonRoot"]
    rights = container["securityContext"]
    assert rights["readOnlyRootFilesystem"]
    assert not rights["allowPrivilegeEscalation"]
    assert container["resources"].keys() == {"requests", "limits"}
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= container.keys()


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_listens_where_the_others_look_for_it(name: str) -> None:
    (port,) = one(name, "Service")["spec"]["ports"]
    (container,) = pod(name)["containers"]
    variable = f"TICKMESH_{name.upper()}_ADDRESS"
    environment = {entry["name"]: entry.get("value") for entry in container["env"]}
    assert settings()[variable] == f"{name}:{port['port']}"
    assert environment[variable] == f"0.0.0.0:{port['port']}"
    assert (
        container["ports"][0]["containerPort"] == container["readinessProbe"]["grpc"]["port"] == port["port"]
    )
    assert one(name, "Service")["spec"]["clusterIP"] == "None"


@pytest.mark.parametrize("name", START_ORDER)
def test_every_variable_is_a_setting_and_no_secret_has_a_value(name: str) -> None:
    known = {f"TICKMESH_{field.name.upper()}" for field in fields(GatewaySettings)}
    entries = pod(name)["containers"][0]["env"]
    assert {entry["name"] for entry in entries} | settings().keys() <= known
    for entry in entries:
        assert ("value" in entry) != entry["name"].endswith("_URL")


def test_the_edge_cannot_make_tokens() -> None:
    (keys,) = (volume for volume in pod("edge")["volumes"] if volume["name"] == "keys")
    assert [item["key"] for item in keys["secret"]["items"]] == ["jwks.json"]


def test_an_overlay_changes_what_is_in_the_base() -> None:
    overlay = BASE.parent / "overlays" / "standby"
    kustomization = yaml.safe_load((overlay / "kustomization.yaml").read_text())
    assert [(overlay / name).resolve() for name in kustomization["resources"]] == [BASE]
    patches = [yaml.safe_load(entry["patch"]) for entry in kustomization["patches"]]
    found = {(document["kind"], document["metadata"]["name"]) for document in documents("orders")}
    assert {(patch["kind"], patch["metadata"]["name"]) for patch in patches} <= found
    assert patches[0]["spec"]["replicas"] == 2


def test_the_overlay_of_shards_names_each_pod_and_puts_routers_before_them() -> None:
    overlay = BASE.parent / "overlays" / "shards"
    kustomization = yaml.safe_load((overlay / "kustomization.yaml").read_text())
    told, shards = (yaml.safe_load(entry["patch"]) for entry in kustomization["patches"])
    addresses = load(RuntimeSettings, told["data"]).shard_addresses
    assert addresses == [f"orders-{number}.orders:7102" for number in range(shards["spec"]["replicas"])]
    _, service, deployment, _ = yaml.safe_load_all((overlay / "router.yaml").read_text())
    name, port = service["metadata"]["name"], service["spec"]["ports"][0]["port"]
    assert told["data"]["TICKMESH_ORDERS_ADDRESS"] == f"{name}:{port}"
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["serve", ROUTER]
    listens = {entry["name"]: entry["value"] for entry in container["env"]}
    assert load(RuntimeSettings, told["data"] | listens).listens_on(ROUTER) == f"0.0.0.0:{port}"


def test_an_orders_pod_that_stands_by_is_alive_and_not_ready() -> None:
    (container,) = pod("orders")["containers"]
    asks = {name: container[f"{name}Probe"]["grpc"].get("service", "") for name in ("startup", "liveness")}
    assert asks == {"startup": ALIVE, "liveness": ALIVE}
    assert "service" not in container["readinessProbe"]["grpc"]

"""The OpenAPI document: every RPC is in it, every reference leads somewhere, every schema is one."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tickmesh.gateway.descriptors import load_contract
from tickmesh.gateway.http.answers import to_value
from tickmesh.gateway.openapi import document
from tickmesh.orders.v1 import orders_pb2

API: Any = document()
VERBS = {"get", "put", "post", "delete", "patch"}


def operations() -> Iterator[tuple[str, str, Any]]:
    for path, verbs in API["paths"].items():
        for verb, operation in verbs.items():
            yield path, verb, operation


def walk(value: Any) -> Iterator[Any]:
    yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from walk(inner)


def resolved(reference: str) -> Any:
    value: Any = API
    for part in reference.removeprefix("#/").split("/"):
        value = value[part]
    return value


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": API["components"]})


def test_every_binding_of_every_rpc_is_listed_with_its_scope() -> None:
    for route in load_contract().routes:
        operation = API["paths"][route.template][route.http_method.lower()]
        assert operation["x-scope"] == route.scope
        assert operation["summary"]
        assert route.scope in operation["description"]


def test_the_document_has_the_structure_of_openapi() -> None:
    assert API["openapi"] == "3.1.0"
    assert {"title", "version"} <= set(API["info"])
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(names) == len(set(names))
    tags = {tag["name"] for tag in API["tags"]}
    for path, verb, operation in operations():
        assert verb in VERBS
        assert path.startswith("/")
        assert set(operation["tags"]) <= tags
        assert "200" in operation["responses"] and "default" in operation["responses"]
        for answer in operation["responses"].values():
            assert answer["description"]
        for requirement in operation.get("security", ()):
            assert set(requirement) <= set(API["components"]["securitySchemes"])


def test_path_parameters_are_those_of_the_template() -> None:
    for path, _, operation in operations():
        given = [item for item in operation.get("parameters", ()) if item.get("in") == "path"]
        assert {item["name"] for item in given} == set(re.findall(r"\{([^}]+)\}", path))
        assert all(item["required"] for item in given)
        names = [(item["in"], item["name"]) for item in operation.get("parameters", ()) if "name" in item]
        assert len(names) == len(set(names))
        assert all("schema" in item for item in operation.get("parameters", ()) if "name" in item)


def test_every_reference_leads_somewhere() -> None:
    references = [
        item["$ref"] for item in walk(API) if isinstance(item, dict) and isinstance(item.get("$ref"), str)
    ]
    assert references
    for reference in references:
        assert resolved(reference)


@pytest.mark.parametrize("name", sorted(API["components"]["schemas"]))
def test_every_schema_is_a_json_schema(name: str) -> None:
    Draft202012Validator.check_schema(API["components"]["schemas"][name])


def test_streams_say_how_they_come() -> None:
    content = API["paths"]["/api/v1/quotes:stream"]["get"]["responses"]["200"]["content"]
    assert set(content) == {"application/x-ndjson", "text/event-stream"}
    body = API["paths"]["/api/v1/orders:batch"]["post"]["requestBody"]["content"]
    assert set(body) == {"application/json", "application/x-ndjson"}


def test_comments_rules_and_enums_of_the_protos_are_shown() -> None:
    order = API["components"]["schemas"]["orders.SubmitOrderRequest"]
    assert order["properties"]["client_order_id"]["pattern"] == "^[ -~]{1,64}$"
    assert order["properties"]["side"]["description"] == "BUY or SELL. Required."
    assert {"client_order_id", "portfolio_id", "symbol", "side", "order_type", "quantity"} == set(
        order["required"]
    )
    assert API["components"]["schemas"]["orders.Order.Side"]["enum"] == ["SIDE_UNSPECIFIED", "BUY", "SELL"]
    page = next(
        item
        for item in API["paths"]["/api/v1/orders"]["get"]["parameters"]
        if item.get("name") == "page_size"
    )
    assert page["schema"]["maximum"] == 1_000


def test_the_schema_of_an_order_takes_the_order_of_the_readme_and_no_other() -> None:
    from .test_edge import ORDER

    schema = validator("orders.SubmitOrderRequest")
    assert schema.is_valid(ORDER)
    assert not schema.is_valid({**ORDER, "post_onyl": True})
    assert not schema.is_valid({**ORDER, "side": "BYE"})
    assert not schema.is_valid({**ORDER, "quantity": "-1"})
    assert not schema.is_valid({key: value for key, value in ORDER.items() if key != "symbol"})


def test_answers_fit_their_schemas() -> None:
    for route in load_contract().routes:
        name = route.response.full_name.removeprefix("tickmesh.").replace(".v1.", ".")
        validator(name).check_schema(API["components"]["schemas"][name])
    order = orders_pb2.Order(order_id="1", symbol="AAPL", side=orders_pb2.Order.BUY)
    validator("orders.Order").validate(to_value(order))
    status = orders_pb2.EngineStatus(epoch=5, commands_per_second=1.5)
    validator("orders.EngineStatus").validate(to_value(status))


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/orders",
        "/api/v1/orders/{order_id}",
        "/api/v1/executions",
        "/api/v1/positions",
        "/api/v1/risk/limits",
        "/api/v1/risk/trading-states",
    ],
)
def test_a_moment_is_a_query_parameter(path: str) -> None:
    parameters = API["paths"][path]["get"]["parameters"]
    (as_of,) = [one for one in parameters if one.get("name") == "as_of"]
    assert (as_of["in"], as_of["required"]) == ("query", False)
    assert as_of["schema"] == {"type": "string", "format": "date-time"}
    assert as_of["description"]

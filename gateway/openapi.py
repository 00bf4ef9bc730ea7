"""OpenAPI 3.1 of the HTTP API, made from the descriptors: routes, types, rules and comments."""

import re
from functools import cache

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from .descriptors import Contract, Route, area_of, load_contract
from .http.calls import SESSION_COOKIE
from .schemas import Schema, Schemas, required_fields

JSON, NDJSON, EVENT_STREAM = "application/json", "application/x-ndjson", "text/event-stream"
_VARIABLE = re.compile(r"\{([a-z0-9_.]+)\}")
_DESCRIPTION = """Every RPC of tickmesh over HTTP.
Fields have the names of the protos, enums their plain names; decimals and 64-bit integers are strings.
A field or parameter that is not listed here is refused by name.
Server streams are NDJSON, or server-sent events when `Accept` says `text/event-stream`."""
_ERROR: Schema = {
    "type": "object",
    "description": "What every failed call answers with.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "reason", "message", "fields", "metadata"],
            "properties": {
                "code": {"type": "string", "description": "A canonical gRPC code, such as INVALID_ARGUMENT."},
                "reason": {"type": "string", "description": "A stable reason, such as POSITION_LIMIT."},
                "message": {"type": "string", "description": "The same in a sentence, for people."},
                "fields": {
                    "type": "array",
                    "description": "What is wrong with which field of the request.",
                    "items": {
                        "type": "object",
                        "required": ["field", "description"],
                        "properties": {"field": {"type": "string"}, "description": {"type": "string"}},
                    },
                },
                "metadata": {
                    "type": "object",
                    "description": "More about the reason, such as limit, used, asked and headroom.",
                    "additionalProperties": {"type": "string"},
                },
            },
        }
    },
}
_HEADERS: dict[str, Schema] = {
    "RequestTimeout": {
        "name": "X-Request-Timeout",
        "in": "header",
        "description": "Seconds until the call is given up. 30 when it is left out; streams then have none.",
        "schema": {"type": "number", "exclusiveMinimum": 0, "maximum": 300},
    },
    "RequestId": {
        "name": "X-Request-Id",
        "in": "header",
        "description": "Names the request in logs. Made when it is left out, and sent back.",
        "schema": {"type": "string", "maxLength": 100},
    },
    "LastEventId": {
        "name": "Last-Event-ID",
        "in": "header",
        "description": "The resume_token to continue after. Browsers send it when they reconnect.",
        "schema": {"type": "string", "maxLength": 200},
    },
}


@cache
def document() -> Schema:
    """Returns the whole document."""
    contract = load_contract()
    schemas = Schemas(contract.comments)
    paths: dict[str, Schema] = {}
    for route in contract.routes:
        operation = _operation(route, schemas)
        paths.setdefault(route.template, {})[route.http_method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "tickmesh",
            "version": "v1",
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [_tag(service, contract) for service in contract.services] + [_SESSION_TAG],
        "paths": paths | _session_paths(),
        "components": {
            "schemas": dict(sorted({**schemas.components, "Error": _ERROR}.items())),
            "parameters": _HEADERS,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE},
            },
        },
    }


def _tag(service: str, contract: Contract) -> Schema:
    return {"name": area_of(service), "description": contract.comments.get(service, "")}


def _operation(route: Route, schemas: Schemas) -> Schema:
    summary, _, _ = route.comment.partition(". ")
    operation: Schema = {
        "operationId": route.method if route.is_primary else f"{route.method}By{route.http_method.title()}",
        "tags": [route.area],
        "summary": summary.rstrip("."),
        "description": f"{route.comment}\n\nScope: `{route.scope}`. gRPC: `{route.rpc_path.strip('/')}`.",
        "parameters": _parameters(route, schemas),
        "security": [{"bearer": [route.scope]}, {"session": [route.scope]}],
        "responses": {"200": _answer(route, schemas), "default": _failure()},
        "x-scope": route.scope,
    }
    if route.body:
        operation["requestBody"] = _body(route, schemas)
    return operation


def _body(route: Route, schemas: Schemas) -> Schema:
    kinds = [JSON, NDJSON] if route.client_streaming else [JSON]
    schema = schemas.message(route.request)
    variables = set(_VARIABLE.findall(route.template))
    needed = [name for name in required_fields(route.request) if name not in variables]
    body: Schema = {"required": bool(needed), "content": {kind: {"schema": schema} for kind in kinds}}
    if route.client_streaming:
        body["description"] = "One JSON object, or one a line."
    elif variables:
        # The path gives these: the body may leave them out, which the schema of the message does not know.
        body["content"] = {JSON: {"schema": _without_required(route.request, variables, schemas)}}
    return body


def _without_required(request: Descriptor, variables: set[str], schemas: Schemas) -> Schema:
    name = str(schemas.message(request)["$ref"]).rpartition("/")[2]
    whole = schemas.components[name]
    needed = [field for field in required_fields(request) if field not in variables]
    rest = {key: value for key, value in whole.items() if key != "required"}
    return {**rest, "required": needed} if needed else rest


def _answer(route: Route, schemas: Schemas) -> Schema:
    schema = schemas.message(route.response)
    if route.client_streaming and route.server_streaming:
        return {"description": "An answer to each request.", "content": _content(schema, JSON, NDJSON)}
    if route.server_streaming:
        text = "A stream of these: one a line, or one an event with the resume_token as its id."
        return {"description": text, "content": _content(schema, NDJSON, EVENT_STREAM)}
    return {"description": "The answer.", "content": _content(schema, JSON)}


def _content(schema: Schema, *kinds: str) -> Schema:
    return {kind: {"schema": schema} for kind in kinds}


def _failure() -> Schema:
    reference: Schema = {"$ref": "#/components/schemas/Error"}
    return {"description": "The call failed, and why.", "content": _content(reference, JSON)}


def _parameters(route: Route, schemas: Schemas) -> list[Schema]:
    variables = _VARIABLE.findall(route.template)
    parameters = [_path_parameter(route.request, name, schemas) for name in variables]
    if not route.body:
        needed = required_fields(route.request)
        fields = [field for field in route.request.fields if field.name not in variables]
        parameters += [_query_parameter(field, field.name in needed, schemas) for field in fields]
    references = ["RequestTimeout", "RequestId"]
    if route.server_streaming and not route.client_streaming:
        references.append("LastEventId")
    return parameters + [{"$ref": f"#/components/parameters/{name}"} for name in references]


def _path_parameter(message: Descriptor, name: str, schemas: Schemas) -> Schema:
    *parents, last = name.split(".")
    for parent in parents:
        inner = message.fields_by_name[parent].message_type
        assert inner is not None
        message = inner
    return _parameter(name, "path", message.fields_by_name[last], schemas) | {"required": True}


def _query_parameter(field: FieldDescriptor, required: bool, schemas: Schemas) -> Schema:
    return _parameter(field.name, "query", field, schemas) | {"required": required}


def _parameter(name: str, place: str, field: FieldDescriptor, schemas: Schemas) -> Schema:
    schema = schemas.field(field)
    description = schema.pop("description", "")
    return {"name": name, "in": place, "description": description, "schema": schema}


_SESSION_TAG: Schema = {"name": "session", "description": "Who is logged in."}
_SECURITY: list[Schema] = [{"bearer": []}, {"session": []}]


def _session_paths() -> dict[str, Schema]:
    """Returns the paths of the gateway itself, which are no RPCs."""
    principal: Schema = {
        "type": "object",
        "properties": {
            "subject": {"type": "string"},
            "scopes": {"type": "array", "items": {"type": "string"}},
            "expire_time": {"type": "string", "format": "date-time"},
        },
    }
    show = _plain("GetSession", "Says who is logged in, what they may do and until when", principal)
    leave = _plain("Logout", "Forgets the session cookie", {"type": "object"})
    health = _plain("GetHealth", "Says that the gateway is up", {"type": "object"}) | {"security": []}
    return {
        "/api/v1/session": {"get": show},
        "/api/v1/session:logout": {"post": leave},
        "/healthz": {"get": health},
    }


def _plain(name: str, summary: str, schema: Schema) -> Schema:
    answer: Schema = {"description": "The answer.", "content": _content(schema, JSON)}
    return {
        "operationId": name,
        "tags": ["session"],
        "summary": summary,
        "security": _SECURITY,
        "responses": {"200": answer, "default": _failure()},
    }

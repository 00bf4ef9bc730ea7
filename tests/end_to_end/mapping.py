"""From an RPC's google.api.http option and a request to an HTTP call, as any client would do it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from google.api import annotations_pb2
from google.protobuf import descriptor_pool

from tickmesh.services.runtime import contract

from .clients import Value


@dataclass(frozen=True, slots=True)
class HttpCall:
    """What to send."""

    verb: str
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    body: Value | None = None

    def options(self) -> dict[str, Any]:
        """Returns it as the arguments of httpx."""
        options: dict[str, Any] = {"method": self.verb, "url": self.path, "params": self.query}
        return options if self.body is None else {**options, "json": self.body}

    def as_lines(self) -> dict[str, Any]:
        """Returns it with the body as NDJSON of one line."""
        options = {**self.options(), "content": json.dumps(self.body) + "\n"}
        del options["json"]
        return {**options, "headers": {"Content-Type": "application/x-ndjson"}}


def http_call(method: contract.Method, request: Value) -> HttpCall:
    """Returns the call of an RPC's first binding."""
    rule = _rule(method)
    verb = rule.WhichOneof("pattern")
    rest: Value = json.loads(json.dumps(request))
    path = re.sub(r"\{([a-z_.]+)\}", lambda place: quote(_take(rest, place[1]), safe=""), getattr(rule, verb))
    if rule.body == "*":
        return HttpCall(verb.upper(), path, body=rest)
    return HttpCall(verb.upper(), path, list(_query(rest)))


def _rule(method: contract.Method) -> Any:
    service, name = method.path.strip("/").split("/")
    found = descriptor_pool.Default().FindServiceByName(service).methods_by_name[name]
    return found.GetOptions().Extensions[annotations_pb2.http]


def _take(value: Value, path: str) -> str:
    """Takes a field out of a request; what stands in the path need not stand in the body."""
    *parents, last = path.split(".")
    for parent in parents:
        value = value[parent]
    taken: str = value.pop(last)
    return taken


def _query(value: Value, prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, content in value.items():
        if isinstance(content, dict):
            yield from _query(content, f"{prefix}{name}.")
        else:
            many = content if isinstance(content, list) else [content]
            yield from (
                (prefix + name, str(one).lower() if isinstance(one, bool) else str(one)) for one in many
            )

"""The contract as data: services, methods, HTTP routes, scopes and comments, read from the descriptor set."""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

from google.api import annotations_pb2, http_pb2
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, MethodDescriptor
from google.protobuf.message import Message

from tickmesh.common.v1 import options_pb2

_PREFIX = "tickmesh/"
_VERBS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True, slots=True)
class Route:
    """One way to call one method over HTTP."""

    http_method: str  # "GET"
    template: str  # "/api/v1/orders/{order_id}"
    body: str  # "*", or empty when there is none
    area: str  # "orders"
    service: str  # "tickmesh.orders.v1.OrdersService"
    method: str  # "CancelOrder"
    request: Descriptor
    response: Descriptor
    client_streaming: bool
    server_streaming: bool
    scope: str
    comment: str
    is_primary: bool  # false for an additional binding

    @property
    def rpc_path(self) -> str:
        """The path of the method in gRPC."""
        return f"/{self.service}/{self.method}"

    @property
    def request_class(self) -> type[Message]:
        """The message that the method takes."""
        return message_factory.GetMessageClass(self.request)

    @property
    def response_class(self) -> type[Message]:
        """The message that the method answers with."""
        return message_factory.GetMessageClass(self.response)


@dataclass(frozen=True, slots=True)
class Contract:
    """Everything that the protos say."""

    routes: tuple[Route, ...]
    services: tuple[str, ...]  # full names
    comments: dict[str, str]  # by full name of service, method, message, field, enum or enum value

    def idempotent_paths(self) -> list[str]:
        """Returns the gRPC paths of unary methods that only read: those are safe to send twice."""
        routes = (route for route in self.routes if route.is_primary and route.http_method == "GET")
        return [route.rpc_path for route in routes if not route.server_streaming]

    def streaming_paths(self) -> list[str]:
        """Returns the gRPC paths of methods that stream in either direction."""
        routes = (route for route in self.routes if route.is_primary)
        return [route.rpc_path for route in routes if route.server_streaming or route.client_streaming]


@cache
def load_contract() -> Contract:
    """Reads the descriptor set that the build put beside the stubs."""
    data = resources.files("tickmesh").joinpath("descriptors.binpb").read_bytes()
    files = descriptor_pb2.FileDescriptorSet.FromString(data).file
    ours = [file for file in files if file.name.startswith(_PREFIX)]
    comments: dict[str, str] = {}
    for file in ours:
        importlib.import_module(file.name.removesuffix(".proto").replace("/", ".") + "_pb2")
        comments.update(_comments(file))
    services = tuple(f"{file.package}.{service.name}" for file in ours for service in file.service)
    routes = tuple(route for service in services for route in _service_routes(service, comments))
    return Contract(routes, services, comments)


def area_of(service: str) -> str:
    """Returns the area of a service's full name: "orders" for tickmesh.orders.v1.OrdersService."""
    return service.split(".")[1]


def _service_routes(service: str, comments: dict[str, str]) -> Iterator[Route]:
    descriptor = descriptor_pool.Default().FindServiceByName(service)
    for method in descriptor.methods:
        options = descriptor_pb2.MethodOptions.FromString(method.GetOptions().SerializeToString())
        rule = options.Extensions[annotations_pb2.http]
        scope = options.Extensions[options_pb2.scope]
        for number, binding in enumerate([rule, *rule.additional_bindings]):
            yield _route(method, binding, scope, comments.get(method.full_name, ""), number == 0)


def _route(
    method: MethodDescriptor, rule: http_pb2.HttpRule, scope: str, comment: str, is_primary: bool
) -> Route:
    verb = rule.WhichOneof("pattern")
    if verb not in _VERBS or rule.body not in ("", "*"):
        raise ValueError(
            f"{method.full_name} needs a google.api.http rule with a plain verb, and body '*' or none"
        )
    service = method.containing_service.full_name
    return Route(
        http_method=verb.upper(),
        template=getattr(rule, verb),
        body=rule.body,
        area=area_of(service),
        service=service,
        method=method.name,
        request=method.input_type,
        response=method.output_type,
        client_streaming=method.client_streaming,
        server_streaming=method.server_streaming,
        scope=scope,
        comment=comment,
        is_primary=is_primary,
    )


def _comments(file: descriptor_pb2.FileDescriptorProto) -> dict[str, str]:
    """Returns the comment above each thing in a file (or beside it), by its full name."""
    names = _names(file)
    found = {}
    for location in file.source_code_info.location:
        text = location.leading_comments or location.trailing_comments
        name = names.get(tuple(location.path))
        if name and text:
            found[name] = _unwrapped(text)
    return found


def _unwrapped(text: str) -> str:
    """Returns a comment with its lines joined to paragraphs."""
    paragraphs = "\n".join(line.strip() for line in text.strip().splitlines()).split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


Path = tuple[int, ...]


def _names(file: descriptor_pb2.FileDescriptorProto) -> dict[Path, str]:
    """Returns the full name of each thing in a file by its path in the file's descriptor."""
    names: dict[Path, str] = {}
    for number, service in enumerate(file.service):
        full_name = f"{file.package}.{service.name}"
        names[(6, number)] = full_name
        names |= {
            (6, number, 2, at): f"{full_name}.{method.name}" for at, method in enumerate(service.method)
        }
    for number, message in enumerate(file.message_type):
        names |= _message_names(message, file.package, (4, number))
    for number, enum in enumerate(file.enum_type):
        names |= _enum_names(enum, file.package, (5, number))
    return names


def _message_names(message: descriptor_pb2.DescriptorProto, scope: str, path: Path) -> dict[Path, str]:
    full_name = f"{scope}.{message.name}"
    names = {path: full_name}
    names |= {(*path, 2, at): f"{full_name}.{field.name}" for at, field in enumerate(message.field)}
    for number, enum in enumerate(message.enum_type):
        names |= _enum_names(enum, full_name, (*path, 4, number))
    for number, nested in enumerate(message.nested_type):
        names |= _message_names(nested, full_name, (*path, 3, number))
    return names


def _enum_names(enum: descriptor_pb2.EnumDescriptorProto, scope: str, path: Path) -> dict[Path, str]:
    full_name = f"{scope}.{enum.name}"
    values = {(*path, 2, at): f"{full_name}.{value.name}" for at, value in enumerate(enum.value)}
    return {path: full_name, **values}

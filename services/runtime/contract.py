"""What the descriptors say about every RPC: its scope, and whether a call may be repeated."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files

from google.api import annotations_pb2
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message

from tickmesh.common.v1 import options_pb2

PACKAGE = "tickmesh."
CONTROL_SCOPES = frozenset({"orders:control"})


@dataclass(frozen=True, slots=True)
class Method:
    """One RPC of ours."""

    path: str  # "/tickmesh.orders.v1.OrdersService/GetOrder"
    service: str
    scope: str
    reads_only: bool  # annotated with GET: repeating it changes nothing
    request_type: type[Message]
    response_type: type[Message]
    client_streams: bool
    server_streams: bool


@cache
def methods() -> dict[str, Method]:
    """Returns every RPC of the contract by its path. Fails with ValueError when one names no scope."""
    files_set = descriptor_pb2.FileDescriptorSet.FromString(
        (files("tickmesh") / "descriptors.binpb").read_bytes()
    )
    names = [f"{file.package}.{service.name}" for file in files_set.file for service in file.service]
    _register(files_set)
    services = (
        descriptor_pool.Default().FindServiceByName(name) for name in names if name.startswith(PACKAGE)
    )
    return {method.path: method for service in services for method in _methods(service)}


def _register(files_set: descriptor_pb2.FileDescriptorSet) -> None:
    """Imports all stubs, so that the names in them can be looked up.

    Adding the files to the pool from here would make a later import of their stubs fail: the set
    has comments, and the pool refuses a file that differs.
    """
    for file in files_set.file:
        if file.name.startswith(PACKAGE.replace(".", "/")):
            import_module(file.name.removesuffix(".proto").replace("/", ".") + "_pb2")


def _methods(service: ServiceDescriptor) -> Iterable[Method]:
    for method in service.methods:
        options = method.GetOptions()
        scope: str = options.Extensions[options_pb2.scope]
        if not scope:
            raise ValueError(f"{method.full_name} names no scope")
        yield Method(
            path=f"/{service.full_name}/{method.name}",
            service=service.full_name,
            scope=scope,
            reads_only=bool(options.Extensions[annotations_pb2.http].get),
            request_type=message_factory.GetMessageClass(method.input_type),
            response_type=message_factory.GetMessageClass(method.output_type),
            client_streams=method.client_streaming,
            server_streams=method.server_streaming,
        )


@cache
def all_scopes() -> frozenset[str]:
    """Returns every scope that an RPC names."""
    return frozenset(method.scope for method in methods().values())


@cache
def user_scopes() -> frozenset[str]:
    """Returns the scopes of people and their programs: all that are not for services alone."""
    return all_scopes() - CONTROL_SCOPES

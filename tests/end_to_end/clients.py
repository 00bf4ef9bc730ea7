"""A gRPC client that follows from the descriptors: requests and answers are JSON values."""

from collections.abc import Generator, Iterable, Iterator
from functools import cache
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message

from tickmesh.services.runtime import contract

TIMEOUT_S = 30.0
Value = dict[str, Any]
_OPTIONS = [
    ("grpc.max_receive_message_length", 64 << 20),
    ("grpc.initial_reconnect_backoff_ms", 100),  # a client that waits a minute finds out nothing
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 500),
]


@cache
def method_named(name: str) -> contract.Method:
    """Returns an RPC by its short name, such as "OrdersService.SubmitOrder"."""
    return {short_name(one): one for one in contract.methods().values()}[name]


def short_name(method: contract.Method) -> str:
    """Returns "OrdersService.SubmitOrder"."""
    service, name = method.path.rsplit(".", 1)[-1].split("/")
    return f"{service}.{name}"


def to_value(message: Message) -> Value:
    """Returns a message as docs/api.md says that JSON shows it; protobuf's own printer, not the gateway's."""
    value: Value = MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return value


class GrpcClient:
    """Calls any RPC through the public port."""

    def __init__(self, address: str, token: str = "") -> None:
        self.channel = grpc.insecure_channel(address, options=_OPTIONS)
        self._metadata = (("authorization", f"Bearer {token}"),) if token else ()

    def close(self) -> None:
        self.channel.close()

    def call(self, name: str, request: Value) -> Value:
        """Calls an RPC with one answer."""
        method = method_named(name)
        if method.client_streams:
            return next(self.exchange(name, [request]))
        open_call = self.channel.unary_unary(method.path, _serialized, method.response_type.FromString)
        return to_value(open_call(_parsed(method, request), metadata=self._metadata, timeout=TIMEOUT_S))

    def stream(
        self, name: str, request: Value, timeout_s: float | None = TIMEOUT_S
    ) -> Generator[Value, None, None]:
        """Yields the answers of a server stream; closing the generator ends the call."""
        method = method_named(name)
        open_call = self.channel.unary_stream(method.path, _serialized, method.response_type.FromString)
        yield from _answers(open_call(_parsed(method, request), metadata=self._metadata, timeout=timeout_s))

    def exchange(
        self, name: str, requests: Iterable[Value], timeout_s: float | None = TIMEOUT_S
    ) -> Iterator[Value]:
        """Yields the answers to a stream of requests."""
        method = method_named(name)
        opened: Any = self.channel.stream_stream if method.server_streams else self.channel.stream_unary
        open_call = opened(method.path, _serialized, method.response_type.FromString)
        messages = (_parsed(method, one) for one in requests)
        answer = open_call(messages, metadata=self._metadata, timeout=timeout_s)
        yield from _answers(answer if method.server_streams else [answer])


def _answers(call: Any) -> Iterator[Value]:
    try:
        for answer in call:
            yield to_value(answer)
    finally:
        if hasattr(call, "cancel"):
            call.cancel()


def _serialized(message: Message) -> bytes:
    return message.SerializeToString()


def _parsed(method: contract.Method, request: Value) -> Message:
    return ParseDict(request, method.request_type())

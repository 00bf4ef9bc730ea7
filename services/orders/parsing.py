"""Bytes of a message, for methods that take them: parsed where they are not plain, or put together."""

from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from tickmesh.orders.v1 import orders_pb2 as pb

from ..runtime import wire
from ..runtime.errors import InvalidArgument

M = TypeVar("M", bound=Message)


class Malformed(InvalidArgument):
    """Bytes that are no message of the contract."""

    reason = "MALFORMED_MESSAGE"

    def __init__(self, kind: str) -> None:
        super().__init__(f"the bytes are no {kind}")


def parsed(kind: type[M], content: bytes) -> M:
    """Returns a message. Fails with Malformed."""
    try:
        return kind.FromString(content)
    except DecodeError as error:
        raise Malformed(kind.DESCRIPTOR.name) from error


def as_batch(submit: bytes) -> bytes:
    """Returns a SubmitOrderRequest as the only action of a SubmitOrdersRequest."""
    action = wire.header(pb.OrderAction, "submit", len(submit)) + submit
    return wire.header(pb.SubmitOrdersRequest, "actions", len(action)) + action

"""Bytes of a message, for methods that take them."""

from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from .errors import InvalidArgument

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

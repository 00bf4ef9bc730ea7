"""Messages that are serialised already: large columns go out as they are, without a copy for each reader."""

from collections.abc import Callable
from functools import cache
from typing import Any

from google.protobuf.message import Message

_LENGTH_DELIMITED = 2


class Pieces(tuple[bytes, ...]):
    """Parts of a serialised message, in order. An update of a stream may be one: see `streams.respond`."""


def header(message_type: type[Message], field: str, size: int) -> bytes:
    """Returns what stands in front of so many bytes of a field of text, bytes or a message."""
    return _tag(message_type.DESCRIPTOR.fields_by_name[field].number) + _varint(size)


def enclosed(outer: Message, field: str, inner: Pieces) -> bytes:
    """Returns a message, serialised, with another in its last field, which is not set in it."""
    head = header(type(outer), field, sum(map(len, inner)))
    return b"".join((outer.SerializeToString(), head, *inner))


def serializer(usual: Callable[[Any], bytes]) -> Callable[[Any], bytes]:
    """Returns a serialiser that lets bytes through: a servicer may answer with a serialised message."""
    return lambda message: message if isinstance(message, bytes) else usual(message)


@cache
def _tag(number: int) -> bytes:
    return _varint(number << 3 | _LENGTH_DELIMITED)


def _varint(number: int) -> bytes:
    if number <= 0x7F:
        return bytes((number,))
    digits = bytearray()
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    digits.append(number)
    return bytes(digits)

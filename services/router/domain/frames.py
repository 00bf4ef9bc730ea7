"""Messages as bytes: their fields one after the other, each as it stands there."""

from collections.abc import Iterator
from typing import NamedTuple

_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5


class Malformed(ValueError):
    """Bytes that are no message."""


class Frame(NamedTuple):
    """One field of a message: all of its bytes begin at `start`, what it holds at `body`."""

    number: int
    start: int
    body: int
    end: int


def frames(message: bytes) -> Iterator[Frame]:
    """Yields the fields of a message. Fails with Malformed."""
    start = 0
    try:
        while start < len(message):
            key, body = _varint(message, start)
            end = _end(message, key & 7, body)
            if key & 7 == _BYTES:
                body = _varint(message, body)[1]
            if end > len(message):
                raise Malformed
            yield Frame(key >> 3, start, body, end)
            start = end
    except IndexError as error:
        raise Malformed from error


def repeated(message: bytes, number: int) -> list[tuple[int, int, int]]:
    """Returns start, body and end of each field of a number that is a message; `frames`, but faster.

    Fails with Malformed.
    """
    key = number << 3 | _BYTES
    found, start = [], 0
    try:
        while start < len(message):
            if message[start] == key:
                size, body = _varint(message, start + 1)
                end = body + size
                found.append((start, body, end))
            else:
                _, begins = _varint(message, start)
                end = _end(message, message[start] & 7, begins)
            if end > len(message):
                raise Malformed
            start = end
    except IndexError as error:
        raise Malformed from error
    return found


def _end(message: bytes, kind: int, body: int) -> int:
    if kind == _BYTES:
        size, begins = _varint(message, body)
        return begins + size
    if kind == _VARINT:
        return _varint(message, body)[1]
    if kind in (_FIXED_64, _FIXED_32):
        return body + (8 if kind == _FIXED_64 else 4)
    raise Malformed


def _varint(message: bytes, place: int) -> tuple[int, int]:
    """Returns a number and where it ends."""
    number = message[place]
    if number < 0x80:
        return number, place + 1
    number &= 0x7F
    for shift in range(7, 70, 7):
        place += 1
        digit = message[place]
        number |= (digit & 0x7F) << shift
        if digit < 0x80:
            return number, place + 1
    raise Malformed

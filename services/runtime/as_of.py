"""Questions about a moment that has passed: `as_of` in a request, and the pages that stay with it."""

from typing import Any

from ..values import NANOSECONDS, time_ns
from . import paging
from .errors import FieldViolation, InvalidArgument

_SECONDS = range(
    -62_135_596_800, 253_402_300_800
)  # the years 1 to 9999, as google.protobuf.Timestamp has them
_NS_MAX = (1 << 63) - 1  # in the year 2262, which is as good as any later one


class InvalidMoment(InvalidArgument):
    """A timestamp outside what google.protobuf.Timestamp allows."""

    reason = "INVALID_TIMESTAMP"

    def __init__(self) -> None:
        problem = "not a moment of the years 1 to 9999"
        super().__init__(f"as_of: {problem}", fields=[FieldViolation("as_of", problem)])


class AsOfChanged(InvalidArgument):
    """A page token that belongs to the same list at another moment."""

    reason = "AS_OF_CHANGED"

    def __init__(self) -> None:
        problem = "its first page was asked for with another as_of; keep it, or leave the token empty"
        super().__init__(f"page_token: {problem}", fields=[FieldViolation("page_token", problem)])


def as_of_ns(request: Any) -> int | None:
    """Returns the moment that a request asks about, or None for now. Fails with InvalidMoment."""
    if not request.HasField("as_of"):
        return None
    moment = request.as_of
    if moment.seconds not in _SECONDS or not 0 <= moment.nanos < NANOSECONDS:
        raise InvalidMoment
    return max(-_NS_MAX, min(time_ns(moment), _NS_MAX))


def encode(moment_ns: int | None, *key: str | int) -> str:
    """Returns a token for the page that follows the row with this key, of a list at a moment."""
    return paging.encode(*key, _text(moment_ns))


def decode(token: str, kinds: tuple[type, ...], moment_ns: int | None) -> paging.Key | None:
    """Returns the key in a token, or None for the first page. Fails with InvalidPageToken or AsOfChanged."""
    key = paging.decode(token, (*kinds, str))
    if key is None:
        return None
    if key[-1] != _text(moment_ns):
        raise AsOfChanged
    return key[:-1]


def _text(moment_ns: int | None) -> str:
    return "" if moment_ns is None else str(moment_ns)

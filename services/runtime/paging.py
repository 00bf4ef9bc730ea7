"""Page tokens: opaque to clients, the key of the last row to us."""

import base64
import binascii
import json

from .errors import FieldViolation, InvalidArgument

Key = tuple[str | int, ...]


class InvalidPageToken(InvalidArgument):
    """A page token that this list did not give."""

    reason = "PAGE_TOKEN_INVALID"

    def __init__(self) -> None:
        problem = "not a token of this list; leave it empty for the first page"
        super().__init__(f"page_token: {problem}", fields=[FieldViolation("page_token", problem)])


def page_limit(requested: int, default: int = 100) -> int:
    """Returns how many rows a page has when so many were asked for; 0 asks for the default."""
    return requested or default


def encode(*key: str | int) -> str:
    """Returns a token for the page that follows the row with this key."""
    text = json.dumps(key, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(token: str, kinds: tuple[type, ...]) -> Key | None:
    """Returns the key in a token, or None for the first page. Fails with InvalidPageToken."""
    if not token:
        return None
    try:
        padded = token + "=" * (-len(token) % 4)
        key = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise InvalidPageToken from error
    if not isinstance(key, list) or [type(part) for part in key] != list(kinds):
        raise InvalidPageToken
    if not all(_is_storable(part) for part in key):
        raise InvalidPageToken
    return tuple(key)


def _is_storable(part: str | int) -> bool:
    """Says whether a database can compare with a value: 64 bits, and text without NUL and half characters."""
    if isinstance(part, int):
        return abs(part) < 1 << 63
    return "\0" not in part and not any("\ud800" <= character <= "\udfff" for character in part)

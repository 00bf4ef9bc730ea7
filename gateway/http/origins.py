"""Keeps other sites out: what the session cookie authenticates must come from our own pages."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.requests import Request

from .problems import ProblemError

_OWN = ("same-origin", "none")


def is_own_origin(headers: Mapping[str, str]) -> bool:
    """Says whether a browser's request came from a page of this host. Without any sign of it: no."""
    site = headers.get("sec-fetch-site")
    origin = headers.get("origin")
    if site is not None and site not in _OWN:
        return False
    if origin is None:
        return site is not None
    return urlsplit(origin).netloc == headers.get("host", "") != ""


def refuse_foreign_origin(request: Request) -> None:
    """Fails with 403 unless a changing call with the cookie came from our own page."""
    if not is_own_origin(request.headers):
        message = (
            "a call with the session cookie must come from a page of this host; programs send a bearer token"
        )
        raise ProblemError(403, "PERMISSION_DENIED", "FOREIGN_ORIGIN", message)

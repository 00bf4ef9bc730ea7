"""The handshake: which channel a request means, and whether its caller may read it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, unquote

from picows import WSUpgradeRequest

from tickmesh.services.runtime.errors import Unauthenticated
from tickmesh.services.runtime.identity import Principal, Verifier

from ..http.calls import token_of
from ..http.origins import is_own_origin
from ..http.problems import ProblemError, bad_request, from_error, path_not_found

_MARKET = re.compile(r"/ws/market-data/([A-Z0-9][A-Z0-9._-]{0,23})")
_PORTFOLIO = re.compile(r"|[a-z0-9][a-z0-9._-]{0,47}")
_TOKEN_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """What a reader asks for."""

    channel: str  # "market-data", "trades/updates", "engine/status" or "system/health"
    symbol: str = ""
    portfolio_id: str = ""
    resume_token: str = ""


_SCOPES = {
    "market-data": ("orders:read", "pricing:read"),
    "trades/updates": ("orders:read",),
    "engine/status": ("orders:read",),
    "system/health": (),
}


def read_wish(target: str) -> Wish:
    """Returns the channel that a request's target means. Fails with 404 or 400."""
    path, _, query = target.partition("?")
    path = unquote(path)
    market = _MARKET.fullmatch(path)
    name = "market-data" if market else path.removeprefix("/ws/")
    if name not in _SCOPES or not path.startswith("/ws/") or (name == "market-data" and not market):
        raise path_not_found(path)
    given = _parameters(query, ("portfolio_id", "resume_token") if name == "trades/updates" else ())
    return Wish(name, market[1] if market else "", **given)


def _parameters(query: str, known: tuple[str, ...]) -> dict[str, str]:
    given = parse_qs(query, keep_blank_values=True, max_num_fields=20)
    for name, values in given.items():
        if name not in known:
            raise bad_request("INVALID_PARAMETERS", f"{name[:100]} is not a parameter of this channel")
        if len(values) > 1:
            raise bad_request("INVALID_PARAMETERS", f"{name} is given twice")
    first = {name: values[0] for name, values in given.items()}
    if not _PORTFOLIO.fullmatch(first.get("portfolio_id", "")):
        raise bad_request("INVALID_PARAMETERS", "portfolio_id is not an id of a portfolio")
    if len(first.get("resume_token", "")) > _TOKEN_LENGTH_MAX:
        raise bad_request("INVALID_PARAMETERS", "resume_token is not a token of this channel")
    return first


def admit(request: WSUpgradeRequest, wish: Wish, verifier: Verifier) -> Principal:
    """Returns who asks. Fails with 401 without a good token, 403 without the scope or from a foreign page."""
    headers: Mapping[str, str] = request.headers
    token, by_cookie = token_of(headers, _cookies(headers.get("cookie", "")))
    try:
        principal = verifier.verify(token)
    except Unauthenticated as error:
        raise from_error(error) from None
    if by_cookie and not is_own_origin(headers):
        message = "the session cookie works from a page of this host alone"
        raise ProblemError(403, "PERMISSION_DENIED", "FOREIGN_ORIGIN", message)
    for scope in _SCOPES[wish.channel]:
        if scope not in principal.scopes:
            message = f"the token lacks the scope {scope}"
            raise ProblemError(403, "PERMISSION_DENIED", "SCOPE_MISSING", message, metadata={"scope": scope})
    return principal


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}

"""The handshake: which channel a request means, and whether its caller may read it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, unquote

from google.protobuf.message import Message
from picows import WSUpgradeRequest

from tickmesh.services.runtime.errors import Unauthenticated
from tickmesh.services.runtime.identity import Principal, Verifier

from ..descriptors import Route, load_contract
from ..http import queries
from ..http.calls import token_of
from ..http.origins import is_own_origin
from ..http.problems import ProblemError, bad_request, from_error, path_not_found
from ..http.templates import Router

_MARKET = re.compile(r"/ws/market-data/([A-Z0-9][A-Z0-9._-]{0,23})")
_PORTFOLIO = re.compile(r"|[a-z0-9][a-z0-9._-]{0,47}")
_TOKEN_LENGTH_MAX = 200
_STREAMS = "/ws/api/"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a reader asks for."""

    channel: str  # "market-data", "trades/updates", "engine/status", "system/health", or the path of a stream
    symbol: str = ""
    portfolio_id: str = ""
    resume_token: str = ""
    route: Route | None = None  # of a stream of the contract, and what to ask it for
    request: Message | None = None

    @property
    def scopes(self) -> tuple[str, ...]:
        """What a token must carry."""
        return _SCOPES[self.channel] if self.route is None else (self.route.scope,)


@dataclass(frozen=True, slots=True)
class Visitor:
    """A caller who may read a channel."""

    principal: Principal
    token: str


_SCOPES = {
    "market-data": ("orders:read", "pricing:read"),
    "trades/updates": ("orders:read",),
    "engine/status": ("orders:read",),
    "system/health": (),
}


def read_wish(target: str) -> Wish:
    """Returns the channel that a request's target means. Fails with 404 or 400."""
    raw_path, _, query = target.partition("?")
    if raw_path.startswith(_STREAMS):
        return _stream_wish(raw_path, query)
    path = unquote(raw_path)
    market = _MARKET.fullmatch(path)
    name = "market-data" if market else path.removeprefix("/ws/")
    if name not in _SCOPES or not path.startswith("/ws/") or (name == "market-data" and not market):
        raise path_not_found(path)
    given = _parameters(query, ("portfolio_id", "resume_token") if name == "trades/updates" else ())
    symbol = market[1] if market else ""
    return Wish(name, symbol, given.get("portfolio_id", ""), given.get("resume_token", ""))


def _stream_wish(raw_path: str, query: str) -> Wish:
    """Returns a stream of the contract: the path and parameters of its HTTP route, after /ws."""
    match = _router().match("GET", raw_path.removeprefix("/ws"))
    if not match.route.server_streaming:
        raise path_not_found(raw_path)
    request = queries.to_request(query.encode("latin-1"), match.route, match.variables)
    return Wish(raw_path.removeprefix("/ws/"), route=match.route, request=request)


@cache
def _router() -> Router:
    return Router(load_contract().routes)


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


def admit(request: WSUpgradeRequest, wish: Wish, verifier: Verifier) -> Visitor:
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
    for scope in wish.scopes:
        if scope not in principal.scopes:
            message = f"the token lacks the scope {scope}"
            raise ProblemError(403, "PERMISSION_DENIED", "SCOPE_MISSING", message, metadata={"scope": scope})
    return Visitor(principal, token)


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}

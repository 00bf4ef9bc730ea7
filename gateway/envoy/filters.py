"""The HTTP filters of the edge: gRPC-Web, rate limit, tokens, and the cookie of browsers."""

import json
from typing import TypeAlias

from tickmesh.services.runtime.identity import AUDIENCE, ISSUER

from ..http.calls import SESSION_COOKIE
from ..settings import GatewaySettings

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

_FILTERS = "envoy.extensions.filters.http"
_CLOCK_SKEW_S = 1
_JWT_CACHE_SIZE = 10_000

# gRPC-Web calls of the page carry the cookie; the services know the header alone. A changing call of another
# site would carry the cookie too, so that only our own pages may use it this way.
_COOKIE_TO_HEADER = """
function envoy_on_request(handle)
  local headers = handle:headers()
  if headers:get("authorization") ~= nil or headers:get(":path"):sub(1, 10) ~= "/tickmesh." then
    return
  end
  local token = (";" .. (headers:get("cookie") or "")):match("[;%%s]%s=([^;%%s]+)")
  if token == nil then
    return
  end
  local site, origin = headers:get("sec-fetch-site"), headers:get("origin")
  local host = headers:get(":authority")
  local own = site == "same-origin" or site == "none"
  if origin ~= nil then
    own = (site == nil or own) and (origin == "http://" .. host or origin == "https://" .. host)
  end
  if not own then
    handle:respond({[":status"] = "403"}, "a call with the session cookie must come from a page of this host")
    return
  end
  headers:add("authorization", "Bearer " .. token)
end
"""


def typed(kind: str, **fields: Json) -> dict[str, Json]:
    """Returns a message of Envoy's API with its type."""
    return {"@type": f"type.googleapis.com/{kind}", **fields}


def make_filters(settings: GatewaySettings, jwks: dict[str, object]) -> list[Json]:
    """Returns the filters in the order in which a request meets them."""
    return [
        _filter("grpc_web", "grpc_web.v3.GrpcWeb"),
        _rate_limit(settings),
        _tokens(jwks),
        _cookies(),
        _filter("router", "router.v3.Router"),
    ]


def _filter(name: str, kind: str, **fields: Json) -> Json:
    return {"name": f"envoy.filters.http.{name}", "typed_config": typed(f"{_FILTERS}.{kind}", **fields)}


def _rate_limit(settings: GatewaySettings) -> Json:
    always: Json = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    rate = settings.requests_per_second
    return _filter(
        "local_ratelimit",
        "local_ratelimit.v3.LocalRateLimit",
        stat_prefix="edge",
        token_bucket={"max_tokens": 2 * rate, "tokens_per_fill": rate, "fill_interval": "1s"},
        filter_enabled=always,
        filter_enforced=always,
        response_headers_to_add=[{"header": {"key": "retry-after", "value": "1"}}],
    )


def _tokens(jwks: dict[str, object]) -> Json:
    provider: Json = {
        "issuer": ISSUER,
        "audiences": [AUDIENCE],
        "local_jwks": {"inline_string": json.dumps(jwks)},
        "from_headers": [{"name": "authorization", "value_prefix": "Bearer "}],
        "from_cookies": [SESSION_COOKIE],
        "forward": True,
        "require_expiration": True,
        "clock_skew_seconds": _CLOCK_SKEW_S,
        "jwt_cache_config": {"jwt_cache_size": _JWT_CACHE_SIZE},
    }
    required: Json = {"provider_name": ISSUER}
    rules: list[Json] = [{"match": {"path": "/api/v1/session:logout"}}]
    rules += [
        {"match": {"prefix": prefix}, "requires": required} for prefix in ("/api/", "/tickmesh.", "/ws/")
    ]
    return _filter("jwt_authn", "jwt_authn.v3.JwtAuthentication", providers={ISSUER: provider}, rules=rules)


def _cookies() -> Json:
    code = _COOKIE_TO_HEADER % SESSION_COOKIE
    return _filter("lua", "lua.v3.Lua", default_source_code={"inline_string": code})

"""Login for browsers: a link with a token becomes a cookie that scripts cannot read."""

import time
from datetime import UTC, datetime
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from tickmesh.services.runtime.errors import Unauthenticated
from tickmesh.services.runtime.identity import Principal, Verifier

from .calls import SESSION_COOKIE, token_of
from .origins import is_own_origin, refuse_foreign_origin
from .problems import ProblemError, from_error

_FORM = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Log in to tickmesh</title>
<link rel="stylesheet" href="/docs/style.css"><main class="narrow"><h1>tickmesh</h1>
<p>{message}</p>
<form method="post" action="/login"><label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="off" required autofocus>
<button>Log in</button></form><p>The command <code>tickmesh token</code> prints one.</p></main></html>"""
_FORM_BYTES_MAX = 16_384


class Sessions:
    """Logs browsers in and out, and says who is logged in."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier

    async def login(self, request: Request) -> Response:
        """Takes the token of a link or of the form, and leads to the page."""
        token = request.query_params.get("token", "")
        if request.method == "POST":
            if not is_own_origin(request.headers):
                return _form("Please log in on this page itself.", 403)
            token = await _form_token(request)
        if not token:
            return _form("Paste a token to log in.", 200)
        try:
            principal = self._verifier.verify(token)
        except Unauthenticated as error:
            return _form(f"That did not work: {error.message}.", 401)
        return _with_cookie(request, token, principal)

    async def show(self, request: Request) -> Response:
        """Says who is logged in, what they may do and until when."""
        principal = self._principal(request)
        until = datetime.fromtimestamp(principal.expire_time_s, UTC).isoformat().replace("+00:00", "Z")
        content = {"subject": principal.subject, "scopes": sorted(principal.scopes), "expire_time": until}
        return JSONResponse(content, headers={"cache-control": "no-store"})

    async def logout(self, request: Request) -> Response:
        """Forgets the cookie."""
        refuse_foreign_origin_of_cookie(request)
        response = JSONResponse({}, headers={"cache-control": "no-store"})
        response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="strict")
        return response

    def _principal(self, request: Request) -> Principal:
        token, _ = token_of(request.headers, request.cookies)
        try:
            return self._verifier.verify(token)
        except Unauthenticated as error:
            raise from_error(error) from None


def refuse_foreign_origin_of_cookie(request: Request) -> None:
    """Fails with 403 when the cookie authenticates a changing call from elsewhere."""
    _, by_cookie = token_of(request.headers, request.cookies)
    if by_cookie:
        refuse_foreign_origin(request)


def _form(message: str, status: int) -> Response:
    return Response(_FORM.format(message=message), status, {"cache-control": "no-store"}, "text/html")


async def _form_token(request: Request) -> str:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _FORM_BYTES_MAX:
            raise ProblemError(400, "INVALID_ARGUMENT", "BODY_TOO_LARGE", "a login form is smaller than that")
    return parse_qs(body.decode("latin-1")).get("token", [""])[0].strip()


def _with_cookie(request: Request, token: str, principal: Principal) -> Response:
    response = RedirectResponse("/", 303, {"cache-control": "no-store"})
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=max(0, int(principal.expire_time_s - time.time())),
        path="/",
        secure=request.headers.get("x-forwarded-proto", request.url.scheme) == "https",
        httponly=True,
        samesite="strict",
    )
    return response

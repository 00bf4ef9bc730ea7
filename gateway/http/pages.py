"""The files of the page, and what every answer tells browsers about safety."""

from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from .problems import path_not_found

BUILD_HINT = "The page is not built; `cd gateway/dashboard && npm ci && npm run build` builds it."
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SECURITY_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
_FOREVER = "public, max-age=31536000, immutable"
_ASSETS = "/assets/"  # Vite names these by their content

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class Page:
    """Serves the built page from its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    async def answer(self, request: Request) -> Response:
        """Returns a file of the page. Fails with 404 for a path that is no file of it."""
        path = request.url.path
        if not (self._folder / "index.html").is_file() and path in ("/", "/index.html"):
            return Response(BUILD_HINT + "\n", 200, {"cache-control": "no-store"}, "text/plain")
        file = self._find("index.html" if path == "/" else path.lstrip("/"))
        if file is None:
            raise path_not_found(path)
        caching = _FOREVER if path.startswith(_ASSETS) else "no-cache"
        return FileResponse(file, headers={"cache-control": caching})

    def _find(self, name: str) -> Path | None:
        """Returns a file inside the folder, and nothing for a name that leads out of it."""
        if "\0" in name:
            return None
        file = (self._folder / name).resolve()
        return file if file.is_relative_to(self._folder) and file.is_file() else None


def with_security_headers(application: Application) -> Application:
    """Returns the application with safe headers on every answer."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *SECURITY_HEADERS]
            await send(message)

        await application(scope, receive, send_with_headers)

    return wrapped

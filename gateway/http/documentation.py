"""/openapi.json, and the page that shows it."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from ..openapi import document
from .answers import to_bytes
from .problems import path_not_found

_FOLDER = Path(__file__).parent / "docs"
_FILES = {
    "/docs": "index.html",
    "/docs/": "index.html",
    "/docs/docs.js": "docs.js",
    "/docs/style.css": "style.css",
}
_HEADERS = {"cache-control": "no-cache"}


class Documentation:
    """The contract for people and for tools."""

    def __init__(self) -> None:
        self._document = to_bytes(document())

    async def openapi(self, _: Request) -> Response:
        """Returns the OpenAPI document."""
        return Response(self._document, media_type="application/json", headers=_HEADERS)

    async def page(self, request: Request) -> Response:
        """Returns a file of the page that shows the document."""
        name = _FILES.get(request.url.path)
        if name is None:
            raise path_not_found(request.url.path)
        return FileResponse(_FOLDER / name, headers=_HEADERS)

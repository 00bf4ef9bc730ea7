"""The JSON process: one ASGI application for the API, login, documentation and the page."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import grpc
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tickmesh.services.runtime import telemetry
from tickmesh.services.runtime.identity import Verifier

from ..descriptors import load_contract
from ..settings import GatewaySettings
from .api import Api, problem_of
from .calls import Backends
from .documentation import Documentation
from .pages import Application, Page, with_security_headers
from .problems import MethodNotAllowedError, ProblemError
from .session import Sessions

log = telemetry.logger(__name__)

Handler = Callable[[Request], Awaitable[Response]]
_ANY = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def make_application(settings: GatewaySettings, verifier: Verifier) -> Application:
    """Returns the application. Its channels live from its startup to its shutdown."""
    backends = Backends(settings)
    api = Api(load_contract().routes, backends, settings)
    sessions = Sessions(verifier)
    documentation = Documentation()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await backends.close()

    application = Starlette(
        routes=[
            _route("/api/v1/session", sessions.show, "GET"),
            _route("/api/v1/session:logout", sessions.logout, "POST"),
            _route("/api/v1/{rest:path}", api.answer, *_ANY),
            _route("/healthz", _healthy, "GET"),
            _route("/openapi.json", documentation.openapi, "GET"),
            _route("/docs{rest:path}", documentation.page, "GET"),
            _route("/login", sessions.login, "GET", "POST"),
            _route("/{rest:path}", Page(settings.page_dir).answer, "GET"),
        ],
        lifespan=lifespan,
    )
    return with_security_headers(application)


def _route(path: str, handler: Handler, *methods: str) -> Route:
    """Returns a route that answers every failure in one form."""

    async def answered(request: Request) -> Response:
        try:
            if request.method not in methods and not (request.method == "HEAD" and "GET" in methods):
                raise MethodNotAllowedError(request.method, methods)
            return await handler(request)
        except Exception as error:
            return _failed(request, error)

    return Route(path, answered, methods=_ANY)


def _failed(request: Request, error: Exception) -> Response:
    problem: ProblemError = problem_of(error)
    if not isinstance(error, ProblemError | grpc.RpcError):
        log.error("a request failed", path=request.url.path, exc_info=error)
    elif problem.http_status >= 500:
        log.warning("a call failed", path=request.url.path, code=problem.code, reason=problem.reason)
    headers = {"cache-control": "no-store", **problem.headers}
    return JSONResponse(problem.body(), problem.http_status, headers)


async def _healthy(_: Request) -> Response:
    return JSONResponse({"status": "SERVING"}, headers={"cache-control": "no-store"})

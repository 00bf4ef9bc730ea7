"""`serve`: one process of the platform: services, or a part of the gateway."""

import asyncio
import contextlib
import os
import traceback
from argparse import ArgumentParser, Namespace
from collections.abc import Callable

from ..runtime.settings import ROUTER, SERVICES, SettingsError
from .command import OK, REFUSED, TRY_LATER, USAGE, Command, CommandError

_GATEWAY = ("gateway", "websocket", "edge")
_NAMES = (*SERVICES, ROUTER, *_GATEWAY)


def _configure_serve(parser: ArgumentParser) -> None:
    parser.add_argument("names", nargs="+", metavar="NAME", help=f"which: {', '.join(_NAMES)}")


def _serve(args: Namespace) -> int:
    unknown = sorted(set(args.names) - set(_NAMES))
    if unknown:
        raise CommandError(f"there is no service {unknown[0]!r}; there are {', '.join(_NAMES)}", USAGE)
    if {"orders", ROUTER} <= set(args.names):
        raise CommandError(
            "orders and router are the same to clients: each runs in a process of its own", USAGE
        )
    if len(args.names) > 1 and set(args.names) & set(_GATEWAY):
        raise CommandError("gateway, websocket and edge each run in a process of their own", USAGE)
    try:
        _SERVED.get(args.names[0], _serve_services)(args.names)
    except SettingsError as error:
        raise CommandError(str(error), USAGE) from error
    except Exception as error:
        with contextlib.suppress(OSError):  # the disk of the log may be full
            traceback.print_exception(error)
        raise CommandError(f"{' '.join(args.names)} failed: {_cause(error)}", _exit_code(error)) from error
    return OK


def _exit_code(error: Exception) -> int:
    """Returns how a process ends that failed; one that others have ended is to be started again.

    These are a database that is gone or full, and a call that ends a server.
    """
    from ..runtime.host import ServerEnded
    from ..runtime.outages import is_outage

    return TRY_LATER if is_outage(error) or isinstance(_first(error), ServerEnded) else REFUSED


def _first(error: BaseException) -> BaseException:
    """Returns what went wrong first."""
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


def _cause(error: BaseException) -> str:
    """Returns the first line of what went wrong first; the supervisor shows it."""
    first = _first(error)
    lines = str(first).splitlines()
    return f"{type(first).__name__}: {lines[0]}" if lines else type(first).__name__


def _serve_services(names: list[str]) -> None:
    import uvloop

    from ..runtime import host, settings, telemetry

    chosen = settings.load(settings.RuntimeSettings)
    telemetry.configure("+".join(names), chosen.log_level)
    uvloop.run(host.run(chosen, list(dict.fromkeys(names))))


def _serve_gateway(names: list[str]) -> None:
    import uvloop

    from tickmesh.gateway import service
    from tickmesh.gateway.settings import GatewaySettings

    from ..runtime import settings, telemetry

    chosen = settings.load(GatewaySettings)
    telemetry.configure(names[0], chosen.log_level)
    run = service.run_http if names[0] == "gateway" else service.run_websocket
    with contextlib.suppress(asyncio.CancelledError):
        uvloop.run(run(chosen))


def _serve_edge(_: list[str]) -> None:
    """Writes Envoy's configuration and becomes Envoy."""
    from tickmesh.gateway import envoy
    from tickmesh.gateway.settings import GatewaySettings

    from ..runtime import identity, settings

    chosen = settings.load(GatewaySettings)
    file = chosen.data_dir / "run" / "envoy.yaml"
    envoy.write(chosen, identity.load_jwks(chosen.keys), file)
    command = envoy.command(file)
    os.execv(command[0], command)  # noqa: S606


_SERVED: dict[str, Callable[[list[str]], None]] = {
    "gateway": _serve_gateway,
    "websocket": _serve_gateway,
    "edge": _serve_edge,
}

COMMANDS = {
    "serve": Command(
        _configure_serve,
        _serve,
        """  tickmesh serve pricing risk      both in one process, settings from TICKMESH_ variables
  tickmesh serve edge              Envoy, on the public port""",
    ),
}

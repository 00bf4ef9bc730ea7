"""`up` and `serve`: the platform on this machine, and the processes that it is made of."""

import asyncio
import contextlib
import os
import signal
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import local
from ..runtime.settings import SERVICES, SettingsError
from ..supervision import GaveUpError, Supervisor
from .command import OK, REFUSED, USAGE, Command, CommandError
from .place import DEFAULT_DATA, add_data

_HEALTHY_WITHIN_S = 60
_GATEWAY = ("gateway", "websocket", "edge")


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65_535:
        raise ValueError(text)
    return number


def _default(name: str, otherwise: str) -> str:
    return os.environ.get(f"TICKMESH_{name}", otherwise)


def _configure_up(parser: ArgumentParser) -> None:
    add_data(parser)
    add = parser.add_argument
    add(
        "--database",
        metavar="URL",
        default=_default("DATABASE_URL", ""),
        help="PostgreSQL; default SQLite files",
    )
    add("--redis", metavar="URL", default=_default("REDIS_URL", ""), help="Redis; default none")
    add(
        "--host",
        metavar="ADDRESS",
        default=_default("HOST", local.LOOPBACK),
        help="default this machine only",
    )
    add(
        "--port",
        metavar="N",
        type=_port,
        default=_default("PORT", "8080"),
        help="default 8080; 0: a free one",
    )
    add(
        "--ws-port",
        metavar="N",
        type=_port,
        default="8081",
        help="WebSocket, direct; default 8081; 0: a free one",
    )
    add(
        "--seed",
        metavar="N",
        type=int,
        default=_default("SEED", "1"),
        help="of the market in a box; default 1",
    )
    add("--no-market", action="store_true", help="start without makers and takers")


def _up(args: Namespace) -> int:
    wishes = local.Wishes(
        data_dir=Path(args.data).resolve(),
        database_url=args.database,
        redis_url=args.redis,
        host=args.host,
        port=args.port,
        websocket_port=args.ws_port,
        seed=args.seed,
        market=not args.no_market and _default("MARKET", "true").lower() not in ("0", "false", "no", "off"),
    )
    try:
        with local.lock(wishes.data_dir):
            return asyncio.run(_run_platform(local.plan(wishes), wishes))
    except (local.StartError, GaveUpError) as error:
        raise CommandError(str(error), REFUSED) from error
    except OSError as error:
        raise CommandError(f"{wishes.data_dir}: {error.strerror or error}", REFUSED) from error


async def _run_platform(platform: local.Platform, wishes: local.Wishes) -> int:
    """Runs everything until a signal comes. Fails with GaveUpError when it cannot be kept running."""
    _say(f"starting tickmesh on {platform.data_dir}")
    local.write(platform)
    environment = local.environment(platform, wishes)
    link = await _login_link(platform, environment)

    def remember() -> None:
        local.write(replace(platform, pids={**platform.pids, **supervisor.pids}))

    supervisor = Supervisor(local.programs(), environment, platform.log_dir, _say, remember)
    _cancel_at_signals()
    try:
        await _together(supervisor.run(), _welcome(platform, environment, link))
    except asyncio.CancelledError:
        _say("stopped")
    finally:
        local.write(replace(platform, pids={}))
    return OK


async def _together(*works: Coroutine[Any, Any, None]) -> None:
    """Does all side by side; the first failure ends the others and is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


def _cancel_at_signals() -> None:
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)


async def _login_link(platform: local.Platform, environment: dict[str, str]) -> str:
    """Makes the signing key where there is none. In a process of its own, so that this one stays small."""
    command = _command("token", "--data", str(platform.data_dir), "--create-key", "--link")
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    if process.returncode != OK:
        raise local.StartError(f"no signing key could be made in {platform.data_dir / 'keys'}")
    return output.decode().strip()


async def _welcome(platform: local.Platform, environment: dict[str, str], link: str) -> None:
    """Waits until all is healthy and says where it is. Fails with GaveUpError when that takes too long."""
    command = _command("wait", "--data", str(platform.data_dir), "--timeout", str(_HEALTHY_WITHIN_S))
    process = await asyncio.create_subprocess_exec(*command, env=environment)
    try:
        if await process.wait() != OK:
            raise GaveUpError(f"the platform did not become healthy; its logs are in {platform.log_dir}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    _say(_welcome_text(platform, link))


def _welcome_text(platform: local.Platform, link: str) -> str:
    data = "" if platform.data_dir == Path(DEFAULT_DATA).resolve() else f" --data {platform.data_dir}"
    return f"""
tickmesh is up at {platform.url}
  log in      {link}
  websocket   ws://{platform.websocket_address}/ws/market-data/AAPL
  a token     tickmesh token{data}
  an order    tickmesh order buy AAPL 100 @ 189.20{data}
  data        {platform.data_dir}
  logs        {platform.log_dir}
Ctrl-C stops it; everything is found there again at the next start."""


def _command(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "tickmesh.services.cli", *words)


def _say(line: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # nobody reads us any more; the platform goes on
        print(line, flush=True)


def _configure_serve(parser: ArgumentParser) -> None:
    choices = ", ".join((*SERVICES, *_GATEWAY))
    parser.add_argument("names", nargs="+", metavar="NAME", help=f"which: {choices}")


def _serve(args: Namespace) -> int:
    unknown = sorted(set(args.names) - {*SERVICES, *_GATEWAY})
    if unknown:
        known = ", ".join((*SERVICES, *_GATEWAY))
        raise CommandError(f"there is no service {unknown[0]!r}; there are {known}", USAGE)
    if len(args.names) > 1 and set(args.names) & set(_GATEWAY):
        raise CommandError("gateway, websocket and edge each run in a process of their own", USAGE)
    try:
        _SERVED.get(args.names[0], _serve_services)(args.names)
    except SettingsError as error:
        raise CommandError(str(error), USAGE) from error
    return OK


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
    "up": Command(
        _configure_up,
        _up,
        """  tickmesh up
  tickmesh up --data /var/lib/tickmesh --port 9000 --ws-port 9001
  tickmesh up --database postgresql://tickmesh@localhost/tickmesh --redis redis://localhost""",
    ),
    "serve": Command(
        _configure_serve,
        _serve,
        """  tickmesh serve pricing risk      both in one process, settings from TICKMESH_ variables
  tickmesh serve edge              Envoy, on the public port""",
    ),
}

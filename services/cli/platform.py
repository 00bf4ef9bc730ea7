"""`up`: the whole platform on this machine."""

import asyncio
import contextlib
import os
import signal
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import local
from ..runtime.ports import LOOPBACK
from ..supervision import GaveUpError, Supervisor
from .command import OK, REFUSED, Command, CommandError
from .place import DEFAULT_DATA, add_data

_HEALTHY_WITHIN_S = 1_800  # a long journal takes its time: about ten seconds for a million commands
_WRITE_AGAIN_S = 1.0


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65_535:
        raise ValueError(text)
    return number


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
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
        default=_default("HOST", LOOPBACK),
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
    add("--standby", action="store_true", help="start a second orders process that takes over when one ends")
    add(
        "--shards",
        metavar="N",
        type=_count,
        default=0,
        help="spread instruments over N orders processes; default as before, at first 1",
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
        standby=args.standby,
        shards=args.shards,
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
        try:
            local.write(replace(platform, pids={**platform.pids, **supervisor.pids}))
        except OSError as error:  # a full disk: what runs goes on, and is written down when there is room
            _say(f"{local.platform_file(platform.data_dir)}: {error.strerror or error}; trying again")
            asyncio.get_running_loop().call_later(_WRITE_AGAIN_S, remember)

    supervisor = Supervisor(local.programs(platform), environment, platform.log_dir, _say, remember)
    _cancel_at_signals()
    try:
        await _together(supervisor.run(), _welcome(platform, environment, link))
    except asyncio.CancelledError:
        _say("stopped")
    finally:
        with contextlib.suppress(OSError):  # whoever reads it asks first whether the platform runs
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
    process = await asyncio.create_subprocess_exec(*command, env=environment, start_new_session=True)
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
    with contextlib.suppress(OSError):  # nobody reads us any more, or no disk has room; the platform goes on
        print(line, flush=True)


COMMANDS = {
    "up": Command(
        _configure_up,
        _up,
        """  tickmesh up
  tickmesh up --data /var/lib/tickmesh --port 9000 --ws-port 9001
  tickmesh up --shards 2 --standby
  tickmesh up --database postgresql://tickmesh@localhost/tickmesh --redis redis://localhost""",
    ),
}

"""Where the platform is that a command talks to: its data directory, its public address, a token for it."""

import os
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from .. import local
from .command import UNREACHABLE, USAGE, CommandError

DEFAULT_DATA = "data"
DAY_S = 86_400.0


def add_data(parser: ArgumentParser) -> None:
    """Adds --data to a command."""
    parser.add_argument(
        "--data",
        metavar="DIR",
        default=os.environ.get("TICKMESH_DATA_DIR", DEFAULT_DATA),
        help="the platform's data directory; default $TICKMESH_DATA_DIR, or ./data",
    )


def add_client(parser: ArgumentParser) -> None:
    """Adds what every command that talks to a platform takes."""
    add_data(parser)
    parser.add_argument(
        "--server",
        metavar="HOST:PORT",
        default=os.environ.get("TICKMESH_SERVER", ""),
        help="another machine's platform; needs a token in $TICKMESH_TOKEN. Default $TICKMESH_SERVER",
    )
    parser.add_argument("--json", action="store_true", help="print JSON for programs")


@dataclass(frozen=True, slots=True)
class Place:
    """A platform's public address, and who we are there."""

    address: str  # host:port
    token: str


def find(args: Namespace) -> Place:
    """Returns the platform that a command means. Fails with CommandError when none runs."""
    token = os.environ.get("TICKMESH_TOKEN", "")
    if args.server:
        return Place(_host_and_port(args.server), token or _own_token(Path(args.data)))
    platform = running(Path(args.data))
    return Place(platform.url.removeprefix("http://"), token or _own_token(platform.data_dir))


def running(data_dir: Path) -> local.Platform:
    """Returns the platform that runs on a data directory. Fails with CommandError when none does."""
    platform = local.read(data_dir)
    if platform is None or not local.is_running(data_dir):
        problem = f"no platform runs on {data_dir}; start one with `tickmesh up`, or name another with --data"
        raise CommandError(problem, UNREACHABLE)
    return platform


def _host_and_port(text: str) -> str:
    parts = urlsplit(text if "//" in text else f"//{text}")
    if not parts.hostname or parts.scheme not in ("", "http"):
        raise CommandError(f"--server: {text!r} is not HOST:PORT", USAGE)
    return f"{parts.hostname}:{parts.port or 8080}"


def _own_token(data_dir: Path) -> str:
    """Makes a token with the platform's own key, which whoever may read the data directory holds."""
    return mint(data_dir, "cli", [], DAY_S / 2)


def mint(data_dir: Path, subject: str, scopes: list[str], ttl_s: float) -> str:
    """Returns a token; no scopes: all of a user. Fails with CommandError without a key."""
    from ..runtime import contract, identity

    settings = key_dir(data_dir)
    try:
        signer = identity.Signer.load(settings)
    except (FileNotFoundError, PermissionError) as error:
        problem = f"no key to make a token with in {settings}; `tickmesh up` makes one, or set TICKMESH_TOKEN"
        raise CommandError(problem, UNREACHABLE) from error
    unknown = sorted(set(scopes) - contract.all_scopes())
    if unknown:
        known = ", ".join(sorted(contract.all_scopes()))
        raise CommandError(f"--scope: there is no scope {unknown[0]!r}; there are {known}", USAGE)
    return signer.mint(subject, scopes or contract.user_scopes(), ttl_s)


def key_dir(data_dir: Path) -> Path:
    """Returns where the signing key of a platform is."""
    named = os.environ.get("TICKMESH_KEY_DIR", "")
    return Path(named) if named else data_dir / "keys"

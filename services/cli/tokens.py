"""`token`: tokens for scripts, and links that log a browser in."""

import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from urllib.parse import quote

from .command import OK, UNREACHABLE, Command, CommandError
from .place import add_data, mint

_UNITS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_TTL_S_MAX = 366 * 86_400


def duration_s(text: str) -> float:
    """Returns seconds of text such as 90s, 30m, 12h or 7d."""
    match = re.fullmatch(r"([1-9][0-9]{0,8})([smhd])", text)
    seconds = int(match[1]) * _UNITS_S[match[2]] if match else 0
    if not 0 < seconds <= _TTL_S_MAX:
        raise ArgumentTypeError(f"{text!r} is not a time such as 90s, 30m, 12h or 7d, at most 366d")
    return float(seconds)


def _configure(parser: ArgumentParser) -> None:
    add_data(parser)
    parser.add_argument("--subject", metavar="NAME", default="user", help="whose token it is; default user")
    parser.add_argument(
        "--scope",
        metavar="S",
        action="append",
        default=[],
        help="what it may do, repeatable; default all of a user",
    )
    parser.add_argument(
        "--ttl", metavar="TIME", type=duration_s, default="12h", help="how long it lasts; default 12h"
    )
    parser.add_argument("--link", action="store_true", help="print a link that logs a browser in instead")
    parser.add_argument(
        "--create-key", action="store_true", help="make the signing key first where there is none"
    )


def _run(args: Namespace) -> int:
    data_dir = Path(args.data)
    if args.create_key:
        _create_key(data_dir)
    token = mint(data_dir, args.subject, args.scope, args.ttl)
    print(_link(data_dir, token) if args.link else token)
    return OK


def _create_key(data_dir: Path) -> None:
    from ..runtime.identity import Signer
    from .place import key_dir

    Signer.load_or_create(key_dir(data_dir))


def _link(data_dir: Path, token: str) -> str:
    from .. import local

    platform = local.read(data_dir)
    if platform is None:
        raise CommandError(
            f"no platform ever ran on {data_dir}, so there is no page to log in to", UNREACHABLE
        )
    return f"{platform.url}/login?token={quote(token)}"


COMMANDS = {
    "token": Command(
        _configure,
        _run,
        """  curl -H "Authorization: Bearer $(tickmesh token)" http://127.0.0.1:8080/api/v1/positions
  tickmesh token --subject reporting --scope portfolio:read --ttl 30d
  tickmesh token --link""",
    )
}

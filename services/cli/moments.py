"""`--as-of`: a list as it was at a moment that has passed."""

from argparse import ArgumentParser, Namespace
from typing import Any

from .command import USAGE, CommandError


def add_as_of(parser: ArgumentParser) -> None:
    """Lets a command ask about a moment."""
    help_text = "as it was at this moment, such as 2026-11-21T10:00:00Z; the fraction may have nine digits"
    parser.add_argument("--as-of", metavar="TIME", default="", help=help_text)


def set_as_of(request: Any, args: Namespace) -> None:
    """Puts the moment into a request, if one was given. Fails with CommandError."""
    if not args.as_of:
        return
    try:
        request.as_of.FromJsonString(args.as_of)
    except ValueError as error:
        raise CommandError(f"{args.as_of!r} is not a moment such as 2026-11-21T10:00:00Z", USAGE) from error

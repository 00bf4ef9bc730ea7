"""From the words on the command line to a command and its exit code."""

import contextlib
import os
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence

from . import registry
from .command import INTERRUPTED, OK, USAGE, Command, CommandError

_USAGE = """usage: tickmesh COMMAND [arguments]

{commands}

`tickmesh COMMAND --help` says more about a command. Begin with `tickmesh up`.
Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 no platform there, 75 try later."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help", "help"):
        print(usage())
        return OK if words else USAGE
    if words[0] in ("-V", "--version"):
        return _print_version()
    if words[0] not in registry.ENTRIES:
        return _fail(f"there is no command {words[0]!r}; `tickmesh --help` lists all", USAGE)
    return _guarded(words[0], words[1:])


def usage() -> str:
    """Returns the list of commands."""
    width = max(map(len, registry.ENTRIES))
    lines = [f"  {name:<{width}}  {entry.summary}" for name, entry in registry.ENTRIES.items()]
    return _USAGE.format(commands="\n".join(lines))


def parser_of(name: str) -> tuple[ArgumentParser, Command]:
    """Returns a command with the parser of its arguments."""
    command = registry.find(name)
    summary = registry.ENTRIES[name].summary
    parser = ArgumentParser(
        prog=f"tickmesh {name}",
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"examples:\n{command.examples}" if command.examples else None,
        formatter_class=RawDescriptionHelpFormatter,
    )
    command.configure(parser)
    return parser, command


def _guarded(name: str, words: list[str]) -> int:
    """Runs a command; every end that was foreseen is one line and a code."""
    try:
        parser, command = parser_of(name)
        return int(command.run(parser.parse_intermixed_args(words)))
    except CommandError as error:
        return _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except SystemExit as end:  # argparse has said what is wrong, or printed the help
        return end.code if isinstance(end.code, int) else USAGE


def _fail(message: str, exit_code: int) -> int:
    with contextlib.suppress(OSError):  # the code says it too
        print(f"tickmesh: {message}", file=sys.stderr)
    return exit_code


def _print_version() -> int:
    from importlib.metadata import version

    print(f"tickmesh {version('tickmesh')}")
    return OK

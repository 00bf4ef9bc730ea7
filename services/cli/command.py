"""What a command is, and how commands end."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass

OK, REFUSED, USAGE, UNREACHABLE, INTERRUPTED = 0, 1, 2, 3, 130
TRY_LATER = 75  # EX_TEMPFAIL of sysexits.h: of a service whose database is gone or full


@dataclass(frozen=True, slots=True)
class Command:
    """A command of its module's COMMANDS: the arguments that it takes, and what it does with them."""

    configure: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]  # returns the exit code
    examples: str = ""


class CommandError(Exception):
    """Ends the command with one line on standard error and an exit code."""

    def __init__(self, message: str, exit_code: int = REFUSED) -> None:
        super().__init__(message)
        self.exit_code = exit_code

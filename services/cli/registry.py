"""Which commands there are, and where. To add one: write its module with COMMANDS, name it here."""

from dataclasses import dataclass
from importlib import import_module

from .command import Command


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command is, and what it does in a line."""

    module: str
    summary: str


ENTRIES = {
    "up": Entry("platform", "starts the whole platform on this machine"),
    "serve": Entry("serving", "runs one or several services in this process"),
    "status": Entry("health", "says how each service and the engine are"),
    "wait": Entry("health", "waits until the platform is healthy"),
    "token": Entry("tokens", "prints a token for scripts, or a login link"),
    "order": Entry("trading", "sends an order"),
    "cancel": Entry("trading", "cancels an order"),
    "orders": Entry("trading", "lists orders"),
    "book": Entry("market", "shows the order book of an instrument"),
    "watch": Entry("watching", "shows the live market of an instrument"),
    "positions": Entry("holdings", "lists positions with profit and loss"),
    "instruments": Entry("holdings", "lists and searches instruments"),
    "replay": Entry("replay", "sends recorded order flow and compares the books"),
    "verify": Entry("verifying", "walks the journal and proves that nothing was altered"),
    "bench": Entry("bench", "measures the running platform"),
}


def find(name: str) -> Command:
    """Returns a command. Fails with KeyError for a name that is none."""
    module = import_module(f".{ENTRIES[name].module}", __package__)
    command: Command = module.COMMANDS[name]
    return command

"""Hosts made of network namespaces: each has an address and one cable, which can be pulled.

The cables lead to a switch in a namespace of its own; one more leads to the test itself. Packets of a host
whose cable is pulled are lost without a word, as when a machine loses its power: no connection is reset.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

_NET = "10.213.77"
_MASK = 24


class NoHosts(Exception):
    """This machine does not let us make network namespaces, and why."""


def _ip(*words: str) -> None:
    done = subprocess.run(("ip", *words), capture_output=True, text=True, timeout=10, check=False)
    if done.returncode:
        raise NoHosts(f"ip {' '.join(words)}: {done.stderr.strip()}")


class Hosts:
    """Some hosts on one switch, by name."""

    def __init__(self, names: list[str], stack: ExitStack) -> None:
        self._tag = f"t{os.getpid() % 100_000}"
        self._numbers = {name: number for number, name in enumerate(names, start=1)}
        self._stack = stack

    def make(self) -> None:
        """Makes them. Fails with NoHosts."""
        self._make_namespace("s")
        _ip("-n", f"{self._tag}s", "link", "add", "switch", "type", "bridge")
        _ip("-n", f"{self._tag}s", "link", "set", "switch", "up")
        for number in self._numbers.values():
            self._make_namespace(str(number))
            self._lay_cable(number)
            _ip("-n", f"{self._tag}{number}", "link", "set", "lo", "up")
        self._lay_cable(254)

    def _make_namespace(self, end: str) -> None:
        _ip("netns", "add", f"{self._tag}{end}")
        self._stack.callback(_ip, "netns", "delete", f"{self._tag}{end}")

    def _lay_cable(self, number: int) -> None:
        """Lays a cable from a host to the switch; number 254 is the test's own."""
        ours, theirs = f"{self._tag}h{number}", f"{self._tag}p{number}"
        _ip("link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", f"{self._tag}s")
        place: tuple[str, ...] = ()
        if number == 254:
            self._stack.callback(_ip, "link", "delete", ours)
        else:
            place = ("-n", f"{self._tag}{number}")
            _ip("link", "set", ours, "netns", place[1])
        _ip(*place, "address", "add", f"{_NET}.{number}/{_MASK}", "dev", ours)
        _ip(*place, "link", "set", ours, "up")
        _ip("-n", f"{self._tag}s", "link", "set", theirs, "master", "switch", "up")

    def address(self, name: str) -> str:
        """Returns where a host is reached."""
        return f"{_NET}.{self._numbers[name]}"

    def command(self, name: str) -> tuple[str, ...]:
        """Returns the words with which a command begins that runs on a host."""
        return ("nsenter", f"--net=/run/netns/{self._tag}{self._numbers[name]}")

    def cut(self, name: str) -> None:
        """Pulls the cable of a host."""
        _ip("-n", f"{self._tag}s", "link", "set", f"{self._tag}p{self._numbers[name]}", "down")

    def mend(self, name: str) -> None:
        """Puts the cable in again."""
        _ip("-n", f"{self._tag}s", "link", "set", f"{self._tag}p{self._numbers[name]}", "up")


@contextmanager
def some_hosts(*names: str) -> Iterator[Hosts]:
    """Makes hosts for the length of a with block. Fails with NoHosts."""
    with ExitStack() as stack:
        hosts = Hosts(list(names), stack)
        try:
            hosts.make()
        except OSError as error:
            raise NoHosts(f"ip cannot be run: {error}") from error
        yield hosts

"""What processes on one virtual machine see of each other: names, and who is gone."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from tickmesh.services.runtime import processes

from .process import Process, current_process
from .virtual_loop import VirtualLoop


class Machine:
    """Takes the place of the kernel. Who does not see the others learns only by silence that they ended."""

    def __init__(self, loop: VirtualLoop, *, sees_others: bool) -> None:
        self._loop = loop
        self._sees_others = sees_others

    def name_of_this(self) -> str:
        process = current_process.get()
        assert process is not None
        return process.name

    def is_gone(self, name: str) -> bool:
        found = self._find(name)
        return self._sees_others and found is not None and found.died.is_set()

    def end(self, name: str) -> None:
        found = self._find(name)
        if found is not None:
            found.die("fenced")

    def _find(self, name: str) -> Process | None:
        return next((process for process in self._loop.processes if process.name == name), None)

    @contextmanager
    def runs(self) -> Iterator[None]:
        """Lets the services see this machine for the length of a with block."""
        mine = {"name_of_this": self.name_of_this, "is_gone": self.is_gone, "end": self.end}
        with patch.multiple(processes, **mine):
            yield

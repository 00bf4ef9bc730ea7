"""What processes use: processor time and memory."""

from collections.abc import Mapping
from dataclasses import dataclass

import psutil

Usage = dict[str, float]


@dataclass(frozen=True)
class Processes:
    """Some processes by name; the client is this one, and the projector is found as the child of orders."""

    pids: Mapping[str, int]

    def cpu_s(self) -> Usage:
        """Returns the seconds of processor time that each has used so far."""
        return {name: sum(map(_cpu_s, family)) for name, family in self._families().items()}

    def resident_mb(self) -> Usage:
        """Returns the memory of each in MB; pages that are shared count once for each process."""
        every = self._families().items()
        return {name: round(sum(each.memory_info().rss for each in family) / 1e6) for name, family in every}

    def _families(self) -> dict[str, list[psutil.Process]]:
        found = {"client": [psutil.Process()]}
        for name, pid in self.pids.items():
            process = psutil.Process(pid)
            if name == "orders":
                found |= {"orders": [process], "projector": process.children()}
            else:
                found[name] = [process, *process.children(recursive=True)]
        return found


def between(before: Usage, after: Usage, count: int) -> Usage:
    """Returns microseconds of processor time for each of so many things."""
    return {name: round((after[name] - before.get(name, 0.0)) / count * 1e6, 2) for name in after}


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)

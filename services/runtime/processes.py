"""Names of processes that mean one process for ever, so that another on the same machine can look after it.

A name says which machine, which boot of it, which namespace of process ids, which id, and when that one was
started: an id alone is given again. Who cannot see a process, because it is elsewhere or this is no Linux,
knows nothing about it.
"""

import os
import signal
import socket
from contextlib import suppress
from pathlib import Path

_ENDED = ("Z", "X")  # it holds nothing any more, only its parent has not asked for its exit code


def name_of_this() -> str:
    """Returns the name of this process."""
    pid = os.getpid()
    return f"{_place()}/{pid}/{_start(pid) or ''}"


def is_gone(name: str) -> bool:
    """Says whether a process has ended for certain. False for one that cannot be seen from here."""
    pid, start = _seen_from_here(name)
    return pid > 0 and _start(pid) != start


def end(name: str) -> None:
    """Kills a process, when it can be seen from here and still is the one that was named."""
    pid, start = _seen_from_here(name)
    if pid > 0 and _start(pid) == start:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _place() -> str:
    """Returns what two processes share that see each other, or nothing where that cannot be told."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{socket.gethostname()}:{boot}:{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return ""


def _seen_from_here(name: str) -> tuple[int, str]:
    """Returns id and start of a process, or 0 when it cannot be seen from here."""
    place, _, process = name.partition("/")
    pid, _, start = process.partition("/")
    if not place or place != _place() or not pid.isdecimal() or not start:
        return 0, ""
    return int(pid), start


def _start(pid: int) -> str | None:
    """Returns when a process was started, in ticks of the kernel, or None when it is gone."""
    try:
        state, *facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if state in _ENDED else facts[18]

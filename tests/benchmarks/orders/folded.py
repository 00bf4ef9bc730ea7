"""Folded stacks: made readable, and added up by what they are about.

A stack is a line: its frames from the outermost, with semicolons between them, and how often it was met.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

Stacks = Counter[tuple[str, ...]]
_PLACE = re.compile(r"^(?P<name>.+) \((?P<file>[^()]*?)(?::\d+)?\)$")
_INTERPRETER = re.compile(
    r"libpython|^0x|\.h:|_bootstrap|runpy|<module>|cffi_backend|_asynciomodule|_queuemodule"
    r"|/cli/|/runners\.py|uvloop/__init__|^thread_run|concurrent/futures/thread"
)
_LIBRARIES = {
    "gc_collect_main": "garbage collector",
    "cygrpc": "gRPC core",
    "(loop.c": "uvloop",
    "(core.c": "uvloop",
    "(linux.c": "uvloop",
}
_WAITS = re.compile(
    r"_queue_SimpleQueue_get|^SimpleQueue|^(epoll_p?wait|select|poll) \(|^wait_for_work|pselect"
)
_LOCK = re.compile(r"take_gil")


def read(file: Path) -> Stacks:
    """Returns the stacks of a file, without those that wait for work, as readable frames."""
    found: Stacks = Counter()
    for line in file.read_text().splitlines():
        stack, _, count = line.rpartition(" ")
        frames = stack.split(";")
        if not any(_WAITS.search(frame) for frame in frames):
            found[readable(frames)] += int(count)
    return found


def readable(frames: Sequence[str]) -> tuple[str, ...]:
    """Returns the thread, functions of Python and C by name, and no interpreter between them."""
    kept = [_thread(frames[0])]
    for frame in frames[1:]:
        if _LOCK.search(frame):
            return (*kept, "waits for the interpreter lock")
        name = _name(frame)
        if name and kept[-1] != name:
            kept.append(name)
    return tuple(kept)


def _thread(frame: str) -> str:
    name = frame.rpartition(": ")[2]
    return {"MainThread": "event loop", "sequencer_0": "sequencer"}.get(name, "other threads")


def _name(frame: str) -> str:
    """Returns the name of a frame with its module, or nothing for one that says nothing."""
    found = _PLACE.match(frame)
    for part, name in _LIBRARIES.items():
        if part in frame:
            return name
    if found is None or _INTERPRETER.search(frame):
        return ""
    return f"{found['name']} ({_module(found['file'])})"


def _module(file: str) -> str:
    for package in ("tickmesh/", "native/"):
        if file.startswith(package):
            return file.removesuffix(".py")
    return file.rpartition("/")[2].removesuffix(".py").partition(".cpython")[0]


def write(stacks: Stacks, file: Path) -> None:
    """Writes stacks as folded lines."""
    lines = [f"{';'.join(frames)} {count}\n" for frames, count in sorted(stacks.items())]
    file.write_text("".join(lines))


def shares(stacks: Stacks, groups: Iterable[tuple[str, str]], rest: str) -> dict[str, float]:
    """Returns which share of all samples each group has, the largest first.

    A group is a name and a regular expression; a stack is of the first group that any of its frames matches.
    """
    patterns = [(name, re.compile(pattern)) for name, pattern in groups]
    found: Counter[str] = Counter()
    for frames, count in stacks.items():
        names = (name for name, pattern in patterns if any(map(pattern.search, frames)))
        found[next(names, rest)] += count
    total = sum(found.values())
    return {name: count / total for name, count in found.most_common()}

"""Reads what callgrind wrote: costs by line of the source, and by who called whom.

The driver is compiled as one program and most functions are inlined into others. Debug information still says
which line of the source an instruction comes from, so costs are given to the function that a line stands in.
"""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

Costs = Counter[str]
_ATTRIBUTE = re.compile(r"__attribute__\(\(.*?\)\)")
_BEGINNING = re.compile(r"[A-Za-z]|__attribute__")
_SIGNATURE = re.compile(r"(\w+)\(")


@dataclass
class Profile:
    """What one run cost."""

    by_line: dict[tuple[str, int], Costs] = field(default_factory=lambda: defaultdict(Counter))
    by_function: dict[str, Costs] = field(default_factory=lambda: defaultdict(Counter))
    calls: dict[str, tuple[int, Costs]] = field(default_factory=dict)  # inclusive, by the called function

    def total(self) -> Costs:
        """Returns the costs of everything that was collected."""
        return sum(self.by_line.values(), Counter())


def read(path: Path) -> Profile:
    """Returns the profile in a file written with --compress-strings=no --compress-pos=no."""
    profile = Profile()
    events: list[str] = []
    file = function = called = ""
    count = 0
    for line in path.read_text().splitlines():
        name, _, value = line.partition("=")
        if line.startswith("events:"):
            events = line.split()[1:]
        elif name in ("fl", "fi", "fe"):
            file = value
        elif name == "fn":
            function = value
        elif name == "cfn":
            called = value
        elif name == "calls":
            count = int(value.split()[0])
        elif line[:1].isdigit():
            numbers = [int(word) for word in line.split()]
            costs = Counter(dict(zip(events, numbers[1:], strict=False)))
            if count:
                calls, earlier = profile.calls.get(called, (0, Counter()))
                profile.calls[called] = (calls + count, earlier + costs)
                count = 0
            else:
                profile.by_line[file, numbers[0]] += costs
                profile.by_function[function] += costs
    return profile


@cache
def _functions(path: str) -> list[tuple[int, int, str]]:
    """Returns first line, last line and name of the functions in a C file of our style."""
    found = []
    name, start = "", 0
    for number, line in enumerate(Path(path).read_text().splitlines(), 1):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start:
            found.append((start, number, name))
            start = 0
        elif not start and _BEGINNING.match(line) and (match := _SIGNATURE.search(_ATTRIBUTE.sub("", line))):
            name = match[1]
    return found


def function_at(file: str, line: int) -> str:
    """Returns the function that a line stands in, or the file's name for what is not ours."""
    if not Path(file).exists():
        return Path(file).name
    inside = [name for first, last, name in _functions(file) if first <= line <= last]
    return inside[0] if inside else Path(file).name


def by_source_function(profile: Profile) -> dict[str, Costs]:
    """Returns costs by the function whose text the instructions come from, wherever they were inlined."""
    costs: dict[str, Costs] = defaultdict(Counter)
    for (file, line), spent in profile.by_line.items():
        costs[function_at(file, line)] += spent
    return costs

"""Everything that is measured about the engine, part by part."""

from collections import defaultdict
from collections.abc import Callable

from . import face, instructions
from .build import Row, compile_driver, run_driver
from .peers import measure as peers

Figures = dict[str, list[Row]]


def _driver(quick: bool) -> Figures:
    figures: Figures = defaultdict(list)
    for row in run_driver(compile_driver(), *(["--quick"] if quick else []), "all"):
        figures[row.pop("section")].append(row)
    return dict(figures)


def _python(quick: bool) -> Figures:
    return {"python": face.measure(quick)}


def _peers(quick: bool) -> Figures:
    return {"peers": peers.measure(quick)}


def _instructions(quick: bool) -> Figures:
    commands = 5_000 if quick else instructions.COMMANDS
    return {"instructions": [{"line": line} for line in instructions.tables(commands)]}


PARTS: dict[str, Callable[[bool], Figures]] = {
    "driver": _driver,
    "python": _python,
    "peers": _peers,
    "instructions": _instructions,
}


def measure(quick: bool = False, parts: tuple[str, ...] = tuple(PARTS)) -> Figures:
    """Returns rows by the name of their table."""
    figures: Figures = {}
    for part in parts:
        figures |= PARTS[part](quick)
    return figures

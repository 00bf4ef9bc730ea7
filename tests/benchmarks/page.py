"""docs/benchmarks.md: sections that are measured one by one, each with the day on which it was."""

import os
import platform
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

HEAD = f"""\
# Benchmarks

Written by `make bench`, section by section, on {os.cpu_count()} cores, {platform.machine()}, Linux,
Python {platform.python_version()}, SQLite unless a row says otherwise. Client, services and Envoy share the
cores, and the machine was shared with others: take figures as a matter of two times either way.
"""
_TABLE = "|---|"


class Page:
    """The sections of the page, in order: each begins with its heading."""

    def __init__(self, path: Path) -> None:
        self._path = path
        text = path.read_text() if path.exists() else ""
        self._sections = {_heading(section): section for section in _sections(text)}

    def put(self, text: str) -> None:
        """Replaces the sections of a text, by their headings, and writes the page.

        What is new comes last: a `###` behind the others of the `##` before it in the text.
        """
        parent = ""
        for section in _sections(text):
            heading = _heading(section)
            parent = parent if heading.startswith("### ") else heading
            if heading not in self._sections:
                self._make_room(heading, parent)
            self._sections[heading] = _dated(section)
        self._path.write_text("\n".join([HEAD, *self._sections.values()]))

    def _make_room(self, heading: str, parent: str) -> None:
        names = list(self._sections)
        place = len(names)
        if heading.startswith("### ") and parent in names:
            behind = range(names.index(parent) + 1, len(names))
            place = next((at for at in behind if names[at].startswith("## ")), place)
        names.insert(place, heading)
        self._sections = {name: self._sections.get(name, "") for name in names}


def _sections(text: str) -> Iterator[str]:
    """Yields the parts of a text that begin with a heading."""
    for part in re.split(r"^(?=###? )", text, flags=re.MULTILINE):
        if part.startswith("##"):
            yield part.rstrip() + "\n"


def _heading(section: str) -> str:
    return section.partition("\n")[0]


def _dated(section: str) -> str:
    """Returns a section that says when it was measured, if it has figures."""
    return f"{section}\nMeasured on {datetime.now(UTC):%Y-%m-%d}.\n" if _TABLE in section else section

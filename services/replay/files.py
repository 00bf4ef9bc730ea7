"""Finds what lies next to a message file: the deepest book to start from, and the longest to compare with."""

import re
from dataclasses import dataclass
from pathlib import Path

from .lobster import ReplayError, level_count

_NAME = re.compile(r"(?P<head>.+)_message_(?P<depth>\d+)(?P<part>_[a-z]+\d+)?\.csv(?:\.gz)?")


@dataclass(frozen=True, slots=True)
class Recording:
    """The files of one recording."""

    messages: Path
    seed: Path | None  # an orderbook file whose first row is the book that the replay starts from
    reference: Path | None  # an orderbook file whose rows the replayed book is compared with


def find_recording(messages: Path, orderbook: Path | None = None, reference: Path | None = None) -> Recording:
    """Returns the files of a recording; those that are not named are looked for by the makers' file names.

    Fails with ReplayError when a file that is named does not exist.
    """
    for path in (messages, orderbook, reference):
        if path is not None and not path.is_file():
            raise ReplayError(f"{path}: there is no such file")
    found = [] if orderbook else orderbooks_of(messages)
    seed = orderbook or max(found, key=level_count, default=None)
    rows = reference or max(found, key=lambda path: (_is_whole(path), -level_count(path)), default=seed)
    return Recording(messages, seed, rows)


def orderbooks_of(messages: Path) -> list[Path]:
    """Returns the orderbook files that belong to a message file, by their names."""
    name = _NAME.fullmatch(messages.name)
    if name is None:
        return []
    pattern = re.compile(
        re.escape(f"{name['head']}_orderbook_{name['depth']}") + r"(_top\d+|_first\d+)?\.csv(\.gz)?"
    )
    return sorted(path for path in messages.parent.iterdir() if pattern.fullmatch(path.name))


def _is_whole(path: Path) -> bool:
    """Says whether a file has a row for every message, as far as its name tells."""
    return "_first" not in path.name

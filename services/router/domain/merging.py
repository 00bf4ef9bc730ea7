"""Lists of several shards as one list, newest first, page after page."""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")
END = "-"  # in place of an id: nothing is left of this shard
_BETWEEN = "~"


class NoPage(ValueError):
    """Text that is no place in a list."""


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """Rows of one shard, newest first, and whether that shard has more."""

    rows: Sequence[T]
    has_more: bool


def merge(
    parts: Sequence[Part[T]],
    before: Sequence[str],
    limit: int,
    newness: Callable[[T], Any],
    id_of: Callable[[T], str],
) -> tuple[list[T], list[str]]:
    """Returns a page, and before which id each shard's rows go on, or END."""
    marked = [[(row, shard) for row in part.rows] for shard, part in enumerate(parts)]
    newest = heapq.merge(*marked, key=lambda entry: newness(entry[0]), reverse=True)
    shown = [entry for entry, _ in zip(newest, range(limit), strict=False)]
    following, taken = list(before), [0] * len(parts)
    for row, shard in shown:
        following[shard] = id_of(row)
        taken[shard] += 1
    for shard, part in enumerate(parts):
        if taken[shard] == len(part.rows) and not part.has_more:
            following[shard] = END
    return [row for row, _ in shown], following


def to_text(before: Sequence[str]) -> str:
    """Returns a place in all lists."""
    return _BETWEEN.join(before)


def from_text(text: str, shards: int) -> list[str]:
    """Returns before which id each shard's rows go on; a shard that was added since begins at its newest.

    Fails with NoPage.
    """
    found = text.split(_BETWEEN)
    if len(found) > shards or not all(_is_place(place) for place in found):
        raise NoPage
    return [*found, *[""] * (shards - len(found))]


def _is_place(text: str) -> bool:
    return text in ("", END) or (text.isascii() and text.isdecimal() and len(text) <= 19)

"""A bound that holds over all shards, in portions that never add up to more.

Everything is counted in whole steps of the bound. A portion is moved in two moves: first the shards that
give are told, and only when they have confirmed, and have been asked again what they use, are those told
that take.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Held:
    """What a shard holds of a bound, None when it was told nothing yet, and how much of that it uses."""

    portion: int | None
    used: int

    @property
    def taken(self) -> int:
        """Returns how much of the bound is out of reach for others."""
        return max(self.portion or 0, self.used)


@dataclass(frozen=True, slots=True)
class Need:
    """A shard that needs room now, and how much."""

    shard: int
    room: int


def divide(bound: int, held: Sequence[Held], need: Need | None = None) -> list[int]:
    """Returns what each shard should hold.

    Portions that add up to the bound stay as they are, unless a shard needs room that it has not. Otherwise
    each gets what it uses; then who needs room gets that, as far as it is there; the rest is for all alike.
    """
    if _is_divided(bound, held) and (need is None or _has_room(held[need.shard], need.room)):
        return [each.portion or 0 for each in held]
    used = [each.used for each in held]
    room = bound - sum(used)
    if room < 0:  # the bound was lowered: nobody may use more, and each gives in proportion
        return [bound * each // sum(used) for each in used]
    asked = min(need.room, room) if need is not None else 0
    alike, rest = divmod(room - asked, len(held))
    found = [each + alike + (place < rest) for place, each in enumerate(used)]
    if need is not None:
        found[need.shard] += asked
    return found


def _is_divided(bound: int, held: Sequence[Held]) -> bool:
    return all(each.portion is not None for each in held) and sum(each.portion or 0 for each in held) == bound


def _has_room(held: Held, room: int) -> bool:
    return (held.portion or 0) - held.used >= room


def given(held: Sequence[Held], wanted: Sequence[int]) -> list[int]:
    """Returns what each shard is told first: nobody more than it holds."""
    return [
        target if each.portion is None else min(each.portion, target)
        for each, target in zip(held, wanted, strict=True)
    ]


def taken(bound: int, held: Sequence[Held], wanted: Sequence[int]) -> list[int]:
    """Returns what each shard is told second, once all have confirmed the first: as much more as is free."""
    free = max(0, bound - sum(each.taken for each in held))
    found = []
    for each, target in zip(held, wanted, strict=True):
        more = min(free, max(0, target - each.taken))
        free -= more
        found.append(each.taken + more if more else each.portion or 0)
    return found

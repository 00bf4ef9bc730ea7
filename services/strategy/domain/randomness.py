"""Random numbers that follow from a seed and a name, so that any moment of a market can be made again."""

from collections.abc import Callable
from random import Random

RandomSource = Callable[[str], Random]
"""Gives the generator of a name: the same name, the same numbers."""


def seeded(seed: int) -> RandomSource:
    """Returns the source of all random numbers of a market with this seed."""

    def source(name: str) -> Random:
        return Random(f"{seed}/{name}")  # noqa: S311  a simulation, no secret

    return source

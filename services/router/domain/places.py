"""A reader's place in the streams of all shards: one token that holds theirs.

The tokens of the shards stand one after the other. One that is missing at the end belongs to a shard that
was added later, whose stream is then read from its start: so the token of a single shard goes on being
one, and a reader misses nothing that new shards did.
"""

from collections.abc import Sequence

NOW = ""  # from when the shard is reached
START = "0"
_BETWEEN = "~"


class NoPlace(ValueError):
    """Text that is no token, or of more shards than there are."""


def joined(tokens: Sequence[str]) -> str:
    """Returns the token of all."""
    return _BETWEEN.join(tokens)


def split(token: str, shards: int) -> list[str]:
    """Returns the token of each shard. Fails with NoPlace."""
    found = token.split(_BETWEEN)
    if len(found) > shards:
        raise NoPlace
    return [*found, *[START] * (shards - len(found))]

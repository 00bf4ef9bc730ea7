"""A bound that holds over all shards, in portions that never add up to more."""

from decimal import Decimal


def portions(value: Decimal, shards: int, step: Decimal) -> list[Decimal]:
    """Returns equal portions in whole steps; what cannot be divided goes to the first shards."""
    steps = int(value / step)
    each, rest = divmod(steps, shards)
    return [(each + (shard < rest)) * step for shard in range(shards)]

"""Which shard of orders a number belongs to, and where a shard keeps its tables.

Commands, orders, executions and trades of a shard are numbered from its origin on, so that no two shards
give the same number, and every number tells its shard.
"""

SHARDS_MAX = 32  # so that every number stays exact where JavaScript reads it as one
_BITS = 48  # numbers that a shard may give: enough for 89 years at 100,000 a second


def origin_of(shard: int) -> int:
    """Returns the number before the first one of a shard."""
    return shard << _BITS


def shard_of(number: int) -> int:
    """Returns the shard that gave a number."""
    return number >> _BITS


def tables_of(shard: int) -> str:
    """Returns the name of the tables of orders and executions of a shard."""
    return f"orders_{shard}" if shard else "orders"


def journal_of(shard: int) -> str:
    """Returns the name of the tables of a shard's journal."""
    return f"orders_journal_{shard}" if shard else "orders_journal"

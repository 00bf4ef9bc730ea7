"""Which shard of orders trades a new instrument: rendezvous hashing (Thaler and Ravishankar, 1998).

Each shard has a score for the symbol, and the highest has it: instruments are spread evenly. The answer
is kept with the instrument, so that another number of shards moves none that is listed.
"""

import hashlib


def shard_of(symbol: str, shards: int) -> int:
    """Returns which of so many shards trades an instrument that is listed now."""
    return max(range(shards), key=lambda shard: _score(symbol, shard))


def _score(symbol: str, shard: int) -> bytes:
    return hashlib.sha256(f"{shard}|{symbol}".encode()).digest()

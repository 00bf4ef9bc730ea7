"""What an operator may change about the book of instruments."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AssetsSettings:
    """Read from TICKMESH_ variables at start."""

    seed_instruments: bool = True  # list about 40 real instruments when the book is empty
    metadata_ttl_s: float = 3_600.0  # how long an instrument stays in the cache
    stream_updates_max: int = 65_536  # how many updates are kept for readers that resume
    refresh_s: float = 1.0  # how often to look for changes of other replicas

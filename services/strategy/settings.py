"""What an operator may change about the strategy service."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StrategySettings:
    """Read from TICKMESH_SEED and so on, once, at start."""

    seed: int = 1  # the same seed in an empty data folder: the same market
    market: bool = True  # whether the built-in strategies run until somebody stops them
    strategy_call_timeout_s: float = 10.0  # the longest wait for an answer of the orders service
    strategy_stop_timeout_s: float = 5.0  # the longest wait for the live orders of a strategy to go
    strategy_store_interval_s: float = 1.0  # how often inventories are stored

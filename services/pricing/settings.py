"""What an operator may change about the pricing service."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PricingSettings:
    """Paces and bounds."""

    pricing_commit_ms: int = 200  # trades and bars wait at most so long for their commit
    pricing_pace_ms: int = 25  # quotes and bars go out at most so often
    pricing_bar_grace_ms: int = 500  # how long after its end a bar is closed by the clock
    pricing_tick_ring_rows: int = 1 << 20  # how many ticks a reader may lag behind
    pricing_tick_message_rows: int = 8_192  # the most in one message
    pricing_tick_gather_ms: int = 2  # how long a reader that gets few rows waits for more
    pricing_future_ms: int = 60_000  # published times may be ahead of our clock by so much
    pricing_unsaved_rows_max: int = 200_000  # published trades wait when so many are not yet stored

"""The declared market simulator: what an instrument is worth at each step of the market.

The logarithm of price over reference price is a random walk that is drawn back to zero:

    x[0] = 0,   x[n] = x[n-1] * (1 - REVERSION) + volatility * (share * f[n] + sqrt(1 - share^2) * e[n])

with f[n] the factor that all instruments share and e[n] the instrument's own shock, both normal.
The shocks of a step follow from seed, name and step alone, so any step can be worked out afresh.
A walk forgets: what lies MEMORY steps back has shrunk to a thousandth, so that a market that goes on
after a long life starts so far back instead of at zero.
"""

import math
from dataclasses import dataclass

from .instruments import Instrument
from .profiles import PROFILES
from .randomness import RandomSource

STEP_MS = 500
REVERSION = 1 / 1_500
MEMORY = 10_500
_BLOCK = 512
_BLOCKS_KEPT = 32


class Shocks:
    """The normal random numbers of one name, one a step, made and kept in blocks."""

    def __init__(self, name: str, source: RandomSource) -> None:
        self._name = name
        self._source = source
        self._blocks: dict[int, list[float]] = {}

    def at(self, step: int) -> float:
        """Returns the number of a step."""
        block, place = divmod(step, _BLOCK)
        values = self._blocks.get(block)
        if values is None:
            values = self._blocks[block] = self._make(block)
        return values[place]

    def _make(self, block: int) -> list[float]:
        if len(self._blocks) >= _BLOCKS_KEPT:
            self._blocks.clear()
        random = self._source(f"shocks/{self._name}/{block}")
        return [random.gauss(0.0, 1.0) for _ in range(_BLOCK)]


@dataclass(frozen=True, slots=True)
class Walk:
    """How the fair value of one instrument moves."""

    volatility: float
    factor_share: float
    factor: Shocks
    own: Shocks

    def advanced(self, displacement: float, first: int, last: int) -> float:
        """Returns the displacement after step `last`, given the one before step `first`."""
        own_share = math.sqrt(1 - self.factor_share * self.factor_share)
        for step in range(first, last + 1):
            shock = self.factor_share * self.factor.at(step) + own_share * self.own.at(step)
            displacement = displacement * (1 - REVERSION) + self.volatility * shock
        return displacement


class FairValue:
    """The fair value of one instrument, step by step. Going forward is cheap, going back starts again."""

    def __init__(self, instrument: Instrument, factor: Shocks, source: RandomSource) -> None:
        profile = PROFILES[instrument.asset_type]
        own = Shocks(f"instrument/{instrument.symbol}", source)
        self._walk = Walk(profile.volatility_bps / 10_000, profile.factor_share, factor, own)
        self._reference_ticks = instrument.reference_ticks
        self._step = 0
        self._displacement = 0.0

    def ticks_at(self, step: int) -> int:
        """Returns the fair value at a step, in ticks, one or more."""
        earliest = max(0, step - MEMORY)
        if not earliest <= self._step <= step:
            self._step, self._displacement = earliest, 0.0
        self._displacement = self._walk.advanced(self._displacement, self._step + 1, step)
        self._step = step
        return max(1, round(self._reference_ticks * math.exp(self._displacement)))


class Market:
    """The fair values of all instruments."""

    def __init__(self, source: RandomSource) -> None:
        self._source = source
        self._factor = Shocks("factor", source)
        self._values: dict[Instrument, FairValue] = {}

    def fair_ticks(self, instrument: Instrument, step: int) -> int:
        """Returns what an instrument is worth at a step, in ticks."""
        value = self._values.get(instrument)
        if value is None:
            value = self._values[instrument] = FairValue(instrument, self._factor, self._source)
        return value.ticks_at(step)

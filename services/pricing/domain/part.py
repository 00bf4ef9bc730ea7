"""Some rows as they are shown to readers, and what all of these need to know of them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .ticks import Integers, Ticks, to_bytes


@dataclass(frozen=True)
class Part:
    """Rows in order. What follows from them is worked out once, for the first reader."""

    ticks: Ticks

    @cached_property
    def instruments(self) -> Integers:
        """Returns the numbers of the instruments in it, each once, in order."""
        used = np.zeros(int(self.ticks.instrument.max(initial=0)) + 1, np.bool_)
        used[self.ticks.instrument] = True
        return np.flatnonzero(used)

    @cached_property
    def packed(self) -> tuple[bytes, ...]:
        """Returns the columns as the contract has them."""
        return to_bytes(self.ticks)

"""The newest ticks of everything, in a ring of columns. A row's position is its number since the start."""

import numpy as np

from .ticks import COLUMNS, Column, Ticks


class TickLog:
    """Keeps the newest rows; older ones are overwritten."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._columns = [np.empty(capacity, kind) for _, kind in COLUMNS]
        self.position = 0  # how many rows there have been

    @property
    def oldest(self) -> int:
        """Returns the first position that can still be read."""
        return max(0, self.position - self._capacity)

    def append(self, ticks: Ticks) -> None:
        """Adds rows, at most as many as the ring holds."""
        if len(ticks) > self._capacity:
            raise ValueError(f"{len(ticks)} rows do not fit into a ring of {self._capacity}")
        start = self.position % self._capacity
        head = min(len(ticks), self._capacity - start)
        for ring, column in zip(self._columns, ticks.columns(), strict=True):
            ring[start : start + head] = column[:head]
            ring[: len(ticks) - head] = column[head:]
        self.position += len(ticks)

    def read(self, position: int, limit: int) -> Ticks:
        """Returns the rows from a position on, at most so many. The position must still be kept."""
        if not self.oldest <= position <= self.position:
            raise ValueError(f"position {position} is not kept")
        count = min(limit, self.position - position)
        start = position % self._capacity
        return Ticks.of(self._slice(ring, start, count) for ring in self._columns)

    def _slice(self, ring: Column, start: int, count: int) -> Column:
        end = start + count
        if end <= self._capacity:
            return ring[start:end].copy()
        return np.concatenate((ring[start:], ring[: end - self._capacity]))

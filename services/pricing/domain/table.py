"""The table of instruments in front of columns: what a source calls an instrument, and what we call it."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from .listings import Listing
from .ticks import Bools, Integers, WrongColumns

INDEX_MAX = 1 << 20  # the largest number that a source may give to an instrument


class SourceTable:
    """Maps the numbers that one source uses to ours. It grows as the source names instruments."""

    def __init__(self) -> None:
        self._ours: NDArray[np.int64] = np.full(0, -1, np.int64)

    def extended(self, entries: Iterable[tuple[int, Listing]]) -> "SourceTable":
        """Returns the table with more entries. Fails with WrongColumns for a number taken or too large."""
        added = dict[int, int]()
        for row, (index, listing) in enumerate(entries):
            present = added.get(index, int(self._ours[index]) if index < len(self._ours) else -1)
            if index > INDEX_MAX:
                raise WrongColumns(f"instruments[{row}].index", f"{index} is more than {INDEX_MAX}")
            if present not in (-1, listing.index):
                raise WrongColumns(f"instruments[{row}].index", f"{index} names another instrument already")
            if present == -1:
                added[index] = listing.index
        return self._with(added) if added else self

    def _with(self, added: dict[int, int]) -> "SourceTable":
        table = SourceTable()
        table._ours = np.full(max(len(self._ours), max(added) + 1), -1, np.int64)
        table._ours[: len(self._ours)] = self._ours
        table._ours[list(added)] = list(added.values())
        return table

    @property
    def ours(self) -> Integers:
        """Returns our number of each that the source uses, or -1."""
        return self._ours


class SentTable:
    """Which instruments one reader has been told of."""

    def __init__(self) -> None:
        self._sent: Bools = np.zeros(0, np.bool_)

    def news(self, instruments: Integers, listing_count: int) -> Integers:
        """Returns which of some instruments are used for the first time, and counts them as told."""
        if listing_count > len(self._sent):
            self._sent = np.concatenate((self._sent, np.zeros(listing_count - len(self._sent), np.bool_)))
        fresh = instruments[~self._sent[instruments]]
        self._sent[fresh] = True
        return fresh

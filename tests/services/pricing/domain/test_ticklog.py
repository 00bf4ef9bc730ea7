"""The ring of ticks returns what was put in, while it is kept."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickmesh.services.pricing.domain.ticklog import TickLog
from tickmesh.services.pricing.domain.ticks import Ticks


def numbered(first: int, count: int) -> Ticks:
    numbers = np.arange(first, first + count)
    return Ticks(numbers.astype(np.uint32), numbers.astype(np.uint8), numbers, numbers * 2, numbers * 3)


@given(st.lists(st.integers(0, 10), max_size=30), st.integers(0, 10), st.integers(0, 12))
def test_any_kept_range_reads_back_as_it_was_written(sizes: list[int], back: int, limit: int) -> None:
    log = TickLog(10)
    for size in sizes:
        log.append(numbered(log.position, size))
    assert log.position == sum(sizes)
    position = max(log.oldest, log.position - back)
    read = log.read(position, limit)
    expected = list(range(position, min(log.position, position + limit)))
    assert read.price_ticks.tolist() == expected
    assert read.time_ns.tolist() == [3 * number for number in expected]


def test_what_was_overwritten_or_never_written_cannot_be_read() -> None:
    log = TickLog(4)
    log.append(numbered(0, 3))
    log.append(numbered(3, 3))
    assert log.oldest == 2
    for position in (1, 7):
        with pytest.raises(ValueError, match="not kept"):
            log.read(position, 1)


def test_rows_stay_as_they_were_read_when_the_ring_moves_on() -> None:
    log = TickLog(4)
    log.append(numbered(0, 4))
    read = log.read(0, 4)
    log.append(numbered(4, 4))
    assert read.price_ticks.tolist() == [0, 1, 2, 3]


def test_more_rows_than_the_ring_holds_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        TickLog(4).append(numbered(0, 5))

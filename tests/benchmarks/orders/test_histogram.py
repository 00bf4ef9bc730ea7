"""Percentiles from buckets beside those from sorted values."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.benchmarks.orders.histogram import Histogram


def counted(values: list[int]) -> Histogram:
    histogram = Histogram()
    for value in values:
        histogram.record(value)
    return histogram


@given(st.lists(st.integers(0, 1 << 62), min_size=1, max_size=300), st.sampled_from([1, 50, 99, 99.9, 100]))
def test_a_percentile_is_within_a_hundredth_of_the_sorted_value(values: list[int], share: float) -> None:
    rank = max(math.ceil(len(values) * share / 100), 1)
    expected = sorted(values)[rank - 1]
    found = counted(values).percentile(share)
    assert expected <= found <= expected + expected // 100


def test_small_values_are_exact() -> None:
    values = [random.Random(3).randrange(256) for _ in range(1_001)]
    assert counted(values).percentile(50) == sorted(values)[500]


def test_a_value_counted_many_times_weighs_as_many() -> None:
    histogram = counted([10])
    histogram.record(1_000_000, 99)
    assert histogram.percentile(1) == 10
    assert histogram.percentile(2) == 1_000_000
    assert histogram.count == 100


def test_what_is_early_counts_as_no_delay() -> None:
    assert counted([-5]).percentile(50) == 0


def test_nothing_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="nothing"):
        Histogram().percentile(50)

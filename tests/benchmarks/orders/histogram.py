"""Percentiles of values that are as many as they like: counts in buckets, as HDR histograms keep them."""

from collections import Counter

BITS = 7  # a bucket is at most 1/128 of its value wide


class Histogram:
    """Counts whole numbers from 0 on, each to within a hundredth of itself."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self.count = 0
        self.most = 0

    def record(self, value: int, count: int = 1) -> None:
        """Counts a value, so many times."""
        value = max(value, 0)
        self._counts[_bucket(value)] += count
        self.count += count
        self.most = max(self.most, value)

    def percentile(self, share: float) -> int:
        """Returns the least value that at least so many percent of all do not exceed. Fails when empty."""
        if not self.count:
            raise ValueError("nothing was counted")
        wanted, seen = self.count * share / 100, 0
        for bucket in sorted(self._counts):
            seen += self._counts[bucket]
            if seen >= wanted:
                return min(_highest(bucket), self.most)
        raise AssertionError("the buckets hold less than was counted")

    def told(self, unit: int, digits: int = 3) -> dict[str, float]:
        """Returns p50, p99 and p99.9 in a unit."""
        shares = {"p50": 50.0, "p99": 99.0, "p99.9": 99.9}
        return {name: round(self.percentile(share) / unit, digits) for name, share in shares.items()}


def _bucket(value: int) -> int:
    power = max(value.bit_length() - BITS - 1, 0)
    return (power << BITS) + (value >> power)


def _highest(bucket: int) -> int:
    """Returns the highest value of a bucket."""
    power = max((bucket >> BITS) - 1, 0)
    return ((bucket - (power << BITS) + 1) << power) - 1

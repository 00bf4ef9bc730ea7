"""What answers say: that every order was taken, and how long each stage took."""

import re
from collections.abc import Iterable, Mapping

from tickmesh.orders.v1 import orders_pb2 as pb

from .histogram import Histogram

STAGES = ("queue", "journal", "engine", "publish")
_TIMING = re.compile(r"(\w+);dur=([0-9.]+)")


class Refused(Exception):
    """An order of the flow was not taken: the figures would be about something else."""


def check_batches(contents: Iterable[bytes], orders: int) -> dict[str, float]:
    """Returns the median microseconds of each stage. Fails with Refused unless every order was taken."""
    stages = {name: Histogram() for name in STAGES}
    taken = 0
    for content in contents:
        response = pb.SubmitOrdersResponse.FromString(content)
        for result in response.results:
            _check(result.status, result.reason)
        taken += len(response.results)
        for name, histogram in stages.items():
            histogram.record(getattr(response.timing, f"{name}_ns"))
    if taken != orders:
        raise Refused(f"{orders} orders were sent, {taken} results came")
    return _medians(stages)


def check_singles(contents: Iterable[bytes], timings: Iterable[str], orders: int) -> dict[str, float]:
    """Returns the median microseconds of each stage. Fails with Refused unless every order was taken."""
    found = [pb.Order.FromString(content) for content in contents]
    for order in found:
        _check(order.status, order.reason)
    if len(found) != orders:
        raise Refused(f"{orders} orders were sent, {len(found)} answers came")
    stages = {name: Histogram() for name in STAGES}
    for timing in timings:
        for name, duration_ms in _TIMING.findall(timing):
            stages[name].record(round(float(duration_ms) * 1e6))
    return _medians(stages)


def _medians(stages: Mapping[str, Histogram]) -> dict[str, float]:
    return {name: round(histogram.percentile(50) / 1e3, 1) for name, histogram in stages.items()}


def _check(status: pb.Order.Status.ValueType, reason: str) -> None:
    # What an immediate order could not take is cancelled, which is no refusal.
    is_taken = status in (pb.Order.NEW, pb.Order.PARTIALLY_FILLED, pb.Order.FILLED, pb.Order.CANCELED)
    if not is_taken or (reason and status != pb.Order.CANCELED):
        raise Refused(reason or pb.Order.Status.Name(status))

"""Waits for what happens a moment later in another process."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(question: Callable[[], T], within_s: float = 20.0) -> T:
    """Asks until the answer is truthy and returns it. Fails with the last answer when that takes too long."""
    deadline_s = time.monotonic() + within_s
    while not (answer := question()):
        if time.monotonic() > deadline_s:
            raise AssertionError(f"waited {within_s:.0f} s in vain; the last answer was {answer!r}")
        time.sleep(0.05)
    return answer

"""Subscribers that read nothing cost no memory, slow nobody down, and miss nothing."""

from pathlib import Path

from .hung import subscribers


async def test_subscribers_that_sleep_cost_no_memory_and_miss_nothing(tmp_path: Path) -> None:
    _, beside_mb = await subscribers(tmp_path, count=15, batches=30, kept=200_000)
    assert beside_mb < 100.0  # what they have not read is 125 MB

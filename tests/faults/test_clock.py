"""The clock of a machine jumps: time in the journal does not, and everybody goes on."""

from pathlib import Path

from .clock import play


async def test_a_clock_that_jumps_moves_no_time_back_and_stops_nobody(tmp_path: Path) -> None:
    await play(tmp_path, seed=9)

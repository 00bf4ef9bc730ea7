"""The real recording that the tests replay: see ../shared/data/SOURCES.md."""

from pathlib import Path

import pytest

from tickmesh.services.replay.files import Recording, find_recording

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "lob"
MESSAGES = FOLDER / "AAPL_2012-06-21_34200000_37800000_message_50.csv.gz"
TEN_LEVELS = FOLDER / "AAPL_2012-06-21_34200000_57600000_message_10_first999.csv.gz"


def recording(messages: Path = MESSAGES) -> Recording:
    """Returns the files of the sample. Skips where they are missing, which is red in CI."""
    if not messages.is_file():
        pytest.skip(f"{messages} is missing: docs/replay.md says where to get it")
    return find_recording(messages)

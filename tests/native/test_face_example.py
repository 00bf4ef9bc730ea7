"""The example of the engine runs as it is printed."""

import re
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "matching.py"


def test_the_example_runs_and_shows_what_it_says() -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLE)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for words in ("AUCTION", "TRADE", "FEE", "ORDER_TRIGGERED", "50 at 10020", "because of POSITION_LIMIT"):
        assert words in done.stdout
    saved, loaded = re.findall(r"state ([0-9a-f]{16})$", done.stdout, re.MULTILINE)
    assert saved == loaded


def test_the_example_stays_short() -> None:
    assert len(EXAMPLE.read_text().splitlines()) <= 130

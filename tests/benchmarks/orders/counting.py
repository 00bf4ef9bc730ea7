"""Serves like `tickmesh serve` and counts how many reports become bytes, for the benchmark of readers.

python -m tests.benchmarks.orders.counting orders
"""

import os
import sys
from pathlib import Path
from typing import Any

from tickmesh.native import venue
from tickmesh.services.cli.main import main

FILE = "serialised"


def count_reports() -> list[int]:
    """Has every venue count the reports that it turns into bytes; returns where."""
    counted = [0]
    plain = venue.Venue.reports

    def reports(self: venue.Venue, *given: Any, **named: Any) -> tuple[bytes, int, int]:
        found = plain(self, *given, **named)
        counted[0] += found[2]
        return found

    venue.Venue.reports = reports  # type: ignore[method-assign]
    return counted


if __name__ == "__main__":
    reports_counted = count_reports()
    code = main(["serve", *sys.argv[1:]])
    if "orders" in sys.argv[1:]:
        Path(os.environ["TICKMESH_DATA_DIR"], FILE).write_text(str(reports_counted[0]))
    sys.exit(code)

"""Measures the engine alone and prints its section of docs/benchmarks.md.

python -m tests.benchmarks.engine [--quick] [--only driver python peers instructions] [--json]
"""

import argparse
import json

from .measure import PARTS, measure
from .report import section


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a check in seconds; the figures say nothing")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--json", action="store_true")
    words = parser.parse_args()
    figures = measure(words.quick, tuple(words.only))
    print(json.dumps(figures, indent=1) if words.json else section(figures))


if __name__ == "__main__":
    main()

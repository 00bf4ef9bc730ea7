"""Measures the order path and prints its section of docs/benchmarks.md.

python -m tests.benchmarks.orders [--quick] [--long] [--only NAME...] [--json]
"""

import argparse
import json

from .measure import PARTS, measure
from .report import INTRODUCTION, part


def main() -> None:
    """Measures and prints, each part when it is done."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a check in a minute; the figures say nothing")
    parser.add_argument("--long", action="store_true", help="a journal of 100 million commands")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS), metavar="NAME")
    parser.add_argument("--json", action="store_true", help="a JSON object a part")
    words = parser.parse_args()
    if not words.json:
        print(INTRODUCTION)
    for name, rows in measure(tuple(words.only), quick=words.quick, long=words.long):
        print(json.dumps({name: rows}) if words.json else "\n".join(part(name, rows)), flush=True)


if __name__ == "__main__":
    main()

"""Measures ticks a second, first as fast as it goes, then open-loop at fixed rates.

The services, a publisher and the subscribers are three processes on the loopback interface. Open-loop, a
row's latency counts from the moment at which it was due, so that a stall cannot hide the rows behind it.
"""

import argparse
import asyncio
import json
from typing import Any

from . import measure, publisher, services

HEAD = ("symbols", "readers", "rows/msg", "target/s", "rows/s", "rows/resp", "lost", "bars", "after ms")


def show(results: list[dict[str, Any]]) -> None:
    """Prints the results as a table."""
    print("".join(f"{name:>11}" for name in HEAD) + "  cpu ns/row by process; latency ms p50 / p99 / p99.9")
    for result in results:
        target = result["target_rows_per_second"]
        cells = (
            result["symbols"],
            result["subscribers"],
            f"{result['rows_per_message']:,}",
            f"{target:,}" if target else "unbounded",
            f"{result['rows_per_second']:,}",
            f"{result['rows_per_response']:,}",
            f"{result['rows_lost']:,}",
            "exact" if result["bars_exact"] else "WRONG",
            result["bars_after_ms"],
        )
        cpu = " ".join(f"{name} {used:.0f}" for name, used in result["cpu_ns_per_row"].items())
        latency = " / ".join(f"{value:.1f}" for value in result["latency_ms"].values())
        print("".join(f"{cell:>11}" for cell in cells) + f"  {cpu}; {latency}", flush=True)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.ticks", description=__doc__)
    parser.add_argument("--rows", type=int, default=8_000_000, help="rows of the runs without a rate")
    parser.add_argument("--only", type=int, nargs="+", help="SYMBOLS SUBSCRIBERS ROWS_A_MESSAGE ROWS [RATE]")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--role", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.role == ["services"]:
        services.serve()
    elif arguments.role:
        asyncio.run(publisher.publish(*map(int, arguments.role[1:])))
    else:
        plans = [measure.Plan(*arguments.only)] if arguments.only else measure.plans(arguments.rows)
        results = measure.run(plans)
        print(json.dumps(results)) if arguments.json else show(results)


if __name__ == "__main__":
    main()

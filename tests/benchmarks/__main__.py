"""Runs benchmarks, prints the figures, and writes each section of docs/benchmarks.md once it is measured."""

import argparse
import json
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import uvloop

from . import queries, running, verify, websocket
from .engine.measure import measure as measure_engine
from .engine.report import section as engine_section
from .orders import measure as orders
from .orders import report as orders_report
from .page import Page
from .ticks import measure as ticks

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT.parent / "shared" / "data" / "lob" / "AAPL_2012-06-21_34200000_37800000_message_50.csv.gz"
REPLAY_FIGURES = ("messages", "orders_per_second", "latency_ms", "states_compared", "states_reproduced")
TITLES = {
    "ticks": "PublishTicks through the pricing service into NumPy arrays, bars kept meanwhile",
    "websocket": "One instrument's updates to 1,000 WebSocket clients, from the order to the frame",
    "verify": "`tickmesh verify` over the journal of the engine's flow: hashes, signed head, replay",
    "replay": "Recorded order flow (LOBSTER sample, AAPL 2012-06-21) through the public order API",
}
Rows = list[dict[str, Any]]


def engine(long: bool) -> tuple[Any, str]:
    """Measures the engine alone."""
    figures = measure_engine()
    return figures, engine_section(figures)


def order_path(name: str, long: bool) -> tuple[Any, str]:
    """Measures a part of the order path."""
    ((_, rows),) = orders.measure((name,), long=long)
    return rows, "\n".join([orders_report.INTRODUCTION, *orders_report.part(name, rows)])


def of_platform(name: str, measure: Callable[[], Rows], long: bool) -> tuple[Any, str]:
    """Measures what has one table."""
    rows = measure()
    return rows, f"## {TITLES[name]}\n\n{table(rows)}\n"


def on_tables(long: bool) -> tuple[Any, str]:
    """Asks tables of 10 million reports."""
    figures = [queries.measure(kind, queries.ROWS, queries.COUNT, None, "") for kind in queries.DATABASES]
    return figures, queries.section(figures)


def updates() -> Rows:
    """Returns what reaches WebSocket clients of a platform that is quiet otherwise."""
    with running.platform() as quiet:
        return uvloop.run(websocket.measure(quiet))["websocket"]


def replay() -> Rows:
    """Returns the report of a replay of the first 20,000 recorded messages."""
    with running.platform() as quiet:
        words = ["replay", str(SAMPLE), "--limit", "20000", "--json", "--data", str(quiet.data_dir)]
        command = [*running.TICKMESH, *words]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    report: dict[str, Any] = json.loads(done.stdout)
    return [{name: report[name] for name in REPLAY_FIGURES}]


def flat(row: dict[str, Any]) -> dict[str, Any]:
    """Returns a row with nested figures as columns of their own."""
    columns: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            columns |= {f"{name} {inner}": figure for inner, figure in value.items()}
        elif isinstance(value, bool):
            columns[name] = "yes" if value else "no"
        else:
            columns[name] = f"{value:,}" if isinstance(value, int) else value
    return columns


def table(rows: Rows) -> str:
    """Returns rows as a Markdown table."""
    flats = [flat(row) for row in rows]
    names = list(flats[0])
    lines = ["| " + " | ".join(name.replace("_", " ") for name in names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(str(row.get(name, "")) for name in names) + " |" for row in flats]
    return "\n".join(lines)


PARTS: dict[str, Callable[[bool], tuple[Any, str]]] = {
    "engine": engine,
    **{name: partial(order_path, name) for name in orders.PARTS},
    "queries": on_tables,
    "ticks": partial(of_platform, "ticks", lambda: ticks.run(ticks.plans(4_000_000))),
    "websocket": partial(of_platform, "websocket", updates),
    "verify": partial(of_platform, "verify", verify.measure),
    "replay": partial(of_platform, "replay", replay),
}
LONG = ("queries",)  # only when asked for, or with --long


def chosen(only: list[str], long: bool) -> Iterator[str]:
    """Yields the parts to measure."""
    for name in only or PARTS:
        if not only and name in LONG and not long:
            print(f"{name}: left out, it takes half an hour; --long or --only {name}")
        elif name == "replay" and not SAMPLE.exists():
            print(f"{name}: left out, {SAMPLE.name} is not here")
        else:
            yield name


def main() -> None:
    """Measures, prints, writes."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    names = f"some of: {', '.join(PARTS)}"
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=[], metavar="NAME", help=names)
    parser.add_argument("--json", action="store_true", help="print JSON and write nothing")
    parser.add_argument("--long", action="store_true", help="what takes much longer, too")
    words = parser.parse_args()
    page = Page(ROOT / "docs" / "benchmarks.md")
    for name in chosen(words.only, words.long):
        figures, text = PARTS[name](words.long)
        if words.json:
            print(json.dumps({name: figures}), flush=True)
        else:
            page.put(text)
            print(text, flush=True)


if __name__ == "__main__":
    main()

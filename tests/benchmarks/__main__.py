"""Runs every benchmark, prints the figures and writes docs/benchmarks.md."""

import argparse
import json
import os
import platform as machine
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvloop

from . import running, verify, websocket
from .engine.measure import measure as measure_engine
from .engine.report import section as engine_section
from .orders.measure import measure as measure_orders
from .orders.report import section as orders_section
from .ticks import measure as ticks

ROOT = Path(__file__).parents[2]
TITLES = {
    "ticks": "PublishTicks through the pricing service into NumPy arrays, bars kept meanwhile",
    "websocket": "One instrument's updates to 1,000 WebSocket clients, from the order to the frame",
    "verify": "`tickmesh verify` over the journal of the engine's flow: hashes, signed head, replay",
}
REPLAY_TITLE = "Recorded order flow (LOBSTER sample, AAPL 2012-06-21) through the public order API"
REPLAY_FIGURES = ("messages", "orders_per_second", "latency_ms", "states_compared", "states_reproduced")
SAMPLE = ROOT.parent / "shared" / "data" / "lob" / "AAPL_2012-06-21_34200000_37800000_message_50.csv.gz"


def measure() -> dict[str, list[dict[str, Any]]]:
    """Returns all figures of the platform. Each is started for its benchmark and stopped after it."""
    figures: dict[str, list[dict[str, Any]]] = {}
    with running.platform() as quiet:
        figures |= uvloop.run(websocket.measure(quiet))
    figures["ticks"] = ticks.run(ticks.plans(4_000_000))
    figures["verify"] = verify.measure()
    if SAMPLE.exists():
        figures["replay"] = [replay()]
    return figures


def replay() -> dict[str, Any]:
    """Returns the report of a replay of the first 20,000 recorded messages."""
    with running.platform() as quiet:
        words = ["replay", str(SAMPLE), "--limit", "20000", "--json", "--data", str(quiet.data_dir)]
        command = [*running.TICKMESH, *words]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    report: dict[str, Any] = json.loads(done.stdout)
    return {name: report[name] for name in REPLAY_FIGURES}


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


def table(rows: list[dict[str, Any]]) -> str:
    """Returns rows as a Markdown table."""
    flats = [flat(row) for row in rows]
    names = list(flats[0])
    lines = ["| " + " | ".join(name.replace("_", " ") for name in names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(str(row.get(name, "")) for name in names) + " |" for row in flats]
    return "\n".join(lines)


def page(figures: dict[str, list[dict[str, Any]]], *sections: str) -> str:
    """Returns docs/benchmarks.md."""
    when = datetime.now(UTC).strftime("%Y-%m-%d")
    head = (
        f"# Benchmarks\n\nWritten by `make bench` on {when}: {os.cpu_count()} cores, {machine.machine()}, "
        f"Linux, Python {machine.python_version()}, SQLite. Client, services and Envoy share the cores, and "
        "the machine was shared with others: take figures as a matter of two times either way.\n"
    )
    titles = {**TITLES, "replay": REPLAY_TITLE}
    shown = [name for name in titles if name in figures]
    tables = [f"## {titles[name]}\n\n{table(figures[name])}\n" for name in shown]
    return "\n".join([head, *sections, *tables])


def main() -> None:
    """Measures, prints, writes."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON and write nothing")
    parser.add_argument("--long", action="store_true", help="what takes much longer, too")
    words = parser.parse_args()
    engine = measure_engine()
    order_path = dict(measure_orders(long=words.long))
    figures = measure()
    if words.json:
        print(json.dumps(figures | engine | order_path))
        return
    text = page(figures, engine_section(engine), orders_section(order_path))
    (ROOT / "docs" / "benchmarks.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()

"""Writes the section about the engine in docs/benchmarks.md."""

import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from .build import FLAGS, Row
from .peers.measure import NOT_MEASURED

Figures = dict[str, list[Row]]
DRIVER = "build/bench/driver"


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return str(value)


def table(rows: list[Row], columns: dict[str, str]) -> list[str]:
    """Returns a Markdown table of the columns named, each under its title."""
    if not rows:
        return ["Not measured.", ""]
    lines = ["| " + " | ".join(columns.values()) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(_cell(row.get(name, "")) for name in columns) + " |" for row in rows]
    return [*lines, ""]


def machine() -> str:
    """Returns what the figures were measured on."""
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    model = names[0].split(":", 1)[1].strip() if names else platform.machine()
    done = subprocess.run(["gcc", "--version"], capture_output=True, text=True, check=False)
    compiler = done.stdout.splitlines()[0] if done.stdout else "gcc"
    return f"{model}, {os.cpu_count()} cores, {compiler} with {' '.join(FLAGS)}"


RATES = {
    "name": "flow",
    "symbols": "symbols",
    "live_at_start": "live orders",
    "depth": "nodes on a path",
    "feeds": "feeds",
    "gate": "risk gate",
    "million_per_second": "M commands/s",
    "ns_per_command": "ns a command",
    "ns_at_least": "each window's least, ns a command",
    "million_per_second_in_windows": "in windows",
    "million_per_second_worst": "worst",
    "million_per_second_best": "best",
}
LATENCIES = {
    "name": "commands",
    "p50_ns": "p50 ns",
    "p99_ns": "p99 ns",
    "p99_9_ns": "p99.9 ns",
    "max_ns": "max ns",
}
APART = {
    "name": "flow",
    "commands": "commands",
    "ns_per_command": "ns a command",
    "ns_at_least": "at least",
}
WORST = {"name": "case", "size": "size", "unit": "unit", "ms": "ms in all", "ns_each": "ns a unit"}
SNAPSHOTS = {
    "orders": "live orders",
    "bytes_per_order": "bytes an order",
    "save_ms": "save ms",
    "restore_ms": "restore ms",
    "save_ns_per_order": "save ns an order",
    "restore_ns_per_order": "restore ns an order",
}
WAYS = {
    "way": "way in",
    "million_per_second": "M commands/s",
    "ns_per_command": "ns a command",
    "p50_ns": "p50 ns",
    "p99_ns": "p99 ns",
    "p99_9_ns": "p99.9 ns",
}
PEERS = {
    "peer": "package",
    "version": "version",
    "licence": "licence",
    "resting": "resting orders",
    "commands_per_second": "commands/s",
    "times": "ours, single calls: times as fast",
    "failed": "commands it refused",
    "lots_as_ours": "traded as many lots as ours",
    "left_out": "what it cannot do, and what it did instead",
}
FEEDS = {0: "none", 1: "top", 2: "levels", 7: "top, levels, orders"}
WORKLOAD = """\
One symbol: 10,000 resting orders over 1,020 levels, 8 accounts under the firm; 47.5% of the commands add,
42.5% cancel, 2.5% move to another price, 2.5% reduce, 5% trade (immediate or cancel, about one resting
order's worth). Orders and cancels are spread evenly over the levels. At every node limits are set (order
quantity, notional, collar, rate, position, gross exposure), and every order asks for self-trade prevention
and has a client key. Commands are made ahead of time from a seed. Figures are CPU time of one thread, in
batches of 1,000 commands.
"""
RATES_TEXT = f"""\
### In C

`{DRIVER} one-symbol variants many huge`: the median, worst and best repetition of a million commands, and
the median of windows of 10,000, which what else runs on the machine disturbs less. The commands are the same
in each repetition, so the sum of what each window took at least is what the engine costs when nothing else
runs. It is the same build throughout: without limits the gate finds none, no code is left out.
"""
LATENCY_TEXT = """\
`{driver} one-symbol`: one command a call, each timed by the processor's counter between fences. The timer's
own {floor:.0f} ns are taken off; it counts in steps of {step:.0f} ns. Interruptions of the machine are in all
rows but the last: the commands are the same in each repetition, and it shows the least that each took.
"""
APART_TEXT = f"""\
`{DRIVER} apart`: a thousand new orders like those of the flow, then a thousand cancels of them in another
order, again and again: medians and least of the calls. What the mixed flow costs beyond this is what the
processor pays for not knowing which command comes next.
"""
PYTHON_TEXT = """\
### From Python

`python -m tests.benchmarks.engine.face`, the same flow, medians of 5 repetitions, CPU time of the process.
Every call is made by a loop of Python, which reads the number of its events. Latencies are of single calls,
each between two readings of `time.perf_counter_ns`, whose own {floor} ns are taken off: the median of
readings with nothing between. The second row is what each took at least: no interruptions of the machine.
"""
WORST_TEXT = f"""\
### At its worst

`{DRIVER} sweep cascade far mass-cancel auction snapshot`, medians of 5 repetitions.
"""
SNAPSHOT_TEXT = """\
Snapshots; the state hash after restoring is compared with the one before.
"""
PEERS_TEXT = """\
### Beside the engines of the package index

`python -m tests.benchmarks.engine --only python peers`: the same flow, without self-trade prevention, in the
same run, one call a command, each engine in its fastest public way, CPU time. Ids and prices are turned into
what a peer wants before the clock starts. None of them has a risk gate; ours runs its own, self-trade
prevention and the level feed meanwhile.
"""
INSTRUCTIONS_TEXT = """\
### Instructions

`python -m tests.benchmarks.engine.instructions`: the same flow under callgrind, which counts the same at each
run of one build.
"""


def _driver_part(figures: Figures) -> list[str]:
    rates = [*figures.get("one_symbol", []), *figures.get("variants", []), *figures.get("many_symbols", [])]
    lines = [RATES_TEXT, *table([row | {"feeds": FEEDS.get(row["feeds"], "?")} for row in rates], RATES)]
    for row in figures.get("memory", []):
        used = f"{row['resident_bytes_per_live_order']:.0f}"
        lines += [f"With {row['live_orders']:,} live orders the engine holds {used} bytes an order.", ""]
    latencies = figures.get("latency", [])
    if latencies:
        floor, step = latencies[0]["timer_floor_ns"], latencies[0]["timer_step_ns"]
        lines += [LATENCY_TEXT.format(driver=DRIVER, floor=floor, step=step)]
    lines += table(latencies, LATENCIES)
    return [*lines, APART_TEXT, *table(figures.get("apart", []), APART)]


def _python_part(figures: Figures) -> list[str]:
    rows = figures.get("python", [])
    floor = rows[0]["timer_floor_ns"] if rows else "?"
    return [PYTHON_TEXT.format(floor=floor), *table(rows, WAYS)]


def _worst_part(figures: Figures) -> list[str]:
    lines = [WORST_TEXT, *table(figures.get("worst", []), WORST)]
    return [*lines, SNAPSHOT_TEXT, *table(figures.get("snapshot", []), SNAPSHOTS)]


def _peers_part(figures: Figures) -> list[str]:
    singles = [row for row in figures.get("python", []) if row["commands_a_call"] == 1]
    ours = 1e6 * singles[0]["million_per_second"] if singles else 0.0
    rows = figures.get("peers", [])
    good = [row | {"times": ours / row["commands_per_second"]} for row in rows if "problem" not in row]
    problems = {row["peer"]: row["problem"] for row in rows if "problem" in row} | NOT_MEASURED
    lines = [PEERS_TEXT, *table(good, PEERS), "Not measured:", ""]
    return [*lines, *(f"- {name}: {why}." for name, why in problems.items()), ""]


def section(figures: Figures) -> str:
    """Returns the section as Markdown."""
    lines = ["## The engine", "", f"{machine()}.", "", WORKLOAD, *_driver_part(figures)]
    lines += [*_python_part(figures), *_worst_part(figures), *_peers_part(figures)]
    lines += [INSTRUCTIONS_TEXT, *(row["line"] for row in figures.get("instructions", []))]
    return "\n".join(lines).rstrip() + "\n"

"""Counts instructions and simulated cache misses of the one-symbol flow, with valgrind.

    python -m tests.benchmarks.engine.instructions

The counts are the same at every run of the same build, on a busy machine too. The caches that are simulated
are 32 KiB of first level and 1 MiB behind it; a miss of the second is looked for further away.
"""

import argparse
import shutil
import subprocess
from collections import Counter
from pathlib import Path

from . import callgrind
from .build import FLAGS, FOLDER, compile_driver
from .callgrind import Costs, Profile

ACTIONS = ("add", "cancel", "move", "reduce", "take")
CACHES = ("--I1=32768,8,64", "--D1=32768,8,64", "--LL=1048576,8,64")
STEPS, BATCHES = "count_steps", "count_batches"  # functions of the driver
TOP = 15
COMMANDS = 100_000


# What the engine spends on: files (both of a name), and functions of express.c, that instructions stand in.
PARTS: dict[str, tuple[set[str], set[str]]] = {
    "gate": (
        {"risk", "verdict", "nodes", "pairs", "bucket", "value", "index"},
        {"is_below", "reserves_change"},
    ),
    "client keys": ({"keys"}, set()),
    "orders, queues, prices": (
        {"pool", "directory", "order", "place", "ladder", "tree", "book"},
        {"make", "rest", "leave", "enter", "page_in_use", "shrink", "move", "is_last_of"},
    ),
    "events": (
        {"events", "report"},
        {"tell_accepted", "tell_canceled", "tell_level", "tell_replaced"},
    ),
    "trading": ({"match", "enter", "trigger", "live"}, set()),
}
REST = "taking the command"


def run(commands: int, collect: str) -> Profile:
    """Runs the flow under callgrind, and collects inside one function of the driver only."""
    driver = compile_driver("driver-count", (*FLAGS, "-g"))
    output = FOLDER / "callgrind.out"
    words = ["valgrind", "--tool=callgrind", "--cache-sim=yes", *CACHES, "--compress-strings=no"]
    words += ["--compress-pos=no", f"--callgrind-out-file={output}"]
    words += [f"--toggle-collect={collect}"]
    words += [str(driver), "--commands", str(commands), "count-batches" if collect == BATCHES else "count"]
    subprocess.run(words, check=True, capture_output=True, timeout=600)
    return callgrind.read(output)


def _line(name: str, commands: int, costs: Costs, per: int) -> str:
    data = costs["Dr"] + costs["Dw"]
    near = costs["D1mr"] + costs["D1mw"]
    far = costs["DLmr"] + costs["DLmw"]
    figures = [costs["Ir"] / per, data / per, near / per, far / per]
    return f"| {name} | {commands:,} | " + " | ".join(f"{figure:.2f}" for figure in figures) + " |"


def action_table(profile: Profile, commands: int) -> list[str]:
    """Returns what each kind of command costs, one call for each."""
    lines = [
        "| command | commands | instructions | data accesses | D1 misses | L2 misses |",
        "|---|---|---|---|---|---|",
    ]
    total: Costs = Counter()
    for action in ACTIONS:
        count, costs = profile.calls.get(f"step_{action}", (0, Counter()))
        total += costs
        if count:
            lines.append(_line(action, count, costs, count))
    return [*lines, _line("all", commands, total, commands)]


def function_table(profile: Profile, commands: int) -> list[str]:
    """Returns the functions that most instructions come from, per command of the whole flow."""
    costs = callgrind.by_source_function(profile)
    ranked = sorted(costs, key=lambda name: -costs[name]["Ir"])[:TOP]
    lines = [
        "| function | share | instructions | data accesses | D1 misses | L2 misses |",
        "|---|---|---|---|---|---|",
    ]
    total = profile.total()["Ir"]
    for name in ranked:
        share = f"{100 * costs[name]['Ir'] / total:.1f}%"
        lines.append(_line(name, 0, costs[name], commands).replace("| 0 |", f"| {share} |", 1))
    return lines


def _part(file: str, line: int) -> str:
    """Returns what an instruction is for."""
    name, function = Path(file).stem, callgrind.function_at(file, line)
    for part, (files, functions) in PARTS.items():
        if name in files or (name == "express" and function in functions):
            return part
    return REST


def part_table(steps: Profile, commands: int) -> list[str]:
    """Returns the instructions of each kind of command by what they are for; last, of the whole flow."""
    spent: dict[str, Counter[str]] = {part: Counter() for part in (*PARTS, REST)}
    calls = {action: steps.calls.get(f"step_{action}", (0, Counter()))[0] for action in ACTIONS}
    for action in filter(calls.__getitem__, ACTIONS):
        for (file, line), costs in run(commands, f"step_{action}").by_line.items():
            spent[_part(file, line)][action] += costs["Ir"]
    lines = [f"| instructions for | {' | '.join(ACTIONS)} | all |", "|---" * (len(ACTIONS) + 2) + "|"]
    for part, counts in spent.items():
        each = [f"{counts[action] / max(calls[action], 1):.0f}" for action in ACTIONS]
        lines.append(f"| {part} | {' | '.join(each)} | {counts.total() / commands:.0f} |")
    return lines


def tables(commands: int = COMMANDS) -> list[str]:
    """Returns both tables, or the reason why there is none."""
    if shutil.which("valgrind") is None:
        return ["No valgrind here: instructions are not counted."]
    steps, batches = run(commands, STEPS), run(commands, BATCHES)
    lines = ["One command a call:", "", *action_table(steps, commands)]
    lines += ["", "The same, by what the instructions are for:", "", *part_table(steps, commands)]
    lines += ["", "In batches of 1,000, by the function that the instructions were written in:", ""]
    return [*lines, *function_table(batches, commands), _line("all", commands, batches.total(), commands)]


def _misses(costs: Costs) -> int:
    return costs["D1mr"] + costs["D1mw"]


def hot_lines(commands: int, count: int, by_misses: bool) -> list[str]:
    """Returns the lines of the source with most instructions or first-level misses: both, per command."""
    profile = run(commands, BATCHES)
    weight = _misses if by_misses else lambda costs: costs["Ir"]
    ranked = sorted(profile.by_line.items(), key=lambda item: -weight(item[1]))[:count]
    return [
        f"{costs['Ir'] / commands:8.2f} {_misses(costs) / commands:6.3f} "
        f"{Path(file).name}:{line} {callgrind.function_at(file, line)}"
        for (file, line), costs in ranked
    ]


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--commands", type=int, default=COMMANDS)
    parser.add_argument("--lines", type=int, default=0, help="print the dearest lines of the source instead")
    parser.add_argument("--misses", action="store_true", help="those with most first-level misses")
    words = parser.parse_args()
    if words.lines:
        print("\n".join(hot_lines(words.commands, words.lines, words.misses)))
    else:
        print("\n".join(tables(words.commands)))


if __name__ == "__main__":
    main()

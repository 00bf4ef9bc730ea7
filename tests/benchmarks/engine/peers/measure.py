"""Installs the peers into an environment of their own and plays the same flow into each."""

import json
import re
import subprocess
import sys
from pathlib import Path

from .. import flow
from ..build import ROOT, Row, compile_driver

FOLDER = ROOT / "build" / "peers"
PYTHON = FOLDER / "bin" / "python"
REQUIREMENTS = Path(__file__).parents[1] / "peers.txt"
PLAY = Path(__file__).with_name("play.py")

RESTING = (10_000, 1_000)  # a peer that cannot fill the first book in time gets the next
COMMANDS = 200_000
FILL_S = 6.0
RUN_S = 2.0
INSTALL_TIMEOUT_S = 300.0

NOT_MEASURED = {
    "nanobook 0.19.2, 0.17.2, 0.13.0": "in this flow a taking order did not return",
    "matching-engine 0.1.1": "not for Python 3.11",
    "ghul-orderbook 0.0.4": "does not compile",
    "OrderBook 0.1.2": "written for Python 2",
    "order-book 0.6.1, lobpy 2.1.0, pylobo 0.1.2, hftbacktest 2.4.4": "keep or replay books",
    "pyclob 0.1.2": "prices of 1 to 99 only",
    "hft-lob 0.3.4": "a program to be started for a file, not a library",
}


def wanted() -> list[str]:
    """Returns the pinned requirements."""
    lines = REQUIREMENTS.read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def module_of(requirement: str) -> str:
    """Returns the adapter of a requirement."""
    return re.split(r"[\[=]", requirement)[0].replace("-", "_").lower()


def install(requirement: str) -> str | None:
    """Installs one peer, unless it is there. Returns what went wrong."""
    stamp = FOLDER / f"{module_of(requirement)}.stamp"
    if stamp.exists() and stamp.read_text() == requirement:
        return None
    words = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        requirement,
    ]
    try:
        subprocess.run(words, check=True, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return "not installed: the index did not answer in time"
    except subprocess.CalledProcessError as error:
        last = [line for line in error.stderr.splitlines() if line.startswith("ERROR")]
        return f"not installed: {last[0][7:160] if last else 'pip failed'}"
    stamp.write_text(requirement)
    return None


def make_environment() -> None:
    """Makes the environment, unless it is there."""
    if not PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", FOLDER], check=True)


def play(module: str, path: Path, fill_s: float, run_s: float) -> Row:
    """Runs one peer in a process of its own."""
    words = [str(PYTHON), str(PLAY), module, str(path), str(fill_s), str(run_s)]
    limit_s = 3 * (fill_s + run_s) + 20
    try:
        done = subprocess.run(words, check=True, capture_output=True, text=True, timeout=limit_s)
    except subprocess.TimeoutExpired:
        return {"peer": module, "problem": "did not come to an end"}
    except subprocess.CalledProcessError as error:
        return {"peer": module, "problem": f"ended early: {error.stderr.strip().splitlines()[-1:]}"}
    row: Row = json.loads(done.stdout.splitlines()[-1])
    return row


def make_flows(sizes: tuple[int, ...], commands: int) -> list[Path]:
    """Writes the flows, without self-trade prevention, which no peer has in our sense."""
    driver = compile_driver()
    paths = []
    for resting in sizes:
        path = FOLDER / f"flow-{resting}.bin"
        path.write_bytes(
            flow.for_peers(flow.load(driver, resting, gate=False, measured=commands, warm=resting))
        )
        paths.append(path)
    return paths


def measure_one(requirement: str, paths: list[Path], fill_s: float, run_s: float) -> Row:
    """Returns one peer's row: with the largest book that it can fill in time."""
    problem = install(requirement)
    if problem is not None:
        print(f"{requirement}: {problem}", file=sys.stderr)
        return {"peer": requirement, "problem": problem}
    row: Row = {}
    for path in paths:
        row = play(module_of(requirement), path, fill_s, run_s)
        if "filled" not in row:
            return row
    return {
        "peer": requirement,
        "problem": f"filled {row['filled']} of {row['asked']} orders in {fill_s:.0f} s",
    }


def measure(quick: bool = False) -> list[Row]:
    """Returns a row a peer, the fastest first; those with a problem last. Quick: the smallest one only."""
    make_environment()
    paths = make_flows((1_000,) if quick else RESTING, 20_000 if quick else COMMANDS)
    seconds = (2.0, 0.3) if quick else (FILL_S, RUN_S)
    chosen = [line for line in wanted() if not quick or module_of(line) == "lightmatchingengine"]
    rows = [measure_one(requirement, paths, *seconds) for requirement in chosen]
    return sorted(rows, key=lambda row: -row.get("commands_per_second", 0))

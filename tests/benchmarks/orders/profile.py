"""Where the time of the orders service and of its projector goes: samples of their stacks.

python -m tests.benchmarks.orders.profile FOLDER [PY-SPY]: sends orders, writes orders.folded and
projector.folded, which docs/images/make_flame_graph.py draws, and the table in docs/order-path.md. Needs
py-spy, which is none of the dependencies: `pip install py-spy` wherever you like.
"""

import asyncio
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import psutil

from . import flow, folded
from .services import Services, caught_up, open_portfolios, services
from .wire import Caller, flood, window

PAGE = Path(__file__).parents[3] / "docs" / "order-path.md"
BEGIN, END = "<!-- written by tests.benchmarks.orders.profile -->", "<!-- end -->"
GROUPS = {
    "orders": (
        ("waiting for the interpreter lock", r"^waits for the interpreter lock"),
        ("snapshots", r"snapshot|/frozen\)"),
        ("journal: the row, its commit, and the disk", r"^_(Sqlite|Postgres)Pen\."),
        ("journal: hash and texts", r"^Journal\.append"),
        ("gate and match in C", r"^Engine\.process"),
        ("door: bytes to commands", r"^Batch\.(stamp|__init__)"),
        ("events to reports and answers", r"^Venue\.apply"),
        ("telling readers and the projector", r"^Shard\._publish"),
        ("answers: bytes and receipts", r"^Batch\.answer"),
        ("the system's send", r"^send(msg|to)? \("),
        ("gRPC, around it", r"gRPC core|grpc"),
        ("rows: begun, handed over, finished", r"^Sequencer\.|^Pipeline\."),
    ),
    "projector": (
        ("the garbage collector", r"^garbage collector"),
        ("commit, and the disk", r"_commit_impl"),
        ("inserts and updates", r"^_(Sqlite|Postgres)\."),
        ("reports to rows", r"^_(execution|order|changed|state)_rows|^_risks"),
        ("the rest of a transaction", r"^project \(|^Projection\._write"),
        ("reading the journal", r"^Journal\.rows|^Row\."),
        ("gate and match again", r"^Engine\.process"),
        ("events to reports", r"^Venue\.apply"),
    ),
}
REST = {"orders": "event loop and threads", "projector": "everything else"}
SIZE = 100  # orders a message
MESSAGES = 1_000
SECONDS = 8
SAMPLES_A_SECOND = 250


async def _flooded(found: Services, portfolios: range) -> int:
    """Sends orders until the samples are taken; returns how many."""
    made = flow.messages(MESSAGES, SIZE)
    async with Caller(found.address, found.token()) as caller:
        for portfolio in portfolios:
            await flood(caller, flow.of_portfolio(made, portfolio), window(SIZE))
    return MESSAGES * SIZE * len(portfolios)


def _sampler(program: str, pid: int, file: Path) -> subprocess.Popen[bytes]:
    command = [program, "record", "--native", "--threads", "--format", "raw"]
    command += ["--rate", str(SAMPLES_A_SECOND), "--duration", str(SECONDS), "--pid", str(pid)]
    return subprocess.Popen([*command, "--output", str(file)], stdout=subprocess.DEVNULL)


def profile(folder: Path, program: str, rounds: int = 8) -> dict[str, float]:
    """Writes the samples; returns seconds of processor time by process, and of how many orders."""
    with services() as found:
        asyncio.run(open_portfolios(found, range(rounds + 1)))
        asyncio.run(_flooded(found, range(1)))
        asyncio.run(caught_up(found))
        orders = found.processes.pids["orders"]
        pids = {"orders": orders, "projector": psutil.Process(orders).children()[0].pid}
        samplers = [_sampler(program, pid, folder / f"{name}.folded") for name, pid in pids.items()]
        before = found.processes.cpu_s()
        count = asyncio.run(_flooded(found, range(1, rounds + 1)))
        used = {name: seconds - before[name] for name, seconds in found.processes.cpu_s().items()}
        for sampler in samplers:
            sampler.wait(SECONDS + 30)
    return {**used, "of_orders": float(count)}


def where(folder: Path, used: dict[str, float]) -> str:
    """Returns what an order costs each process and where, as Markdown."""
    orders, day = used["of_orders"], f"{datetime.now(UTC):%Y-%m-%d}"
    client_us = used["client"] / orders * 1e6
    machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.0f}"
    how = f"{orders:,.0f} orders, {SIZE} a message, SQLite; {machine}"
    lines = [f"{day}: {how}. The client took {client_us:.1f} µs an order."]
    for name, groups in GROUPS.items():
        stacks = folded.read(folder / f"{name}.folded")
        folded.write(stacks, folder / f"{name}.folded")
        cost_us = used[name] / orders * 1e6
        lines += ["", f"| {name}: {cost_us:.1f} µs an order | share | µs |", "|---|---|---|"]
        found = folded.shares(stacks, groups, REST[name])
        lines += [f"| {part} | {share:.1%} | {share * cost_us:.2f} |" for part, share in found.items()]
    return "\n".join(lines)


def put(text: str, page: Path = PAGE) -> None:
    """Replaces what stands between the marks of a page."""
    before, _, rest = page.read_text().partition(BEGIN)
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.partition(END)[2]}")


def main() -> None:
    """Samples, and writes what was found."""
    folder = Path(sys.argv[1])
    program = sys.argv[2] if len(sys.argv) > 2 else shutil.which("py-spy")
    if program is None:
        sys.exit("py-spy is not here: pip install py-spy")
    folder.mkdir(parents=True, exist_ok=True)
    text = where(folder, profile(folder, program))
    put(text)
    print(text)


if __name__ == "__main__":
    main()

"""Where the time of the orders service and of its projector goes: samples of their stacks.

python -m tests.benchmarks.orders.profile FOLDER [PY-SPY]: sends orders and writes orders.folded and
projector.folded: in each line a stack and how often it was met. docs/images/make_flame_graph.py draws them.
Needs py-spy, which is none of the dependencies: `pip install py-spy` wherever you like.
"""

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import psutil

from . import flow
from .services import Services, caught_up, open_portfolios, services
from .wire import Caller, flood, window

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


def main() -> None:
    """Samples and says where to."""
    folder = Path(sys.argv[1])
    program = sys.argv[2] if len(sys.argv) > 2 else shutil.which("py-spy")
    if program is None:
        sys.exit("py-spy is not here: pip install py-spy")
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in profile(folder, program).items():
        print(f"{name}: {value:,.2f}")


if __name__ == "__main__":
    main()

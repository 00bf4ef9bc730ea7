"""Says where the time of the pricing service goes while ticks flow, by py-spy, where that is installed.

    python -m tests.benchmarks.ticks.profile [SYMBOLS SUBSCRIBERS ROWS_A_MESSAGE ROWS RATE]

A sample counts for the first of the places below that is on its stack.
"""

import asyncio
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path
from subprocess import DEVNULL, Popen

from . import measure
from .services import running

RATE_HZ = 100
PLACES = (
    ("garbage collection", ("gc_collect_main",)),
    ("store: trades into their table", ("insert_trades", "_published_rows")),
    ("store: bars, commit", ("Database.run_now",)),
    ("a thread that waits", ("thread_run", "pthread_cond_timedwait")),
    ("the service waits", ("epoll_wait", "epoll_pwait")),
    ("feeds: changed quotes and bars", ("Feeds.publish",)),
    ("in: columns out of the message, table", ("PricingServicer._taken", "Intake.take")),
    ("in: bars", ("BarBook.add",)),
    ("in: quotes", ("QuoteBook.apply",)),
    ("in: the log", ("TickLog.append",)),
    ("in: trades to be stored", ("Market.add_ticks",)),
    ("in: rules of the contract", ("validate (protovalidate",)),
    ("out: bars and quotes", ("PricingServicer.StreamBars", "PricingServicer.StreamQuotes")),
    ("out: bytes of ticks", ("PricingServicer.StreamTicks",)),
    ("kernel: sending", ("sendmsg",)),
    ("kernel: receiving", ("recvmsg",)),
    ("gRPC: messages in and out", ("cygrpc",)),
)
WAITING = ("a thread that waits", "the service waits")


def main() -> None:
    """Measures, and prints shares of the time in which the service was at work."""
    plan = measure.Plan(*(list(map(int, sys.argv[1:])) or [100, 1, 1_000, 8_000_000, 500_000]))
    with tempfile.TemporaryDirectory() as folder, running() as services:
        asyncio.run(measure.prepare([plan]))
        stacks = Path(folder) / "stacks"
        command = ["py-spy", "record", "--native", "-f", "raw", "-r", str(RATE_HZ), "-d", "600"]
        spy = Popen([*command, "-o", stacks, "-p", str(services.pid)], stdout=DEVNULL, stderr=DEVNULL)
        measure.run_against(services, [plan])
        spy.send_signal(signal.SIGINT)  # it writes what it has, and the end of the services is not in it
        spy.wait(60)
        show(stacks.read_text())


def show(text: str) -> None:
    """Prints how many of the samples are where."""
    found = Counter[str]()
    for line in text.splitlines():
        stack, _, count = line.rpartition(" ")
        found[place_of(stack)] += int(count)
    for name in WAITING:
        found.pop(name, None)
    for name, count in found.most_common():
        print(f"| {name} | {count / found.total():.0%} |")


def place_of(stack: str) -> str:
    """Returns where a sample was."""
    for name, marks in PLACES:
        if any(mark in stack for mark in marks):
            return name
    return "everything else"


if __name__ == "__main__":
    main()

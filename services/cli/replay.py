"""`replay`: sends a recording through the public order API and says how exactly the books agree."""

import asyncio
import signal
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..replay.files import find_recording
from ..replay.lobster import ReplayError
from ..replay.report import Report
from ..replay.run import Job, Manner, load_job, replay
from ..replay.sending import BATCH_MAX, Pace, StreamEnded
from . import output, session
from .command import INTERRUPTED, OK, REFUSED, USAGE, Command, CommandError
from .place import add_client


def _configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("file", metavar="FILE", type=Path, help="messages in the LOBSTER format, .csv or .csv.gz")
    add(
        "--orderbook",
        metavar="FILE",
        type=Path,
        help="its first row is where the replay starts; found by its name",
    )
    add("--reference", metavar="FILE", type=Path, help="the book after each message; found by its name")
    add(
        "--speed",
        metavar="SPEED",
        type=_speed,
        default="full",
        help="full (default), original, or N times that",
    )
    add("--limit", metavar="N", type=_at_least_one, help="replay only the first N messages")
    add("--batch", metavar="N", type=_batch, default=500, help="orders in a request, 1 to 1000; default 500")
    add("--symbol", metavar="SYMBOL", default="", help="of the instrument that is made for the run")
    add("--portfolio", metavar="P", default="", help="of the orders that rest; it is made for the run")
    add("--keep", action="store_true", help="leave what rests at the end in the book")
    add_client(parser)


def _speed(text: str) -> float | None:
    if text in ("full", "original"):
        return None if text == "full" else 1.0
    speed = float(text)
    if not (isfinite(speed) and speed > 0):
        raise ArgumentTypeError(f"{text!r} is neither full, original nor more than zero")
    return speed


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ArgumentTypeError(f"{text!r} is less than 1")
    return number


def _batch(text: str) -> int:
    number = _at_least_one(text)
    if number > BATCH_MAX:
        raise ArgumentTypeError(f"{text!r} is more than {BATCH_MAX}")
    return number


def _run(args: Namespace) -> int:
    try:
        recording = find_recording(args.file, args.orderbook, args.reference)
        job = load_job(recording, args.limit, args.symbol, args.portfolio)
    except ReplayError as error:
        raise CommandError(str(error), USAGE) from error
    manner = Manner(Pace(args.batch, args.speed), args.keep)
    return session.run(args, lambda opened: _replay(opened, job, manner, args.json))


async def _replay(opened: session.Session, job: Job, manner: Manner, as_json: bool) -> int:
    stop = asyncio.Event()
    try:
        with _stopping(stop), _progress() as bar:
            task = bar.add_task(job.stage.symbol, total=len(job.plan.actions))
            report = await replay(
                lambda _: opened.channel, job, manner, lambda done, _: bar.update(task, completed=done), stop
            )
    except StreamEnded as error:
        raise CommandError(str(error), REFUSED) from error
    if as_json:
        output.print_json(report.as_dict())
    else:
        output.print_table(("what", "figure"), _rows(report))
    return _exit_code(report)


def _exit_code(report: Report) -> int:
    if report.interrupted:
        return INTERRUPTED
    return OK if report.book_complete and not report.rejected else REFUSED


@contextmanager
def _stopping(stop: asyncio.Event) -> Iterator[None]:
    """Lets the first Ctrl-C end the replay in order, and a second one at once."""
    loop = asyncio.get_running_loop()

    def first() -> None:
        stop.set()
        loop.remove_signal_handler(signal.SIGINT)

    loop.add_signal_handler(signal.SIGINT, first)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)


def _progress() -> Progress:
    """Returns a bar on standard error, which is shown to people only."""
    console = Console(stderr=True)
    columns = (
        TextColumn("replaying {task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _rows(report: Report) -> list[tuple[str, str]]:
    latency = report.latency_ms
    share = 100 * report.states_reproduced / report.states_compared if report.states_compared else 0.0
    rows = [
        ("instrument", report.symbol),
        ("messages", f"{report.messages:,} of {report.messages_total:,}"),
        (
            "book states reproduced",
            f"{report.states_reproduced:,} of {report.states_compared:,} ({share:.2f}%)",
        ),
        ("orders", f"{report.orders:,} in {report.duration_s:.3f} s"),
        ("orders per second", f"{report.orders_per_second:,.0f}"),
        ("latency p50 / p99 / p99.9", f"{latency.p50:.2f} / {latency.p99:.2f} / {latency.p99_9:.2f} ms"),
        ("executions of the named order", f"{report.hits_on_named_order:,} of {report.hits:,}"),
        ("executions out of turn", f"{report.out_of_turn:,}"),
        ("hidden executions", f"{report.hidden_executions:,}"),
        ("messages without an order", f"{report.messages_without_action:,}"),
        ("gaps in the book's stream", f"{report.gaps:,}"),
        ("cancelled at the end", f"{report.canceled_at_end:,}"),
    ]
    rows += [(f"rejected: {reason}", f"{count:,}") for reason, count in report.rejected.items()]
    if report.first_difference:
        rows.append(("first difference", f"row {report.first_difference['row']:,}"))
    return rows


COMMANDS = {
    "replay": Command(
        _configure,
        _run,
        "  tickmesh replay AAPL_2012-06-21_34200000_37800000_message_50.csv.gz --limit 20000\n"
        "  tickmesh replay FILE --speed original --json",
    )
}

"""Durable orders a second: as many as are answered, by how many there are in a message."""

from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack

import uvloop

from .. import running
from ..running import Row
from . import flow
from .answers import check_batches
from .services import DATABASES, PATIENT, Services, caught_up, open_portfolios, services
from .usage import Processes, between
from .wire import Answers, Caller, Content, flood, window

COUNTS = {1: 3_000, 20: 30_000, 100: 80_000, 1_000: 100_000}  # orders in a repetition, by orders a message
REPETITIONS = 3
PLATFORM = ("edge", "orders", "portfolio", "risk", "pricing")


async def once(
    caller: Caller, contents: Sequence[Content], size: int, processes: Processes
) -> tuple[Answers, Row]:
    """Sends messages and returns the answers with what they took."""
    orders = len(contents) * size
    before = processes.cpu_s()
    answers = await flood(caller, contents, window(size))
    cpu = between(before, processes.cpu_s(), orders)
    stages = check_batches(answers.contents, orders)
    told: Row = {"orders_per_second": round(orders / answers.seconds)}
    told |= {f"{name}_us": value for name, value in stages.items()}
    return answers, told | {f"cpu_{name}_us": value for name, value in cpu.items()}


def middle(rows: Sequence[Row]) -> Row:
    """Returns the repetition whose rate is the median, with the least and the greatest rate."""
    ranked = sorted(rows, key=lambda row: float(str(row["orders_per_second"])))
    spread = {"least": ranked[0]["orders_per_second"], "most": ranked[-1]["orders_per_second"]}
    return {**ranked[len(ranked) // 2], **spread}


def _built_while(size: int, count: int, portfolio: int) -> list[Content]:
    """Returns builders of messages: the client makes them with the generated stubs while the clock runs."""
    own = flow.portfolio(portfolio)

    def builder(first: int) -> Content:
        def build() -> bytes:
            message = flow.message(first, size)
            for action in message.actions:
                action.submit.portfolio_id = own
            return message.SerializeToString()

        return build

    return [builder(first) for first in range(0, count * size, size)]


async def _direct(found: Services, quick: bool) -> list[Row]:
    """Measures each size of message, and one with messages that are built meanwhile."""
    repetitions = 1 if quick else REPETITIONS
    plans = [(size, "before") for size in COUNTS] + [(100, "meanwhile")]
    await open_portfolios(found, range(len(plans) * repetitions))
    rows: list[Row] = []
    async with Caller(found.address, found.token()) as caller:
        for number, (size, built) in enumerate(plans):
            count = COUNTS[size] // size // (10 if quick else 1)
            tries = []
            for repetition in range(repetitions):
                portfolio = number * repetitions + repetition
                made = flow.of_portfolio(flow.messages(count, size), portfolio)
                contents = _built_while(size, count, portfolio) if built == "meanwhile" else made
                tries.append((await once(caller, contents, size, found.processes))[1])
                await caught_up(found)
            rows.append({"orders_a_message": size, "built": built, **middle(tries)})
    return rows


def direct(quick: bool = False) -> Iterator[Row]:
    """Measures the orders service alone, on each database."""
    for database in DATABASES:
        with services(database) as found:
            for row in uvloop.run(_direct(found, quick)):
                yield {"database": database, **row}


async def _edge(found: running.Running, quick: bool) -> list[Row]:
    processes = Processes({name: found.pids[name] for name in PLATFORM})
    rows: list[Row] = []
    async with AsyncExitStack() as stack:
        channel = await stack.enter_async_context(found.channel())
        caller = await stack.enter_async_context(Caller(f"127.0.0.1:{found.port}", found.token()))
        for number, size in enumerate(COUNTS):
            count = COUNTS[size] // size // (10 if quick else 1)
            tries = []
            for repetition in range(1 if quick else REPETITIONS):
                portfolio = number * REPETITIONS + repetition
                await running.open_portfolio(channel, flow.portfolio(portfolio))
                contents = flow.of_portfolio(flow.messages(count, size), portfolio)
                tries.append((await once(caller, contents, size, processes))[1])
            rows.append({"database": "sqlite", "orders_a_message": size, "built": "before", **middle(tries)})
    return rows


def edge(quick: bool = False) -> Iterator[Row]:
    """Measures the whole platform through Envoy."""
    with running.platform(**PATIENT) as found:
        yield from uvloop.run(_edge(found, quick))

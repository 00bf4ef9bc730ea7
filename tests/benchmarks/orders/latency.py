"""Latencies, open loop: each message has a moment at which it is due, and its latency counts from then."""

import statistics
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack

import uvloop

from .. import running
from ..running import Row
from . import floor, flow
from .answers import check_batches, check_singles
from .histogram import Histogram
from .rates import REPETITIONS
from .services import DATABASES, PATIENT, caught_up, open_portfolios, services
from .wire import Answers, Caller, open_loop, open_loop_singles

BATCH_ORDERS = 100
BATCH_RATE = 50_000  # orders a second
SINGLE_RATE = 1_000
SECONDS = 3
Send = Callable[[Caller, Sequence[bytes], float], Awaitable[Answers]]


def told(answers: Answers) -> Row:
    """Returns percentiles of latencies in ms, and of how late the client itself was."""
    waited, late = Histogram(), Histogram()
    for ns in answers.waited_ns:
        waited.record(ns)
    for ns in answers.late_ns:
        late.record(ns)
    sent_late = round(late.percentile(99) / 1e6, 3)
    return {**waited.told(1_000_000), "max": round(waited.most / 1e6, 3), "sent_late_p99": sent_late}


def middle(rows: Sequence[Row]) -> Row:
    """Returns the median of each figure of some repetitions."""
    names = [name for name, value in rows[0].items() if isinstance(value, int | float)]
    return {name: round(statistics.median(float(str(row[name])) for row in rows), 3) for name in names}


async def batches(caller: Caller, portfolios: Sequence[int], quick: bool) -> Row:
    """Measures messages of 100 orders at 50,000 orders a second."""
    count = BATCH_RATE // BATCH_ORDERS * (1 if quick else SECONDS)
    rows: list[Row] = []
    for portfolio in portfolios:
        contents = flow.of_portfolio(flow.messages(count, BATCH_ORDERS), portfolio)
        answers = await open_loop(caller, contents, BATCH_RATE / BATCH_ORDERS)
        stages = check_batches(answers.contents, count * BATCH_ORDERS)
        rows.append(told(answers) | {f"{name}_us": value for name, value in stages.items()})
    return {"call": "SubmitOrders, 100 a message", "orders_per_second": BATCH_RATE, **middle(rows)}


async def singles(caller: Caller, portfolios: Sequence[int], quick: bool) -> Row:
    """Measures SubmitOrder at 1,000 a second."""
    count = SINGLE_RATE * (1 if quick else SECONDS)
    rows: list[Row] = []
    for portfolio in portfolios:
        orders = (flow.order(number) for number in range(count))
        contents = flow.of_portfolio([order.SerializeToString() for order in orders], portfolio)
        answers = await open_loop_singles(caller, contents, SINGLE_RATE)
        stages = check_singles(answers.contents, answers.timings, count)
        rows.append(told(answers) | {f"{name}_us": value for name, value in stages.items()})
    return {"call": "SubmitOrder", "orders_per_second": SINGLE_RATE, **middle(rows)}


async def _both(caller: Caller, quick: bool) -> list[Row]:
    repetitions = 1 if quick else REPETITIONS
    return [
        await singles(caller, range(repetitions), quick),
        await batches(caller, range(repetitions, 2 * repetitions), quick),
    ]


def measure(quick: bool = False) -> Iterator[Row]:
    """Measures what bounds both calls, then both, straight to the service and through Envoy."""
    for row in (floor.disk(), floor.empty_calls(SINGLE_RATE, 1 if quick else SECONDS, told)):
        yield {"way": "floor", **row}
    for database in DATABASES:
        with services(database) as found:

            async def straight() -> list[Row]:
                await open_portfolios(found, range(2 * REPETITIONS))
                await caught_up(found)  # the projector has started
                async with Caller(found.address, found.token()) as caller:
                    return await _both(caller, quick)

            for row in uvloop.run(straight()):
                yield {"way": "straight", "database": database, **row}
    with running.platform(**PATIENT) as platform:
        for row in uvloop.run(_through_edge(platform, quick)):
            yield {"way": "through Envoy", "database": "sqlite", **row}


async def _through_edge(found: running.Running, quick: bool) -> list[Row]:
    async with AsyncExitStack() as stack:
        channel = await stack.enter_async_context(found.channel())
        for number in range(2 * REPETITIONS):
            await running.open_portfolio(channel, flow.portfolio(number))
        caller = await stack.enter_async_context(Caller(f"127.0.0.1:{found.port}", found.token()))
        return await _both(caller, quick)

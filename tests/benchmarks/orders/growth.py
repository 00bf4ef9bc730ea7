"""Whether cost grows with what there is: instruments, clients, a journal; start times and memory."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack

import uvloop

from ..running import Row
from . import flow
from .answers import check_batches
from .history import ORDERS_A_PORTFOLIO, History
from .rates import REPETITIONS, middle
from .services import Services, caught_up, open_portfolios, ready, services
from .usage import between
from .wire import Caller, flood_all, window

INSTRUMENTS = (1, 10, 100, 1_000)
CLIENTS = (1, 10, 100)
SIZE = 100  # orders a message
MESSAGES = 500
HISTORY = 10_000_000  # commands; ten times as many with --long
BEHIND = 1_000_000  # commands behind the newest snapshot


async def _sent(found: Services, symbols: tuple[str, ...], clients: int, first: int, messages: int) -> Row:
    """Sends orders of as many portfolios as there are clients; the first is given."""
    portfolios = range(first, first + clients)
    made = flow.messages(messages // clients, SIZE, symbols)
    orders = len(made) * clients * SIZE
    parts = [flow.of_portfolio(made, number) for number in portfolios]
    await open_portfolios(found, portfolios)
    async with AsyncExitStack() as stack:
        callers = [
            await stack.enter_async_context(Caller(found.address, found.token())) for _ in range(clients)
        ]
        before = found.processes.cpu_s()
        answers = await flood_all(callers, parts, window(SIZE))
        cpu = between(before, found.processes.cpu_s(), orders)
    stages = check_batches(answers.contents, orders)
    await caught_up(found)
    used = {f"cpu_{name}_us": cpu[name] for name in ("client", "orders", "projector")}
    rate = {"orders_per_second": round(orders / answers.seconds)}
    return rate | {f"{name}_us": value for name, value in stages.items()} | used


def _repeated(
    found: Services,
    symbols: tuple[str, ...] = (flow.SYMBOL,),
    clients: int = 1,
    first: int = 0,
    quick: bool = False,
) -> Row:
    repetitions, messages = (1, MESSAGES // 10) if quick else (REPETITIONS, MESSAGES)
    firsts = [first + clients * number for number in range(repetitions)]
    return middle([uvloop.run(_sent(found, symbols, clients, number, messages)) for number in firsts])


def _memory(found: Services) -> Row:
    return {f"{name}_mb": size for name, size in found.processes.resident_mb().items() if name != "client"}


def instruments(quick: bool = False) -> Iterator[Row]:
    """Spreads the orders over more and more instruments."""
    for count in INSTRUMENTS:
        symbols = tuple(f"S{number:04d}" for number in range(count))
        with services(symbols=symbols) as found:
            yield {"instruments": count, **_repeated(found, symbols, quick=quick), **_memory(found)}


def clients(quick: bool = False) -> Iterator[Row]:
    """Spreads the orders over more and more clients, each with a connection and a portfolio of its own."""
    for count in CLIENTS:
        with services() as found:
            yield {"clients": count, **_repeated(found, clients=count, quick=quick), **_memory(found)}


def journal(quick: bool = False, commands: int = HISTORY) -> Iterator[Row]:
    """Measures on an empty journal and on a long one; how long a start takes, and from what."""
    commands = ORDERS_A_PORTFOLIO * 2 if quick else commands
    behind = ORDERS_A_PORTFOLIO if quick else BEHIND
    with services() as found:
        fresh = commands // ORDERS_A_PORTFOLIO
        start_s = _restarted(found)
        yield _row(found, "empty", start_s, fresh, quick)
    with services() as found:
        uvloop.run(open_portfolios(found, range(fresh)))
        found.stop("orders")
        _write(found, commands - behind, behind)
        yield {"journal": f"{behind:,} commands behind the snapshot", "start_s": _started(found)}
        found.stop("orders")
        _write(found, 0, 0)
        start_s = _started(found)
        yield _row(found, f"{commands:,} commands", start_s, fresh, quick)


def _row(found: Services, name: str, start_s: float, fresh: int, quick: bool) -> Row:
    told = {"journal": name, "start_s": start_s}
    return {**told, **_repeated(found, first=fresh, quick=quick), **_memory(found)}


def _write(found: Services, before: int, behind: int) -> None:
    """Extends the journal of a service that is stopped, with a snapshot in between."""
    history = History(found.url, found.folder)
    history.extend(before)
    history.snapshot()
    history.extend(behind, before // ORDERS_A_PORTFOLIO)
    history.call_projected()
    history.close()


def _restarted(found: Services) -> float:
    found.stop("orders")
    return _started(found)


def _started(found: Services) -> float:
    """Starts the orders service and returns how long it took until it answers."""
    start_s = time.perf_counter()
    found.start("orders")
    asyncio.run(ready(found))
    return round(time.perf_counter() - start_s, 2)

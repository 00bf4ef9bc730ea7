"""The projector: whether the tables keep up with the order path, and how fast they catch up alone."""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise

import psutil
import sqlalchemy as sa
import uvloop

from tickmesh.services.orders.projector import PROGRESS
from tickmesh.services.orders.store import EXECUTIONS
from tickmesh.services.runtime.database import make_engine

from ..running import Row
from . import flow
from .answers import check_batches
from .history import ORDERS_A_PORTFOLIO, History
from .services import DATABASES, Services, caught_up, open_portfolios, services, status
from .usage import between
from .wire import Caller, open_loop

OFFERED = 20_000
SECONDS = 30
MESSAGE_ORDERS = 100
LOOK_S = 0.5
ALONE_ORDERS = 200_000


async def _lags(found: Services, into: list[int]) -> None:
    """Looks from time to time how many events the tables are behind."""
    async with found.stub() as stub:
        while True:
            now = await status(stub)
            into.append(now.event_sequence - now.projected_sequence)
            await asyncio.sleep(LOOK_S)


async def _keeping_up(found: Services, seconds: int) -> Row:
    count = OFFERED * seconds // MESSAGE_ORDERS
    contents = flow.messages(count, MESSAGE_ORDERS)
    lags: list[int] = []
    await open_portfolios(found, [0])
    async with Caller(found.address, found.token()) as caller:
        looking, before = asyncio.create_task(_lags(found, lags)), found.processes.cpu_s()
        answers = await open_loop(caller, contents, OFFERED / MESSAGE_ORDERS)
        cpu = between(before, found.processes.cpu_s(), count * MESSAGE_ORDERS)
        looking.cancel()
    behind_s = await caught_up(found)
    check_batches(answers.contents, count * MESSAGE_ORDERS)
    thirds = [max(part) for part in _thirds(lags)]
    figures = {
        f"events_behind_{name}": lag for name, lag in zip(("begin", "middle", "end"), thirds, strict=True)
    }
    rate = {
        "offered": OFFERED,
        "seconds": seconds,
        "orders_per_second": round(len(contents) * MESSAGE_ORDERS / answers.seconds),
    }
    return {
        **rate,
        **figures,
        "behind_s_at_the_end": round(behind_s, 2),
        "cpu_projector_us": cpu["projector"],
    }


def _thirds(values: list[int]) -> Iterator[list[int]]:
    marks = [len(values) * part // 3 for part in range(4)]
    return (values[begin : max(end, begin + 1)] for begin, end in pairwise(marks))


def keeping_up(quick: bool = False) -> Iterator[Row]:
    """Offers 20,000 orders a second and looks how far the tables are behind."""
    for database in DATABASES:
        with services(database) as found:
            yield {"database": database, **uvloop.run(_keeping_up(found, 3 if quick else SECONDS))}


def alone(quick: bool = False) -> Iterator[Row]:
    """Gives the projector a journal and nothing else to do: its own rate, one process and the database."""
    orders = ORDERS_A_PORTFOLIO if quick else ALONE_ORDERS
    for database in DATABASES:
        with services(database, orders_projector="thread") as found:
            yield {"database": database, **_alone(found, orders)}


def _alone(found: Services, orders: int) -> Row:
    """Stops the orders service, writes a journal behind its tables, and projects it here."""
    asyncio.run(open_portfolios(found, range(orders // ORDERS_A_PORTFOLIO)))
    asyncio.run(caught_up(found))
    found.stop("orders")
    history = History(found.url, found.folder)
    history.extend(orders)
    last = history.last_report
    history.close()
    seconds, cpu_s = _project(found, last)
    tables = make_engine(found.url, found.folder, "orders")
    with tables.connect() as connection:
        reports = connection.execute(sa.select(sa.func.count()).select_from(EXECUTIONS)).scalar_one()
    tables.dispose()
    return {
        "orders": orders,
        "orders_per_second": round(orders / seconds),
        "reports_per_second": round(reports / seconds),
        "cpu_projector_us": round(cpu_s / orders * 1e6, 2),
    }


def _project(found: Services, last: int) -> tuple[float, float]:
    """Runs the projector up to a report; returns seconds and processor time, from its first word on."""
    ours, theirs = socket.socketpair()
    number = theirs.fileno()
    command = [sys.executable, "-m", "tickmesh.services.orders.projecting", str(number)]
    process = subprocess.Popen(command, env=found.environment, pass_fds=[number])
    theirs.close()
    used = psutil.Process(process.pid).cpu_times
    with ours:
        _told(ours)
        start_s, before = time.perf_counter(), used()
        while _told(ours) < last:
            pass
        seconds, after = time.perf_counter() - start_s, used()
    process.wait(30)
    return seconds, after.user + after.system - before.user - before.system


def _told(bell: socket.socket) -> int:
    """Waits until the projector says how far it is."""
    content = bell.recv(PROGRESS.size, socket.MSG_WAITALL)
    if len(content) < PROGRESS.size:
        raise RuntimeError("the projector ended")
    (sequence,) = PROGRESS.unpack(content)
    return int(sequence)

"""Execution reports to subscribers: all of them, in order, none missing, and how many a second.

What came is compared with the table of executions, which another process wrote from the journal with an
engine of its own.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from array import array
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
import uvloop

from tickmesh.services.orders.store import EXECUTIONS
from tickmesh.services.runtime.database import make_engine

from ..running import Row
from . import counting, flow
from .answers import check_batches
from .reader import TOKEN, Lost, digest_of
from .services import Services, caught_up, open_portfolios, services
from .usage import between
from .wire import Caller, flood, window

MESSAGE_ORDERS = 100
ORDERS = {1: 200_000, 100: 20_000}  # by subscribers
COUNTING = ("tests.benchmarks.orders.counting",)


def measure(quick: bool = False) -> Iterator[Row]:
    """Floods the service while one reads, and while a hundred read."""
    for subscribers, orders in ORDERS.items():
        with services(program=COUNTING) as found:
            row = uvloop.run(_flooded(found, subscribers, orders // (10 if quick else 1)))
            found.stop("orders")
            serialised = int((found.folder / counting.FILE).read_text())
        yield {**row, "serialised": serialised}


async def _flooded(found: Services, subscribers: int, orders: int) -> Row:
    contents = flow.messages(orders // MESSAGE_ORDERS, MESSAGE_ORDERS)
    await open_portfolios(found, [0])
    reader = _reader(found, subscribers)
    assert reader.stdout is not None
    await asyncio.to_thread(reader.stdout.readline)
    async with Caller(found.address, found.token()) as caller:
        before = found.processes.cpu_s()
        answers = await flood(caller, contents, window(MESSAGE_ORDERS))
    await caught_up(found)
    ids = _ids(found)
    told = json.loads((await asyncio.to_thread(reader.communicate, f"{ids[-1]}\n"))[0])
    check_batches(answers.contents, orders)
    _check(told, subscribers, ids)
    seconds, every = (told["last_ns"] - answers.start_ns) / 1e9, len(ids) * subscribers
    return {
        "subscribers": subscribers,
        "orders_per_second": round(orders / answers.seconds),
        "reports": every,
        "missing": 0,
        "reports_per_second": round(every / seconds),
        "mb_per_second": round(told["bytes"] / seconds / 1e6, 1),
        "reports_a_response": round(every / told["responses"], 1),
        "cpu_orders_us_a_report": between(before, found.processes.cpu_s(), every)["orders"],
    }


def _reader(found: Services, subscribers: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.benchmarks.orders.reader", found.address, str(subscribers)]
    environment = {**os.environ, TOKEN: found.token()}
    return subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _ids(found: Services) -> array[int]:
    """Returns the ids of all reports, from the table."""
    tables = make_engine(found.url, found.folder, "orders")
    query = sa.select(EXECUTIONS.c.sequence).order_by(EXECUTIONS.c.sequence)
    with tables.connect() as connection:
        ids = array("Q", connection.execute(query).scalars())
    tables.dispose()
    return ids


def _check(told: dict[str, Any], subscribers: int, ids: array[int]) -> None:
    """Fails with Lost unless every subscriber had every report of the table, and all the same bytes."""
    if told["reports"] != [len(ids)] * subscribers or told["ids"] != digest_of(ids):
        raise Lost(f"{len(ids)} reports are in the table, the readers had {sorted(set(told['reports']))}")
    if len(told["digests"]) != 1:
        raise Lost("the readers had different reports")

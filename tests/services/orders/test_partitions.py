"""Days of executions in PostgreSQL: made ahead, filled, detached; what stays answers as before."""

import asyncio
import itertools
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from tests.services.orders.desk import BUY, SELL, Desk, Order, an_order, open_desk, refusal_of
from tests.services.orders.following import random_batch
from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.services.orders import partitions
from tickmesh.services.orders.partitions import DAY_NS, Day, day_of, detach_old, make_ahead
from tickmesh.services.runtime.database import make_engine
from tickmesh.services.runtime.migrate import folder, migrate
from tickmesh.services.values import time_ns, timestamp

FIRST = Day(1_795_219_200 * 10**9)  # 2026-11-21
EXECUTION = (
    "INSERT INTO executions SELECT"
    " :n, :n, :n, 1, :t, 0, 0, 0, 0, 1, 1, 1, 0, 1, '0', '', NULL, 'demo', 'AAPL'"
)
ATTACHED = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'executions'::regclass"


@pytest.fixture
def engine(tmp_path: Path, postgres_url: str) -> Iterator[Engine]:
    engine = make_engine(postgres_url, tmp_path, "orders")
    migrate(engine, "orders", folder("orders"))
    yield engine
    engine.dispose()


def add(connection: Connection, *times_ns: int) -> None:
    for number, moment_ns in enumerate(times_ns, start=1):
        connection.execute(sa.text(EXECUTION), {"n": number, "t": moment_ns})


def rows(connection: Connection, table: str) -> list[int]:
    return list(connection.execute(sa.text(f"SELECT sequence FROM {table} ORDER BY 1")).scalars())


def attached(connection: Connection) -> list[str]:
    return sorted(connection.execute(sa.text(ATTACHED)).scalars())


def test_days_have_the_names_of_the_calendar() -> None:
    assert FIRST.name == "executions_20261121"
    assert day_of(FIRST.from_ns) == day_of(FIRST.to_ns - 1) == FIRST
    assert day_of(FIRST.to_ns).name == "executions_20261122"


def test_today_and_the_days_to_come_are_made_once(engine: Engine) -> None:
    with engine.begin() as connection:
        made = make_ahead(connection, FIRST.from_ns + 5, 2)
        assert [day.name for day in made] == [
            "executions_20261121",
            "executions_20261122",
            "executions_20261123",
        ]
        assert attached(connection) == [*(day.name for day in made), "executions_other"]
        assert make_ahead(connection, FIRST.from_ns + 6, 2) == []
        assert [day.name for day in make_ahead(connection, FIRST.to_ns, 2)] == ["executions_20261124"]


def test_rows_are_in_their_day_and_the_rest_moves_when_its_day_is_made(engine: Engine) -> None:
    with engine.begin() as connection:
        add(
            connection,
            FIRST.from_ns - 1,
            FIRST.from_ns,
            FIRST.to_ns - 1,
            FIRST.to_ns,
            FIRST.to_ns + 9 * DAY_NS,
        )
        assert rows(connection, "executions_other") == [1, 2, 3, 4, 5]
        made = make_ahead(connection, FIRST.from_ns, 0)
        assert [day.name[-4:] for day in made] == ["1120", "1121", "1122", "1201"]
        assert [rows(connection, day.name) for day in made] == [[1], [2, 3], [4], [5]]
        assert (rows(connection, "executions_other"), rows(connection, "executions")) == ([], [1, 2, 3, 4, 5])


def test_a_report_written_twice_is_there_once(engine: Engine) -> None:
    with engine.begin() as connection:
        make_ahead(connection, FIRST.from_ns, 1)
        for _ in range(2):
            twice = sa.text(EXECUTION + " ON CONFLICT DO NOTHING")
            connection.execute(twice, {"n": 7, "t": FIRST.from_ns})
        assert rows(connection, "executions") == [7]


def test_old_days_are_detached_and_listed(engine: Engine) -> None:
    with engine.begin() as connection:
        add(connection, *(FIRST.from_ns + count * DAY_NS for count in range(4)))
        now_ns = FIRST.from_ns + 3 * DAY_NS
        make_ahead(connection, now_ns, 0)
        assert detach_old(connection, now_ns, 0) == []
        assert [day.name[-4:] for day in detach_old(connection, now_ns, 1)] == ["1121", "1122"]
        assert detach_old(connection, now_ns, 1) == []
        assert rows(connection, "executions") == [3, 4]
        assert [rows(connection, f"executions_2026112{n}") for n in (1, 2)] == [[1], [2]]
        listed = connection.execute(sa.select(partitions.DAYS).order_by(partitions.DAYS.c.name)).all()
        assert [(row.name[-4:], row.detach_time_ns, row.last_sequence) for row in listed] == [
            ("1121", now_ns, 1),
            ("1122", now_ns, 2),
            ("1123", None, None),
            ("1124", None, None),
        ]
        assert make_ahead(connection, now_ns, 0) == []


def test_a_detached_day_is_attached_again_as_the_page_on_decisions_says(engine: Engine) -> None:
    page = (Path(__file__).parents[3] / "docs" / "decisions" / "as-of.md").read_text()
    (statements,) = re.findall(r"    BEGIN;\n(.*?)    COMMIT;", page, re.DOTALL)
    told = statements.replace("FROM_NS", str(FIRST.from_ns)).replace("TO_NS", str(FIRST.to_ns))
    with engine.begin() as connection:
        add(connection, FIRST.from_ns, FIRST.to_ns)
        now_ns = FIRST.from_ns + 3 * DAY_NS
        make_ahead(connection, now_ns, 0)
        detach_old(connection, now_ns, 2)
        assert partitions.start_of_history(connection) == partitions.Start(FIRST.to_ns, 1)
        connection.execute(sa.text("INSERT INTO executions SELECT * FROM executions_20261121"))  # outlived it
        for statement in told.strip().split(";\n"):
            connection.execute(sa.text(statement))
        assert rows(connection, "executions") == [1, 2]
        assert rows(connection, FIRST.name) == [1]
        assert partitions.start_of_history(connection) == partitions.Start(0, 0)


class Days:
    """A clock that goes on by a millisecond at each look, and by days when it is told."""

    def __init__(self) -> None:
        self._ms = itertools.count()
        self.day = 0

    def __call__(self) -> int:
        return FIRST.from_ns + self.day * DAY_NS + next(self._ms) * 10**6


Open = Callable[..., Any]


@pytest.fixture
def days() -> Days:
    return Days()


async def trade_for_days(desk: Desk, days: Days, count: int) -> list[pb.Order]:
    """Trades each day, with an order from the first day that changes on some; returns it day by day."""
    seen = [await desk.submit(SELL, "9000", "200", time_in_force=Order.GTC)]
    still = await desk.submit(SELL, "1", "201", time_in_force=Order.GTC)
    for day in range(1, count):
        await desk.send(random_batch(random.Random(day), 30))
        days.day = day
        changed = pb.ReplaceOrderRequest(order_id=seen[0].order_id, quantity=str(9_000 - day))
        seen.append(await desk.stub.ReplaceOrder(changed) if day in (1, 5) else await desk.get(seen[0]))
    assert await desk.get(still) == still
    return seen


async def test_what_outlived_its_day_is_told_as_before_and_the_rest_is_refused(
    tmp_path: Path, postgres_url: str, days: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(tmp_path, days, database_url=postgres_url) as desk:
        seen = await trade_for_days(desk, days, 6)
        moments = [timestamp(FIRST.from_ns + day * DAY_NS + DAY_NS // 2) for day in range(6)]
        before = [
            (await desk.orders(as_of=at), await desk.orders(as_of=at, open_only=True)) for at in moments
        ]
        reports = await desk.executions()
    monkeypatch.setenv("TICKMESH_ORDERS_EXECUTIONS_DAYS", "2")
    monkeypatch.setenv("TICKMESH_ORDERS_EXECUTIONS_KEPT", "5")
    start_ns = FIRST.from_ns + 3 * DAY_NS
    async with open_desk(tmp_path, days, database_url=postgres_url) as desk:
        await detached(desk, moments[2])
        for day, at in enumerate(moments):
            if day < 3:
                await is_refused(desk, seen[0].order_id, at)
                continue
            after = (await desk.orders(as_of=at), await desk.orders(as_of=at, open_only=True))
            assert after == before[day]
        kept = [report for report in reports if time_ns(report.transact_time) >= start_ns]
        assert await desk.executions() == kept
        assert await desk.executions(as_of=moments[-1]) == kept
        assert await desk.get(seen[0]) == seen[-1]
        stream = desk.stub.StreamExecutions(pb.StreamExecutionsRequest(from_start=True))
        assert (await refusal_of(stream.read())).reason == "HISTORY_DETACHED"


async def detached(desk: Desk, at: Any) -> None:
    """Waits until a moment is no longer kept: the service looks after its days while it serves."""
    async with asyncio.timeout(20):
        while True:
            try:
                await desk.orders(as_of=at)
            except grpc.aio.AioRpcError:
                return
            await asyncio.sleep(0.02)


async def is_refused(desk: Desk, order_id: str, at: Any) -> None:
    for call in (
        desk.stub.ListOrders(pb.ListOrdersRequest(as_of=at)),
        desk.stub.ListExecutions(pb.ListExecutionsRequest(as_of=at)),
        desk.stub.GetOrder(pb.GetOrderRequest(order_id=order_id, as_of=at)),
    ):
        refusal = await refusal_of(call)
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.OUT_OF_RANGE, "HISTORY_DETACHED")
        assert refusal.metadata["since"] == "2026-11-24T00:00:00Z"


async def test_an_order_whose_first_answer_is_detached_is_still_not_done_twice(
    tmp_path: Path, postgres_url: str, days: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = an_order(BUY, "5", "100", time_in_force=Order.GTC)
    async with open_desk(tmp_path, days, database_url=postgres_url) as desk:
        first = await desk.stub.SubmitOrder(request)
        changed = await desk.stub.ReplaceOrder(pb.ReplaceOrderRequest(order_id=first.order_id, quantity="3"))
        days.day = 5
        for _ in range(5):
            await desk.submit()
    monkeypatch.setenv("TICKMESH_ORDERS_EXECUTIONS_DAYS", "1")
    monkeypatch.setenv("TICKMESH_ORDERS_EXECUTIONS_KEPT", "1")
    async with open_desk(tmp_path, days, database_url=postgres_url) as desk:
        await detached(desk, timestamp(FIRST.from_ns + DAY_NS // 2))
        assert await desk.stub.SubmitOrder(request) == changed

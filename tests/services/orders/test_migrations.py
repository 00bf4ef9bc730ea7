"""The tables of orders on their way from version to version: nothing of what they hold is lost."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from tickmesh.services.runtime.database import make_engine
from tickmesh.services.runtime.migrate import folder, migrate

STATE = "quantity, price, leaves, cumulative, status, value, reason, risk"
EXECUTION = (
    f"sequence, command, order_id, exec_type, time_ns, last_lots, last_ticks, liquidity, trade, {STATE}"
)
ORDER = (
    "order_id, client_order_id, portfolio_id, strategy_id, symbol, side, order_type, time_in_force, "
    f"post_only, submit_time_ns, update_time_ns, {STATE}"
)


@pytest.fixture
def engine(tmp_path: Path, database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url, tmp_path, "orders")
    yield engine
    engine.dispose()


def fill(connection: Connection, chance: random.Random, count: int) -> None:
    """Writes orders with a report or two, over several days."""
    for number in range(1, count + 1):
        came_ns = 1_795_255_200 * 10**9 + number * 10**13 + chance.randrange(10**9)
        state = {
            "quantity": number,
            "price": 18_920,
            "leaves": 0,
            "cumulative": 1,
            "status": chance.randint(1, 6),
        }
        words = {"value": str(1 << 70), "reason": "", "risk": chance.choice([None, '{"check": "X"}'])}
        order = {
            "order_id": number, "client_order_id": f"c-{number}", "portfolio_id": chance.choice(["a", "b"]),
            "strategy_id": "", "symbol": chance.choice(["AAPL", "MSFT"]), "side": 1, "order_type": 2,
            "time_in_force": 1, "post_only": False, "submit_time_ns": came_ns, "update_time_ns": came_ns + 5,
        }  # fmt: skip
        insert(connection, "orders", order | state | words)
        for sequence in (2 * number, 2 * number + 1)[: chance.randint(1, 2)]:
            report = {
                "sequence": sequence, "command": number, "order_id": number, "exec_type": 1, "liquidity": 0,
                "time_ns": came_ns + sequence, "last_lots": 0, "last_ticks": 0, "trade": 0,
            }  # fmt: skip
            insert(connection, "executions", report | state | words)


def insert(connection: Connection, table: str, row: dict[str, Any]) -> None:
    names = ", ".join(row)
    marks = ", ".join(f":{name}" for name in row)
    connection.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), row)


def rows(engine: Engine, names: str, table: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        found = connection.execute(sa.text(f"SELECT {names} FROM {table} ORDER BY 1")).all()
    return [tuple(row) for row in found]


def everything(engine: Engine) -> tuple[Any, ...]:
    return rows(engine, ORDER, "orders"), rows(engine, EXECUTION, "executions")


INDEXES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    "postgresql": "SELECT indexname FROM pg_indexes WHERE schemaname = 'orders'",
}


def indexes(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.execute(sa.text(INDEXES[engine.dialect.name])).scalars())


def test_rows_survive_the_way_up_and_down_and_up_again(engine: Engine) -> None:
    migrate(engine, "orders", folder("orders"), "0001")
    with engine.begin() as connection:
        fill(connection, random.Random(1), 60)
    before, indexes_before = everything(engine), indexes(engine)
    for _ in range(2):
        migrate(engine, "orders", folder("orders"))
        assert everything(engine) == before
        assert {"executions_by_portfolio", "orders_by_span"} <= indexes(engine)
        migrate(engine, "orders", folder("orders"), "0001")
        assert everything(engine) == before
        assert indexes(engine) == indexes_before


def test_a_report_knows_whose_order_it_tells_of(engine: Engine) -> None:
    migrate(engine, "orders", folder("orders"), "0001")
    with engine.begin() as connection:
        fill(connection, random.Random(2), 60)
    migrate(engine, "orders", folder("orders"))
    whose = {row[0]: row[1:] for row in rows(engine, "order_id, portfolio_id, symbol", "orders")}
    reports = rows(engine, "sequence, order_id, portfolio_id, symbol", "executions")
    assert len(reports) > 60
    assert all(row[2:] == whose[row[1]] for row in reports)


def test_an_order_knows_when_it_was_first_partially_filled(engine: Engine) -> None:
    migrate(engine, "orders", folder("orders"), "0001")
    with engine.begin() as connection:
        fill(connection, random.Random(3), 60)
    first: dict[int, int] = {}
    for order_id, time_ns in rows(engine, "order_id, time_ns", "executions WHERE status = 2"):
        first[order_id] = min(time_ns, first.get(order_id, time_ns))
    migrate(engine, "orders", folder("orders"))
    told = dict(rows(engine, "order_id, partial_time_ns", "orders"))
    assert len(first) > 3
    assert told == {order_id: first.get(order_id) for order_id in told}


def test_a_way_back_that_would_lose_detached_days_is_refused(engine: Engine) -> None:
    migrate(engine, "orders", folder("orders"))
    with engine.begin() as connection:
        day = {
            "name": "executions_20260101",
            "from_ns": 0,
            "to_ns": 1,
            "attach_time_ns": 0,
            "detach_time_ns": 2,
        }
        insert(connection, "execution_days", day)
    with pytest.raises(RuntimeError, match="attach"):
        migrate(engine, "orders", folder("orders"), "0001")
    assert everything(engine) == ([], [])

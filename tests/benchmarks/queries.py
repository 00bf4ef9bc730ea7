"""How long each query of the orders service takes on 10 million executions, on SQLite and on PostgreSQL.

`python -m tests.benchmarks.queries --rows 10000000 --database postgres`. The tables are filled in a temporary
folder (about 5 GB at that size) and removed at the end; `--folder` keeps them for the next time. The days are
ordinary: a few makers send most orders
and cancel them, one portfolio and one symbol are rare, most orders live for moments and some for days. Each
query runs through the service's own code, about another portfolio, symbol, order or moment each time: half of
them ask for the first page of 100, the others for one that begins anywhere.
"""

import argparse
import asyncio
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from tickmesh.services.orders.domain.listings import Listing, Listings
from tickmesh.services.orders.history import History
from tickmesh.services.orders.partitions import DAY_NS, make_ahead
from tickmesh.services.orders.store import EXECUTIONS, ORDERS, Filter, Reader
from tickmesh.services.runtime.database import Database, make_engine
from tickmesh.services.runtime.local_postgres import LocalPostgres
from tickmesh.services.runtime.migrate import folder, migrate
from tickmesh.services.values import Increment

from .running import percentiles

ROWS = 10_000_000
COUNT = 200
TITLES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
DATABASES = tuple(TITLES)
SECTION = """\
## Queries on 10 million execution reports

`python -m tests.benchmarks.queries`. In ms: how long the answer took, and the processor time of the thread
that asks, which makes reports of the rows, with that of the process of PostgreSQL that serves it. Each time
another portfolio, symbol, order and moment of nine days; half of the pages of 100 are first ones, the others
begin anywhere.
"""
START_NS = 1_795_219_200 * 10**9  # 2026-11-21
DAYS = 10
PORTFOLIOS = [f"maker-{n}" for n in range(4)] + [f"fund-{n}" for n in range(40)] + ["rare"]
SYMBOLS = [f"SYM{n}" for n in range(100)] + ["RARE"]
WEIGHTS = np.array([20.0] * 4 + [0.5] * 40 + [0.001])
LIMIT = 101  # a page of 100, and one more to know whether there is another
CHUNK = 100_000
WARM = 24
NEW, TRADE, CANCELED, REPLACED, REJECTED = 1, 2, 3, 4, 5  # kinds of reports
OPEN, PARTIALLY_FILLED, FILLED, DONE_CANCELED, REFUSED = 1, 2, 3, 4, 5  # what orders are after them
Ask = Callable[[Connection], list[Any]]


class Flow:
    """Orders and reports of some days, in the order of the sequencer's stamps."""

    def __init__(self, rows: int, seed: int = 1) -> None:
        self._random = np.random.default_rng(seed)
        self.orders = rows * 10 // 23
        self.step_ns = DAYS * DAY_NS // self.orders
        self._draw()

    def _draw(self) -> None:
        count, chance = self.orders, self._random
        self.portfolio = chance.choice(len(PORTFOLIOS), count, p=WEIGHTS / WEIGHTS.sum()).astype(np.int8)
        self.symbol = chance.integers(0, 100, count).astype(np.int8)
        self.symbol[chance.integers(0, count, max(1, count // 20_000))] = 100
        self.submit_ns = START_NS + np.arange(count) * self.step_ns
        lived = np.power(10.0, chance.uniform(5, 12.5, count)).astype(np.int64)  # 0.1 ms to an hour
        lived[chance.random(count) < 0.001] *= 100  # and some for days
        self.end_ns = self.submit_ns + lived
        kinds = [CANCELED, TRADE, REJECTED]
        self.end_kind = chance.choice(kinds, count, p=[0.75, 0.249, 0.001]).astype(np.int8)
        self.middle = chance.random(count) < 0.3  # replaced on the way

    def events(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Returns times, orders and kinds of all reports, by time; nothing after the last day."""
        numbers = np.arange(self.orders)
        accepted = self.end_kind != REJECTED
        middle = self.middle & accepted
        half_ns = self.submit_ns + (self.end_ns - self.submit_ns) // 2
        end_ns = np.where(accepted, self.end_ns, self.submit_ns)
        times = np.concatenate([self.submit_ns[accepted], half_ns[middle], end_ns])
        orders = np.concatenate([numbers[accepted], numbers[middle], numbers])
        middle_kind = np.where(self.end_kind[middle] == TRADE, TRADE, REPLACED)
        kinds = np.concatenate([np.full(accepted.sum(), NEW), middle_kind, self.end_kind])
        place = np.argsort(times, kind="stable")
        place = place[times[place] < START_NS + DAYS * DAY_NS]
        return times[place], orders[place], kinds[place]


class Tables:
    """The rows of both tables, as a projector writes them. Every report is of a command of its own."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._times, self._orders, self._kinds = flow.events()
        self._status = self._statuses()
        partial = self._status == PARTIALLY_FILLED
        self._partial_ns = np.zeros(flow.orders, np.int64)
        self._partial_ns[self._orders[partial]] = self._times[partial]
        self.count = len(self._times)
        sequences = np.arange(1, self.count + 1)
        self.order_ids = np.zeros(flow.orders, np.int64)
        self.order_ids[self._orders[::-1]] = sequences[::-1]  # of its first report

    def _statuses(self) -> np.ndarray:
        flow, orders = self._flow, self._orders
        end_ns = np.where(flow.end_kind == REJECTED, flow.submit_ns, flow.end_ns)
        done = np.select(
            [flow.end_kind == TRADE, flow.end_kind == CANCELED], [FILLED, DONE_CANCELED], REFUSED
        )
        open_status = np.where(self._kinds == TRADE, PARTIALLY_FILLED, OPEN)
        return np.where(self._times >= end_ns[orders], done[orders], open_status)

    def executions(self) -> Iterator[list[tuple[Any, ...]]]:
        """Yields rows of EXECUTIONS, in order, some at a time."""
        ids = self.order_ids[self._orders]
        columns = (ids, self._kinds, self._times, self._status, self._flow.portfolio[self._orders],
                   self._flow.symbol[self._orders])  # fmt: skip
        for start in range(0, self.count, CHUNK):
            parts = [column[start : start + CHUNK].tolist() for column in columns]
            yield [
                (sequence, sequence, order_id, kind, moment, 10, 18_920, 1, sequence, 100, 18_920, 90, 10,
                 status, "189200", "", None, PORTFOLIOS[portfolio], SYMBOLS[symbol])
                for sequence, (order_id, kind, moment, status, portfolio, symbol)
                in enumerate(zip(*parts, strict=True), start + 1)
            ]  # fmt: skip

    def orders(self) -> Iterator[list[tuple[Any, ...]]]:
        """Yields rows of ORDERS as they are after the last day, in order, some at a time."""
        flow = self._flow
        last_ns, status = np.zeros(flow.orders, np.int64), np.zeros(flow.orders, np.int8)
        last_ns[self._orders], status[self._orders] = self._times, self._status  # the newest stays
        columns = (
            self.order_ids,
            flow.portfolio,
            flow.symbol,
            flow.submit_ns,
            last_ns,
            status,
            self._partial_ns,
        )
        for start in range(0, flow.orders, CHUNK):
            parts = [column[start : start + CHUNK].tolist() for column in columns]
            yield [
                (order_id, client_order_id(order_id), PORTFOLIOS[portfolio], "", SYMBOLS[symbol], 1, 2, 1,
                 False, submit_ns, last_ns, 100, 18_920, 90, 10, status, "189200", "", None,
                 partial_ns or None)
                for order_id, portfolio, symbol, submit_ns, last_ns, status, partial_ns
                in zip(*parts, strict=True)
                if order_id
            ]  # fmt: skip


def client_order_id(order_id: int) -> str:
    """Returns a text that comes in no order, as clients' own ids do."""
    return f"{order_id * 2_654_435_761 % (1 << 32):08x}-{order_id}"


INDEXES = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    " AND tbl_name IN ('orders', 'executions')",
    "postgresql": "SELECT indexname, replace(indexdef, ' ON ONLY ', ' ON ') FROM pg_indexes"
    " WHERE tablename IN ('orders', 'executions') AND indexname NOT LIKE '%_pkey'",
}


def fill(engine: Engine, tables: Tables) -> dict[str, float]:
    """Fills the tables without their secondary indexes, then makes these. Returns what took how long."""
    marks = [time.perf_counter()]
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            make_ahead(connection, START_NS, DAYS)
        made = connection.execute(sa.text(INDEXES[engine.dialect.name])).all()
        for name, _ in made:
            connection.execute(sa.text(f"DROP INDEX {name}"))
    for table, parts in ((ORDERS, tables.orders()), (EXECUTIONS, tables.executions())):
        for rows in parts:
            with engine.begin() as connection:
                _write(connection, table, rows)
    marks.append(time.perf_counter())
    for _, statement in made:
        with engine.begin() as connection:
            connection.execute(sa.text(statement))
    marks.append(time.perf_counter())
    return {"rows_s": round(marks[1] - marks[0], 1), "indexes_s": round(marks[2] - marks[1], 1)}


def _write(connection: Connection, table: sa.Table, rows: list[tuple[Any, ...]]) -> None:
    names = ", ".join(column.name for column in table.columns)
    raw: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" for _ in table.columns)
        raw.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", rows)
        return
    with raw.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


class Questions:
    """Every query of the service, each time about something else."""

    def __init__(self, tables: Tables, seed: int = 2) -> None:
        listings = Listings()
        for index, symbol in enumerate(SYMBOLS):
            listings.add(a_listing(index, symbol))
        self._reader = Reader(listings)
        self._chance = random.Random(seed)
        self._tables = tables

    def every(self) -> Iterator[tuple[str, Callable[[], Ask]]]:
        """Yields names, and makers of queries."""
        yield "order", lambda: self._order(self._reader)
        yield "order as_of", lambda: self._order(self._then())
        for name, chosen in ORDER_LISTS.items():
            yield f"orders {name}", lambda chosen=chosen: self._orders(self._reader, chosen())  # type: ignore[misc]
            yield f"orders {name} as_of", lambda chosen=chosen: self._orders(self._then(), chosen())  # type: ignore[misc]
        for name, chosen in EXECUTION_LISTS.items():
            yield f"executions {name}", lambda chosen=chosen: self._reports(self._reader, chosen())  # type: ignore[misc]
            yield f"executions {name} as_of", lambda chosen=chosen: self._reports(self._then(), chosen())  # type: ignore[misc]
        for one, lists in (("orders", self._of_one_client), ("executions", self._of_one_order)):
            yield f"{one} of one id", lambda lists=lists: lists(self._reader)  # type: ignore[misc]
            yield f"{one} of one id as_of", lambda lists=lists: lists(self._then())  # type: ignore[misc]
        yield "stream, 1,000 reports", self._stream

    def _then(self) -> History:
        return History(self._reader, START_NS + self._chance.randrange(DAY_NS, DAYS * DAY_NS))

    def _order_id(self) -> int:
        return int(self._tables.order_ids[self._chance.randrange(len(self._tables.order_ids))]) or 1

    def _order(self, who: Reader | History) -> Ask:
        order_id = self._order_id()
        return lambda connection: [who.order(connection, order_id)]

    def _orders(self, who: Reader | History, chosen: Filter) -> Ask:
        before = self._page()
        return lambda connection: who.orders(connection, chosen, before, LIMIT)

    def _reports(self, who: Reader | History, chosen: Filter) -> Ask:
        before = self._page()
        return lambda connection: who.executions(connection, chosen, before, LIMIT)

    def _page(self) -> int | None:
        """Returns where a page begins: each second one is the first."""
        return self._chance.choice([None, self._chance.randrange(1, self._tables.count)])

    def _of_one_client(self, who: Reader | History) -> Ask:
        return self._orders(who, Filter(client_order_id=client_order_id(self._order_id())))

    def _of_one_order(self, who: Reader | History) -> Ask:
        return self._reports(who, Filter(order_id=self._order_id()))

    def _stream(self) -> Ask:
        after = self._chance.randrange(self._tables.count)
        return lambda connection: self._reader.executions_after(connection, after, 1_000)


def a_listing(index: int, symbol: str) -> Listing:
    """Returns an instrument with increments of a cent and of one."""
    cent, one = Increment(Decimal("0.01")), Increment(Decimal(1))
    return Listing(index, symbol, "USD", cent, one, Decimal(1), Decimal(0), 18_920)


_any = random.Random(3)


def _maker() -> str:
    return PORTFOLIOS[_any.randrange(4)]


def _fund() -> str:
    return PORTFOLIOS[4 + _any.randrange(40)]


def _symbol() -> str:
    return SYMBOLS[_any.randrange(100)]


ORDER_LISTS: dict[str, Callable[[], Filter]] = {
    "all": Filter,
    "of a maker": lambda: Filter(portfolio_id=_maker()),
    "of a fund": lambda: Filter(portfolio_id=_fund()),
    "of a rare portfolio": lambda: Filter(portfolio_id="rare"),
    "in a symbol": lambda: Filter(symbol=_symbol()),
    "in a rare symbol": lambda: Filter(symbol="RARE"),
    "of a fund in a symbol": lambda: Filter(portfolio_id=_fund(), symbol=_symbol()),
    "NEW": lambda: Filter(status=OPEN),
    "PARTIALLY_FILLED": lambda: Filter(status=PARTIALLY_FILLED),
    "FILLED": lambda: Filter(status=FILLED),
    "REJECTED": lambda: Filter(status=REFUSED),
    "open": lambda: Filter(open_only=True),
    "open of a maker": lambda: Filter(portfolio_id=_maker(), open_only=True),
    "open of a rare portfolio": lambda: Filter(portfolio_id="rare", open_only=True),
    "open in a symbol": lambda: Filter(symbol=_symbol(), open_only=True),
    "PARTIALLY_FILLED of a fund": lambda: Filter(portfolio_id=_fund(), status=PARTIALLY_FILLED),
    "FILLED of a fund": lambda: Filter(portfolio_id=_fund(), status=FILLED),
    "REJECTED of a maker": lambda: Filter(portfolio_id=_maker(), status=REFUSED),
    "REJECTED in a symbol": lambda: Filter(symbol=_symbol(), status=REFUSED),
    "FILLED in a rare symbol": lambda: Filter(symbol="RARE", status=FILLED),
}
EXECUTION_LISTS: dict[str, Callable[[], Filter]] = {
    "all": Filter,
    "of a maker": lambda: Filter(portfolio_id=_maker()),
    "of a fund": lambda: Filter(portfolio_id=_fund()),
    "of a rare portfolio": lambda: Filter(portfolio_id="rare"),
    "in a symbol": lambda: Filter(symbol=_symbol()),
    "in a rare symbol": lambda: Filter(symbol="RARE"),
    "TRADE": lambda: Filter(exec_type=TRADE),
    "REJECTED": lambda: Filter(exec_type=REJECTED),
    "TRADE of a maker": lambda: Filter(portfolio_id=_maker(), exec_type=TRADE),
    "REJECTED of a maker": lambda: Filter(portfolio_id=_maker(), exec_type=REJECTED),
    "REJECTED in a symbol": lambda: Filter(symbol=_symbol(), exec_type=REJECTED),
    "TRADE in a symbol": lambda: Filter(symbol=_symbol(), exec_type=TRADE),
    "of a fund in a symbol": lambda: Filter(portfolio_id=_fund(), symbol=_symbol()),
}


async def ask(database: Database, tables: Tables, count: int, only: str) -> list[dict[str, Any]]:
    """Returns p50 and p99 of each query, in ms of time and of processors, and the rows of an answer."""
    figures = []
    for name, make in Questions(tables).every():
        if only not in name:
            continue
        taken, used, rows = [], [], 0
        for number in range(count + WARM):
            work = partial(_counted, make())
            began = time.perf_counter()
            found, cpu_ns = await database.read(work)
            if number >= WARM:  # connections and plans are made at first, as a service has long done
                taken.append((time.perf_counter() - began) * 1_000)
                used.append(cpu_ns / 1e6)
                rows += found
        shares, cpu = percentiles(taken), percentiles(used)
        told = {"p50_ms": shares["p50"], "p99_ms": shares["p99"], "cpu_p50_ms": cpu["p50"]}
        figures.append({"query": name, **told, "cpu_p99_ms": cpu["p99"], "rows": rows // count})
    return figures


def _counted(work: Ask, connection: Connection) -> tuple[int, int]:
    """Returns how many rows an answer has, and what it took of processors, whoever else uses them."""
    before = _cpu_ns(connection)
    return len(work(connection)), _cpu_ns(connection) - before


def _cpu_ns(connection: Connection) -> int:
    """Returns what this thread, and the process of PostgreSQL that serves it, have used so far."""
    used = time.thread_time_ns()
    if connection.dialect.name == "postgresql":
        driver: Any = connection.connection.driver_connection
        used += int(Path(f"/proc/{driver.info.backend_pid}/schedstat").read_text().split()[0])
    return used


@contextmanager
def engine_on(kind: str, where: Path) -> Iterator[Engine]:
    """Makes empty tables on a database of its own for the length of a with block."""
    if kind == "sqlite":
        yield make_engine("", where, "orders")
        return
    options = {
        "shared_buffers": "512MB",
        "fsync": "off",
        "max_wal_size": "4GB",
        "maintenance_work_mem": "512MB",
    }
    server = LocalPostgres(where / "postgres", options)
    try:
        server.start()
        yield make_engine(server.url(), where, "orders")
    finally:
        server.stop()


@contextmanager
def folder_of(kept: Path | None) -> Iterator[Path]:
    """Makes the folder of the tables, which goes at the end if nobody wants to keep it."""
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="tickmesh-queries-") as name:
        yield Path(name)


def measure(kind: str, rows: int, count: int, kept: Path | None, only: str) -> dict[str, Any]:
    """Fills tables, if they are empty, and returns the figures of one kind of database."""
    tables = Tables(Flow(rows))
    with folder_of(kept) as where:
        where.chmod(0o711)  # PostgreSQL may run as another user
        with engine_on(kind, where) as engine:
            migrate(engine, "orders", folder("orders"))
            filled = fill(engine, tables) if is_empty(engine) else {}
            vacuum(engine)
            database = Database(engine)
            asked = asyncio.run(ask(database, tables, count, only))
            database.close()
    return {"database": kind, "executions": tables.count, **filled, "queries": asked}


def vacuum(engine: Engine) -> None:
    """Does what PostgreSQL would have done some minutes after so many rows or a migration."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE"))


def is_empty(engine: Engine) -> bool:
    """Says whether the tables are new."""
    with engine.connect() as connection:
        return connection.execute(sa.select(EXECUTIONS.c.sequence).limit(1)).first() is None


def section(figures: list[dict[str, Any]]) -> str:
    """Returns the section of docs/benchmarks.md, the databases side by side."""
    times = ("p50_ms", "p99_ms", "cpu_p50_ms", "cpu_p99_ms")
    names = [f"{TITLES[each['database']]} p50 | p99 | CPU p50 | CPU p99" for each in figures]
    columns = 2 + len(times) * len(figures)
    lines = [SECTION, f"| query | {' | '.join(names)} | rows |", "|" + "---|" * columns]
    for rows in zip(*(each["queries"] for each in figures), strict=True):
        values = [f"{row[name]:.1f}" for row in rows for name in times]
        lines.append(f"| {' | '.join([rows[0]['query'], *values, str(rows[0]['rows'])])} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.queries", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--count", type=int, default=COUNT, help="how often each query is asked")
    parser.add_argument("--database", choices=DATABASES, action="append")
    parser.add_argument("--folder", type=Path, help="keep the tables there, and use those that are there")
    parser.add_argument("--only", default="", help="only queries with this in their name, such as as_of")
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    for kind in told.database or DATABASES:
        figures = measure(kind, told.rows, told.count, told.folder and told.folder / kind, told.only)
        if told.json:
            print(json.dumps(figures))
            continue
        print({name: value for name, value in figures.items() if name != "queries"})
        for row in figures["queries"]:
            times = "".join(f"{value:10.3f}" for name, value in row.items() if name.endswith("_ms"))
            print(f"{row['query']:45}{times}{row['rows']:6}")


if __name__ == "__main__":
    main()

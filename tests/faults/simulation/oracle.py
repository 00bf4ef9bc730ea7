"""What must be so in the end: everything is compared with a replay of the journal from its first row."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from tickmesh.native.engine import COMMAND_STRUCT, Engine
from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.services.orders.capacities import engine_config, venue_config
from tickmesh.services.orders.domain.orders import Report
from tickmesh.services.orders.domain.venue import Venue
from tickmesh.services.orders.heads import KEY_NAME
from tickmesh.services.orders.journal import Journal
from tickmesh.services.orders.store import Filter, Reader
from tickmesh.services.orders.verification import verify
from tickmesh.services.orders.wire import order_message, report_message, result_message
from tickmesh.services.runtime.settings import RuntimeSettings
from tickmesh.services.runtime.signing import public_name

from .nodes import SETTINGS
from .users import Lie, Told

Position = tuple[str, str]


class Truth:
    """Every report, order and hash that the journal adds up to."""

    def __init__(self, journal_tables: sa.Engine) -> None:
        self.reports: list[Report] = []
        self.venue = Venue(venue_config(SETTINGS), row_commands_max=SETTINGS.orders_row_commands_max)
        self._engine = Engine(engine_config(SETTINGS))
        self.hashes = {0: self._engine.state_hash()}  # by the last command of each row
        journal = Journal(journal_tables, 0)
        self._replay(journal)
        self._engine.close()
        self.journal_hash = journal.hash
        self.messages = [report_message(report) for report in self.reports]
        self.by_order: dict[int, list[Report]] = defaultdict(list)
        for report in self.reports:
            self.by_order[report.ticket.order_id].append(report)
        self.by_name: dict[str, list[list[Report]]] = defaultdict(list)
        for reports in self.by_order.values():
            self.by_name[reports[0].ticket.client_order_id].append(reports)

    def _replay(self, journal: Journal) -> None:
        epoch = time_ns = 0
        for row in journal.rows():
            journal.check(row)
            require(row.epoch >= epoch, f"a row of epoch {row.epoch} follows one of epoch {epoch}")
            times = [command[1] for command in COMMAND_STRUCT.iter_unpack(row.payload)]
            require(sorted(times) == times and times[0] >= time_ns, f"time goes back in {row.first_sequence}")
            epoch, time_ns = row.epoch, times[-1]
            events = self._engine.process(row.payload)
            outcome = self.venue.apply(row.payload, row.joined_notes(), events)
            self.reports += map(self.venue.report, outcome.reports)
            self.hashes[row.last_sequence] = self._engine.state_hash()

    @property
    def last_report(self) -> int:
        return self.reports[-1].sequence if self.reports else 0


def require(holds: bool, problem: str) -> None:
    """Fails with Lie."""
    if not holds:
        raise Lie(problem)


def check_guard(tables: sa.Engine) -> None:
    """Only the owner of the moment has ever written a row."""
    query = sa.text("SELECT epoch, owner, first_sequence FROM trespasses")
    with tables.connect().execution_options(begin="BEGIN") as connection:
        found = connection.execute(query).first()
    require(found is None, f"epoch, owner and first command of a row that no owner wrote: {found}")


def check_journal(truth: Truth, folder: Path) -> None:
    """`tickmesh verify` finds every row whole and every head signed."""
    report = verify(RuntimeSettings(data_dir=folder), replay=False, key_file=folder / public_name(KEY_NAME))
    require(report.first_bad is None, f"the journal does not verify: {report.first_bad}")
    require(report.commands == truth.venue.last_command, "rows are missing in what was verified")


def check_answers(truth: Truth, told: Told) -> None:
    """Every acknowledged order is in the journal, once, and was first answered with just this."""
    for name, found in truth.by_name.items():
        require(len(found) == 1, f"{name} became {len(found)} orders")
    for name, order in told.orders.items():
        require(name in truth.by_name, f"{name} was acknowledged and is not in the journal")
        (reports,) = truth.by_name[name]
        expected = order_message(_first_answer(reports))
        require(order == expected, f"{name} was answered {order}, not {expected}")
    for name, result in told.results.items():
        require(name in truth.by_name, f"{name} was acknowledged and is not in the journal")
        (reports,) = truth.by_name[name]
        same = result_message(_first_answer(reports), result.command)
        require(result == same, f"{name} was answered {result}, not {same}")


def _first_answer(reports: list[Report]) -> Report:
    """Returns an order as it was after the command that made it."""
    return [report for report in reports if report.command == report.ticket.order_id][-1]


def check_states(truth: Truth, seen: dict[int, int]) -> None:
    """Owners and those who stood by had, at each row, the state that a replay has."""
    for command, state_hash in seen.items():
        require(truth.hashes.get(command) == state_hash, f"a state differed at command {command}")


def check_reader(truth: Truth, name: str, reports: Sequence[pb.ExecutionReport]) -> None:
    """A reader has had every report, once and in order."""
    ids = [report.execution_id for report in reports]
    expected = [report.execution_id for report in truth.messages]
    require(ids == expected, f"{name} had {_difference(ids, expected)}")
    for report, message in zip(reports, truth.messages, strict=True):
        require(report == message, f"{name} had {report}, not {message}")


def _difference(found: list[str], expected: list[str]) -> str:
    twice = sorted({one for one in found if found.count(one) > 1}, key=int)
    missing = [one for one in expected if one not in set(found)]
    return f"{len(found)} reports of {len(expected)}; twice: {twice[:5]}; never: {missing[:5]}"


def check_tables(truth: Truth, tables: sa.Engine) -> None:
    """The tables say what the streams say."""
    reader = Reader(truth.venue.listings)
    with tables.connect().execution_options(begin="BEGIN") as connection:
        reports = reader.executions(connection, Filter(), None, 1_000_000)[::-1]
        orders = reader.orders(connection, Filter(), None, 1_000_000)[::-1]
    check_reader(truth, "the table of executions", list(map(report_message, reports)))
    expected = {order_id: order_message(found[-1]) for order_id, found in truth.by_order.items()}
    stored = {order.ticket.order_id: order_message(order) for order in orders}
    require(stored == expected, f"the table of orders has {len(stored)} of {len(expected)}, or other states")


def check_positions(truth: Truth, found: dict[Position, tuple[str, str, int]]) -> None:
    """Positions are the sums of the trades: each counts once."""
    sums: dict[Position, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0), Decimal(0)])
    for message in truth.messages:
        if message.exec_type == pb.ExecutionReport.TRADE:
            order, quantity = message.order, Decimal(message.last_quantity)
            position = sums[order.portfolio_id, order.symbol]
            position[0] += quantity if order.side == pb.Order.BUY else -quantity
            position[1] += quantity
            position[2] += 1
    stored = {key: [Decimal(row[0]), Decimal(row[1]), Decimal(row[2])] for key, row in found.items()}
    require(stored == dict(sums), f"positions are {stored}, not {dict(sums)}")


def check_books(watched: dict[str, Any], engine: dict[str, Any]) -> None:
    """A reader's books are the engine's."""
    for symbol, book in engine.items():
        require(watched.get(symbol) == book, f"the book of {symbol} is {watched.get(symbol)}, not {book}")


def check_trades(truth: Truth) -> None:
    """Both sides of each trade are there, and nobody trades more than was ordered."""
    sides: dict[int, list[Report]] = defaultdict(list)
    for report in truth.reports:
        if report.last_lots:
            sides[report.trade].append(report)
    for trade, reports in sides.items():
        is_whole = len(reports) == 2 and reports[0].last_lots == reports[1].last_lots
        require(is_whole, f"trade {trade} has {len(reports)} sides")
        require({one.ticket.side for one in reports} == {1, 2}, f"trade {trade} has no buyer or no seller")
    for order_id, reports in truth.by_order.items():
        lots = np.cumsum([report.last_lots for report in reports])
        cumulative = [report.state.cumulative for report in reports]
        require(list(lots) == cumulative, f"order {order_id} counts {cumulative}, it traded {list(lots)}")

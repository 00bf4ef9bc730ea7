"""The tables hold each report once and every order as it is, whoever dies, on SQLite and PostgreSQL."""

import random
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.services.orders.recorded_day import RecordedDay, steps
from tests.services.orders.script import Script, a_day
from tickmesh.native.engine import NONE, CommandType, LimitType
from tickmesh.services.orders import projecting, writing
from tickmesh.services.orders.projecting import follow
from tickmesh.services.orders.projector import PROGRESS
from tickmesh.services.orders.writing import AnotherProjector

LENGTH = 240


def a_day_with_refusals() -> Script:
    """Returns random orders, some of them refused by a limit whose figures the tables keep."""
    script = a_day(5, LENGTH)
    script.add(CommandType.SET_LIMIT, node=2, instrument=0, sort=LimitType.ORDER_QUANTITY, quantity=5)
    for lots in range(1, 10):
        script.order(1, lots, 18_000)
    script.add(CommandType.MASS_CANCEL, node=2, instrument=NONE)
    return script


@pytest.fixture
def day(tmp_path: Path, database_url: str) -> Iterator[RecordedDay]:
    day = RecordedDay(a_day_with_refusals(), tmp_path, database_url)
    yield day
    day.close()


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets a transaction hold a row of the journal."""
    monkeypatch.setattr(projecting, "ROWS_AT_ONCE", 1)


def catch_up(day: RecordedDay) -> None:
    """Writes what is left."""
    projection = day.projection()
    for _ in steps(projection):
        pass
    projection.close()


def assert_written(day: RecordedDay) -> None:
    assert day.written() == day.expected()
    assert day.orders() == day.expected_orders()


def test_the_tables_hold_every_report_and_every_order(day: RecordedDay) -> None:
    catch_up(day)
    assert_written(day)
    assert any(report.order.HasField("risk_decision") for report in day.written())


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize("seed", range(3))
def test_a_projector_that_dies_again_and_again_leaves_nothing_out_and_nothing_twice(
    day: RecordedDay, seed: int
) -> None:
    chance, expected, sequence = random.Random(seed), day.expected(), 0
    while sequence < day.last:
        projection = day.projection()
        assert projection.sequence == sequence
        goal = sequence + chance.randint(0, 60)
        while projection.sequence < goal and projection.step():
            pass
        sequence = projection.sequence
        assert day.written() == [report for report in expected if int(report.execution_id) <= sequence]
        projection.close()
    assert_written(day)


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize("last", ["insert", "change_orders"])
def test_a_transaction_that_breaks_off_leaves_no_trace(
    day: RecordedDay, last: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = writing._Sqlite if day.tables.dialect.name == "sqlite" else writing._Postgres
    whole = getattr(tables, last)
    with monkeypatch.context() as patched:
        patched.setattr(tables, last, lambda *told: _break_off(whole, *told))
        for _ in range(3):
            projection = day.projection()
            with pytest.raises(Broken):
                list(steps(projection))
            projection.close()
    assert len(day.written()) < len(day.expected())
    catch_up(day)
    assert_written(day)


class Broken(Exception):
    """Stands for the end of the process."""


def _break_off(work: Callable[..., None], tables: Any, *told: Any) -> None:
    work(tables, *told)
    if told[-1] and len(told[-1]) > 1:
        raise Broken


@pytest.mark.usefixtures("small_steps")
def test_of_two_projectors_one_gives_up_and_the_tables_are_whole(day: RecordedDay) -> None:
    chance, given_up = random.Random(1), 0
    two = [day.projection(), day.projection()]
    while min(projection.sequence for projection in two) < day.last:
        place = chance.randint(0, 1)
        try:
            two[place].step()
        except AnotherProjector:
            given_up += 1
            two[place].close()
            two[place] = day.projection()
    for projection in two:
        projection.close()
    assert given_up > 0
    assert_written(day)


def test_tables_that_were_lost_are_written_again(day: RecordedDay) -> None:
    catch_up(day)
    day.take_snapshot(day.cuts[-1])
    day.forget()
    catch_up(day)
    assert_written(day)


@pytest.mark.usefixtures("small_steps")
def test_tables_that_lag_far_behind_the_snapshots_begin_with_one_that_they_have_reached(
    day: RecordedDay,
) -> None:
    early, *_, late, last = day.cuts
    first = day.projection()
    for _ in range(30):
        first.step()
    reached = first.sequence
    first.close()
    for cut in (early, late, last):
        day.take_snapshot(cut)
    projection = day.projection()
    assert projection.sequence == reached
    assert projection._venue.last_command == early
    list(steps(projection))
    projection.close()
    assert_written(day)


def test_tables_that_are_abreast_begin_with_the_newest_snapshot(day: RecordedDay) -> None:
    catch_up(day)
    day.take_snapshot(day.cuts[-1])
    projection = day.projection()
    assert projection._venue.last_command == day.cuts[-1]
    assert not list(steps(projection))[1:]
    projection.close()
    assert_written(day)


def test_a_projector_tells_how_far_it_is_and_ends_with_the_other_end(day: RecordedDay) -> None:
    ours, theirs = socket.socketpair()
    projection, told = day.projection(), b""
    thread = threading.Thread(target=follow, args=[projection, theirs])
    thread.start()
    ours.settimeout(30)
    while not told.endswith(PROGRESS.pack(day.last)):
        told += ours.recv(1 << 16)
    ours.close()
    thread.join(30)
    assert not thread.is_alive()
    projection.close()
    numbers = [number for (number,) in PROGRESS.iter_unpack(told)]
    assert numbers == sorted(numbers)
    assert_written(day)

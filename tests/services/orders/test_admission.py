"""What waits has a bound, and everybody gets a part of it."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.services.orders.desk import Desk, actions, an_order, open_desk, refusal_of
from tickmesh.services.orders.admission import RETRY_MAX_S, RETRY_MIN_S, Admission, Overloaded
from tickmesh.services.orders.journal import Journal
from tickmesh.services.runtime.errors import to_status

ROOM = 1_000


class Door:
    """An admission, and what it is told about the queue behind it."""

    def __init__(self, room: int = ROOM) -> None:
        self.oldest_s = 0.0
        self.rate = 0.0
        self.waiting: list[Callable[[], None]] = []  # called when what waits is done
        self.admission = Admission(
            waiting_max=room,
            waits_max_s=1.0,
            oldest_waits_s=lambda: self.oldest_s,
            commands_per_second=lambda: self.rate,
            after_waiting=self.waiting.append,
        )

    def lets_in(self, caller: str, count: int = 1) -> bool:
        try:
            self.admission.take(caller, count)
        except Overloaded:
            return False
        return True

    def fill(self, caller: str, count: int = 1) -> int:
        """Lets a caller take as much as it gets; returns how much that is."""
        taken = 0
        while self.lets_in(caller, count):
            taken += count
        return taken


def refused(door: Door, caller: str, count: int = 1) -> Overloaded:
    with pytest.raises(Overloaded) as failure:
        door.admission.take(caller, count)
    return failure.value


def test_one_caller_gets_half_and_leaves_half() -> None:
    assert Door().fill("greedy") == ROOM // 2


def test_whoever_comes_next_is_let_in_however_greedy_the_others_are() -> None:
    door = Door(200_000)
    for number in range(8):
        assert door.fill(f"caller {number}", 1_000 if number < 6 else 10) > 0


def test_callers_that_stay_greedy_end_with_the_same_part() -> None:
    door, callers = Door(), ["a", "b", "c"]
    held = {caller: door.fill(caller) for caller in callers}
    for _ in range(2 * ROOM):  # one command of the one that holds most is done, and all ask again
        most = max(held, key=lambda caller: held[caller])
        door.admission.give_back(most, 1)
        held[most] -= 1
        for caller in callers:
            held[caller] += door.lets_in(caller)
    assert max(held.values()) - min(held.values()) <= 2
    assert abs(sum(held.values()) - 3 * ROOM // 4) <= 4


def test_a_message_of_a_caller_that_holds_nothing_may_be_larger_than_its_part() -> None:
    door = Door()
    assert not door.lets_in("a", ROOM + 1)
    assert door.lets_in("a", ROOM)
    assert not door.lets_in("b", 1)


def test_room_that_was_given_back_is_there_again() -> None:
    door = Door()
    for _ in range(3):
        with door.admission.hold("a", ROOM):
            assert not door.lets_in("b")
        with pytest.raises(RuntimeError), door.admission.hold("a", ROOM):
            raise RuntimeError
    assert door.waiting == []


async def test_who_hangs_up_keeps_its_room_until_its_commands_are_done() -> None:
    door = Door()

    async def call() -> None:
        with door.admission.hold("a", ROOM):
            await asyncio.Event().wait()

    task = asyncio.create_task(call())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert not door.lets_in("b")
    for action in door.waiting:
        action()
    assert door.lets_in("b")


def test_nobody_is_let_in_while_the_oldest_waits_too_long() -> None:
    door = Door()
    door.oldest_s = 1.0
    assert door.lets_in("a")
    door.oldest_s = 1.25
    error = refused(door, "b")
    assert (error.reason, error.retry_after_s) == ("OVERLOADED", 1.25)
    assert error.metadata == {"retry_after_ms": "1250"}
    door.oldest_s = 0.0
    assert door.lets_in("b")


@pytest.mark.parametrize(
    ("rate", "expected_s"), [(0.0, RETRY_MIN_S), (1e9, RETRY_MIN_S), (100.0, RETRY_MAX_S), (ROOM, 0.5)]
)
def test_a_retry_comes_when_what_waits_is_done_at_the_present_rate(rate: float, expected_s: float) -> None:
    door = Door()
    door.fill("a")
    door.rate = rate
    assert refused(door, "a").retry_after_s == expected_s


def test_the_time_to_come_back_goes_over_the_wire() -> None:
    door = Door()
    door.oldest_s = 2.0
    status = to_status(refused(door, "a"))
    assert status.code == grpc.StatusCode.RESOURCE_EXHAUSTED.value[0]
    assert any(detail.type_url.endswith("google.rpc.RetryInfo") for detail in status.details)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 300), st.booleans())))
def test_no_more_is_let_in_than_there_is_room_for(asked: list[tuple[str, int, bool]]) -> None:
    door = Door()
    held: list[tuple[str, int]] = []
    for caller, count, returns in asked:
        if returns and held:
            door.admission.give_back(*held.pop(0))
        elif door.lets_in(caller, count):
            held.append((caller, count))
        assert sum(count for _, count in held) <= ROOM
    for caller, count in held:
        door.admission.give_back(caller, count)
    assert door.lets_in("z", ROOM)


class StuckJournal:
    """A journal whose next row is written when it may be."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_stuck, self.may_go_on = threading.Event(), threading.Event()
        self._append = Journal.append
        monkeypatch.setattr(Journal, "append", lambda *told: self._wait(*told))

    def _wait(self, *told: Any) -> None:
        self.is_stuck.set()
        self.may_go_on.wait(30)
        self._append(*told)


@pytest.mark.parametrize("count", [1, 10], ids=["unary", "a batch"])
async def test_a_call_that_was_given_up_counts_until_it_is_done(
    tmp_path: Path, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKMESH_ORDERS_WAITING_MAX", str(count))
    monkeypatch.setenv("TICKMESH_ORDERS_WAITS_MAX_S", "60")
    async with open_desk(tmp_path) as desk:
        orders = [an_order() for _ in range(count)]
        journal, stub = StuckJournal(monkeypatch), desk.stub
        call = stub.SubmitOrder(orders[0]) if count == 1 else stub.SubmitOrders(iter([actions(*orders)]))
        reading = asyncio.create_task(anext(aiter(call)) if count > 1 else _answer_of(call))
        assert await asyncio.to_thread(journal.is_stuck.wait, 10)
        reading.cancel()
        call.cancel()
        await asyncio.sleep(0.2)  # until the server has heard that nobody waits any more
        async with asyncio.timeout(10):
            assert (await refusal_of(desk.submit())).reason == "OVERLOADED"
        journal.may_go_on.set()
        async with asyncio.timeout(10):
            while not await _is_let_in(desk):
                await asyncio.sleep(0.01)
        assert len(await desk.orders()) == count + 1


async def _answer_of(call: Any) -> Any:
    return await call


async def _is_let_in(desk: Desk) -> bool:
    try:
        await desk.submit()
    except grpc.aio.AioRpcError:
        return False
    return True

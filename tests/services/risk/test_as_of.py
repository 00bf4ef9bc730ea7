"""Limits and trading states as of a moment: what all the changes told by events add up to by then."""

import itertools
import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import sqlalchemy as sa

from tests.services.portfolio.fakes import FakeAssets, FakeOrders, FakePricing, starts, stock
from tickmesh.orders.v1 import orders_pb2
from tickmesh.risk.v1 import risk_pb2 as pb
from tickmesh.risk.v1 import risk_pb2_grpc
from tickmesh.services.risk.service import start
from tickmesh.services.risk.tables import EVENTS, STATE_CHANGES, STATES
from tickmesh.services.runtime.database import make_engine
from tickmesh.services.runtime.errors import RemoteError, describe
from tickmesh.services.runtime.migrate import folder, migrate
from tickmesh.services.runtime.testing import serve_for_test
from tickmesh.services.values import time_ns, timestamp

pytestmark = pytest.mark.usefixtures("on_both_databases")

Level = orders_pb2.RiskScope.Level
LimitType = orders_pb2.EngineLimit.LimitType
State = orders_pb2.TradingState.State
SCOPES = [
    orders_pb2.RiskScope(level=Level.FIRM),
    orders_pb2.RiskScope(level=Level.PORTFOLIO, id="demo"),
    orders_pb2.RiskScope(level=Level.STRATEGY, id="demo/maker"),
]
START_NS = 1_795_255_200_000_000_000


@pytest.fixture
async def risk(tmp_path: Path) -> AsyncIterator[Any]:
    """Yields a client of a risk service whose clock often stands still."""
    chance = random.Random(5)
    steps = (chance.choice([0, 0, 1, 10**9]) for _ in itertools.count())
    now_ns = itertools.accumulate(steps, initial=START_NS)
    every = [*starts(FakeOrders(), FakePricing(), FakeAssets(stock("AAPL"))), start]  # type: ignore[abstract]
    async with serve_for_test(every, tmp_path, lambda: next(now_ns)) as host:
        yield risk_pb2_grpc.RiskServiceStub(host.channel("risk"))


async def change_something(risk: Any, chance: random.Random) -> None:
    scope = chance.choice(SCOPES)
    if chance.random() < 0.4:
        state = chance.choice(State.values()[1:])
        await risk.SetTradingState(pb.SetTradingStateRequest(scope=scope, state=state))
    elif chance.random() < 0.3:
        limits = (await risk.ListLimits(pb.ListLimitsRequest())).limits
        if limits:
            await risk.DeleteLimit(pb.DeleteLimitRequest(limit_id=chance.choice(limits).limit_id))
    else:
        kind = chance.choice([LimitType.ORDER_RATE, LimitType.GROSS_EXPOSURE, LimitType.ORDER_NOTIONAL])
        value = str(chance.randint(1, 99))
        await risk.SetLimit(pb.SetLimitRequest(scope=scope, limit_type=kind, value=value))


async def told(risk: Any) -> list[pb.RiskEvent]:
    """Returns every event, oldest first."""
    listed = await risk.ListRiskEvents(pb.ListRiskEventsRequest(page_size=1_000))
    return list(listed.events)[::-1]


def place(scope: orders_pb2.RiskScope) -> str:
    return f"{Level.Name(scope.level)}/{scope.id}/{scope.symbol}"


def changes(events: list[pb.RiskEvent], kind: Any, at_ns: int) -> Iterator[pb.RiskEvent]:
    return (event for event in events if event.kind == kind and time_ns(event.event_time) <= at_ns)


def limits_by(events: list[pb.RiskEvent], at_ns: int) -> dict[tuple[str, str], tuple[str, int]]:
    """Returns value and version of every limit in force at a moment."""
    found: dict[tuple[str, str], tuple[str, int]] = {}
    for event in changes(events, pb.RiskEvent.LIMIT_CHANGED, at_ns):
        key = place(event.scope), event.check
        found[key] = event.limit, found.get(key, ("", 0))[1] + 1
    return {key: told for key, told in found.items() if told[0]}


def states_by(events: list[pb.RiskEvent], at_ns: int) -> dict[str, str]:
    found = {
        place(event.scope): event.check
        for event in changes(events, pb.RiskEvent.TRADING_STATE_CHANGED, at_ns)
    }
    return {where: state for where, state in found.items() if state != "ACTIVE"}


async def all_of(call: Any, request: Any, name: str) -> list[Any]:
    found: list[Any] = []
    while True:
        response = await call(request)
        found += getattr(response, name)
        request.page_token = response.next_page_token
        if not response.next_page_token:
            return found


async def test_every_answer_is_what_the_changes_add_up_to(risk: Any) -> None:
    chance = random.Random(3)
    for _ in range(80):
        await change_something(risk, chance)
    events = await told(risk)
    stamps = {time_ns(event.event_time) for event in events}
    for at_ns in sorted({0, *(stamp + step for stamp in stamps for step in (-1, 0, 1)), 10**19 // 2}):
        at = timestamp(at_ns)
        size = chance.choice([1, 3, 1_000])
        limits = await all_of(risk.ListLimits, pb.ListLimitsRequest(page_size=size, as_of=at), "limits")
        assert {
            (place(limit.scope), LimitType.Name(limit.limit_type)): (limit.value, limit.version)
            for limit in limits
        } == limits_by(events, at_ns)
        assert [limit.limit_id for limit in limits] == sorted({limit.limit_id for limit in limits})
        assert all(time_ns(limit.update_time) <= at_ns for limit in limits)
        request = pb.ListTradingStatesRequest(page_size=size, as_of=at)
        records = await all_of(risk.ListTradingStates, request, "records")
        assert {place(one.scope): State.Name(one.state) for one in records} == states_by(events, at_ns)


async def test_now_and_a_moment_still_to_come_are_the_same(risk: Any) -> None:
    chance = random.Random(4)
    for _ in range(30):
        await change_something(risk, chance)
    later = timestamp(START_NS * 2)
    for call, kind in (
        (risk.ListLimits, pb.ListLimitsRequest),
        (risk.ListTradingStates, pb.ListTradingStatesRequest),
    ):
        assert await call(kind(as_of=later)) == await call(kind())


async def refusal_of(call: Any) -> RemoteError:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return describe(refused.value)


async def test_pages_stay_at_their_moment(risk: Any) -> None:
    for scope in SCOPES:
        await risk.SetTradingState(pb.SetTradingStateRequest(scope=scope, state=State.HALTED))
    for call, kind in (
        (risk.ListLimits, pb.ListLimitsRequest),
        (risk.ListTradingStates, pb.ListTradingStatesRequest),
    ):
        first = await call(kind(page_size=1, as_of=timestamp(START_NS * 2)))
        token = first.next_page_token
        for changed in (timestamp(START_NS * 2 + 1), None):
            said = await refusal_of(call(kind(page_size=1, as_of=changed, page_token=token)))
            assert (said.code, said.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "AS_OF_CHANGED")


EARLIER = [("firm::", "HALTED"), ("desk:d:", "REDUCING")] * 2
EVENT = {"kind": "TRADING_STATE_CHANGED", "severity": "LOW", "portfolio_id": "", "order_id": ""}
EVENT |= {"limit": "", "used": "", "headroom": "", "asked": ""}


def test_states_set_before_there_was_a_history_come_from_their_events(
    tmp_path: Path, database_url: str
) -> None:
    engine = make_engine(database_url, tmp_path, "risk")
    migrate(engine, "risk", folder("risk"), "0001")
    with engine.begin() as connection:
        for number, (where, state) in enumerate(EARLIER, start=1):
            told = {"event_id": number, "place": where, "check": state, "message": f"m{number}"}
            connection.execute(EVENTS.insert(), {**EVENT, **told, "time_ns": number})
        signed = {"comment": "why", "updated_by": "ann", "canceled_count": 7}
        for number in (3, 4):
            where, state = EARLIER[number - 1]
            row = {"place": where, "state": state, "update_time_ns": number}
            connection.execute(STATES.insert(), row | signed)
    migrate(engine, "risk", folder("risk"))
    with engine.connect() as connection:
        query = sa.select(STATE_CHANGES).order_by(STATE_CHANGES.c.update_time_ns)
        found = [tuple(row) for row in connection.execute(query)]
    engine.dispose()
    assert found == [
        ("firm::", 1, "HALTED", "m1", "", 1, 0),
        ("desk:d:", 1, "REDUCING", "m2", "", 2, 0),
        ("firm::", 2, "HALTED", "why", "ann", 3, 7),
        ("desk:d:", 2, "REDUCING", "why", "ann", 4, 7),
    ]

"""The tables of the risk service: nothing is told without its place, nothing changes without its event."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tickmesh.risk.v1 import risk_pb2 as pb
from tickmesh.services.risk.domain.events import Event, Kind, Refusal, breach_of
from tickmesh.services.risk.domain.limits import LimitKey, LimitType
from tickmesh.services.risk.domain.rulebook import Outcome, RuleBook, Signature
from tickmesh.services.risk.domain.scopes import Level, Scope
from tickmesh.services.risk.domain.states import State, StateRecord
from tickmesh.services.risk.requests import Request
from tickmesh.services.risk.store import Progress, ProgressLostError, RiskStore
from tickmesh.services.runtime.database import Database, make_engine
from tickmesh.services.runtime.migrate import folder, migrate

KEY = LimitKey(Scope(Level.STRATEGY, "demo/maker"), LimitType.ORDER_RATE)
HALT = StateRecord(Scope(Level.FIRM, symbol="AAPL"), State.HALTED, "why", "ann", 3, 2)


@pytest.fixture
async def store(tmp_path: Path, database_url: str) -> AsyncIterator[RiskStore]:
    engine = make_engine(database_url, tmp_path, "risk")
    migrate(engine, "risk", folder("risk"))
    database = Database(engine)
    yield RiskStore(database)
    database.close()


def set_limit(request_id: str = "") -> Request[pb.Limit]:
    request = pb.SetLimitRequest(request_id=request_id, value="5")
    return Request(
        "SetLimit", request, request_id, pb.Limit, lambda outcome: pb.Limit(value=outcome.limits[0].value)
    )


def breach(number: int) -> Event:
    event = breach_of(Refusal(str(number), "demo", "AAPL", "PRICE_COLLAR", number))
    assert event is not None
    return event


async def test_limits_and_states_are_found_again(store: RiskStore) -> None:
    rules = RuleBook()
    for value in ("5", None, "7"):
        outcome = rules.with_limits({KEY: value}, Signature("ann", 1))
        await store.commit(
            set_limit() if value else Request("", pb.Limit(), "", pb.Limit, lambda _: pb.Limit()), outcome, ""
        )
        rules.adopt(outcome)
    await store.commit(set_state(), rules.with_state(HALT), "")
    found = await store.in_force()
    assert [(limit.key, limit.value, limit.version) for limit in found.limits] == [(KEY, "7", 3)]
    assert found.states == (HALT,)
    assert [event.kind for event in await store.events(10)] == [
        Kind.TRADING_STATE_CHANGED,
        *[Kind.LIMIT_CHANGED] * 3,
    ]


def set_state() -> Request[pb.TradingStateRecord]:
    return Request(
        "SetTradingState",
        pb.SetTradingStateRequest(),
        "",
        pb.TradingStateRecord,
        lambda _: pb.TradingStateRecord(),
    )


async def test_a_known_request_stores_nothing_and_tells_nothing(store: RiskStore) -> None:
    told: list[Event] = []
    store.on_event = told.append
    outcome = RuleBook().with_limits({KEY: "5"}, Signature("ann", 1))
    assert not await store.is_known("r")
    first = await store.commit(set_limit("r"), outcome, "")
    assert await store.is_known("r")
    assert await store.commit(set_limit("r"), Outcome(), "") == first
    assert len(told) == 1


async def test_what_would_take_a_change_back_is_forgotten_with_its_commit(store: RiskStore) -> None:
    await store.plan_undo("u1", b"one")
    await store.plan_undo("u2", b"two")
    assert await store.undos() == {"u1": b"one", "u2": b"two"}
    await store.commit(set_limit(), RuleBook().with_limits({KEY: "5"}, Signature("ann", 1)), "u1")
    await store.forget_undo("u2")
    assert await store.undos() == {}


async def test_events_are_numbered_without_a_hole_and_handed_on_in_order(store: RiskStore) -> None:
    told: list[Event] = []
    store.on_event = told.append
    start = await store.progress()
    middle = Progress("t2", start.epoch)
    await store.record([breach(1), breach(2)], start, middle)
    await store.record([breach(3)], middle, Progress("t3", start.epoch))
    assert [event.event_id for event in told] == [1, 2, 3]
    assert await store.events(10) == told[::-1]
    assert await store.progress() == Progress("t3", start.epoch)


async def test_refusals_that_another_process_told_are_not_told_again(store: RiskStore) -> None:
    start = await store.progress()
    await store.record([breach(1)], start, Progress("t1", start.epoch))
    with pytest.raises(ProgressLostError):
        await store.record([breach(1)], start, Progress("t1", start.epoch))
    assert len(await store.events(10)) == 1


async def test_events_are_found_by_portfolio_and_kind(store: RiskStore) -> None:
    start = await store.progress()
    await store.record([breach(1)], start, Progress("t1", start.epoch))
    await store.commit(set_state(), RuleBook().with_state(HALT), "")
    assert [event.kind for event in await store.events(10, portfolio_id="demo")] == [Kind.BREACH_PREVENTED]
    assert [event.scope for event in await store.events(10, kind="TRADING_STATE_CHANGED")] == [HALT.scope]
    assert [event.event_id for event in await store.events(10, before=2)] == [1]

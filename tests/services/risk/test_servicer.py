"""RiskService over real gRPC: the engine hears first and again, each refusal is told once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.services.portfolio.fakes import (
    FakeAssets,
    FakeOrders,
    FakePricing,
    eventually,
    pair,
    starts,
    stock,
)
from tickmesh.orders.v1 import orders_pb2
from tickmesh.risk.v1 import risk_pb2 as pb
from tickmesh.risk.v1 import risk_pb2_grpc
from tickmesh.services.risk.service import start
from tickmesh.services.runtime.errors import RemoteError, describe
from tickmesh.services.runtime.testing import serve_for_test

pytestmark = pytest.mark.usefixtures("on_both_databases")

Level = orders_pb2.RiskScope.Level
LimitType = orders_pb2.EngineLimit.LimitType
FIRM = orders_pb2.RiskScope(level=Level.FIRM)
DEMO = orders_pb2.RiskScope(level=Level.PORTFOLIO, id="demo")
LISTED = (stock("AAPL"), stock("SAP", "EUR"), pair("EUR", "USD"))
Stub = Any


def engine_name(limit: orders_pb2.EngineLimit) -> str:
    return f"{limit.scope.id}/{limit.scope.symbol}/{LimitType.Name(limit.limit_type)}"


@dataclass
class World:
    """The neighbours, and the risk service between them, which may stop and start again."""

    folder: Path
    orders: FakeOrders = field(default_factory=FakeOrders)
    pricing: FakePricing = field(default_factory=FakePricing)
    assets: FakeAssets = field(
        default_factory=lambda: FakeAssets(*LISTED)  # type: ignore[abstract]
    )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Stub]:
        every = [*starts(self.orders, self.pricing, self.assets), start]
        async with serve_for_test(every, self.folder) as host:
            yield risk_pb2_grpc.RiskServiceStub(host.channel("risk"))

    def limits(self) -> dict[str, str]:
        """Returns the limits that the engine was told last, by scope and type."""
        told = [control.limit for control in self.orders.controls if control.HasField("limit")]
        return {
            f"{each.scope.id}/{each.scope.symbol}/{LimitType.Name(each.limit_type)}": each.value
            for each in told
        }

    def states(self) -> list[str]:
        """Returns the trading states that the engine was told, in order."""
        told = [
            control.trading_state for control in self.orders.controls if control.HasField("trading_state")
        ]
        return [orders_pb2.TradingState.State.Name(each.state) for each in told]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def rate_limit(value: str, request_id: str = "", scope: orders_pb2.RiskScope = DEMO) -> pb.SetLimitRequest:
    return pb.SetLimitRequest(
        request_id=request_id, scope=scope, limit_type=LimitType.ORDER_RATE, value=value
    )


async def limit_values(stub: Stub) -> dict[str, str]:
    listed = await stub.ListLimits(pb.ListLimitsRequest(page_size=1_000))
    return {limit.limit_id: limit.value for limit in listed.limits}


async def refused(call: Any) -> RemoteError:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    return describe(error.value)


async def test_a_first_start_sets_the_defaults_and_a_collar_for_each_instrument(world: World) -> None:
    async with world.running() as stub:
        assert await limit_values(stub) == {
            "firm::AAPL:PRICE_COLLAR": "1000",
            "firm::EURUSD:PRICE_COLLAR": "1000",
            "firm::SAP:PRICE_COLLAR": "1000",
            "portfolio:demo::GROSS_EXPOSURE": "10000000",
            "portfolio:demo::ORDER_NOTIONAL": "1000000",
            "portfolio:demo::ORDER_RATE": "1000",
        }
        world.assets.list(stock("NEW"))
        await eventually(lambda: "/NEW/PRICE_COLLAR" in world.limits())
    assert world.limits()["/AAPL/PRICE_COLLAR"] == "1000"


async def test_defaults_wait_until_the_orders_service_knows_what_they_are_for(world: World) -> None:
    world.orders.unknown.add("demo")
    asyncio.get_running_loop().call_later(0.3, world.orders.unknown.clear)
    async with world.running() as stub:
        assert "portfolio:demo::ORDER_RATE" in await limit_values(stub)


async def test_a_default_that_was_removed_stays_removed(world: World) -> None:
    async with world.running() as stub:
        await stub.DeleteLimit(pb.DeleteLimitRequest(limit_id="portfolio:demo::ORDER_RATE"))
    world.orders.controls.clear()
    async with world.running() as stub:
        assert "portfolio:demo::ORDER_RATE" not in await limit_values(stub)
    assert "demo//ORDER_RATE" not in world.limits()


async def test_a_limit_is_told_to_the_engine_and_kept_with_who_and_when(world: World) -> None:
    async with world.running() as stub:
        limit = await stub.SetLimit(rate_limit("50.0"))
        assert world.limits()["demo//ORDER_RATE"] == "50"
    assert (limit.limit_id, limit.value, limit.version) == ("portfolio:demo::ORDER_RATE", "50", 2)
    assert limit.updated_by.startswith("service:")
    assert limit.update_time.seconds > 0


async def test_the_same_request_id_again_changes_nothing(world: World) -> None:
    async with world.running() as stub:
        first = await stub.SetLimit(rate_limit("10", "r1"))
        await stub.SetLimit(rate_limit("20", "r2"))
        again = await stub.SetLimit(rate_limit("10", "r1"))
        assert again == first
        assert (await limit_values(stub))["portfolio:demo::ORDER_RATE"] == "20"
        assert world.limits()["demo//ORDER_RATE"] == "20"
        said = await refused(stub.SetLimit(rate_limit("30", "r1")))
    assert said.reason == "REQUEST_ID_REUSED"


async def test_a_restart_sends_all_that_is_in_force_again(world: World) -> None:
    async with world.running() as stub:
        await stub.SetLimit(rate_limit("7"))
        await stub.KillSwitch(pb.KillSwitchRequest(scope=DEMO, comment="fire drill"))
        before = await limit_values(stub)
    world.orders.controls.clear()
    async with world.running() as stub:
        assert await limit_values(stub) == before
        states = (await stub.ListTradingStates(pb.ListTradingStatesRequest())).records
    assert world.limits()["demo//ORDER_RATE"] == "7"
    assert world.states() == ["HALTED"]
    assert [(record.scope.id, record.comment, record.canceled_count) for record in states] == [
        ("demo", "fire drill", 3)
    ]


async def test_what_the_engine_refuses_is_not_set_and_names_the_reason(world: World) -> None:
    async with world.running() as stub:
        before = await limit_values(stub)
        world.orders.unknown.add("ghost")
        said = await refused(
            stub.SetLimit(rate_limit("1", scope=orders_pb2.RiskScope(level=Level.DESK, id="ghost")))
        )
        assert await limit_values(stub) == before
    assert (said.code, said.reason) == (grpc.StatusCode.NOT_FOUND, "UNKNOWN_SCOPE")


async def test_what_an_unreachable_engine_may_have_taken_is_taken_back(
    world: World,
) -> None:
    async with world.running() as stub:
        world.orders.down = True
        said = await refused(stub.SetLimit(rate_limit("1")))
        assert (said.code, said.reason) == (grpc.StatusCode.UNAVAILABLE, "ORDERS_UNREACHABLE")
        assert (await limit_values(stub))["portfolio:demo::ORDER_RATE"] == "1000"
    world.orders.down = False
    world.orders.controls.clear()
    async with world.running():
        told = [control.limit for control in world.orders.controls]
    first = next(each for each in told if each.scope.id == "demo")
    assert (LimitType.Name(first.limit_type), first.value) == ("ORDER_RATE", "1000")


@pytest.mark.parametrize(
    ("request_", "field_"),
    [
        (rate_limit("1.5"), "value"),
        (rate_limit("-1"), "value"),
        (rate_limit("NaN"), "value"),
        (rate_limit("1e9"), "value"),
        (rate_limit("1", scope=orders_pb2.RiskScope()), "scope.level"),
        (rate_limit("1", scope=orders_pb2.RiskScope(level=Level.FIRM, id="x")), "scope.id"),
        (rate_limit("1", scope=orders_pb2.RiskScope(level=Level.FIRM, symbol="AAPL")), "scope.symbol"),
        (pb.SetLimitRequest(scope=FIRM, limit_type=LimitType.PRICE_COLLAR, value="9"), "scope.symbol"),
        (pb.SetLimitRequest(scope=FIRM, value="9"), "limit_type"),
        (pb.SetLimitRequest(limit_type=LimitType.ORDER_RATE, value="9"), "scope"),
    ],
)
async def test_a_malformed_limit_is_refused_with_its_field(
    world: World, request_: pb.SetLimitRequest, field_: str
) -> None:
    async with world.running() as stub:
        told = len(world.orders.controls)
        said = await refused(stub.SetLimit(request_))
        assert len(world.orders.controls) == told
    assert said.code == grpc.StatusCode.INVALID_ARGUMENT
    assert said.fields[0].field == field_


async def test_a_limit_that_is_not_set_cannot_be_removed(world: World) -> None:
    async with world.running() as stub:
        for limit_id in ("desk:demo::ORDER_RATE", "nonsense", "portfolio:demo::ORDER_RATE~"):
            said = await refused(stub.DeleteLimit(pb.DeleteLimitRequest(limit_id=limit_id)))
            assert (said.code, said.reason) == (grpc.StatusCode.NOT_FOUND, "UNKNOWN_LIMIT")


async def test_the_kill_switch_halts_and_cancels_in_one_step(world: World) -> None:
    async with world.running() as stub:
        killed = await stub.KillSwitch(pb.KillSwitchRequest(request_id="k", scope=FIRM, comment="stop"))
        again = await stub.KillSwitch(pb.KillSwitchRequest(request_id="k", scope=FIRM, comment="stop"))
        events = (await stub.ListRiskEvents(pb.ListRiskEventsRequest(page_size=1))).events
    assert killed == again
    assert killed.record.canceled_count == 3
    told = [control.trading_state for control in world.orders.controls if control.HasField("trading_state")]
    assert [(each.state, each.cancel_orders) for each in told] == [(orders_pb2.TradingState.HALTED, True)]
    assert (events[0].kind, events[0].severity) == (pb.RiskEvent.TRADING_STATE_CHANGED, pb.RiskEvent.CRITICAL)


async def test_a_caller_who_leaves_does_not_stop_a_change_halfway(world: World) -> None:
    async with world.running() as stub:
        told = len(world.orders.controls)
        world.orders.held = asyncio.Event()
        leaving = asyncio.ensure_future(stub.SetLimit(rate_limit("5")))
        await eventually(lambda: len(world.orders.controls) > told)
        leaving.cancel()
        await asyncio.wait([leaving])
        world.orders.held.set()
        await eventually(lambda: has_rate_limit(stub, "5"))


async def has_rate_limit(stub: Stub, value: str) -> bool:
    return (await limit_values(stub))["portfolio:demo::ORDER_RATE"] == value


async def test_a_scope_that_is_active_again_is_not_listed(world: World) -> None:
    async with world.running() as stub:
        for state in ("REDUCING", "ACTIVE"):
            number = orders_pb2.TradingState.State.Value(state)
            await stub.SetTradingState(pb.SetTradingStateRequest(scope=DEMO, state=number))
        assert not (await stub.ListTradingStates(pb.ListTradingStatesRequest())).records
    assert world.states() == ["REDUCING", "ACTIVE"]


def rejected(number: int, reason: str, check: str = "") -> orders_pb2.ExecutionReport:
    order = orders_pb2.Order(order_id=str(number), portfolio_id="demo", symbol="AAPL", reason=reason)
    if check:
        decision = orders_pb2.RiskDecision(
            check=check, scope="portfolio/demo", limit="50", used="40", asked="60", headroom="10"
        )
        order.risk_decision.CopyFrom(decision)
    report = orders_pb2.ExecutionReport(execution_id=str(number), order=order)
    report.exec_type = orders_pb2.ExecutionReport.REJECTED
    report.transact_time.seconds = 1_700_000_000
    return report


async def breaches(stub: Stub) -> list[pb.RiskEvent]:
    kind = pb.RiskEvent.BREACH_PREVENTED
    return list((await stub.ListRiskEvents(pb.ListRiskEventsRequest(kind=kind, portfolio_id="demo"))).events)


async def test_each_order_that_the_gate_refused_is_told_once_over_restarts(world: World) -> None:
    world.orders.add(
        rejected(1, "POSITION_LIMIT", "POSITION_LIMIT"),
        rejected(2, "OFF_BOOK"),
        rejected(3, "TRADING_HALTED"),
    )
    async with world.running() as stub:
        first = await eventually(lambda: two_or_more(stub))
    world.orders.add(rejected(4, "ORDER_RATE_LIMIT", "ORDER_RATE_LIMIT"))
    async with world.running() as stub:
        await eventually(lambda: told_about(stub, "4"))
        found = await breaches(stub)
    assert [event.order_id for event in found] == ["4", "3", "1"]
    position = first[-1]
    assert (position.check, position.limit, position.used, position.asked, position.headroom) == (
        "POSITION_LIMIT", "50", "40", "60", "10",
    )  # fmt: skip
    assert (position.scope.id, position.scope.symbol, position.severity) == (
        "demo",
        "AAPL",
        pb.RiskEvent.HIGH,
    )


async def two_or_more(stub: Stub) -> list[pb.RiskEvent] | None:
    found = await breaches(stub)
    return found if len(found) >= 2 else None


async def told_about(stub: Stub, order_id: str) -> bool:
    return any(event.order_id == order_id for event in await breaches(stub))


async def test_events_come_in_pages_newest_first(world: World) -> None:
    async with world.running() as stub:
        for value in ("1", "2", "3"):
            await stub.SetLimit(rate_limit(value))
        first = await stub.ListRiskEvents(pb.ListRiskEventsRequest(page_size=2))
        token = first.next_page_token
        second = await stub.ListRiskEvents(pb.ListRiskEventsRequest(page_size=2, page_token=token))
    assert [event.limit for event in first.events] == ["3", "2"]
    ids = [event.event_id for event in [*first.events, *second.events]]
    assert ids == list(range(ids[0], ids[0] - 4, -1))
    assert "ORDER_RATE of portfolio demo set to 3 by service:" in first.events[0].message


async def test_the_stream_starts_with_the_newest_and_resumes_over_a_restart(world: World) -> None:
    async with world.running() as stub:
        stream = stub.StreamRiskEvents(pb.StreamRiskEventsRequest())
        snapshot = await stream.read()
        for value in ("1", "2"):
            await stub.SetLimit(rate_limit(value))
        update = await stream.read()
        stream.cancel()
    ids = [event.event_id for event in snapshot.snapshot.events]
    assert ids == sorted(ids)
    assert (update.update.limit, update.sequence) == ("1", 2)
    async with world.running() as stub:
        stream = stub.StreamRiskEvents(pb.StreamRiskEventsRequest(resume_token=update.resume_token))
        resumed = await stream.read()
        stream.cancel()
    assert resumed.WhichOneof("event") == "update"
    assert (resumed.update.limit, resumed.update.event_id) == ("2", update.update.event_id + 1)


async def test_rates_are_told_at_start_and_when_they_moved(world: World) -> None:
    def rates() -> list[tuple[str, str]]:
        told = [
            control.conversion_rate
            for control in world.orders.controls
            if control.HasField("conversion_rate")
        ]
        return [(each.currency, each.rate) for each in told]

    async with world.running():
        await eventually(lambda: rates() == [("EUR", "1.25")])
        world.pricing.quote("EURUSD", "1.2501", "1.2503")
        world.pricing.quote("EURUSD", "1.2999", "1.3001")
        await eventually(lambda: len(rates()) == 2)
    assert rates()[-1] == ("EUR", "1.3")

"""StrategyService over real gRPC, with the real assets service and an orders service that a test commands."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from tests.services.strategy.fakes import FakeOrders, eventually, fake_orders, orders_start
from tickmesh.assets.v1 import assets_pb2, assets_pb2_grpc
from tickmesh.orders.v1.orders_pb2 import ExecutionReport, Order
from tickmesh.services.assets.service import start as start_assets
from tickmesh.services.runtime.database import Database, make_engine
from tickmesh.services.runtime.errors import describe
from tickmesh.services.runtime.host import Host
from tickmesh.services.runtime.testing import serve_for_test
from tickmesh.services.strategy.service import start
from tickmesh.services.strategy.store import Stored, read_all
from tickmesh.services.strategy.wire import bought
from tickmesh.strategy.v1 import strategy_pb2 as pb
from tickmesh.strategy.v1 import strategy_pb2_grpc

pytestmark = pytest.mark.usefixtures("on_both_databases")

MAKER, TAKER = "market-maker-crypto", "taker-crypto"


@dataclass
class World:
    """The neighbours, and the strategy service between them, which may stop and start again."""

    folder: Path
    orders: FakeOrders = field(default_factory=fake_orders)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Client"]:
        every = [start_assets, orders_start(self.orders), start]
        async with serve_for_test(every, self.folder) as host:
            yield Client(host)


class Client:
    """Calls the strategy service."""

    def __init__(self, host: Host) -> None:
        self.stub = strategy_pb2_grpc.StrategyServiceStub(host.channel("strategy"))
        self.assets = assets_pb2_grpc.AssetsServiceStub(host.channel("assets"))

    async def get(self, strategy_id: str) -> pb.Strategy:
        return await self.stub.GetStrategy(pb.GetStrategyRequest(strategy_id=strategy_id))

    async def start(self, strategy_id: str) -> pb.Strategy:
        return await self.stub.StartStrategy(pb.StartStrategyRequest(strategy_id=strategy_id))

    async def stop(self, strategy_id: str) -> pb.Strategy:
        return await self.stub.StopStrategy(pb.StopStrategyRequest(strategy_id=strategy_id))

    async def update(self, strategy_id: str, **values: str) -> pb.Strategy:
        parameters = [pb.Parameter(name=name, value=value) for name, value in values.items()]
        return await self.stub.UpdateParameters(
            pb.UpdateParametersRequest(strategy_id=strategy_id, parameters=parameters)
        )

    async def until(
        self, strategy_id: str, state: "pb.Strategy.State.ValueType", says: str = ""
    ) -> pb.Strategy:
        async def reached() -> pb.Strategy | None:
            found = await self.get(strategy_id)
            return found if found.state == state and says in found.message else None

        found: pb.Strategy = await eventually(reached)
        return found


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("TICKMESH_MARKET", "0")
    monkeypatch.setenv("TICKMESH_STRATEGY_STOP_TIMEOUT_S", "0.3")
    return World(tmp_path)


def value(strategy: pb.Strategy, name: str) -> str:
    return next(parameter.value for parameter in strategy.parameters if parameter.name == name)


async def reason_of(call: Any) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.RpcError) as caught:
        await call
    said = describe(caught.value)
    return said.code, said.reason


async def test_a_maker_quotes_its_instruments_on_both_sides(world: World) -> None:
    async with world.running() as client:
        await client.start(MAKER)
        await eventually(lambda: len(world.orders.of(MAKER)) == 36)
        status = await client.get(MAKER)
        assert status.state == pb.Strategy.RUNNING
        assert list(status.symbols) == ["BTC-USD", "ETH-USD", "SOL-USD"]
        assert status.orders_sent >= 36
        assert status.last_step_time.seconds > 0
        sides = {(order.symbol, order.side) for order in world.orders.of(MAKER)}
        assert len(sides) == 6
        assert {order.portfolio_id for order in world.orders.of(MAKER)} == {"market-makers"}


async def test_stopping_cancels_the_live_orders_before_the_answer(world: World) -> None:
    async with world.running() as client:
        await client.start(MAKER)
        await eventually(lambda: world.orders.of(MAKER))
        assert (await client.stop(MAKER)).state == pb.Strategy.STOPPED
        assert world.orders.of(MAKER) == []
        assert (await client.stop(MAKER)).state == pb.Strategy.STOPPED


async def test_makers_and_takers_trade_and_know_what_they_hold(world: World) -> None:
    async with world.running() as client:
        await client.update(TAKER, arrivals_per_minute="1000", interval_ms="100")
        await client.start(MAKER)
        await client.start(TAKER)

        async def traded() -> bool:
            return (await client.get(MAKER)).trades > 5 and (await client.get(TAKER)).trades > 5

        await eventually(traded)


async def test_what_was_asked_holds_over_a_restart(world: World) -> None:
    async with world.running() as client:
        await client.start(MAKER)
        await client.update(MAKER, levels="2", spread_bps="10.50")
        await eventually(lambda: len(world.orders.of(MAKER)) == 12)
    left = {order.order_id for order in world.orders.of(MAKER)}
    assert left  # a service that ends leaves its orders
    async with world.running() as client:
        status = await client.until(MAKER, pb.Strategy.RUNNING)
        assert (value(status, "levels"), value(status, "spread_bps")) == ("2", "10.5")
        await eventually(lambda: len(world.orders.of(MAKER)) == 12)
        assert left.isdisjoint(order.order_id for order in world.orders.of(MAKER))
        assert (await client.get(TAKER)).state == pb.Strategy.STOPPED


async def test_parameters_take_effect_at_the_next_step(world: World) -> None:
    async with world.running() as client:
        await client.start(MAKER)
        await eventually(lambda: len(world.orders.of(MAKER)) == 36)
        await client.update(MAKER, levels="1")
        await eventually(lambda: len(world.orders.of(MAKER)) == 6)


@pytest.mark.parametrize("values", [{"levels": "0"}, {"lvls": "1"}, {"levels": "NaN"}, {"levels": ""}])
async def test_a_wrong_parameter_changes_nothing(world: World, values: dict[str, str]) -> None:
    async with world.running() as client:
        code, _ = await reason_of(client.update(MAKER, skew_bps="1", **values))
        assert code is grpc.StatusCode.INVALID_ARGUMENT
        assert value(await client.get(MAKER), "skew_bps") == "11.2"


async def test_refused_orders_make_it_fail_and_it_recovers_by_itself(world: World) -> None:
    world.orders.refuse = "TRADING_HALTED"
    async with world.running() as client:
        await client.start(MAKER)
        status = await client.until(MAKER, pb.Strategy.FAILING, "TRADING_HALTED: says the test")
        await eventually(lambda: len(world.orders.batches) > 2)
        assert all(len(batch.actions) <= 6 for batch in world.orders.batches[1:])
        assert status.orders_rejected > 0
        world.orders.refuse = ""
        await client.until(MAKER, pb.Strategy.RUNNING)
        await eventually(lambda: len(world.orders.of(MAKER)) == 36)


async def test_an_unknown_portfolio_is_waited_for(world: World) -> None:
    world.orders.portfolios.clear()
    async with world.running() as client:
        assert (await client.until(MAKER, pb.Strategy.STOPPED)).message == ""
        await client.start(MAKER)
        await client.until(MAKER, pb.Strategy.FAILING, "UNKNOWN_PORTFOLIO")
        world.orders.portfolios.add("market-makers")
        await client.until(MAKER, pb.Strategy.RUNNING)


async def test_a_strategy_whose_orders_cannot_be_cancelled_says_so_and_goes_on_trying(world: World) -> None:
    async with world.running() as client:
        await client.start(MAKER)
        await eventually(lambda: world.orders.of(MAKER))
        world.orders.down = True
        assert await reason_of(client.stop(MAKER)) == (grpc.StatusCode.UNAVAILABLE, "STILL_HAS_ORDERS")
        world.orders.down = False
        await client.until(MAKER, pb.Strategy.STOPPED)
        assert world.orders.of(MAKER) == []


async def test_after_the_orders_service_was_away_the_book_is_made_afresh(world: World) -> None:
    async with world.running() as client:
        await client.start(MAKER)
        await eventually(lambda: len(world.orders.of(MAKER)) == 36)
        before = {order.order_id for order in world.orders.of(MAKER)}
        world.orders.down = True
        await client.until(MAKER, pb.Strategy.FAILING, "UNAVAILABLE")
        world.orders.down = False
        await client.until(MAKER, pb.Strategy.RUNNING)
        await eventually(lambda: len(world.orders.of(MAKER)) == 36)
        assert before.isdisjoint(order.order_id for order in world.orders.of(MAKER))


async def test_an_order_that_others_cancelled_is_quoted_again(world: World) -> None:
    async with world.running() as client:
        await client.start(MAKER)
        await eventually(lambda: len(world.orders.of(MAKER)) == 36)
        for order in world.orders.of(MAKER):
            world.orders.live.pop(order.order_id)
            order.status = Order.CANCELED
            world.orders.reports.append(canceled(order))
        await eventually(lambda: len(world.orders.of(MAKER)) == 36)


def canceled(order: Order) -> Any:
    return ExecutionReport(exec_type=ExecutionReport.CANCELED, order=order)


async def test_an_instrument_can_be_left_alone(world: World) -> None:
    async with world.running() as client:
        await client.start(MAKER)
        await eventually(lambda: len(world.orders.of(MAKER)) == 36)
        instrument = assets_pb2.Instrument(symbol="BTC-USD", attributes={"simulated": "false"})
        mask = FieldMask(paths=["attributes"])
        await client.assets.UpdateInstrument(
            assets_pb2.UpdateInstrumentRequest(instrument=instrument, update_mask=mask)
        )
        await eventually(
            lambda: (
                {order.symbol for order in world.orders.of(MAKER)} == {"ETH-USD", "SOL-USD"}
                and len(world.orders.of(MAKER)) == 24
            )
        )
        assert list((await client.get(MAKER)).symbols) == ["ETH-USD", "SOL-USD"]


async def test_inventories_count_each_execution_once_over_a_restart(world: World) -> None:
    for _ in range(2):
        async with world.running() as client:
            await client.update(TAKER, arrivals_per_minute="1000", interval_ms="100")
            await client.start(MAKER)
            await client.start(TAKER)
            enough = len(world.orders.reports) + 20
            await eventually(partial(has_reports, world.orders, enough))
        stored = stored_state(world.folder)
        assert stored.market_step > 0
        for (strategy_id, symbol), quantity in stored.quantities.items():
            portfolio_id = "takers" if strategy_id == TAKER else "market-makers"
            counted = world.orders.reports[: int(stored.positions[portfolio_id])]
            mine = (report for report in counted if report.order.strategy_id == strategy_id)
            assert quantity == sum(bought(report) for report in mine if report.order.symbol == symbol)


@pytest.mark.parametrize("says_gap", [False, True])
async def test_executions_of_a_journal_that_is_gone_are_forgotten(world: World, says_gap: bool) -> None:
    async with world.running() as client:
        await client.update(TAKER, arrivals_per_minute="1000", interval_ms="100")
        await client.start(MAKER)
        await client.start(TAKER)
        await eventually(lambda: len(world.orders.reports) > 20)
    world.orders = fake_orders()
    world.orders.says_gap = says_gap
    async with world.running() as client:
        await client.stop(TAKER)
        await client.until(MAKER, pb.Strategy.RUNNING)
    stored = stored_state(world.folder)
    assert {quantity for (strategy_id, _), quantity in stored.quantities.items() if strategy_id == MAKER} == {
        0
    }


def has_reports(orders: FakeOrders, count: int) -> bool:
    return len(orders.reports) >= count


def stored_state(folder: Path) -> Stored:
    database = Database(make_engine(os.environ["TICKMESH_DATABASE_URL"], folder, "strategy"))
    try:
        return database.run_now(read_all)
    finally:
        database.close()


async def test_an_unknown_strategy_is_not_found(world: World) -> None:
    async with world.running() as client:
        for call in (client.get, client.start, client.stop, client.update):
            arguments = {"levels": "1"} if call == client.update else {}
            assert await reason_of(call("nobody", **arguments)) == (
                grpc.StatusCode.NOT_FOUND,
                "UNKNOWN_STRATEGY",
            )


async def test_strategies_are_listed_by_id_in_pages(world: World) -> None:
    async with world.running() as client:
        found: list[str] = []
        token = ""
        while True:
            page = await client.stub.ListStrategies(pb.ListStrategiesRequest(page_size=5, page_token=token))
            found += [strategy.strategy_id for strategy in page.strategies]
            token = page.next_page_token
            if not token:
                break
        assert found == sorted(found)
        assert len(found) == 16
        bad = client.stub.ListStrategies(pb.ListStrategiesRequest(page_token="nonsense"))
        assert await reason_of(bad) == (grpc.StatusCode.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID")


async def test_the_status_stream_tells_all_and_then_what_changes(world: World) -> None:
    async with world.running() as client:
        stream = client.stub.StreamStatus(pb.StreamStatusRequest())
        first = await stream.read()
        assert isinstance(first, pb.StreamStatusResponse)
        assert (first.sequence, len(first.snapshot.strategies)) == (1, 16)
        await client.start(MAKER)
        async for response in stream:
            if response.update.strategy_id == MAKER and response.update.orders_sent > 0:
                break
        assert response.update.state == pb.Strategy.RUNNING
        stream.cancel()


async def test_everything_runs_at_first_when_there_is_to_be_a_market(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKMESH_MARKET", "1")
    async with world.running() as client:
        listed = await client.stub.ListStrategies(pb.ListStrategiesRequest())
        for strategy in listed.strategies:
            await client.until(strategy.strategy_id, pb.Strategy.RUNNING)
        await eventually(lambda: len({order.symbol for order in world.orders.live.values()}) > 40)

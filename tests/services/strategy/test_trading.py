"""The trading of one strategy without a network: time and answers come from the test."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.services.strategy.domain.examples import an_instrument
from tickmesh.assets.v1 import assets_pb2
from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.services.strategy.desk import ClientOrderIds, base36
from tickmesh.services.strategy.domain.catalog import programs
from tickmesh.services.strategy.domain.fair_value import Market
from tickmesh.services.strategy.domain.inventory import Inventory
from tickmesh.services.strategy.domain.market_clock import MarketClock
from tickmesh.services.strategy.domain.parameters import defaults
from tickmesh.services.strategy.domain.randomness import seeded
from tickmesh.services.strategy.followers import Instruments
from tickmesh.services.strategy.trading import Floor, Trading

START_NS = 1_700_000_000_000_000_000
STEP_NS = 500_000_000


class SilentDesk:
    """Names orders; nothing is sent over it here."""

    def __init__(self) -> None:
        self.ids = ClientOrderIds(START_NS)


@dataclass
class Accepting:
    """Answers that everything rests, or with one reason for all."""

    reason: str = ""
    sent: list[bytes] = field(default_factory=list)
    actions: list[pb.OrderAction] = field(default_factory=list)

    async def send(self, actions: Sequence[pb.OrderAction]) -> list[pb.ActionResult]:
        self.actions += actions
        self.sent += [action.SerializeToString(deterministic=True) for action in actions]
        return [self._answer(action) for action in actions]

    def _answer(self, action: pb.OrderAction) -> pb.ActionResult:
        if self.reason and not action.HasField("cancel"):
            return pb.ActionResult(status=pb.Order.REJECTED, reason=self.reason)
        status = pb.Order.CANCELED if action.HasField("cancel") else pb.Order.NEW
        order_id = action.submit.client_order_id or action.replace.order_id or action.cancel.order_id
        return pb.ActionResult(order_id=order_id, status=status, cum_quantity="0")


class Stage:
    """A strategy, its clock and its stream."""

    def __init__(self, strategy_id: str, seed: int = 1) -> None:
        self.now_ns = START_NS
        self.stream = Accepting()
        self.inventory = Inventory()
        program = next(one for one in programs() if one.strategy_id == strategy_id)
        self.values = defaults(program.parameters)
        source = seeded(seed)
        desk: Any = SilentDesk()
        floor = Floor(
            desk, listed(), self.inventory, Market(source), source, MarketClock(0, START_NS),
            lambda: self.now_ns, lambda status: None,
        )  # fmt: skip
        self.trading = Trading(program, floor)

    async def steps(self, count: int) -> None:
        for _ in range(count):
            await self.trading.step(self.stream, self.values)
            self.now_ns += STEP_NS


def listed() -> Instruments:
    instrument = an_instrument()
    message = assets_pb2.Instrument(
        symbol=instrument.symbol,
        asset_type=assets_pb2.Instrument.STOCK,
        price_increment="0.01",
        quantity_increment="1",
        reference_price="189.34",
    )
    instruments = Instruments()
    snapshot = assets_pb2.InstrumentSnapshot(instruments=[message])
    instruments.take(assets_pb2.StreamInstrumentsResponse(snapshot=snapshot))
    return instruments


async def test_the_same_seed_sends_the_same_bytes_for_a_thousand_steps() -> None:
    for strategy_id in ("market-maker-stock", "taker-stock"):
        first, second, other = Stage(strategy_id), Stage(strategy_id), Stage(strategy_id, seed=2)
        for stage in (first, second, other):
            await stage.steps(1_000)
        assert len(first.stream.sent) > 300
        assert first.stream.sent == second.stream.sent
        assert first.stream.sent != other.stream.sent


async def test_a_fill_that_is_reported_is_quoted_again() -> None:
    stage = Stage("market-maker-stock")
    await stage.steps(1)
    best = stage.stream.actions[0].submit
    order = pb.Order(client_order_id=best.client_order_id, symbol="AAPL", status=pb.Order.FILLED)
    stage.trading.executed(pb.ExecutionReport(exec_type=pb.ExecutionReport.TRADE, order=order))
    already = len(stage.stream.actions)
    stage.now_ns = START_NS
    await stage.steps(1)
    (again,) = stage.stream.actions[already:]
    assert (again.submit.side, again.submit.price) == (best.side, best.price)


async def test_while_everything_is_refused_it_asks_seldom_and_with_one_order_a_side() -> None:
    stage = Stage("market-maker-stock")
    stage.stream.reason = "TRADING_HALTED"
    await stage.steps(60)  # half a minute
    assert 12 < len(stage.stream.actions) < 12 + 2 * 12
    assert stage.trading.problem() == "TRADING_HALTED"
    assert stage.trading.counters.orders_rejected == len(stage.stream.actions)


async def test_an_order_that_is_gone_already_is_no_refusal() -> None:
    stage = Stage("market-maker-stock")
    await stage.steps(1)
    stage.stream.reason = "UNKNOWN_ORDER"
    await stage.steps(40)
    assert (stage.trading.counters.orders_rejected, stage.trading.problem()) == (0, "")


def test_client_order_ids_never_come_again() -> None:
    ids = [ClientOrderIds(START_NS), ClientOrderIds(START_NS + 1)]
    assert len({source.next() for source in ids for _ in range(1_000)}) == 2_000
    assert [base36(number) for number in (0, 35, 36, 1_295)] == ["0", "z", "10", "zz"]

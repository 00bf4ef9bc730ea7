"""The trading of one strategy: decides about each instrument, sends the orders and takes the answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from tickmesh.orders.v1 import orders_pb2

from .desk import Desk
from .domain.actions import Action, Cancel, Replace, Submit
from .domain.catalog import Program
from .domain.decisions import Mind, Situation
from .domain.fair_value import Market
from .domain.instruments import Instrument
from .domain.inventory import Inventory
from .domain.market_clock import MarketClock
from .domain.own_orders import OwnOrders
from .domain.randomness import RandomSource
from .domain.refusals import Refusals
from .domain.status import Status
from .followers import Instruments
from .wire import action_message, is_live

UNKNOWN_ORDER = "UNKNOWN_ORDER"


class Stream(Protocol):
    """Where a step sends its orders."""

    async def send(self, actions: Sequence[orders_pb2.OrderAction]) -> list[orders_pb2.ActionResult]:
        """Returns one result an action, in order."""


@dataclass(frozen=True, slots=True)
class Floor:
    """What all strategies share."""

    desk: Desk
    instruments: Instruments
    inventory: Inventory
    market: Market
    source: RandomSource
    market_clock: MarketClock
    clock: Callable[[], int]
    publish: Callable[[Status], None]


@dataclass(slots=True)
class Counters:
    """What a strategy has done since the start of the service."""

    orders_sent: int = 0  # new orders and replaces
    orders_rejected: int = 0
    trades: int = 0
    last_step_ns: int = 0  # 0: never


class Trading:
    """Sends the orders of one strategy and knows what became of them."""

    def __init__(self, program: Program, floor: Floor) -> None:
        self.counters = Counters()
        self._program = program
        self._floor = floor
        self._mind = Mind(program, floor.market, floor.source)
        self._orders = OwnOrders()
        self._refusals = Refusals()
        self._start_ns = floor.clock()

    def instruments(self) -> tuple[Instrument, ...]:
        """Returns what the strategy trades."""
        return self._floor.instruments.of_type(self._program.asset_type)

    def problem(self) -> str:
        """Says why all of its orders are refused, or nothing."""
        return self._refusals.problem()

    def is_out_of_place(self) -> bool:
        """Says whether there are orders for instruments that are to be left alone by now."""
        return bool(self._orders.symbols() - {instrument.symbol for instrument in self.instruments()})

    async def cancel_all(self) -> None:
        """Clears the book of what an earlier life may have left there. Fails with RpcError."""
        await self._floor.desk.cancel_all(self._program.portfolio_id, self._program.strategy_id)
        self._orders.clear()
        self._refusals.clear()

    def executed(self, report: orders_pb2.ExecutionReport) -> None:
        """Takes a report about one of its orders."""
        order = report.order
        if report.exec_type == orders_pb2.ExecutionReport.TRADE:
            self.counters.trades += report.transact_time.ToNanoseconds() >= self._start_ns
        instrument = self._floor.instruments.get(order.symbol)
        if not is_live(order.status):
            self._orders.done(order.client_order_id)
        elif instrument is not None:
            self._orders.traded(order.client_order_id, _lots(instrument, order.cum_quantity))

    async def step(self, stream: Stream, values: Mapping[str, Decimal]) -> None:
        """Takes one step. Fails like Stream.send."""
        now_ns = self._floor.clock()
        pairs = [
            (action, instrument)
            for instrument in self.instruments()
            for action in self._decide(instrument, values, now_ns)
        ]
        if pairs:
            await self._send(stream, pairs, now_ns)
        self.counters.last_step_ns = now_ns

    def _decide(self, instrument: Instrument, values: Mapping[str, Decimal], now_ns: int) -> Sequence[Action]:
        situation = Situation(
            instrument,
            self._floor.inventory.lots(self._program.strategy_id, instrument),
            self._orders.of(instrument.symbol),
            self._refusals.paused(instrument.symbol, now_ns),
        )
        actions = self._mind.decide(situation, self._floor.market_clock.step_at(now_ns), values)
        return self._refusals.probing(actions)

    async def _send(self, stream: Stream, pairs: Sequence[tuple[Action, Instrument]], now_ns: int) -> None:
        named = [(action, instrument, self._name(action)) for action, instrument in pairs]
        messages = [
            action_message(action, self._program, instrument, name) for action, instrument, name in named
        ]
        self.counters.orders_sent += sum(not isinstance(action, Cancel) for action, _ in pairs)
        results = await stream.send(messages)
        for (action, instrument, name), result in zip(named, results, strict=True):
            self._take(action, instrument, name, result, now_ns)

    def _name(self, action: Action) -> str:
        """Returns the client's id of an order; one that will rest is known from here on."""
        if not isinstance(action, Submit):
            return action.order.client_order_id
        name = self._floor.desk.ids.next()
        if action.rests:
            self._orders.sending(name, action)
        return name

    def _take(
        self, action: Action, instrument: Instrument, name: str, result: orders_pb2.ActionResult, now_ns: int
    ) -> None:
        """Takes what became of one action."""
        if result.reason:
            self._take_refusal(action, name, result, now_ns)
            return
        if not isinstance(action, Cancel):
            self._refusals.accepted((action.symbol, action.side))
        if not is_live(result.status):
            self._orders.done(name)
            return
        filled_lots = _lots(instrument, result.cum_quantity)
        if isinstance(action, Submit):
            self._orders.accepted(name, result.order_id, filled_lots)
        elif isinstance(action, Replace):
            self._orders.replaced(action, filled_lots)

    def _take_refusal(self, action: Action, name: str, result: orders_pb2.ActionResult, now_ns: int) -> None:
        """Takes a refusal. That an order is gone is none: it traded while the action was under way."""
        if isinstance(action, Submit) or result.reason == UNKNOWN_ORDER:
            self._orders.done(name)
        if isinstance(action, Cancel) or result.reason == UNKNOWN_ORDER:
            return
        self.counters.orders_rejected += 1
        self._refusals.refused((action.symbol, action.side), result.reason, result.message, now_ns)


def _lots(instrument: Instrument, quantity: str) -> int:
    return instrument.quantity_increment.to_units(quantity or "0", "quantity")

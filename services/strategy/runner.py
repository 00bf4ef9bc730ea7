"""One strategy at work: connects, takes a step now and then, cancels its orders when it is told to stop."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

import grpc

from tickmesh.orders.v1 import orders_pb2

from ..runtime import telemetry
from ..runtime.errors import TickmeshError, Unavailable, describe
from .desk import Desk
from .domain.actions import Action, Cancel, Replace, Submit
from .domain.catalog import Program
from .domain.decisions import Mind, Situation
from .domain.fair_value import Market
from .domain.instruments import Instrument
from .domain.inventory import Inventory
from .domain.market_clock import MarketClock, next_turn_ns
from .domain.own_orders import OwnOrders
from .domain.randomness import RandomSource
from .domain.refusals import Refusals
from .domain.status import State, Status
from .followers import Instruments
from .wire import action_message, is_live

RETRY_FIRST_S = 0.1
RETRY_LONGEST_S = 2.0
TELL_NS = 1_000_000_000  # counters are told once a second
UNKNOWN_ORDER = "UNKNOWN_ORDER"
UNKNOWN_PORTFOLIO = "UNKNOWN_PORTFOLIO"

log = telemetry.logger(__name__)


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


class StillHasOrders(Unavailable):
    """A strategy was told to stop, and its live orders could not be cancelled yet. It goes on trying."""

    reason = "STILL_HAS_ORDERS"


class Runner:
    """Runs one strategy for as long as the service lives."""

    def __init__(
        self,
        program: Program,
        floor: Floor,
        wanted: bool,
        values: Mapping[str, Decimal],
        turn: tuple[int, int],
    ) -> None:
        self.program = program
        self.wanted = wanted
        self.values = dict(values)
        self._floor = floor
        self._turn = turn
        self._mind = Mind(program, floor.market, floor.source)
        self._orders = OwnOrders()
        self._refusals = Refusals()
        self._start_ns = floor.clock()
        self._problem = ""
        self._is_fresh = False  # whether the live orders are those that are known here
        self._wake = asyncio.Event()
        self._stands = asyncio.Event()
        self._retry_s = RETRY_FIRST_S
        self._orders_sent = self._orders_rejected = self._trades = self._last_step_ns = 0
        self._told: tuple[State, str] | None = None
        self._told_ns = 0

    def status(self) -> Status:
        """Returns what the strategy does right now."""
        symbols = tuple(one.symbol for one in self._floor.instruments.of_type(self.program.asset_type))
        state, message = self._state()
        return Status(
            self.program, symbols, state, message, self.values,
            self._orders_sent, self._orders_rejected, self._trades, self._last_step_ns,
        )  # fmt: skip

    def _state(self) -> tuple[State, str]:
        if not self.wanted:
            stopping = self._problem or "cancels its live orders"
            return (State.STOPPED, "") if self._stands.is_set() else (State.FAILING, stopping)
        problem = self._problem or self._refusals.problem()
        return (State.FAILING, problem) if problem else (State.RUNNING, "")

    def start(self) -> None:
        """Lets it run from now on."""
        if not self.wanted:
            self.wanted = True
            self._problem = ""
            self._wake.set()
            self._tell()

    async def stop(self, timeout_s: float) -> None:
        """Lets it stand, and waits until its orders are cancelled. Fails with StillHasOrders."""
        if self.wanted:
            self.wanted = False
            self._stands.clear()
            self._wake.set()
        try:
            async with asyncio.timeout(timeout_s):
                await self._stands.wait()
        except TimeoutError as error:
            problem = self._problem or "the orders service does not answer"
            raise StillHasOrders(
                f"{self.program.strategy_id} sends no more, but its live orders are not cancelled yet: {problem}"
            ) from error

    def set_values(self, values: Mapping[str, Decimal]) -> None:
        """Sets parameters, for the next step on."""
        self.values = dict(values)
        self._wake.set()
        self._tell()

    def reset(self) -> None:
        """Cancels all orders and begins again: what is known about them may be wrong."""
        self._is_fresh = False
        self._wake.set()

    def executed(self, report: orders_pb2.ExecutionReport) -> None:
        """Takes a report about one of its orders."""
        order = report.order
        if report.exec_type == orders_pb2.ExecutionReport.TRADE:
            self._trades += report.transact_time.ToNanoseconds() >= self._start_ns
        instrument = self._floor.instruments.get(order.symbol)
        if not is_live(order.status):
            self._orders.done(order.client_order_id)
        elif instrument is not None:
            self._orders.traded(order.client_order_id, _lots(instrument, order.cum_quantity))

    async def run(self) -> None:
        """Trades while it is wanted and stands while it is not, for ever; mends what can be mended."""
        while True:
            self._wake.clear()
            try:
                await (self._trade() if self.wanted else self._stand())
            except (grpc.RpcError, TickmeshError, TimeoutError) as error:
                self._fail(_sentence(error))
                await self._pause(self._retry_s)
                self._retry_s = min(RETRY_LONGEST_S, self._retry_s * 2)

    async def _trade(self) -> None:
        if not self._floor.instruments.are_known:
            self._fail("waits for the assets service")
            await self._pause(RETRY_FIRST_S)
            return
        await self._cancel_all()
        async with self._floor.desk.stream() as stream:
            while await self._turn_comes():
                await self.step(stream)
                self._retry_s = RETRY_FIRST_S

    async def _stand(self) -> None:
        try:
            await self._cancel_all()
        except grpc.RpcError as error:
            if describe(error).reason != UNKNOWN_PORTFOLIO:  # one that nobody opened has no orders
                raise
        if not self.wanted:
            self._problem = ""
            self._stands.set()
            self._tell()
            await self._wake.wait()

    async def _cancel_all(self) -> None:
        """Begins with nothing in the book: an earlier life of this strategy may have left orders there."""
        self._is_fresh = True
        await self._floor.desk.cancel_all(self.program.portfolio_id, self.program.strategy_id)
        self._orders.clear()
        self._refusals.clear()
        self._problem = ""

    async def _turn_comes(self) -> bool:
        """Waits until the next step is due. False when there is to be none."""
        while self.wanted and self._is_fresh:
            interval_ns = int(self.values["interval_ms"]) * 1_000_000
            now_ns = self._floor.clock()
            due_ns = next_turn_ns(now_ns, interval_ns, *self._turn)
            if await self._pause((due_ns - now_ns) / 1e9):
                return True
            self._wake.clear()
        return False

    async def _pause(self, seconds: float) -> bool:
        """Waits, and says whether nothing happened meanwhile."""
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return True
        return False

    async def step(self, stream: Stream) -> None:
        """Decides about each instrument, sends the orders and takes the answers."""
        now_ns = self._floor.clock()
        instruments = self._floor.instruments.of_type(self.program.asset_type)
        if self._orders.symbols() - {instrument.symbol for instrument in instruments}:
            self.reset()  # an instrument is to be left alone from now on
        pairs = [
            (action, instrument) for instrument in instruments for action in self._decide(instrument, now_ns)
        ]
        if pairs:
            await self._send(stream, pairs, now_ns)
        self._last_step_ns = now_ns
        self._tell_at_times(now_ns)

    def _decide(self, instrument: Instrument, now_ns: int) -> Sequence[Action]:
        situation = Situation(
            instrument,
            self._floor.inventory.lots(self.program.strategy_id, instrument),
            self._orders.of(instrument.symbol),
            self._refusals.paused(instrument.symbol, now_ns),
        )
        actions = self._mind.decide(situation, self._floor.market_clock.step_at(now_ns), self.values)
        return self._refusals.probing(actions)

    async def _send(self, stream: Stream, pairs: Sequence[tuple[Action, Instrument]], now_ns: int) -> None:
        named = [(action, instrument, self._name(action)) for action, instrument in pairs]
        messages = [
            action_message(action, self.program, instrument, name) for action, instrument, name in named
        ]
        self._orders_sent += sum(not isinstance(action, Cancel) for action, _ in pairs)
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
        self._orders_rejected += 1
        self._refusals.refused((action.symbol, action.side), result.reason, result.message, now_ns)

    def _fail(self, problem: str) -> None:
        if problem != self._problem:
            log.info("a strategy cannot go on", strategy=self.program.strategy_id, problem=problem)
        self._problem = problem
        self._tell_at_times(self._floor.clock())

    def _tell_at_times(self, now_ns: int) -> None:
        """Tells readers at once when the state changed, and about counters once a second."""
        if self._state() != self._told or now_ns - self._told_ns >= TELL_NS:
            self._tell()

    def _tell(self) -> None:
        self._told = self._state()
        self._told_ns = self._floor.clock()
        self._floor.publish(self.status())


def _lots(instrument: Instrument, quantity: str) -> int:
    return instrument.quantity_increment.to_units(quantity or "0", "quantity")


def _sentence(error: Exception) -> str:
    if isinstance(error, grpc.RpcError):
        said = describe(error)
        return f"{said.reason}: {said.message}"
    if isinstance(error, TickmeshError):
        return f"{error.reason}: {error.message}"
    return "the orders service does not answer in time"

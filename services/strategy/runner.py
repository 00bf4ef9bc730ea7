"""One strategy at work: connects, takes a step now and then, cancels its orders when it is told to stop."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal

import grpc

from tickmesh.orders.v1 import orders_pb2

from ..runtime import telemetry
from ..runtime.errors import TickmeshError, Unavailable, describe
from .domain.catalog import Program
from .domain.market_clock import next_turn_ns
from .domain.status import State, Status
from .trading import Floor, Trading

RETRY_FIRST_S = 0.1
RETRY_LONGEST_S = 2.0
TELL_NS = 1_000_000_000  # counters are told once a second
UNKNOWN_PORTFOLIO = "UNKNOWN_PORTFOLIO"

log = telemetry.logger(__name__)


class StillHasOrders(Unavailable):
    """A strategy was told to stop, and its live orders could not be cancelled yet. It goes on trying."""

    reason = "STILL_HAS_ORDERS"

    def __init__(self, strategy_id: str, problem: str) -> None:
        why = problem or "the orders service does not answer"
        super().__init__(f"{strategy_id} sends no more, but its live orders are not cancelled yet: {why}")


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
        self._trading = Trading(program, floor)
        self._problem = ""
        self._is_in_order = False  # whether the live orders are those that the trading knows
        self._wake = asyncio.Event()
        self._stands = asyncio.Event()
        self._retry_s = RETRY_FIRST_S
        self._told: tuple[State, str] | None = None
        self._told_ns = 0

    def status(self) -> Status:
        """Returns what the strategy does right now."""
        symbols = tuple(instrument.symbol for instrument in self._trading.instruments())
        state, message = self._state()
        done = self._trading.counters
        return Status(
            self.program, symbols, state, message, self.values,
            done.orders_sent, done.orders_rejected, done.trades, done.last_step_ns,
        )  # fmt: skip

    def _state(self) -> tuple[State, str]:
        if not self.wanted:
            stopping = self._problem or "cancels its live orders"
            return (State.STOPPED, "") if self._stands.is_set() else (State.FAILING, stopping)
        problem = self._problem or self._trading.problem()
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
            raise StillHasOrders(self.program.strategy_id, self._problem) from error

    def set_values(self, values: Mapping[str, Decimal]) -> None:
        """Sets parameters, for the next step on."""
        self.values = dict(values)
        self._wake.set()
        self._tell()

    def reset(self) -> None:
        """Cancels all orders and begins again: what is known about them may be wrong, and is told anew."""
        self._is_in_order = False
        self._trading.counters.trades = 0
        self._wake.set()

    def executed(self, report: orders_pb2.ExecutionReport) -> None:
        """Takes a report about one of its orders."""
        self._trading.executed(report)

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
                stream.check()
                await self._trading.step(stream, self.values)
                self._retry_s = RETRY_FIRST_S
                self._tell_at_times()

    async def _cancel_all(self) -> None:
        self._is_in_order = True
        await self._trading.cancel_all()
        self._problem = ""

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

    async def _turn_comes(self) -> bool:
        """Waits until the next step is due. False when there is to be none."""
        while self.wanted and self._is_in_order and not self._trading.is_out_of_place():
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

    def _fail(self, problem: str) -> None:
        if problem != self._problem:
            log.info("a strategy cannot go on", strategy=self.program.strategy_id, problem=problem)
        self._problem = problem
        self._tell_at_times()

    def _tell_at_times(self) -> None:
        """Tells readers at once when the state changed, and about counters once a second."""
        if self._state() != self._told or self._floor.clock() - self._told_ns >= TELL_NS:
            self._tell()

    def _tell(self) -> None:
        self._told = self._state()
        self._told_ns = self._floor.clock()
        self._floor.publish(self.status())


def _sentence(error: Exception) -> str:
    if isinstance(error, grpc.RpcError):
        said = describe(error)
        return f"{said.reason}: {said.message}"
    if isinstance(error, TickmeshError):
        return f"{error.reason}: {error.message}"
    return "the orders service does not answer in time"

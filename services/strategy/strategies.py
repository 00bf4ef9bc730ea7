"""All strategies of the service: what is asked of them is stored first and done then."""

import asyncio
from collections.abc import Mapping, Sequence

from ..runtime.errors import NotFound
from ..runtime.streams import Hub
from ..values import decimal_text
from .domain import parameters
from .domain.catalog import Program
from .domain.status import Status
from .runner import Runner
from .store import StrategyStore, Wish
from .trading import Floor


class UnknownStrategy(NotFound):
    """There is no strategy of this id."""

    reason = "UNKNOWN_STRATEGY"

    def __init__(self, strategy_id: str) -> None:
        super().__init__(f"there is no strategy {strategy_id!r}", metadata={"strategy_id": strategy_id})


class Strategies:
    """Starts, stops and steers strategies."""

    def __init__(
        self,
        programs: Sequence[Program],
        floor: Floor,
        store: StrategyStore,
        hub: Hub[Status],
        wishes: Mapping[str, Wish],
        wanted: bool,
    ) -> None:
        self.hub = hub
        self._store = store
        self._wishes = dict(wishes)
        self._lock = asyncio.Lock()
        self.runners: dict[str, Runner] = {}
        for place, program in enumerate(programs):
            wish = self._wishes.get(program.strategy_id, Wish())
            runs = wanted if wish.wanted is None else wish.wanted
            values = parameters.kept(program.parameters, wish.parameters)
            turn = (place, len(programs))
            self.runners[program.strategy_id] = Runner(program, floor, runs, values, turn)

    def all(self) -> list[Status]:
        """Returns the status of all strategies, sorted by id."""
        return [self.runners[strategy_id].status() for strategy_id in sorted(self.runners)]

    def get(self, strategy_id: str) -> Status:
        """Returns the status of one. Fails with UnknownStrategy."""
        return self._runner(strategy_id).status()

    async def start(self, strategy_id: str) -> Status:
        """Starts one, for good. Fails with UnknownStrategy."""
        runner = self._runner(strategy_id)
        await self._set(strategy_id, wanted=True)
        runner.start()
        return runner.status()

    async def stop(self, strategy_id: str, timeout_s: float) -> Status:
        """Stops one, for good, and cancels its live orders. Fails with UnknownStrategy or StillHasOrders."""
        runner = self._runner(strategy_id)
        await self._set(strategy_id, wanted=False)
        await runner.stop(timeout_s)
        return runner.status()

    async def update(self, strategy_id: str, asked: Sequence[tuple[str, str]]) -> Status:
        """Changes parameters, all or none. Fails with UnknownStrategy or InvalidParameter."""
        runner = self._runner(strategy_id)
        values = parameters.changed(runner.program.parameters, runner.values, asked)
        await self._set(strategy_id, parameters={name: decimal_text(value) for name, value in values.items()})
        runner.set_values(values)
        return runner.status()

    def _runner(self, strategy_id: str) -> Runner:
        runner = self.runners.get(strategy_id)
        if runner is None:
            raise UnknownStrategy(strategy_id)
        return runner

    async def _set(
        self, strategy_id: str, wanted: bool | None = None, parameters: Mapping[str, str] | None = None
    ) -> None:
        async with self._lock:
            before = self._wishes.get(strategy_id, Wish())
            wish = Wish(
                before.wanted if wanted is None else wanted,
                before.parameters if parameters is None else parameters,
            )
            await self._store.set_wish(strategy_id, wish)
            self._wishes[strategy_id] = wish

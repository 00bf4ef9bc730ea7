"""How a change comes into force: first in the engine's journal, then in our tables, then in memory.

A change that the engine took and that was never stored would be in force and yet be listed
nowhere. What takes it back is therefore stored before the engine is asked, and sent at the
next occasion. What only makes trading stricter is not taken back: the caller repeats it.
"""

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from google.protobuf.message import Message

from tickmesh.orders.v1 import orders_pb2

from ..runtime import telemetry
from .domain.limits import LimitKey
from .domain.rulebook import Outcome, RuleBook, Signature
from .domain.states import StateRecord, is_opening
from .engine import Engine, EngineRefusedError
from .requests import Request
from .store import RiskStore
from .wire import limit_control, state_control

M = TypeVar("M", bound=Message)

log = telemetry.logger(__name__)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to tell the engine, what would take it back, and what it leaves behind."""

    controls: list[orders_pb2.Control]
    undo: list[orders_pb2.Control]
    outcome: Callable[[int], Outcome]  # of the number of orders that were cancelled


class Changes:
    """Puts changes of limits and trading states in force, one after another."""

    def __init__(self, engine: Engine, store: RiskStore, rules: RuleBook) -> None:
        self._engine = engine
        self._store = store
        self._rules = rules
        self._one_at_a_time = asyncio.Lock()

    async def set_limits(
        self, request: Request[M], changes: Mapping[LimitKey, str | None], by: Signature
    ) -> M:
        """Sets limits together; None removes one. Fails with UnknownLimit and what the engine says."""

        def plan() -> _Plan:
            outcome = self._rules.with_limits(changes, by)
            controls = [limit_control(key, value) for key, value in changes.items()]
            undo = [limit_control(key, self._rules.value(key)) for key in changes]
            return _Plan(controls, undo, lambda canceled: outcome)

        return await self._change(request, plan)

    async def set_state(self, request: Request[M], wanted: StateRecord, cancel_orders: bool) -> M:
        """Sets a trading state, and cancels its orders if so wished. Fails with what the engine says."""

        def outcome(canceled: int) -> Outcome:
            return self._rules.with_state(replace(wanted, canceled_count=canceled))

        def plan() -> _Plan:
            scope, before = wanted.scope, self._rules.state(wanted.scope)
            undo = [state_control(scope, before)] if is_opening(before, wanted.state) else []
            return _Plan([state_control(scope, wanted.state, cancel_orders)], undo, outcome)

        return await self._change(request, plan)

    async def make_room(self, key: LimitKey, room: str, symbol: str) -> None:
        """Asks for room in the portion of an instrument's shard. Fails with what the orders service says."""
        async with self._one_at_a_time:
            value = self._rules.value(key)
            if value is not None:
                await self._engine.apply([limit_control(key, value, room=room, room_symbol=symbol)])

    async def _change(self, request: Request[M], make_plan: Callable[[], _Plan]) -> M:
        """Carries a change through to its end, also for a caller who leaves halfway."""
        return await asyncio.shield(self._carry_through(request, make_plan))

    async def _carry_through(self, request: Request[M], make_plan: Callable[[], _Plan]) -> M:
        async with self._one_at_a_time:
            await self._settle()
            undo_id, outcome = uuid.uuid4().hex, Outcome()
            if not await self._store.is_known(request.request_id):
                plan = make_plan()
                outcome = plan.outcome(await self._tell(plan, undo_id))
            answer = await self._store.commit(request, outcome, undo_id)
            self._rules.adopt(outcome)
            return answer

    async def _tell(self, plan: _Plan, undo_id: str) -> int:
        if plan.undo:
            undo = orders_pb2.ApplyControlsRequest(controls=plan.undo)
            await self._store.plan_undo(undo_id, undo.SerializeToString())
        try:
            return await self._engine.apply(plan.controls)
        except EngineRefusedError:
            await self._store.forget_undo(undo_id)
            raise

    async def _settle(self) -> None:
        """Takes back what the engine may have taken and was never stored."""
        for undo_id, controls in (await self._store.undos()).items():
            try:
                await self._engine.apply(orders_pb2.ApplyControlsRequest.FromString(controls).controls)
            except EngineRefusedError as error:
                log.info("nothing to take back", reason=error.reason)
            await self._store.forget_undo(undo_id)

    async def send_all(self) -> list[str]:
        """Tells the engine all that is in force, as if for the first time; returns what it refused."""
        async with self._one_at_a_time:
            await self._settle()
            limits = [limit_control(limit.key, limit.value) for limit in self._rules.limits()]
            states = [state_control(record.scope, record.state) for record in self._rules.closed()]
            return await self._send_each([*states, *limits])

    async def _send_each(self, controls: list[orders_pb2.Control]) -> list[str]:
        """Sends all together, and one by one when one of them is refused."""
        try:
            await self._engine.apply(controls)
        except EngineRefusedError as error:
            if len(controls) == 1:
                return [error.message]
            return [problem for control in controls for problem in await self._send_each([control])]
        return []

"""Moves room in limits that are leased to the shards of orders in portions, to the shard that needs it.

An order that its shard refused although the whole limit has room says what it needed. The router shrinks
the portions of the shards that do not use theirs, sees that confirmed, and then lets the shard of the
order have more: the next such order is taken.
"""

import asyncio
from decimal import Decimal

from ..runtime import telemetry
from ..runtime.errors import TickmeshError
from .changes import Changes
from .domain.events import Refusal
from .domain.limits import LimitKey, LimitType
from .domain.rulebook import RuleBook
from .domain.scopes import scope_of_decision

LEASED = {
    "GROSS_EXPOSURE_LIMIT": LimitType.GROSS_EXPOSURE,
    "ORDER_RATE_LIMIT": LimitType.ORDER_RATE,
}
PACE_S = 0.1

log = telemetry.logger(__name__)


class Leases:
    """Asks for room where orders were refused."""

    def __init__(self, changes: Changes, rules: RuleBook) -> None:
        self._changes = changes
        self._rules = rules
        self._wanted: dict[LimitKey, tuple[str, str]] = {}  # how much room, for which instrument
        self._news = asyncio.Event()

    def refused(self, refusal: Refusal) -> None:
        """Takes a refused order; one that met the whole limit, or another check, needs nothing moved."""
        kind, scope = LEASED.get(refusal.check), scope_of_decision(refusal.scope)
        if kind is None or scope is None:
            return
        key = LimitKey(scope, kind)
        whole = self._rules.value(key)
        if whole is not None and Decimal(refusal.limit) < Decimal(whole):
            self._wanted[key] = refusal.asked, refusal.symbol
            self._news.set()

    async def run(self) -> None:
        """Moves room, for ever. What cannot be moved now is asked for again by the next refusal."""
        while True:
            await self._news.wait()
            self._news.clear()
            wanted, self._wanted = self._wanted, {}
            for key, (room, symbol) in wanted.items():
                await self._move(key, room, symbol)
            await asyncio.sleep(PACE_S)

    async def _move(self, key: LimitKey, room: str, symbol: str) -> None:
        try:
            await self._changes.make_room(key, room, symbol)
        except TickmeshError as error:
            log.info("room in a limit was not moved", limit_id=key.limit_id, problem=error.message)

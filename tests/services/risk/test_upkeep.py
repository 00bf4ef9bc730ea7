"""What risk does without being asked goes on when what it stands on is gone for a while."""

import asyncio
from typing import Any

from tickmesh.services.risk.domain.limits import LimitKey, LimitType
from tickmesh.services.risk.domain.rulebook import RuleBook
from tickmesh.services.risk.domain.scopes import Level, Scope
from tickmesh.services.risk.upkeep import Defaults
from tickmesh.services.runtime.outages import DatabaseUnavailable

COLLAR = LimitKey(Scope(Level.FIRM, symbol="AAPL"), LimitType.PRICE_COLLAR)


class Interrupted:
    """Changes whose database is gone at the first call."""

    def __init__(self) -> None:
        self.calls: list[dict[LimitKey, str]] = []

    async def set_limits(self, request: Any, limits: dict[LimitKey, str], signature: Any) -> None:
        self.calls.append(limits)
        if len(self.calls) == 1:
            raise DatabaseUnavailable


async def test_default_limits_are_tried_again_when_the_database_was_gone() -> None:
    changes = Interrupted()
    defaults = Defaults(changes, RuleBook(), lambda: 1, {COLLAR: "500"}, 0)  # type: ignore[arg-type]
    defaults.list_instruments([])
    running = asyncio.create_task(defaults.run())
    try:
        async with asyncio.timeout(10):
            await defaults.complete.wait()
    finally:
        running.cancel()
    assert changes.calls == [{COLLAR: "500"}] * 2

"""Limits that are sums over instruments, leased to the shards in portions.

The shards hold what there is to know: what each was told, and what it uses of it. So a router that ends
in the middle leaves portions that add up to less, never to more, and whoever divides next gives out the
rest.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tickmesh.orders.v1 import orders_pb2 as pb

from ..values import decimal_text
from .domain.portions import Held, Need, divide, given, taken
from .shards import Caller, Shards

# Which limits are sums, with the smallest step of each: a micro-unit of the base currency, an order.
STEPS = {pb.EngineLimit.GROSS_EXPOSURE: Decimal("0.000001"), pb.EngineLimit.ORDER_RATE: Decimal(1)}
Portions = dict[int, pb.EngineLimit]  # of one limit, for the shards that hold another


def is_leased(limit: pb.EngineLimit) -> bool:
    """Says whether each shard has a portion of a limit. One that is no bound is not: all shards say so."""
    step = STEPS.get(limit.limit_type)
    return step is not None and limit.value != "" and not Decimal(limit.value) % step


@dataclass(slots=True)
class Lease:
    """One limit on its way into portions."""

    limit: pb.EngineLimit
    need: Need | None
    held: list[Held] = field(default_factory=list)
    wanted: list[int] = field(default_factory=list)

    @property
    def _step(self) -> Decimal:
        return STEPS[self.limit.limit_type]

    @property
    def bound(self) -> int:
        """Returns the whole limit in steps."""
        return int(Decimal(self.limit.value) / self._step)

    def look(self, usages: Sequence[pb.LimitUsage]) -> None:
        """Takes in what the shards hold."""
        self.held = [self._held(usage) for usage in usages]

    def _held(self, usage: pb.LimitUsage) -> Held:
        value = usage.limit.value
        used = -(-Decimal(usage.used) // self._step)
        return Held(int(Decimal(value) / self._step) if value else None, int(used))

    def give(self) -> Portions:
        """Decides what each shard should hold, and returns what is told first."""
        self.wanted = divide(self.bound, self.held, self.need)
        return self._told(given(self.held, self.wanted))

    def take(self) -> Portions:
        """Returns what is told second, to the shards that get more."""
        return self._told(taken(self.bound, self.held, self.wanted))

    def _told(self, portions: Sequence[int]) -> Portions:
        pairs = enumerate(zip(portions, self.held, strict=True))
        return {shard: self._portion(new) for shard, (new, held) in pairs if new != held.portion}

    def _portion(self, steps: int) -> pb.EngineLimit:
        value = decimal_text(steps * self._step)
        return pb.EngineLimit(scope=self.limit.scope, limit_type=self.limit.limit_type, value=value)


class Leases:
    """Asks shards what they hold of limits."""

    def __init__(self, shards: Shards) -> None:
        self._shards = shards

    async def look(self, leases: Sequence[Lease], caller: Caller) -> None:
        """Brings leases up to date. Fails with ShardUnavailable: nobody knows what such a shard uses."""
        request = pb.GetLimitUsageRequest(limits=[lease.limit for lease in leases]).SerializeToString()
        asked = (shard.ask("GetLimitUsage", request, caller) for shard in self._shards.every)
        answers = [pb.GetLimitUsageResponse.FromString(each) for each in await asyncio.gather(*asked)]
        for place, lease in enumerate(leases):
            lease.look([answer.usages[place] for answer in answers])

"""How far limits are used on all shards together."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from tickmesh.orders.v1 import orders_pb2 as pb

from ..values import decimal_text
from .leases import STEPS
from .shards import Caller, Shards


async def of_all(
    shards: Shards, shard_of_symbol: Callable[[str], int], request: pb.GetLimitUsageRequest, caller: Caller
) -> pb.GetLimitUsageResponse:
    """Returns how far limits are used. Fails with ShardUnavailable, and with what a shard says."""
    found = pb.GetLimitUsageResponse()
    for limit in request.limits:
        symbol = limit.scope.symbol
        chosen = [shards.get(shard_of_symbol(symbol))] if symbol else shards.every
        content = pb.GetLimitUsageRequest(limits=[limit]).SerializeToString()
        answers = [await shard.ask("GetLimitUsage", content, caller) for shard in chosen]
        told = [pb.GetLimitUsageResponse.FromString(answer).usages[0] for answer in answers]
        found.usages.append(_together(told))
    return found


def _together(told: Sequence[pb.LimitUsage]) -> pb.LimitUsage:
    """Returns the sum of portions; of a limit that is the same on all shards, one of them."""
    whole = told[0]
    if len(told) > 1 and whole.limit.limit_type in STEPS:
        values = [Decimal(usage.limit.value) for usage in told if usage.limit.value]
        whole.limit.value = decimal_text(sum(values, Decimal(0))) if values else ""
        whole.used = decimal_text(sum((Decimal(usage.used) for usage in told), Decimal(0)))
    return whole

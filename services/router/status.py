"""Where all shards stand, as one."""

import asyncio
import hashlib
from collections.abc import Sequence

from tickmesh.orders.v1 import orders_pb2 as pb

from ..runtime.server import Context
from ..runtime.shards import origin_of
from .shards import Shards, ShardUnavailable


async def of_all(shards: Shards, context: Context) -> pb.EngineStatus:
    """Returns the status of all shards that answer. Fails with ShardUnavailable when none does."""
    asked = (shards.status(number, context) for number in range(len(shards)))
    answers = await asyncio.gather(*asked, return_exceptions=True)
    found, away = [], []
    for number, answer in enumerate(answers):
        if isinstance(answer, ShardUnavailable):
            away.append(number)
        elif isinstance(answer, BaseException):
            raise answer
        else:
            found.append(answer)
    if not found:
        raise ShardUnavailable(0, "no shard does")
    return _together(found, away)


def _together(found: Sequence[pb.EngineStatus], away: Sequence[int]) -> pb.EngineStatus:
    hashes = "|".join(f"{status.shard}:{status.state_hash}" for status in found)
    whole = pb.EngineStatus(
        state_hash=hashlib.sha256(hashes.encode()).hexdigest()[:16],
        open_orders=sum(status.open_orders for status in found),
        instruments=sum(status.instruments for status in found),
        command_sequence=_sum(found, "command_sequence"),
        event_sequence=_sum(found, "event_sequence"),
        projected_sequence=_sum(found, "projected_sequence"),
        commands_per_second=sum(status.commands_per_second for status in found),
        shards=found,
        shards_away=away,
    )
    newest = max(found, key=lambda status: status.start_time.ToNanoseconds())
    whole.start_time.CopyFrom(newest.start_time)
    return whole


def _sum(found: Sequence[pb.EngineStatus], name: str) -> int:
    """Returns how many there are on all shards: each counts from its origin on."""
    return sum(max(0, getattr(status, name) - origin_of(status.shard)) for status in found)

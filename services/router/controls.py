"""Accounts, limits, trading states and rates over all shards.

What names an instrument goes to its shard alone; everything else goes to all. A limit that holds for all
instruments together is divided: each shard is given a portion, and the portions never add up to more.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tickmesh.orders.v1 import orders_pb2 as pb

from ..runtime.errors import FieldViolation, TickmeshError
from ..runtime.server import Context
from ..values import decimal_text
from .domain.portions import portions
from .shards import Shards, ShardUnavailable

# Limits that are sums over instruments, with the smallest step of each: a micro-unit, an order.
SUMS = {pb.EngineLimit.GROSS_EXPOSURE: Decimal("0.000001"), pb.EngineLimit.ORDER_RATE: Decimal(1)}
_PATH = re.compile(r"\bcontrols\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Part:
    """What one shard is told, and where each control stands in the request."""

    shard: int
    controls: list[pb.Control]
    places: list[int]

    def named(self, text: str) -> str:
        """Returns text that names controls of the part, as it names them in the request."""
        return _PATH.sub(lambda found: f"controls[{self.places[int(found[1])]}]", text)


async def apply(
    shards: Shards,
    shard_of_symbol: Callable[[str], int],
    request: pb.ApplyControlsRequest,
    context: Context,
) -> pb.ApplyControlsResponse:
    """Tells all shards. Fails with what a shard says, and with ShardUnavailable: repeat it then.

    All that can be told is told: trading must stop on the shards that answer when one does not. Portions
    are told one shard after the other, so that a new one, at the end, has its own when others gave it up.
    """
    parts = _parts(request.controls, len(shards), shard_of_symbol)
    tell = _each(shards, request.request_id, context)
    if any(_step(control) for control in request.controls):
        answers = [await tell(part) for part in parts]
    else:
        told = await asyncio.gather(*map(tell, parts), return_exceptions=True)
        answers = [_answered(answer) for answer in told]
    canceled = sum(answer.canceled_count for answer in answers)
    return pb.ApplyControlsResponse(command=answers[-1].command, canceled_count=canceled)


def _answered(told: pb.ApplyControlsResponse | BaseException) -> pb.ApplyControlsResponse:
    if isinstance(told, BaseException):
        raise told
    return told


def _each(
    shards: Shards, request_id: str, context: Context
) -> Callable[[Part], "asyncio.Future[pb.ApplyControlsResponse]"]:
    async def tell(part: Part) -> pb.ApplyControlsResponse:
        request = pb.ApplyControlsRequest(request_id=request_id, controls=part.controls)
        try:
            answer = await shards.get(part.shard).ask("ApplyControls", request.SerializeToString(), context)
        except ShardUnavailable:
            raise
        except TickmeshError as error:
            error.message = part.named(error.message)
            error.fields = [_renamed(part, each) for each in error.fields]
            raise
        return pb.ApplyControlsResponse.FromString(answer)

    return lambda part: asyncio.ensure_future(tell(part))


def _renamed(part: Part, violation: FieldViolation) -> FieldViolation:
    return replace(violation, field=part.named(violation.field))


def _parts(controls: Sequence[pb.Control], shards: int, shard_of_symbol: Callable[[str], int]) -> list[Part]:
    parts = [Part(shard, [], []) for shard in range(shards)]
    for place, control in enumerate(controls):
        symbol = _symbol(control)
        told = _portions(control, shards) if not symbol else {shard_of_symbol(symbol): control}
        for shard, own in told.items():
            parts[shard].controls.append(own)
            parts[shard].places.append(place)
    return [part for part in parts if part.controls]


def _symbol(control: pb.Control) -> str:
    kind = control.WhichOneof("control")
    if kind == "limit":
        return control.limit.scope.symbol
    return control.trading_state.scope.symbol if kind == "trading_state" else ""


def _step(control: pb.Control) -> Decimal | None:
    """Returns the step of a limit that is divided; None for everything else."""
    is_limit = control.WhichOneof("control") == "limit" and control.limit.value != ""
    return SUMS.get(control.limit.limit_type) if is_limit else None


def _portions(control: pb.Control, shards: int) -> dict[int, pb.Control]:
    """Returns what each shard is told: the same, or its portion."""
    step = _step(control)
    value = Decimal(control.limit.value) if step else Decimal(0)
    if step is None or value % step:  # what is no bound goes to all as it is: they say so
        return dict.fromkeys(range(shards), control)
    told = {}
    for shard, portion in enumerate(portions(value, shards, step)):
        told[shard] = pb.Control(limit=control.limit)
        told[shard].limit.value = decimal_text(portion)
    return told

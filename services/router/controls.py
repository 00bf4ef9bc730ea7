"""Accounts, limits, trading states and rates over all shards.

What names an instrument goes to its shard alone; everything else goes to all. Of a limit that holds for all
instruments together each shard has a portion, see `leases`.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from tickmesh.orders.v1 import orders_pb2 as pb

from ..runtime.errors import FieldViolation, TickmeshError
from .domain.portions import Need
from .leases import STEPS, Lease, Leases, Portions, is_leased
from .shards import Caller, Kept, Shards, ShardUnavailable

_PATH = re.compile(r"\bcontrols\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Part:
    """What one shard is told, and where each control stands in the request."""

    shard: int
    controls: list[pb.Control] = field(default_factory=list)
    places: list[int] = field(default_factory=list)

    def add(self, place: int, control: pb.Control) -> None:
        """Adds a control of the request."""
        self.controls.append(control)
        self.places.append(place)

    def renamed(self, error: TickmeshError) -> TickmeshError:
        """Returns what the shard says with the places that controls have in the request."""
        error.message = self._renamed(error.message)
        error.fields = [self._violation(each) for each in error.fields]
        return error

    def _violation(self, violation: FieldViolation) -> FieldViolation:
        return replace(violation, field=self._renamed(violation.field))

    def _renamed(self, text: str) -> str:
        return _PATH.sub(lambda found: f"controls[{self.places[int(found[1])]}]", text)


class Controls:
    """Tells the shards."""

    def __init__(self, shards: Shards, shard_of_symbol: Callable[[str], int]) -> None:
        self._shards = shards
        self._shard_of_symbol = shard_of_symbol
        self._leases = Leases(shards)
        self._dividing = asyncio.Lock()

    async def apply(self, request: pb.ApplyControlsRequest, caller: Caller) -> pb.ApplyControlsResponse:
        """Tells all shards. Fails with what a shard says, and with ShardUnavailable: repeat it then.

        All that can be told is told: trading must stop on the shards that answer when one does not. Only a
        limit that is leased is not changed at all as long as a shard is away.
        """
        leases = self._leased(request.controls)
        if not leases:
            return await self._tell(self._parts(request.controls, {}), request.request_id, caller)
        # Portions are told to the end, one division after the other, whoever waits or hangs up.
        return await asyncio.shield(self._divide(request.controls, leases, Kept(caller)))

    def _leased(self, controls: Sequence[pb.Control]) -> dict[int, Lease]:
        """Returns the limits that are leased, by their place in the request."""
        return {
            place: Lease(control.limit, self._need(control.limit))
            for place, control in enumerate(controls)
            if control.WhichOneof("control") == "limit" and is_leased(control.limit)
        }

    def _need(self, limit: pb.EngineLimit) -> Need | None:
        if not limit.room_symbol or not limit.room:
            return None
        steps = -(-Decimal(limit.room) // STEPS[limit.limit_type])
        return Need(self._shard_of_symbol(limit.room_symbol), int(steps))

    async def _divide(
        self, controls: Sequence[pb.Control], leases: Mapping[int, Lease], caller: Caller
    ) -> pb.ApplyControlsResponse:
        """Tells who gives, and who takes once that is confirmed. The same request again divides anew."""
        every = list(leases.values())
        async with self._dividing:
            await self._leases.look(every, caller)
            portions = {place: lease.give() for place, lease in leases.items()}
            answer = await self._tell(self._parts(controls, portions), "", caller)
            await self._leases.look(every, caller)
            more = self._more(leases)
            if more:
                await self._tell(more, "", caller)
        return answer

    def _more(self, leases: Mapping[int, Lease]) -> list[Part]:
        parts = [Part(shard) for shard in range(len(self._shards))]
        for place, lease in leases.items():
            for shard, limit in lease.take().items():
                parts[shard].add(place, pb.Control(limit=limit))
        return [part for part in parts if part.controls]

    def _parts(self, controls: Sequence[pb.Control], portions: Mapping[int, Portions]) -> list[Part]:
        parts = [Part(shard) for shard in range(len(self._shards))]
        for place, control in enumerate(controls):
            for shard, own in self._told(control, portions.get(place)).items():
                parts[shard].add(place, own)
        return [part for part in parts if part.controls]

    def _told(self, control: pb.Control, portions: Portions | None) -> dict[int, pb.Control]:
        """Returns what each shard is told of a control."""
        if portions is not None:
            return {shard: pb.Control(limit=limit) for shard, limit in portions.items()}
        symbol = _symbol(control)
        chosen = [self._shard_of_symbol(symbol)] if symbol else range(len(self._shards))
        return dict.fromkeys(chosen, control)

    async def _tell(self, parts: Sequence[Part], request_id: str, caller: Caller) -> pb.ApplyControlsResponse:
        asked = (self._tell_one(part, request_id, caller) for part in parts)
        answers = []
        for answer in await asyncio.gather(*asked, return_exceptions=True):
            if isinstance(answer, BaseException):
                raise answer
            answers.append(answer)
        canceled = sum(answer.canceled_count for answer in answers)
        command = answers[-1].command if answers else 0  # where all hold their portions already
        return pb.ApplyControlsResponse(command=command, canceled_count=canceled)

    async def _tell_one(self, part: Part, request_id: str, caller: Caller) -> pb.ApplyControlsResponse:
        request = pb.ApplyControlsRequest(request_id=request_id, controls=part.controls)
        try:
            content = await self._shards.get(part.shard).ask(
                "ApplyControls", request.SerializeToString(), caller
            )
        except ShardUnavailable:
            raise
        except TickmeshError as error:
            raise part.renamed(error) from error
        return pb.ApplyControlsResponse.FromString(content)


def _symbol(control: pb.Control) -> str:
    kind = control.WhichOneof("control")
    if kind == "limit":
        return control.limit.scope.symbol
    return control.trading_state.scope.symbol if kind == "trading_state" else ""

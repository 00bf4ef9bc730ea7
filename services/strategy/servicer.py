"""StrategyService: protobuf in, protobuf out."""

from collections.abc import AsyncIterator, Callable

from tickmesh.strategy.v1 import strategy_pb2 as pb
from tickmesh.strategy.v1 import strategy_pb2_grpc

from ..runtime import paging
from ..runtime.server import Context
from ..runtime.streams import respond
from .domain.status import Status
from .strategies import Strategies
from .wire import strategy_message


class StrategyServicer(strategy_pb2_grpc.StrategyServiceServicer):
    """Speaks protobuf outwards and domain types inwards."""

    def __init__(self, strategies: Strategies, clock: Callable[[], int], stop_timeout_s: float) -> None:
        self._strategies = strategies
        self._clock = clock
        self._stop_timeout_s = stop_timeout_s

    async def ListStrategies(
        self, request: pb.ListStrategiesRequest, context: Context
    ) -> pb.ListStrategiesResponse:
        """Lists strategies by id."""
        limit = paging.page_limit(request.page_size)
        after = paging.decode(request.page_token, (str,))
        rest = [one for one in self._strategies.all() if after is None or (one.program.strategy_id,) > after]
        page = [strategy_message(status) for status in rest[:limit]]
        more = paging.encode(page[-1].strategy_id) if len(rest) > limit else ""
        return pb.ListStrategiesResponse(strategies=page, next_page_token=more)

    async def GetStrategy(self, request: pb.GetStrategyRequest, context: Context) -> pb.Strategy:
        """Returns one strategy."""
        return strategy_message(self._strategies.get(request.strategy_id))

    async def StartStrategy(self, request: pb.StartStrategyRequest, context: Context) -> pb.Strategy:
        """Starts a strategy."""
        return strategy_message(await self._strategies.start(request.strategy_id))

    async def StopStrategy(self, request: pb.StopStrategyRequest, context: Context) -> pb.Strategy:
        """Stops a strategy once its live orders are cancelled."""
        return strategy_message(await self._strategies.stop(request.strategy_id, self._stop_timeout_s))

    async def UpdateParameters(self, request: pb.UpdateParametersRequest, context: Context) -> pb.Strategy:
        """Changes parameters, all or none."""
        asked = [(parameter.name, parameter.value) for parameter in request.parameters]
        return strategy_message(await self._strategies.update(request.strategy_id, asked))

    async def StreamStatus(
        self, request: pb.StreamStatusRequest, context: Context
    ) -> AsyncIterator[pb.StreamStatusResponse]:
        """Sends all strategies, then the newest status of each that changes."""
        events = self._strategies.hub.follow(
            request.resume_token,
            snapshot=self._strategies.all,
            conflate=lambda status: status.program.strategy_id,
        )
        responses = respond(
            events,
            pb.StreamStatusResponse,
            update=lambda statuses: map(strategy_message, statuses),
            snapshot=_snapshot,
            clock=self._clock,
        )
        async for response in responses:
            yield response


def _snapshot(statuses: list[Status]) -> pb.StrategySnapshot:
    return pb.StrategySnapshot(strategies=map(strategy_message, statuses))

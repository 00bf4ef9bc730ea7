"""The engine as risk sees it: controls in, and what they did."""

import re
from collections.abc import Sequence

import grpc

from tickmesh.orders.v1 import orders_pb2, orders_pb2_grpc

from ..runtime.errors import FieldViolation, RemoteError, TickmeshError, Unavailable, describe

CONTROLS_MAX = 1_000
_UNKNOWN_OUTCOME = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNIMPLEMENTED,
    }
)
_PREFIX = re.compile(r"^controls\[\d+\]\.(limit|trading_state)\.")


class OrdersUnreachable(Unavailable):
    """The orders service did not answer: whether the engine took the change is not known. Repeat it."""

    reason = "ORDERS_UNREACHABLE"


class EngineRefusedError(TickmeshError):
    """The engine refused a change and is as it was; says what the orders service said."""

    def __init__(self, said: RemoteError) -> None:
        fields = [FieldViolation(_PREFIX.sub("", each.field), each.description) for each in said.fields]
        super().__init__(said.message, reason=said.reason, metadata=said.metadata, fields=fields)
        self.code = said.code


class Engine:
    """Sends controls to the orders service, which journals them."""

    def __init__(self, channel: grpc.aio.Channel, timeout_s: float) -> None:
        self._orders = orders_pb2_grpc.OrdersServiceStub(channel)
        self._timeout_s = timeout_s

    async def apply(self, controls: Sequence[orders_pb2.Control]) -> int:
        """Applies all controls or none; returns how many orders were cancelled.

        Fails with EngineRefusedError, or with OrdersUnreachable when what became of them is not known.
        """
        canceled = 0
        for start in range(0, len(controls), CONTROLS_MAX):
            request = orders_pb2.ApplyControlsRequest(controls=controls[start : start + CONTROLS_MAX])
            canceled += (await self._send(request)).canceled_count
        return canceled

    async def _send(self, request: orders_pb2.ApplyControlsRequest) -> orders_pb2.ApplyControlsResponse:
        try:
            return await self._orders.ApplyControls(request, timeout=self._timeout_s)
        except grpc.RpcError as error:
            said = describe(error)
            if said.code in _UNKNOWN_OUTCOME:
                raise OrdersUnreachable(f"the orders service did not answer: {said.message}") from error
            raise EngineRefusedError(said) from error

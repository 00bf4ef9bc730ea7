"""The shards as the router calls them: with the caller's token, deadline and headers, bytes in and out."""

from collections.abc import AsyncIterator
from typing import Any, Protocol

import grpc

from tickmesh.orders.v1 import orders_pb2 as pb

from ..runtime.errors import RemoteError, TickmeshError, Unavailable, again, describe
from ..runtime.shards import shard_of

SERVICE = "/tickmesh.orders.v1.OrdersService/"
TIMING = "server-timing"
KEPT_S = 5.0
_OWN = ("grpc-", "user-agent", ":")  # headers of the connection, not of the call
# CANCELLED is what gRPC makes of calls that had reached a server which ends before it looked at them.
AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
_UNREACHABLE = (grpc.ChannelConnectivity.TRANSIENT_FAILURE, grpc.ChannelConnectivity.SHUTDOWN)

Headers = tuple[tuple[str, str | bytes], ...]


class ShardUnavailable(Unavailable):
    """The shard of an instrument does not answer. Others do."""

    reason = "SHARD_UNAVAILABLE"

    def __init__(self, shard: int, problem: str = "it is not reachable") -> None:
        super().__init__(
            f"shard {shard} of orders does not answer ({problem}); send it again, with the same id",
            metadata={"shard": str(shard)},
        )


class Caller(Protocol):
    """Who asks, as the context of a call tells."""

    def invocation_metadata(self) -> Any:
        """Returns what was sent along."""

    def time_remaining(self) -> float | None:
        """Returns the seconds that are left, None for no end."""


class Kept:
    """A caller as it was, for work that must go on when it hangs up."""

    def __init__(self, caller: Caller) -> None:
        self._metadata = caller.invocation_metadata()

    def invocation_metadata(self) -> Any:
        """Returns what was sent along."""
        return self._metadata

    def time_remaining(self) -> float:
        """Returns what one call to a shard may take."""
        return KEPT_S


def headers_of(context: Caller) -> Headers:
    """Returns what a caller sent along, its token among them."""
    told = context.invocation_metadata() or ()
    return tuple((key, value) for key, value in told if not key.startswith(_OWN))


class Shard:
    """One shard: whichever of its processes serves."""

    def __init__(self, number: int, channel: grpc.aio.Channel) -> None:
        self.number = number
        self._channel: Any = channel
        self._calls: dict[str, Any] = {}

    @property
    def is_away(self) -> bool:
        """Says whether it is known that nobody answers, so that what is not sent has not happened."""
        return self._channel.get_state(True) in _UNREACHABLE

    async def ask(self, method: str, request: bytes, context: Caller) -> bytes:
        """Returns an answer. Fails with ShardUnavailable, and with whatever the shard says."""
        answer, _ = await self.ask_timed(method, request, context)
        return answer

    async def ask_timed(self, method: str, request: bytes, context: Caller) -> tuple[bytes, Any]:
        """Returns an answer and its call, which knows where the time went. Fails as `ask` does."""
        call = self._unary(method)(request, timeout=context.time_remaining(), metadata=headers_of(context))
        try:
            return await call, call
        except grpc.aio.AioRpcError as error:
            raise self.fault(error) from error

    def _unary(self, method: str) -> Any:
        if method not in self._calls:
            self._calls[method] = self._channel.unary_unary(SERVICE + method)
        return self._calls[method]

    def stream(self, method: str, request: bytes, headers: Headers) -> AsyncIterator[bytes]:
        """Returns the responses of a stream, as bytes."""
        call: AsyncIterator[bytes] = self._channel.unary_stream(SERVICE + method)(request, metadata=headers)
        return call

    def batches(self, headers: Headers, timeout_s: float | None) -> Any:
        """Opens a stream of batches."""
        return self._channel.stream_stream(SERVICE + "SubmitOrders")(metadata=headers, timeout=timeout_s)

    def fault(self, error: grpc.aio.AioRpcError) -> TickmeshError:
        """Returns what a caller is told about a call that failed."""
        said: RemoteError = describe(error)
        if said.code in AWAY:
            return ShardUnavailable(self.number, said.message or said.reason)
        return again(said)


class Shards:
    """All shards, by number."""

    def __init__(self, channels: list[grpc.aio.Channel]) -> None:
        self.every = [Shard(number, channel) for number, channel in enumerate(channels)]

    def __len__(self) -> int:
        return len(self.every)

    def get(self, number: int) -> Shard:
        """Returns a shard. Fails with ShardUnavailable when nobody said where it is."""
        if number >= len(self.every):
            raise ShardUnavailable(number, "this router does not know where it is")
        return self.every[number]

    def of_id(self, text: str) -> int:
        """Returns the shard that gave an id; the first for text that no id is: it will say so."""
        if not (text.isascii() and text.isdecimal() and len(text) <= 19):
            return 0
        number = shard_of(int(text))
        return number if number < len(self.every) else 0

    async def status(self, number: int, context: Caller) -> pb.EngineStatus:
        """Returns where a shard stands. Fails with ShardUnavailable."""
        return pb.EngineStatus.FromString(await self.get(number).ask("GetEngineStatus", b"", context))

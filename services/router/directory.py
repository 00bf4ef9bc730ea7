"""Which shard trades which instrument, as the assets service says."""

import asyncio
from collections.abc import AsyncIterable, Iterable

import grpc

from tickmesh.assets.v1 import assets_pb2, assets_pb2_grpc

from ..runtime.streams import Follower


class Directory:
    """The shard of each instrument. Follows the assets service."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = assets_pb2_grpc.AssetsServiceStub(channel)
        self._shards: dict[str, int] = {}
        self.listed = asyncio.Event()  # all that were listed are known

    def shard_of(self, symbol: str) -> int:
        """Returns the shard of an instrument; the first for one that is not listed: it will say so."""
        return self._shards.get(symbol, 0)

    async def follow(self) -> None:
        """Follows for ever."""
        async for response in Follower(self._open, name="instruments"):
            if response.HasField("snapshot"):
                self._learn(response.snapshot.instruments)
                self.listed.set()
            elif response.HasField("update"):
                self._learn([response.update])

    def _open(self, token: str) -> AsyncIterable[assets_pb2.StreamInstrumentsResponse]:
        return self._stub.StreamInstruments(assets_pb2.StreamInstrumentsRequest(resume_token=token))

    def _learn(self, instruments: Iterable[assets_pb2.Instrument]) -> None:
        for instrument in instruments:
            self._shards[instrument.symbol] = instrument.shard

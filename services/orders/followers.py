"""What the order path hears from others: the instruments."""

import asyncio
from collections.abc import AsyncIterable, Iterable

import grpc

from tickmesh.assets.v1 import assets_pb2, assets_pb2_grpc

from ..runtime import telemetry
from ..runtime.errors import TickmeshError
from ..runtime.streams import Follower
from .shard import Shard

log = telemetry.logger(__name__)


class InstrumentFollower:
    """Lists each instrument that this shard trades with the engine."""

    def __init__(self, channel: grpc.aio.Channel, shard: Shard) -> None:
        self._stub = assets_pb2_grpc.AssetsServiceStub(channel)
        self._shard = shard
        self.listed = asyncio.Event()  # the first snapshot is in

    async def run(self) -> None:
        """Follows, for ever."""
        async for response in Follower(self._open, name="instruments"):
            kind = response.WhichOneof("event")
            if kind == "snapshot":
                await self._list(response.snapshot.instruments)
                self.listed.set()
            elif kind == "update":
                await self._list([response.update])

    def _open(self, token: str) -> AsyncIterable[assets_pb2.StreamInstrumentsResponse]:
        return aiter(self._stub.StreamInstruments(assets_pb2.StreamInstrumentsRequest(resume_token=token)))

    async def _list(self, instruments: Iterable[assets_pb2.Instrument]) -> None:
        stamped = []
        for instrument in instruments:
            if instrument.shard != self._shard.number:
                continue
            try:
                sequence = self._shard.controls.list_instrument(instrument)
            except TickmeshError as error:
                log.error("an instrument cannot be listed", symbol=instrument.symbol, problem=error.message)
                continue
            if sequence is not None:
                stamped.append(sequence)
        if not stamped:
            return
        for answer in await self._shard.sequencer.settled(stamped):
            if answer.reason:
                log.error("the engine refused an instrument", command=answer.command, reason=answer.reason)

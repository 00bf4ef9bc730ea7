"""AssetsService: protobuf in, protobuf out."""

from collections.abc import AsyncIterator, Callable
from itertools import accumulate

from sqlalchemy.engine import Connection

from tickmesh.assets.v1 import assets_pb2 as pb
from tickmesh.assets.v1 import assets_pb2_grpc

from ..runtime import paging, streams
from ..runtime.requests import once
from ..runtime.server import Context, validate
from . import store
from .catalogue import Catalogue
from .domain.changes import refuse_fixed
from .domain.faults import Fault, InvalidInstrument
from .domain.instruments import Instrument, searchable
from .translation import asset_type, from_proto, mask_paths, merged, to_proto

PAGE_BYTES_MAX = 4 << 20  # a page ends early rather than exceed what a client accepts by default


class AssetsServicer(assets_pb2_grpc.AssetsServiceServicer):
    """Speaks protobuf outwards and instruments inwards."""

    def __init__(self, catalogue: Catalogue, clock: Callable[[], int]) -> None:
        self._catalogue = catalogue
        self._clock = clock

    async def CreateInstrument(self, request: pb.CreateInstrumentRequest, context: Context) -> pb.Instrument:
        proposed = from_proto(request.instrument)

        def create(connection: Connection) -> pb.Instrument:
            return to_proto(self._catalogue.create(connection, proposed))

        return await self._once("CreateInstrument", request, create)

    async def UpdateInstrument(self, request: pb.UpdateInstrumentRequest, context: Context) -> pb.Instrument:
        paths = mask_paths(request.update_mask)
        refuse_fixed(paths)

        def change(current: Instrument) -> Instrument:
            message = merged(to_proto(current), request.instrument, paths)
            validate(pb.CreateInstrumentRequest(instrument=message))
            return from_proto(message)

        def update(connection: Connection) -> pb.Instrument:
            symbol = request.instrument.symbol
            return to_proto(self._catalogue.update(connection, symbol, request.version, change))

        return await self._once("UpdateInstrument", request, update)

    async def _once(
        self,
        method: str,
        request: pb.CreateInstrumentRequest | pb.UpdateInstrumentRequest,
        work: Callable[[Connection], pb.Instrument],
    ) -> pb.Instrument:
        def first_or_again(connection: Connection) -> pb.Instrument:
            return once(connection, store.requests, method, request, request.request_id, pb.Instrument, work)

        return await self._catalogue.commit(first_or_again)

    async def GetInstrument(self, request: pb.GetInstrumentRequest, context: Context) -> pb.Instrument:
        return await self._catalogue.get(request.symbol)

    async def ListInstruments(
        self, request: pb.ListInstrumentsRequest, context: Context
    ) -> pb.ListInstrumentsResponse:
        limit = paging.page_limit(request.page_size)
        found, total = await self._catalogue.page(_filter(request), _after(request.page_token), limit + 1)
        page = _fitting([to_proto(instrument) for instrument in found[:limit]])
        response = pb.ListInstrumentsResponse(total_size=total, instruments=page)
        if len(page) < len(found):
            response.next_page_token = paging.encode(page[-1].symbol)
        return response

    async def StreamInstruments(
        self, request: pb.StreamInstrumentsRequest, context: Context
    ) -> AsyncIterator[pb.StreamInstrumentsResponse]:
        await self._catalogue.refresh()  # a token may come from a replica that is ahead of this one
        events = self._catalogue.hub.follow(request.resume_token, snapshot=self._catalogue.snapshot)
        responses = streams.respond(
            events,
            pb.StreamInstrumentsResponse,
            update=list,
            snapshot=lambda every: pb.InstrumentSnapshot(instruments=every),
            clock=self._clock,
        )
        async for response in responses:
            yield response


def _fitting(messages: list[pb.Instrument]) -> list[pb.Instrument]:
    """Returns as many of the first as one response can carry, one at least."""
    sizes = accumulate(message.ByteSize() for message in messages)
    count = sum(size <= PAGE_BYTES_MAX for size in sizes)
    return messages[: max(1, count)]


def _filter(request: pb.ListInstrumentsRequest) -> store.Filter:
    if not request.query.isprintable():
        raise InvalidInstrument(
            [Fault("query", "MALFORMED_FIELD", "is printable text on one line")], prefix=""
        )
    wanted = asset_type(request.asset_type) if request.asset_type else None
    return store.Filter(wanted, searchable(request.query))


def _after(page_token: str) -> str:
    key = paging.decode(page_token, (str,))
    after = "" if key is None else str(key[0])
    if not after.isprintable():
        raise paging.InvalidPageToken
    return after

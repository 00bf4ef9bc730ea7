"""The stream of instruments: a snapshot, each change after it, and resuming, over a restart too."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from tests.services.assets.samples import Stub, an_instrument
from tickmesh.assets.v1 import assets_pb2 as pb
from tickmesh.services.assets.service import start
from tickmesh.services.runtime.errors import describe
from tickmesh.services.runtime.testing import serve_for_test

pytestmark = pytest.mark.usefixtures("on_both_databases")

Responses = AsyncIterator[pb.StreamInstrumentsResponse]


def follow(stub: Stub, token: str = "") -> Any:
    return aiter(stub.StreamInstruments(pb.StreamInstrumentsRequest(resume_token=token), timeout=20))


async def news(responses: Responses) -> pb.StreamInstrumentsResponse:
    """Returns the next response that is no heartbeat."""
    async for response in responses:
        if response.WhichOneof("event") != "heartbeat":
            return response
    raise AssertionError("the stream ended")


async def create(stub: Stub, symbol: str) -> pb.Instrument:
    return await stub.CreateInstrument(pb.CreateInstrumentRequest(instrument=an_instrument(symbol)))


async def rename(stub: Stub, symbol: str, name: str) -> pb.Instrument:
    return await stub.UpdateInstrument(
        pb.UpdateInstrumentRequest(
            instrument=pb.Instrument(symbol=symbol, name=name), update_mask=FieldMask(paths=["name"])
        )
    )


async def test_a_stream_starts_with_everything_and_goes_on_with_each_change(stub: Stub) -> None:
    first = await create(stub, "B")
    responses = follow(stub)
    snapshot = await news(responses)
    assert list(snapshot.snapshot.instruments) == [first]
    second = await create(stub, "A")
    changed = await rename(stub, "B", "Renamed")
    updates = [await news(responses), await news(responses)]
    assert [response.update for response in updates] == [second, changed]
    assert snapshot.sequence == 1
    assert updates[1].sequence > updates[0].sequence > 1


async def test_silence_is_told_by_a_heartbeat(stub: Stub) -> None:
    responses = follow(stub)
    kinds = [(await anext(responses)).WhichOneof("event") for _ in range(2)]
    assert kinds == ["snapshot", "heartbeat"]


async def test_a_stream_resumes_where_it_ended(stub: Stub) -> None:
    await create(stub, "A")
    token = (await news(follow(stub))).resume_token
    second, third = await create(stub, "B"), await create(stub, "C")
    responses = follow(stub, token)
    first_response = await news(responses)
    assert (first_response.sequence, first_response.update) == (1, second)
    assert (await news(responses)).update == third


async def test_a_stream_resumes_over_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKMESH_SEED_INSTRUMENTS", "false")
    async with serve_for_test(start, tmp_path) as host:
        stub = Stub(host.channel("assets"))
        await create(stub, "A")
        token = (await news(follow(stub))).resume_token
        missed = await create(stub, "B")
    async with serve_for_test(start, tmp_path) as host:
        responses = follow(Stub(host.channel("assets")), token)
        assert (await news(responses)).update == missed


async def test_a_token_of_another_book_gets_a_gap_and_a_snapshot(stub: Stub) -> None:
    await create(stub, "A")
    responses = follow(stub, "0123456789ab.7")
    assert (await news(responses)).WhichOneof("event") == "gap"
    assert len((await news(responses)).snapshot.instruments) == 1


@pytest.mark.parametrize("token", ["nonsense", "a.b", "a.-1", "." * 200])
async def test_a_token_that_is_none_is_refused(stub: Stub, token: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await news(follow(stub, token))
    error = describe(caught.value)
    assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "RESUME_TOKEN_INVALID")


async def test_a_restart_keeps_the_book_and_seeds_no_second_time(tmp_path: Path) -> None:
    async with serve_for_test(start, tmp_path) as host:
        stub = Stub(host.channel("assets"))
        await rename(stub, "AAPL", "Renamed")
        before = await stub.ListInstruments(pb.ListInstrumentsRequest(page_size=1000))
    async with serve_for_test(start, tmp_path) as host:
        stub = Stub(host.channel("assets"))
        after = await stub.ListInstruments(pb.ListInstrumentsRequest(page_size=1000))
    assert after == before
    assert after.total_size >= 40

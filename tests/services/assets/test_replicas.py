"""Two replicas on the same tables: what one changes the other serves and streams."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from tests.redis_server import RedisServer, redis_server
from tests.services.assets.samples import Stub, an_instrument
from tickmesh.assets.v1 import assets_pb2 as pb
from tickmesh.services.assets.service import start
from tickmesh.services.runtime.testing import serve_for_test

__all__ = ["redis_server"]

Two = tuple[Stub, Stub]


@pytest.fixture
async def replicas(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, redis_server: RedisServer
) -> AsyncIterator[Two]:
    monkeypatch.setenv("TICKMESH_SEED_INSTRUMENTS", "false")
    monkeypatch.setenv("TICKMESH_REFRESH_S", "0.02")
    url = redis_server.url
    async with (
        serve_for_test(start, tmp_path, redis_url=url) as one,
        serve_for_test(start, tmp_path, redis_url=url) as two,
    ):
        yield Stub(one.channel("assets")), Stub(two.channel("assets"))


async def test_a_replica_serves_and_streams_what_another_changed(replicas: Two) -> None:
    one, two = replicas
    made = await one.CreateInstrument(pb.CreateInstrumentRequest(instrument=an_instrument("IBM")))
    wanted = pb.GetInstrumentRequest(symbol="IBM")
    for _ in range(3):
        assert await two.GetInstrument(wanted) == made
    await one.UpdateInstrument(
        pb.UpdateInstrumentRequest(
            instrument=pb.Instrument(symbol="IBM", name="Renamed"), update_mask=FieldMask(paths=["name"])
        )
    )
    async for response in two.StreamInstruments(pb.StreamInstrumentsRequest(), timeout=20):
        known = [*response.snapshot.instruments, response.update]
        if any(instrument.version == 2 for instrument in known):
            break
    assert (await two.GetInstrument(wanted)).name == "Renamed"


async def test_a_token_of_one_replica_is_good_at_the_other(replicas: Two) -> None:
    one, two = replicas
    await one.CreateInstrument(pb.CreateInstrumentRequest(instrument=an_instrument("A")))
    async for response in one.StreamInstruments(pb.StreamInstrumentsRequest(), timeout=20):
        token = response.resume_token
        break
    missed = await one.CreateInstrument(pb.CreateInstrumentRequest(instrument=an_instrument("B")))
    resumed = two.StreamInstruments(pb.StreamInstrumentsRequest(resume_token=token), timeout=20)
    async for response in resumed:
        if response.WhichOneof("event") != "heartbeat":
            break
    assert response.update == missed

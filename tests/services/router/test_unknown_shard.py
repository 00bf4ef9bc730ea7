"""An instrument that was listed for a shard which the router was not told of."""

from pathlib import Path

import pytest

from tests.services.orders.desk import a_limit, an_order, refusal_of, scope
from tests.services.router.mesh import a_mesh
from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.services.assets.domain import changes


async def test_it_is_refused_and_everything_else_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "shard_of", lambda symbol, shards: 1 if symbol == "MSFT" else 0)
    async with a_mesh(tmp_path, 1) as mesh:
        stub = mesh.desk.stub
        calls = [
            stub.SubmitOrder(an_order(symbol="MSFT")),
            stub.GetBook(pb.GetBookRequest(symbol="MSFT")),
            stub.ListOrders(pb.ListOrdersRequest(symbol="MSFT")),
            stub.StreamBook(pb.StreamBookRequest(symbols=["AAPL", "MSFT"])).read(),
            mesh.desk.control(a_limit("POSITION", "5", scope("FIRM", "", "MSFT"))),
        ]
        assert [(await refusal_of(call)).reason for call in calls] == ["SHARD_UNAVAILABLE"] * len(calls)
        results = await mesh.desk.batch(an_order(symbol="MSFT"), an_order(symbol="AAPL"))
        assert [result.reason for result in results] == ["SHARD_UNAVAILABLE", ""]

"""Accounts, limits and trading states through a router: who is told, and in which portions."""

import grpc

from tests.services.orders.desk import a_limit, a_state, an_account, an_order, refusal_of, scope
from tests.services.router.mesh import Mesh

DEMO = scope("PORTFOLIO", "demo")


async def test_a_portfolio_trades_on_all_shards(mesh: Mesh) -> None:
    await mesh.desk.control(an_account("third"))
    for symbol in ("AAPL", "MSFT"):
        await mesh.desk.submit(symbol=symbol, portfolio_id="third")


async def test_a_limit_on_an_instrument_is_told_to_its_shard_alone(mesh: Mesh) -> None:
    before = [(await shard.status()).command_sequence for shard in mesh.shards]
    await mesh.desk.control(a_limit("POSITION", "5", scope("PORTFOLIO", "demo", "MSFT")))
    after = [(await shard.status()).command_sequence for shard in mesh.shards]
    assert (after[0] - before[0], after[1] - before[1]) == (0, 1)
    assert (await mesh.desk.refused(symbol="MSFT")).metadata["limit"] == "5"
    await mesh.desk.submit(symbol="AAPL")


async def test_a_limit_on_one_order_is_the_same_everywhere(mesh: Mesh) -> None:
    await mesh.desk.control(a_limit("ORDER_NOTIONAL", "1000", DEMO))
    for symbol in ("AAPL", "MSFT"):
        assert (await mesh.desk.refused(symbol=symbol)).metadata["limit"] == "1000"


async def test_a_limit_on_the_exposure_is_divided(mesh: Mesh) -> None:
    await mesh.desk.control(a_limit("GROSS_EXPOSURE", "1001", DEMO))
    limits = [(await mesh.desk.refused(symbol=symbol)).metadata["limit"] for symbol in ("AAPL", "MSFT")]
    assert limits == ["500.5", "500.5"]
    await mesh.desk.control(a_limit("GROSS_EXPOSURE", "", DEMO))
    for symbol in ("AAPL", "MSFT"):
        await mesh.desk.submit(symbol=symbol)


async def test_a_limit_on_the_rate_is_divided(mesh: Mesh) -> None:
    await mesh.desk.control(a_limit("ORDER_RATE", "3", DEMO))
    results = await mesh.desk.batch(
        *(an_order(symbol=symbol) for symbol in ("AAPL", "MSFT") for _ in range(4))
    )
    taken = [[not result.reason for result in results[start : start + 4]].count(True) for start in (0, 4)]
    assert taken == [2, 1]


async def test_trading_stops_on_all_shards_and_orders_are_cancelled(mesh: Mesh) -> None:
    for symbol in ("AAPL", "MSFT"):
        await mesh.desk.submit(symbol=symbol)
    stopped = await mesh.desk.control(a_state("HALTED", scope("FIRM"), cancel=True))
    assert stopped.canceled_count == 2
    for symbol in ("AAPL", "MSFT"):
        assert (await mesh.desk.refused(symbol=symbol)).reason == "TRADING_HALTED"


async def test_the_wrong_control_is_named_by_its_place_in_the_request(mesh: Mesh) -> None:
    controls = [
        a_limit("POSITION", "5", scope("FIRM", "", "AAPL")),
        a_limit("POSITION", "5", scope("PORTFOLIO", "nobody", "MSFT")),
    ]
    refused = await refusal_of(mesh.desk.control(*controls))
    assert refused.code is grpc.StatusCode.NOT_FOUND
    assert [field.field for field in refused.fields] == ["controls[1].limit.scope.id"]


async def test_the_same_request_again_returns_the_first_answer(mesh: Mesh) -> None:
    for symbol in ("AAPL", "MSFT"):
        await mesh.desk.submit(symbol=symbol)
    halt = a_state("HALTED", scope("FIRM"), cancel=True)
    first = await mesh.desk.control(halt, request_id="once")
    assert await mesh.desk.control(halt, request_id="once") == first
    other = a_state("ACTIVE", scope("FIRM"))
    assert (await refusal_of(mesh.desk.control(other, request_id="once"))).reason == "REQUEST_ID_REUSED"

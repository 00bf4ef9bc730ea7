"""Orders through a router: by instrument, by id, by client_order_id; what a client sees is one service."""

import random
from typing import Any

import grpc
import pytest

from tests.services.orders.desk import BUY, SELL, Desk, actions, an_order, refusal_of
from tests.services.router.flow import FIRST, SECOND, random_orders, shard_of_id
from tests.services.router.mesh import Mesh
from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.services.assets.domain.shards import shard_of

PATH = "/tickmesh.orders.v1.OrdersService/SubmitOrders"


def test_the_instruments_are_where_these_tests_need_them() -> None:
    assert [shard_of(symbol, 2) for symbol in (*FIRST, *SECOND)] == [0, 0, 1, 1]


async def test_an_order_goes_to_the_shard_of_its_instrument_and_its_id_tells_which(mesh: Mesh) -> None:
    for symbol, shard in (("AAPL", 0), ("MSFT", 1)):
        order = await mesh.desk.submit(symbol=symbol)
        assert shard_of_id(order.order_id) == shard
        assert await mesh.desk.get(order) == await mesh.shards[shard].get(order) == order
        assert (await mesh.desk.cancel(order)).status == pb.Order.CANCELED


async def test_each_shard_lists_its_own_instruments_alone(mesh: Mesh) -> None:
    both = [(await shard.status()).instruments for shard in mesh.shards]
    assert sum(both) == (await mesh.desk.status()).instruments
    assert (await mesh.shards[1].refused(symbol="AAPL")).reason == "UNKNOWN_INSTRUMENT"


async def test_no_two_shards_give_the_same_number(mesh: Mesh) -> None:
    for request in random_orders(random.Random(1), 200):
        await mesh.desk.stub.SubmitOrder(request)
    reports = await mesh.desk.executions()
    orders = {report.order.order_id for report in reports}
    assert len(orders) == 200
    assert len({report.execution_id for report in reports}) == len(reports)
    trades = [report.trade_id for report in reports if report.trade_id]
    assert trades and all(trades.count(trade) == 2 for trade in trades)


async def test_results_come_back_in_the_order_of_the_actions(mesh: Mesh) -> None:
    requests = random_orders(random.Random(2), 300)
    results = await mesh.desk.batch(*requests)
    assert len(results) == 300
    for request, result in zip(requests, results, strict=True):
        order = await mesh.desk.stub.GetOrder(pb.GetOrderRequest(order_id=result.order_id))
        assert (order.client_order_id, order.symbol) == (request.client_order_id, request.symbol)


async def test_an_order_of_the_same_batch_is_found_by_its_client_order_id(mesh: Mesh) -> None:
    first, second = an_order(BUY, symbol="AAPL"), an_order(SELL, symbol="MSFT")
    mine = {"portfolio_id": "demo"}
    results = await mesh.desk.batch(
        first,
        second,
        pb.ReplaceOrderRequest(**mine, client_order_id=second.client_order_id, quantity="4"),
        pb.CancelOrderRequest(**mine, client_order_id=first.client_order_id),
        pb.CancelOrderRequest(**mine, client_order_id="nobody's"),
        pb.CancelOrderRequest(order_id="12345678901234567890"),
    )
    assert [result.reason for result in results] == ["", "", "", "", "UNKNOWN_ORDER", "UNKNOWN_ORDER"]
    assert [result.order_id for result in results[2:4]] == [results[1].order_id, results[0].order_id]
    assert (results[2].leaves_quantity, results[3].status) == ("4", pb.Order.CANCELED)


async def test_a_single_order_is_found_by_its_client_order_id(mesh: Mesh) -> None:
    for symbol in ("AAPL", "MSFT"):
        order = await mesh.desk.submit(symbol=symbol)
        mine = {"portfolio_id": "demo", "client_order_id": order.client_order_id}
        replaced = await mesh.desk.stub.ReplaceOrder(pb.ReplaceOrderRequest(**mine, quantity="3"))
        assert (replaced.order_id, replaced.quantity) == (order.order_id, "3")
        canceled = await mesh.desk.stub.CancelOrder(pb.CancelOrderRequest(**mine))
        assert canceled.status == pb.Order.CANCELED
        again = await refusal_of(mesh.desk.stub.CancelOrder(pb.CancelOrderRequest(**mine)))
        assert again.reason == "UNKNOWN_ORDER"


async def test_the_same_client_order_id_again_gets_the_first_answer(mesh: Mesh) -> None:
    requests = [an_order(symbol=symbol) for symbol in ("AAPL", "MSFT")]
    first = [await mesh.desk.stub.SubmitOrder(request) for request in requests]
    assert [await mesh.desk.stub.SubmitOrder(request) for request in requests] == first
    again = await mesh.desk.batch(*requests)
    assert [result.order_id for result in again] == [order.order_id for order in first]


async def test_a_malformed_action_is_refused_alone(mesh: Mesh) -> None:
    good = [actions(an_order(symbol=symbol)).SerializeToString() for symbol in ("AAPL", "MSFT")]
    bad = b"\x0a\x03\x0a\x01\xff"
    (answer,) = await _sent(mesh.desk, good[0] + bad + good[1])
    reasons = [result.reason for result in pb.SubmitOrdersResponse.FromString(answer).results]
    assert reasons == ["", "MALFORMED_MESSAGE", ""]


async def _sent(desk: Desk, *messages: bytes) -> list[bytes]:
    """Sends bytes as messages of a stream, and returns the bytes of the answers."""
    channel: Any = desk.channel
    return [answer async for answer in channel.stream_stream(PATH)(iter(messages))]


@pytest.mark.parametrize(("count", "reason"), [(0, "BATCH_TOO_LARGE"), (1_001, "BATCH_TOO_LARGE")])
async def test_a_batch_of_a_wrong_size_is_refused_as_by_one_shard(
    mesh: Mesh, count: int, reason: str
) -> None:
    cancels = [pb.CancelOrderRequest(order_id="1")] * count
    assert (await refusal_of(mesh.desk.batch(*cancels))).reason == reason


async def test_many_messages_are_on_their_way_at_once_and_answered_in_order(mesh: Mesh) -> None:
    chance = random.Random(3)
    sent = [random_orders(chance, chance.randint(1, 40)) for _ in range(100)]
    call = mesh.desk.stub.SubmitOrders(iter([actions(*requests) for requests in sent]))
    answers = [list(response.results) async for response in call]
    assert [len(results) for results in answers] == [len(requests) for requests in sent]
    listed = {order.order_id: order.client_order_id for order in await _all_orders(mesh.desk)}
    for requests, results in zip(sent, answers, strict=True):
        told = [listed[result.order_id] for result in results]
        assert told == [request.client_order_id for request in requests]


async def _all_orders(desk: Desk, **chosen: Any) -> list[pb.Order]:
    found, token = [], ""
    while True:
        page = await desk.stub.ListOrders(pb.ListOrdersRequest(page_token=token, **chosen))
        found += page.orders
        token = page.next_page_token
        if not token:
            return found


async def test_refusals_say_what_a_shard_says(mesh: Mesh) -> None:
    for told in ({"symbol": "NOPE"}, {"portfolio_id": "nobody"}, {"price": "1.001"}, {"quantity": "x"}):
        for symbol, shard in (("AAPL", 0), ("MSFT", 1)):
            chosen = {"symbol": symbol, **told}
            assert await mesh.desk.refused(**chosen) == await mesh.shards[shard].refused(**chosen)


async def test_an_answer_tells_where_the_time_went(mesh: Mesh) -> None:
    call = mesh.desk.stub.SubmitOrder(an_order(symbol="MSFT"))
    await call
    timing = dict(await call.trailing_metadata())["server-timing"]
    assert timing.startswith("queue;dur=")
    (response,) = [
        found
        async for found in mesh.desk.stub.SubmitOrders(
            iter([actions(an_order(symbol="AAPL"), an_order(symbol="MSFT"))])
        )
    ]
    assert response.timing.journal_ns > 0


async def test_a_deadline_holds_for_the_shard(mesh: Mesh) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await mesh.desk.stub.SubmitOrder(an_order(symbol="MSFT"), timeout=1e-6)
    assert failure.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_a_mass_cancel_reaches_all_shards_or_the_one_of_an_instrument(mesh: Mesh) -> None:
    for symbol in ("AAPL", "TSLA", "MSFT", "MSFT"):
        await mesh.desk.submit(symbol=symbol)
    request = pb.MassCancelRequest(portfolio_id="demo", symbol="MSFT")
    assert (await mesh.desk.stub.MassCancel(request)).canceled_count == 2
    request = pb.MassCancelRequest(portfolio_id="demo")
    assert (await mesh.desk.stub.MassCancel(request)).canceled_count == 2
    assert (await mesh.desk.status()).open_orders == 0


async def test_lists_are_merged_newest_first_page_after_page(mesh: Mesh) -> None:
    for request in random_orders(random.Random(4), 60):
        await mesh.desk.stub.SubmitOrder(request)
    orders = await _all_orders(mesh.desk, page_size=7)
    apart = [order for shard in mesh.shards for order in await _all_orders(shard)]
    newest_first = sorted(apart, key=lambda order: order.submit_time.ToNanoseconds(), reverse=True)
    assert orders == newest_first
    assert await _all_orders(mesh.desk, page_size=7, symbol="MSFT") == [
        order for order in newest_first if order.symbol == "MSFT"
    ]
    middle = newest_first[30].submit_time
    then = await _all_orders(mesh.desk, page_size=7, as_of=middle)
    assert [order.order_id for order in then] == [order.order_id for order in newest_first[30:]]
    reports = await mesh.desk.executions()
    times = [report.transact_time.ToNanoseconds() for report in reports]
    assert times == sorted(times)
    assert len({report.execution_id for report in reports}) == len(reports)


async def test_a_page_token_of_another_list_is_refused(mesh: Mesh) -> None:
    request = pb.ListOrdersRequest(page_token="WyJ4IiwiIl0")  # ["x",""]
    assert (await refusal_of(mesh.desk.stub.ListOrders(request))).reason == "PAGE_TOKEN_INVALID"


async def test_the_status_of_all_is_the_sum_and_tells_each(mesh: Mesh) -> None:
    for symbol in ("AAPL", "MSFT", "MSFT"):
        await mesh.desk.submit(symbol=symbol)
    whole = await mesh.desk.status()
    assert [(status.shard, status.open_orders) for status in whole.shards] == [(0, 1), (1, 2)]
    assert (whole.open_orders, list(whole.shards_away)) == (3, [])
    second = await mesh.desk.stub.GetEngineStatus(pb.GetEngineStatusRequest(shard=1))
    assert second.state_hash == whole.shards[1].state_hash == (await mesh.shards[1].status()).state_hash
    unknown = await refusal_of(mesh.desk.stub.GetEngineStatus(pb.GetEngineStatusRequest(shard=2)))
    assert (unknown.code, unknown.reason) == (grpc.StatusCode.NOT_FOUND, "UNKNOWN_SHARD")

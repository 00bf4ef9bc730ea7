"""Orders through a real server: what each type does, and what a client may do with its own."""

import asyncio
from typing import Any

import grpc
import pytest

from tests.services.orders.desk import BUY, SELL, Desk, Order, an_order, refusal_of
from tickmesh.orders.v1 import orders_pb2 as pb

pytestmark = pytest.mark.usefixtures("on_both_databases")

NEW, PARTIALLY_FILLED, FILLED, CANCELED = Order.NEW, Order.PARTIALLY_FILLED, Order.FILLED, Order.CANCELED


async def test_a_limit_order_rests_as_it_was_asked_for(desk: Desk) -> None:
    order = await desk.submit(BUY, "10", "189.20", strategy_id="maker", time_in_force=Order.GTC)
    assert (order.status, order.quantity, order.leaves_quantity, order.cum_quantity) == (NEW, "10", "10", "0")
    assert (order.portfolio_id, order.strategy_id, order.symbol) == ("demo", "maker", "AAPL")
    assert (order.price, order.time_in_force, order.average_price) == ("189.20", Order.GTC, "")
    assert await desk.levels() == ([("189.20", "10", 1)], [])
    assert await desk.get(order) == order


async def test_an_order_that_crosses_trades_at_the_resting_price(desk: Desk) -> None:
    resting = await desk.submit(SELL, "10", "189.20", portfolio_id="other")
    taker = await desk.submit(BUY, "4", "189.30")
    assert (taker.status, taker.average_price, taker.leaves_quantity) == (FILLED, "189.2", "0")
    resting = await desk.get(resting)
    assert (resting.status, resting.cum_quantity, resting.leaves_quantity) == (PARTIALLY_FILLED, "4", "6")


async def test_time_decides_among_orders_at_one_price(desk: Desk) -> None:
    first, second = await desk.submit(SELL, "5"), await desk.submit(SELL, "5")
    await desk.submit(BUY, "6", portfolio_id="other")
    assert [(await desk.get(order)).cum_quantity for order in (first, second)] == ["5", "1"]


async def test_the_average_price_covers_all_levels_that_an_order_took(desk: Desk) -> None:
    await desk.submit(SELL, "1", "189.20")
    await desk.submit(SELL, "2", "189.30")
    assert (await desk.submit(BUY, "3", "190")).average_price == "189.266666666667"


async def test_a_market_order_takes_what_is_there_and_cancels_the_rest(desk: Desk) -> None:
    await desk.submit(SELL, "3")
    order = await desk.submit(BUY, "5", "", portfolio_id="other")
    assert (order.status, order.cum_quantity, order.reason) == (CANCELED, "3", "NO_LIQUIDITY")
    assert (order.time_in_force, order.price) == (Order.IOC, "")


@pytest.mark.parametrize(
    ("time_in_force", "quantity", "status", "traded"),
    [(Order.IOC, "3", FILLED, "3"), (Order.IOC, "8", CANCELED, "5"), (Order.FOK, "5", FILLED, "5")],
)
async def test_an_order_for_now_never_rests(
    desk: Desk, time_in_force: Any, quantity: str, status: Any, traded: str
) -> None:
    await desk.submit(SELL, "5")
    order = await desk.submit(BUY, quantity, portfolio_id="other", time_in_force=time_in_force)
    assert (order.status, order.cum_quantity, order.leaves_quantity) == (status, traded, "0")
    assert not (await desk.levels())[0]


async def test_a_fill_or_kill_order_that_cannot_fill_does_nothing(desk: Desk) -> None:
    await desk.submit(SELL, "5")
    error = await desk.refused(BUY, "6", time_in_force=Order.FOK)
    assert (error.code, error.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "FOK_NOT_FILLABLE")
    assert await desk.levels() == ([], [("189.20", "5", 1)])


async def test_a_post_only_order_rests_or_is_refused(desk: Desk) -> None:
    await desk.submit(SELL, "5", "189.30")
    assert (await desk.submit(BUY, "5", "189.20", post_only=True)).post_only
    error = await desk.refused(BUY, "5", "189.30", post_only=True)
    assert (error.code, error.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "POST_ONLY_WOULD_TRADE")
    assert error.metadata["order_id"]


async def test_an_order_is_cancelled_by_its_id_and_by_the_clients(desk: Desk) -> None:
    first, second = await desk.submit(), await desk.submit()
    canceled = await desk.cancel(first)
    assert (canceled.status, canceled.reason, canceled.leaves_quantity) == (CANCELED, "REQUESTED", "0")
    by_client = pb.CancelOrderRequest(portfolio_id="demo", client_order_id=second.client_order_id)
    assert (await desk.stub.CancelOrder(by_client)).order_id == second.order_id
    assert await desk.levels() == ([], [])


async def test_an_order_is_cancelled_once(desk: Desk) -> None:
    order = await desk.submit()
    await desk.cancel(order)
    by_client = pb.CancelOrderRequest(portfolio_id="demo", client_order_id=order.client_order_id)
    for call in (desk.cancel(order), desk.stub.CancelOrder(by_client)):
        error = await refusal_of(call)
        assert (error.code, error.reason) == (grpc.StatusCode.NOT_FOUND, "UNKNOWN_ORDER")


async def test_nobody_cancels_or_replaces_the_order_of_another_portfolio(desk: Desk) -> None:
    order = await desk.submit()
    told = {"order_id": order.order_id, "portfolio_id": "other"}
    for call in (
        desk.stub.CancelOrder(pb.CancelOrderRequest(**told)),
        desk.stub.ReplaceOrder(pb.ReplaceOrderRequest(**told, quantity="5")),
    ):
        error = await refusal_of(call)
        assert (error.code, error.reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_OWNER")
    assert await desk.get(order) == order


async def test_a_smaller_quantity_keeps_its_place_and_anything_else_loses_it(desk: Desk) -> None:
    first, second, third = [await desk.submit(SELL, "5") for _ in range(3)]
    await desk.stub.ReplaceOrder(pb.ReplaceOrderRequest(order_id=first.order_id, quantity="4"))
    await desk.stub.ReplaceOrder(pb.ReplaceOrderRequest(order_id=second.order_id, quantity="6"))
    await desk.submit(BUY, "10", portfolio_id="other")
    assert [(await desk.get(order)).cum_quantity for order in (first, second, third)] == ["4", "1", "5"]


async def test_a_replace_to_a_price_that_crosses_trades_at_once(desk: Desk) -> None:
    await desk.submit(SELL, "5", "189.30", portfolio_id="other")
    order = await desk.submit(BUY, "5", "189.20")
    replace = pb.ReplaceOrderRequest(
        portfolio_id="demo", client_order_id=order.client_order_id, price="189.30", quantity="7"
    )
    replaced = await desk.stub.ReplaceOrder(replace)
    assert (replaced.status, replaced.quantity, replaced.cum_quantity) == (PARTIALLY_FILLED, "7", "5")
    assert await desk.levels() == ([("189.30", "2", 1)], [])


async def test_a_refused_replace_leaves_the_order_as_it_was(desk: Desk) -> None:
    order = await desk.submit(BUY, "10")
    await desk.submit(SELL, "4", portfolio_id="other")
    before = await desk.get(order)
    for told, reason in (
        ({"quantity": "3"}, "QUANTITY_BELOW_FILLED"),
        ({"price": "189.201"}, "OFF_TICK"),
        ({"quantity": "0.5"}, "OFF_LOT"),
        ({"quantity": "0"}, "INVALID_ORDER"),
        ({}, "INVALID_ORDER"),
    ):
        error = await refusal_of(
            desk.stub.ReplaceOrder(pb.ReplaceOrderRequest(order_id=order.order_id, **told))
        )
        assert error.reason == reason
    assert await desk.get(order) == before


async def test_a_replace_cannot_make_an_order_too_small_to_be_worth_it(desk: Desk) -> None:
    order = await desk.submit(BUY, "0.01", "40000", symbol="BTC-USD")
    assert order.status == NEW
    told = pb.ReplaceOrderRequest(order_id=order.order_id, price="0.01")
    error = await refusal_of(desk.stub.ReplaceOrder(told))
    assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "BELOW_MINIMUM_NOTIONAL")


@pytest.mark.parametrize(
    ("chosen", "count"),
    [
        ({}, 4),
        ({"strategy_id": "maker"}, 1),
        ({"strategy_id": "nobody"}, 0),
        ({"symbol": "MSFT"}, 1),
        ({"side": SELL}, 1),
        ({"symbol": "MSFT", "side": SELL}, 0),
    ],
)
async def test_a_mass_cancel_ends_what_it_names_and_nothing_else(
    desk: Desk, chosen: dict[str, Any], count: int
) -> None:
    await desk.batch(
        an_order(BUY),
        an_order(SELL, price="189.30"),
        an_order(BUY, strategy_id="maker"),
        an_order(BUY, symbol="MSFT", price="378.90"),
        an_order(BUY, portfolio_id="other"),
    )
    answer = await desk.stub.MassCancel(pb.MassCancelRequest(portfolio_id="demo", **chosen))
    assert answer.canceled_count == count
    assert (await desk.status()).open_orders == 5 - count


async def test_the_same_id_again_gets_the_very_first_answer(desk: Desk) -> None:
    request = an_order(SELL, "10", "189.20")
    first = await desk.stub.SubmitOrder(request)
    await desk.submit(BUY, "10", portfolio_id="other")
    assert (await desk.get(first)).status == FILLED
    assert await desk.stub.SubmitOrder(request) == first
    request.quantity = "77"
    assert await desk.stub.SubmitOrder(request) == first
    assert (await desk.status()).open_orders == 0


async def test_the_first_answer_holds_after_a_cancel_too(desk: Desk) -> None:
    request = an_order()
    first = await desk.stub.SubmitOrder(request)
    await desk.cancel(first)
    assert await desk.stub.SubmitOrder(request) == first


async def test_a_refused_order_is_refused_again_the_same_way(desk: Desk) -> None:
    request = an_order(time_in_force=Order.FOK)
    errors = [await refusal_of(desk.stub.SubmitOrder(request)) for _ in range(2)]
    assert errors[0] == errors[1]
    await desk.submit(SELL, "100", portfolio_id="other")
    assert (await refusal_of(desk.stub.SubmitOrder(request))) == errors[0]


async def test_an_id_is_taken_once_within_a_batch(desk: Desk) -> None:
    order = an_order()
    first, second, third = await desk.batch(order, order, an_order(client_order_id=order.client_order_id))
    assert first.order_id == second.order_id == third.order_id
    assert (await desk.status()).open_orders == 1


async def test_fifty_that_send_one_order_at_once_make_one(desk: Desk) -> None:
    request = an_order()
    answers = await asyncio.gather(*(desk.stub.SubmitOrder(request) for _ in range(50)))
    assert all(answer == answers[0] for answer in answers)
    assert (await desk.status()).open_orders == 1


async def test_two_portfolios_may_use_the_same_client_id(desk: Desk) -> None:
    mine = await desk.submit(client_order_id="a")
    theirs = await desk.submit(client_order_id="a", portfolio_id="other")
    assert mine.order_id != theirs.order_id


async def test_a_batch_acts_in_order_and_answers_in_order(desk: Desk) -> None:
    order = an_order(BUY, "10")
    mine = {"portfolio_id": "demo", "client_order_id": order.client_order_id}
    submitted, replaced, bad, canceled, gone = await desk.batch(
        order,
        pb.ReplaceOrderRequest(**mine, quantity="7"),
        an_order(price="189.201"),
        pb.CancelOrderRequest(**mine),
        pb.CancelOrderRequest(**mine),
    )
    assert (submitted.status, submitted.leaves_quantity) == (NEW, "10")
    assert (replaced.order_id, replaced.leaves_quantity) == (submitted.order_id, "7")
    assert (bad.reason, bad.command, bad.order_id) == ("OFF_TICK", 0, "")
    assert (canceled.status, canceled.command) == (CANCELED, replaced.command + 1)
    assert (gone.reason, gone.message) == ("UNKNOWN_ORDER", "the order is not live")


async def test_a_cancel_before_its_submit_finds_nothing(desk: Desk) -> None:
    order = an_order()
    cancel = pb.CancelOrderRequest(portfolio_id="demo", client_order_id=order.client_order_id)
    refused, accepted = await desk.batch(cancel, order)
    assert (refused.reason, accepted.status) == ("UNKNOWN_ORDER", NEW)


async def test_a_stream_of_batches_is_answered_one_by_one(desk: Desk) -> None:
    call = desk.stub.SubmitOrders()
    for _ in range(5):
        await call.write(
            pb.SubmitOrdersRequest(actions=[pb.OrderAction(submit=an_order()) for _ in range(3)])
        )
        assert len((await call.read()).results) == 3
    await call.done_writing()
    assert (await desk.status()).open_orders == 15

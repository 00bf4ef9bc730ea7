"""Bad input: refused with a reason, and the service lives on as if nothing had come."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import grpc
import pytest

from tests.services.orders.desk import Desk, Order, actions, an_order, open_desk, refusal_of
from tickmesh.orders.v1 import orders_pb2 as pb

INVALID, NOT_FOUND = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND
NO_NUMBERS = [
    "NaN",
    "Infinity",
    "-1",
    "+1",
    "1e5",
    " 1",
    "1,000",
    "0x10",
    "1.",
    ".5",
    "01",
    "٣",
    "１",
    "9" * 40,
    "1" * 19,
]

NO_IDS = ["0", "9" * 19, "9" * 20, "-1", "x", "1.0", "٣", str((1 << 63) - 1)]
WRONG_ORDERS: list[tuple[dict[str, Any], Any, str, str]] = [
    ({"price": "189.201"}, INVALID, "OFF_TICK", "price"),
    ({"quantity": "0.5"}, INVALID, "OFF_LOT", "quantity"),
    ({"quantity": "0"}, INVALID, "INVALID_ORDER", "quantity"),
    ({"price": "0"}, INVALID, "INVALID_ORDER", "price"),
    ({"price": "0.00"}, INVALID, "INVALID_ORDER", "price"),
    ({"quantity": "9" * 18}, INVALID, "OUT_OF_BOUNDS", "quantity"),
    ({"price": "9" * 18}, INVALID, "OUT_OF_BOUNDS", "price"),
    ({"price": "", "order_type": Order.LIMIT}, INVALID, "INVALID_ORDER", "price"),
    ({"order_type": Order.MARKET}, INVALID, "INVALID_ORDER", "price"),
    ({"order_type": Order.MARKET, "price": "", "post_only": True}, INVALID, "INVALID_ORDER", "post_only"),
    ({"time_in_force": Order.IOC, "post_only": True}, INVALID, "INVALID_ORDER", "post_only"),
    ({"symbol": "BTC-USD", "quantity": "0.00001"}, INVALID, "BELOW_MINIMUM_NOTIONAL", "quantity"),
    ({"symbol": "NONE"}, NOT_FOUND, "UNKNOWN_INSTRUMENT", "symbol"),
    ({"symbol": ""}, INVALID, "INVALID_REQUEST", "symbol"),
    ({"portfolio_id": "nobody"}, NOT_FOUND, "UNKNOWN_PORTFOLIO", "portfolio_id"),
    ({"portfolio_id": "Demo"}, INVALID, "INVALID_REQUEST", "portfolio_id"),
    ({"strategy_id": "a/b"}, INVALID, "INVALID_REQUEST", "strategy_id"),
    ({"client_order_id": ""}, INVALID, "INVALID_REQUEST", "client_order_id"),
    ({"client_order_id": "x" * 65}, INVALID, "INVALID_REQUEST", "client_order_id"),
    ({"client_order_id": "a\0b"}, INVALID, "INVALID_REQUEST", "client_order_id"),
    ({"client_order_id": "a\nb"}, INVALID, "INVALID_REQUEST", "client_order_id"),
    ({"client_order_id": "é"}, INVALID, "INVALID_REQUEST", "client_order_id"),
    ({"side": 0}, INVALID, "INVALID_REQUEST", "side"),
    ({"side": 7}, INVALID, "INVALID_REQUEST", "side"),
    ({"order_type": 7}, INVALID, "INVALID_REQUEST", "order_type"),
    ({"time_in_force": 77}, INVALID, "INVALID_REQUEST", "time_in_force"),
]


@pytest.fixture
async def guarded(desk: Desk) -> AsyncIterator[Desk]:
    """Yields a desk and checks in the end that it works as before."""
    resting = await desk.submit()
    before = await desk.status()
    yield desk
    after = await desk.status()
    assert (after.state_hash, after.command_sequence) == (before.state_hash, before.command_sequence)
    assert (await desk.cancel(resting)).status == Order.CANCELED


async def test_what_is_no_number_is_no_quantity_and_no_price(guarded: Desk) -> None:
    for text in NO_NUMBERS:
        for field in ("quantity", "price"):
            error = await guarded.refused(**{field: text})
            assert (error.code, error.fields[0].field) == (INVALID, field), text
        (result,) = await guarded.batch(an_order(quantity=text))
        assert (result.reason, result.command) == ("INVALID_REQUEST", 0)


async def test_a_wrong_order_names_its_field_alone_and_in_a_batch(guarded: Desk) -> None:
    for told, code, reason, field in WRONG_ORDERS:
        error = await guarded.refused(**told)
        assert (error.code, error.reason, error.fields[0].field) == (code, reason, field), told
        (result,) = await guarded.batch(an_order(**told))
        assert (result.reason, result.order_id, result.command) == (reason, "", 0), told
        assert result.message


async def test_a_batch_of_no_action_or_too_many_does_nothing(guarded: Desk) -> None:
    order = pb.OrderAction(submit=an_order())
    for count in (0, 1_001, 10_000):
        error = await refusal_of(guarded.send(pb.SubmitOrdersRequest(actions=[order] * count)))
        assert (error.code, error.reason, error.fields[0].field) == (INVALID, "BATCH_TOO_LARGE", "actions")


async def test_an_action_with_nothing_set_is_refused_alone(guarded: Desk) -> None:
    batch = actions(an_order(price="1.001"), pb.CancelOrderRequest())
    batch.actions.add()
    results = await guarded.send(batch)
    assert [result.reason for result in results] == ["OFF_TICK", "INVALID_ORDER", "INVALID_REQUEST"]


async def test_an_id_that_no_order_has_finds_none(desk: Desk) -> None:
    for order_id in NO_IDS:
        for call in (
            desk.stub.CancelOrder(pb.CancelOrderRequest(order_id=order_id)),
            desk.stub.ReplaceOrder(pb.ReplaceOrderRequest(order_id=order_id, quantity="1")),
            desk.stub.GetOrder(pb.GetOrderRequest(order_id=order_id)),
        ):
            error = await refusal_of(call)
            assert (error.code, error.reason) == (NOT_FOUND, "UNKNOWN_ORDER")


async def test_what_does_not_exist_is_told_so_everywhere(guarded: Desk) -> None:
    stub = guarded.stub
    for call, code, reason in (
        (stub.GetBook(pb.GetBookRequest(symbol="NONE")), NOT_FOUND, "UNKNOWN_INSTRUMENT"),
        (stub.MassCancel(pb.MassCancelRequest(portfolio_id="nobody")), NOT_FOUND, "UNKNOWN_PORTFOLIO"),
        (
            stub.MassCancel(pb.MassCancelRequest(portfolio_id="demo", symbol="NONE")),
            NOT_FOUND,
            "UNKNOWN_INSTRUMENT",
        ),
        (
            stub.CancelOrder(pb.CancelOrderRequest(portfolio_id="nobody", client_order_id="a")),
            NOT_FOUND,
            "UNKNOWN_PORTFOLIO",
        ),
        (stub.CancelOrder(pb.CancelOrderRequest(client_order_id="a")), INVALID, "INVALID_ORDER"),
        (stub.ListOrders(pb.ListOrdersRequest(page_token="x")), INVALID, "PAGE_TOKEN_INVALID"),
        (stub.ListOrders(pb.ListOrdersRequest(page_size=1_001)), INVALID, "INVALID_REQUEST"),
        (stub.ListOrders(pb.ListOrdersRequest(status=cast(Any, 9))), INVALID, "INVALID_REQUEST"),
        (stub.ListExecutions(pb.ListExecutionsRequest(order_id="x")), NOT_FOUND, "UNKNOWN_ORDER"),
        (stub.ApplyControls(pb.ApplyControlsRequest()), INVALID, "INVALID_REQUEST"),
        (stub.StreamBook(pb.StreamBookRequest(symbols=["NONE"])).read(), NOT_FOUND, "UNKNOWN_INSTRUMENT"),
        (
            stub.StreamExecutions(pb.StreamExecutionsRequest(resume_token="x")).read(),
            INVALID,
            "RESUME_TOKEN_INVALID",
        ),
    ):
        error = await refusal_of(call)
        assert (error.code, error.reason) == (code, reason)


async def test_a_filter_with_characters_that_no_table_holds_finds_nothing(guarded: Desk) -> None:
    for name in ("portfolio_id", "symbol", "client_order_id"):
        assert await guarded.orders(**{name: "a\0"}) == []
    assert await guarded.executions(symbol="\0") == []


async def test_orders_are_refused_while_too_much_waits_and_cancels_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKMESH_ORDERS_WAITING_MAX", "10")
    async with open_desk(tmp_path) as desk:
        order = await desk.submit()
        error = await refusal_of(desk.batch(*(an_order() for _ in range(11))))
        assert (error.code, error.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED")
        assert (await desk.cancel(order)).status == Order.CANCELED

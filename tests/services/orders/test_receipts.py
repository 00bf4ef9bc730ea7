"""Answers say where their time went."""

import time
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.services.orders.desk import BUY, SELL, Desk, a_state, actions, an_order, scope
from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.services.orders import receipts
from tickmesh.services.orders.sequencer import Stages

STAGES = ["queue", "journal", "engine", "publish"]


def read(metadata: Any) -> dict[str, float]:
    """Returns milliseconds by stage from the Server-Timing header among metadata (W3C Server Timing)."""
    (value,) = [value for key, value in metadata if key == "server-timing"]
    parts = [part.strip().split(";dur=") for part in value.split(",")]
    return {name: float(duration) for name, duration in parts}


def assert_adds_up(stages: dict[str, float], call_ms: float) -> None:
    assert list(stages) == STAGES
    assert all(duration >= 0 for duration in stages.values())
    assert 0 < sum(stages.values()) <= call_ms


@pytest.mark.parametrize("is_http", [False, True], ids=["grpc", "http"])
async def test_every_unary_call_of_an_order_carries_its_receipt(desk: Desk, is_http: bool) -> None:
    """Behind the answer, and for those who come through HTTP, which drops what is behind, in front too."""
    order, other = await desk.submit(), await desk.submit(price="188.00")
    told = {"metadata": (("x-forwarded-proto", "https"),) if is_http else ()}
    stub = desk.stub
    calls: list[Callable[[], Any]] = [
        lambda: stub.SubmitOrder(an_order(price="187.00"), **told),
        lambda: stub.ReplaceOrder(pb.ReplaceOrderRequest(order_id=order.order_id, quantity="5"), **told),
        lambda: stub.CancelOrder(pb.CancelOrderRequest(order_id=other.order_id), **told),
        lambda: stub.MassCancel(pb.MassCancelRequest(portfolio_id="demo"), **told),
    ]
    for begin in calls:
        start = time.perf_counter()
        call = begin()
        in_front, _, behind = await call.initial_metadata(), await call, await call.trailing_metadata()
        call_ms = (time.perf_counter() - start) * 1e3
        assert_adds_up(read(behind), call_ms)
        assert ("server-timing" in dict(in_front)) == is_http
        assert not is_http or read(in_front) == read(behind)


async def test_the_first_answer_to_an_id_that_comes_again_has_a_receipt_of_its_own(desk: Desk) -> None:
    request = an_order()
    first = desk.stub.SubmitOrder(request)
    await first
    start = time.perf_counter()
    again = desk.stub.SubmitOrder(request)
    assert await again == await first
    assert_adds_up(read(await again.trailing_metadata()), (time.perf_counter() - start) * 1e3)


async def test_what_the_engine_refuses_has_a_receipt_too_and_says_why(desk: Desk) -> None:
    order = await desk.submit(SELL)
    await desk.cancel(order)
    await desk.control(a_state("HALTED", scope("FIRM")))
    calls: list[Callable[[], Any]] = [
        lambda: desk.stub.SubmitOrder(an_order()),
        lambda: desk.stub.CancelOrder(pb.CancelOrderRequest(order_id=order.order_id)),
    ]
    for begin in calls:
        start = time.perf_counter()
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await begin()
        call_ms = (time.perf_counter() - start) * 1e3
        trailers: Any = failure.value.trailing_metadata()
        assert_adds_up(read(trailers), call_ms)
        assert "grpc-status-details-bin" in dict(trailers)


async def test_what_is_refused_at_the_door_took_no_time_behind_it(desk: Desk) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await desk.stub.SubmitOrder(an_order(quantity="0.5"))
    trailers: Any = failure.value.trailing_metadata()
    assert "server-timing" not in dict(trailers)


async def answer(desk: Desk, *requests: Any) -> tuple[pb.SubmitOrdersResponse, float]:
    """Returns the answer to a batch, and for how many nanoseconds it was waited for."""
    start = time.perf_counter_ns()
    (response,) = [found async for found in desk.stub.SubmitOrders(iter([actions(*requests)]))]
    return response, time.perf_counter_ns() - start


async def test_the_answer_to_a_batch_says_where_its_time_went(desk: Desk) -> None:
    for requests in (
        [an_order()],
        [an_order(BUY, "1", f"18{n % 9}.00") for n in range(300)],
        [an_order(strategy_id="new"), an_order(quantity="0.5"), an_order(strategy_id="new")],
    ):
        response, call_ns = await answer(desk, *requests)
        timing = response.timing
        stages = [timing.queue_ns, timing.journal_ns, timing.engine_ns, timing.publish_ns]
        assert len(response.results) == len(requests)
        assert min(stages) >= 0
        assert timing.journal_ns > 0
        assert sum(stages) <= call_ns


async def test_a_batch_of_which_nothing_passed_the_door_has_no_receipt(desk: Desk) -> None:
    response, _ = await answer(desk, an_order(quantity="0.5"), an_order(symbol="NONE"))
    assert [result.reason for result in response.results] == ["OFF_LOT", "UNKNOWN_INSTRUMENT"]
    assert not response.HasField("timing")


@given(st.lists(st.integers(0, 10**9), min_size=6, max_size=6), st.integers(1, 3))
def test_stages_add_up_to_the_time_since_the_request_came(moments: list[int], rows: int) -> None:
    opened, begun, taken, journaled, matched, published = sorted(moments)
    last = Stages(opened, taken, journaled, matched, published)
    receipt = receipts.of(begun, [Stages(opened, opened, opened, opened, opened)] * (rows - 1) + [last])
    assert min(receipt) >= 0
    assert sum(receipt) == published - begun


def test_a_header_is_in_milliseconds() -> None:
    receipt = receipts.Receipt(queue=1_500_000, journal=0, engine=123, publish=10**9)
    told = "queue;dur=1.500, journal;dur=0.000, engine;dur=0.000, publish;dur=1000.000"
    assert receipt.header() == told
    assert receipt.message() == pb.Timing(queue_ns=1_500_000, engine_ns=123, publish_ns=10**9)

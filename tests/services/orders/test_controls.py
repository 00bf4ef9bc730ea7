"""Accounts, limits, trading states and rates: what they allow, and how refusals read."""

import asyncio
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.services.orders.desk import (
    BUY,
    SELL,
    Desk,
    Order,
    a_limit,
    a_state,
    an_account,
    open_desk,
    refusal_of,
    scope,
)
from tickmesh.orders.v1 import orders_pb2 as pb

pytestmark = pytest.mark.usefixtures("on_both_databases")

FAILED, EXHAUSTED = grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.RESOURCE_EXHAUSTED
DEMO, DEMO_AAPL = scope("PORTFOLIO", "demo"), scope("PORTFOLIO", "demo", "AAPL")


def a_rate(currency: str, rate: str) -> pb.Control:
    return pb.Control(conversion_rate=pb.ConversionRate(currency=currency, rate=rate))


@pytest.mark.parametrize(
    ("kind", "value", "place", "order", "code", "figures"),
    [
        ("ORDER_QUANTITY", "9", DEMO_AAPL, {}, FAILED, ("9", "0", "10", "9")),
        ("ORDER_NOTIONAL", "1891.99", DEMO, {}, FAILED, ("1891.99", "0", "1892", "1891.99")),
        ("PRICE_COLLAR", "100", DEMO_AAPL, {"price": "200.00"}, FAILED, None),
        ("ORDER_RATE", "0", DEMO, {}, EXHAUSTED, ("0", "0", "1", "0")),
        ("POSITION", "9", scope("FIRM", "", "AAPL"), {}, FAILED, ("9", "0", "10", "9")),
        ("GROSS_EXPOSURE", "1000.5", scope("DESK", "desk"), {}, FAILED, ("1000.5", "0", "1892", "1000.5")),
    ],
)
async def test_a_limit_refuses_with_its_figures(
    desk: Desk, kind: str, value: str, place: Any, order: dict[str, Any], code: Any, figures: Any
) -> None:
    await desk.control(a_limit(kind, value, place))
    error = await desk.refused(**order)
    check = kind if kind == "PRICE_COLLAR" else f"{kind}_LIMIT"
    level = pb.RiskScope.Level.Name(place.level).lower()
    assert (error.code, error.reason, error.metadata["check"]) == (code, check, check)
    assert error.metadata["scope"] == (f"{level}/{place.id}" if place.id else level)
    if figures:
        assert tuple(error.metadata[name] for name in ("limit", "used", "asked", "headroom")) == figures
    (kept,) = await desk.orders()
    assert (kept.status, kept.reason, kept.order_id) == (Order.REJECTED, check, error.metadata["order_id"])
    assert kept.risk_decision.limit == error.metadata["limit"]
    await desk.control(a_limit(kind, "", place))
    assert (await desk.submit(**order)).status == Order.NEW


async def test_open_orders_use_up_a_limit_and_cancels_give_it_back(desk: Desk) -> None:
    await desk.control(a_limit("POSITION", "15", DEMO_AAPL))
    order = await desk.submit(BUY, "10")
    error = await desk.refused(BUY, "6")
    assert (error.metadata["used"], error.metadata["asked"], error.metadata["headroom"]) == ("10", "6", "5")
    replace = pb.ReplaceOrderRequest(order_id=order.order_id, quantity="16")
    assert (await refusal_of(desk.stub.ReplaceOrder(replace))).reason == "POSITION_LIMIT"
    await desk.cancel(order)
    assert (await desk.submit(BUY, "15")).status == Order.NEW


async def test_a_limit_of_a_strategy_that_never_traded_holds_for_its_first_order(desk: Desk) -> None:
    await desk.control(a_limit("ORDER_QUANTITY", "5", scope("STRATEGY", "demo/maker", "AAPL")))
    assert (await desk.refused(BUY, "6", strategy_id="maker")).metadata["scope"] == "strategy/demo/maker"
    assert (await desk.submit(BUY, "6")).status == Order.NEW


@pytest.mark.parametrize(
    "place",
    [
        scope("FIRM"),
        scope("FIRM", symbol="AAPL"),
        scope("DESK", "desk"),
        scope("PORTFOLIO", "demo"),
        scope("STRATEGY", "demo/maker"),
    ],
)
async def test_a_halt_stops_orders_below_it_and_cancels_what_rests(desk: Desk, place: pb.RiskScope) -> None:
    order = await desk.submit(strategy_id="maker")
    kept = await desk.submit(symbol="MSFT", price="300", portfolio_id="other")
    answer = await desk.control(a_state("HALTED", place, cancel=True))
    ended = await desk.get(order)
    assert (ended.status, ended.reason) == (Order.CANCELED, "MASS_CANCEL")
    assert answer.canceled_count == (2 if place.level <= pb.RiskScope.DESK and not place.symbol else 1)
    error = await desk.refused(strategy_id="maker")
    assert (error.code, error.reason) == (FAILED, "TRADING_HALTED")
    assert ((await desk.get(kept)).status == Order.NEW) == (answer.canceled_count == 1)
    await desk.control(a_state("ACTIVE", place))
    assert (await desk.submit(strategy_id="maker")).status == Order.NEW


async def test_where_only_reducing_is_allowed_a_position_can_be_closed(desk: Desk) -> None:
    await desk.submit(SELL, "10", portfolio_id="other")
    await desk.submit(BUY, "10")
    await desk.control(a_state("REDUCING", DEMO))
    assert (await desk.refused(BUY, "1")).reason == "REDUCE_ONLY"
    assert (await desk.refused(SELL, "11")).reason == "REDUCE_ONLY"
    order = await desk.submit(SELL, "10")
    assert (await desk.cancel(order)).status == Order.CANCELED


async def test_the_same_request_id_again_gets_the_first_answer(desk: Desk) -> None:
    await desk.submit()
    halt = a_state("HALTED", DEMO, cancel=True)
    first = await desk.control(halt, request_id="r-1")
    await desk.control(a_state("ACTIVE", DEMO))
    before = await desk.status()
    assert (first.canceled_count, await desk.control(halt, request_id="r-1")) == (1, first)
    assert (await desk.status()).state_hash == before.state_hash
    error = await refusal_of(desk.control(a_state("ACTIVE", DEMO), request_id="r-1"))
    assert (error.code, error.reason) == (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED")


async def test_requests_with_one_id_at_once_apply_once(desk: Desk) -> None:
    before = (await desk.status()).command_sequence
    limit = a_limit("POSITION", "5", DEMO_AAPL)
    answers = await asyncio.gather(*(desk.control(limit, request_id="r-1") for _ in range(20)))
    assert {answer.command for answer in answers} == {before + 1}
    assert (await desk.status()).command_sequence == before + 1


async def test_who_hangs_up_and_asks_again_applies_once(desk: Desk) -> None:
    before = (await desk.status()).command_sequence
    limit = a_limit("POSITION", "5", DEMO_AAPL)
    for _ in range(5):
        call = asyncio.ensure_future(desk.control(limit, request_id="r-1"))
        await asyncio.sleep(0.001)
        call.cancel()
    assert (await desk.control(limit, request_id="r-1")).command == before + 1


WRONG = [
    (a_limit("POSITION", "5", scope("DESK", "nobody", "AAPL")), "UNKNOWN_SCOPE", "limit.scope.id"),
    (a_limit("POSITION", "5", scope("STRATEGY", "demo/A B", "AAPL")), "UNKNOWN_SCOPE", "limit.scope.id"),
    (a_limit("ORDER_RATE", "5", scope("STRATEGY", "x/a")), "UNKNOWN_PORTFOLIO", "limit.scope.id"),
    (a_limit("POSITION", "5", scope("FIRM", "", "NONE")), "UNKNOWN_INSTRUMENT", "limit.scope.symbol"),
    (a_limit("POSITION", "5", DEMO), "INVALID_CONTROL", "limit.scope.symbol"),
    (a_limit("GROSS_EXPOSURE", "5", DEMO_AAPL), "INVALID_CONTROL", "limit.scope.symbol"),
    (a_limit("POSITION", "5.5", DEMO_AAPL), "NOT_A_MULTIPLE", "limit.value"),
    (a_limit("ORDER_RATE", "5.5", DEMO), "INVALID_CONTROL", "limit.value"),
    (a_limit("ORDER_NOTIONAL", "0.0000001", DEMO), "INVALID_CONTROL", "limit.value"),
    (a_state("HALTED", scope("FIRM", "demo")), "INVALID_CONTROL", "trading_state.scope.id"),
    (a_state("HALTED", scope("PORTFOLIO")), "INVALID_CONTROL", "trading_state.scope.id"),
    (a_rate("USD", "0"), "INVALID_CONTROL", "conversion_rate.rate"),
    (a_rate("USD", "NaN"), "INVALID_REQUEST", "conversion_rate.rate"),
    (pb.Control(), "INVALID_REQUEST", ""),
]


async def test_one_wrong_control_stops_all_and_is_named(desk: Desk) -> None:
    before = await desk.status()
    right = a_state("HALTED", DEMO)
    for wrong, reason, field in WRONG:
        error = await refusal_of(desk.control(right, an_account("new"), wrong, right))
        assert error.reason == reason, wrong
        assert error.fields[0].field.startswith(f"controls[2]{'.' if field else ''}{field}")
    assert (await desk.status()).state_hash == before.state_hash


async def test_controls_may_name_what_the_same_request_opens(desk: Desk) -> None:
    await desk.control(
        an_account("new", "new-desk"),
        a_limit("ORDER_RATE", "0", scope("DESK", "new-desk")),
        a_limit("POSITION", "5", scope("STRATEGY", "new/maker", "AAPL")),
        a_state("REDUCING", scope("PORTFOLIO", "new")),
    )
    assert (await desk.refused(portfolio_id="new")).reason == "REDUCE_ONLY"


async def test_an_account_stays_at_its_desk_and_makes_no_other(desk: Desk) -> None:
    before = (await desk.status()).state_hash
    await desk.control(an_account("demo", "elsewhere"))
    halt = a_state("HALTED", scope("DESK", "elsewhere"))
    error = await refusal_of(desk.control(an_account("demo", "elsewhere"), halt))
    assert (error.code, error.reason) == (grpc.StatusCode.NOT_FOUND, "UNKNOWN_SCOPE")
    assert (await desk.status()).state_hash == before


async def test_a_rate_revalues_the_instruments_of_its_currency(desk: Desk) -> None:
    await desk.control(a_limit("ORDER_NOTIONAL", "2000", DEMO), a_rate("EUR", "2"))
    error = await desk.refused(symbol="SAP", price="145.60")
    assert (error.reason, error.metadata["asked"]) == ("ORDER_NOTIONAL_LIMIT", "2912")
    await desk.control(a_rate("EUR", "1.09"))
    assert (await desk.submit(symbol="SAP", price="145.60")).status == Order.NEW


async def test_a_rate_for_a_currency_that_nothing_is_priced_in_is_kept(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        before = await desk.status()
        answer = await desk.control(a_rate("NOK", "0.09"), request_id="r-1")
        assert answer.command == before.command_sequence + 1
    async with open_desk(tmp_path) as desk:
        assert await desk.control(a_rate("NOK", "0.09"), request_id="r-1") == answer


async def test_more_places_than_the_engine_holds_are_refused_at_the_door(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKMESH_ORDERS_NODES", "6")  # firm, desk, demo, other: two are left
    async with open_desk(tmp_path) as desk:
        await desk.submit(strategy_id="a")
        await desk.submit(strategy_id="b")
        error = await desk.refused(strategy_id="c")
        assert (error.code, error.reason) == (EXHAUSTED, "CAPACITY")
        assert (await refusal_of(desk.control(an_account("new")))).reason == "CAPACITY"
        assert (await desk.submit(strategy_id="b")).status == Order.NEW
        assert (await desk.control(a_state("HALTED", scope("FIRM"), cancel=True))).canceled_count == 3


async def test_more_positions_than_the_engine_holds_are_refused_by_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKMESH_ORDERS_POSITIONS", "4")  # of firm, desk, portfolio and one strategy
    async with open_desk(tmp_path) as desk:
        await desk.submit(strategy_id="a")
        error = await desk.refused(strategy_id="b")
        assert (error.code, error.reason) == (EXHAUSTED, "CAPACITY")

"""How far limits are used, as the service tells it."""

import pytest

from tests.services.orders.desk import BUY, Desk, a_limit, refusal_of, scope
from tickmesh.orders.v1 import orders_pb2 as pb

Type = pb.EngineLimit.LimitType
DEMO, DEMO_AAPL = scope("PORTFOLIO", "demo"), scope("PORTFOLIO", "demo", "AAPL")
CASES = [
    ("GROSS_EXPOSURE", DEMO, "100000.5", "1892"),
    ("ORDER_RATE", DEMO, "50", "1"),
    ("POSITION", DEMO_AAPL, "500", "10"),
    ("ORDER_QUANTITY", DEMO_AAPL, "20", "0"),
    ("ORDER_NOTIONAL", DEMO, "9000", "0"),
]


async def usage(desk: Desk, kind: str, place: pb.RiskScope) -> tuple[str, str]:
    limit = pb.EngineLimit(scope=place, limit_type=Type.Value(kind))
    (found,) = (await desk.stub.GetLimitUsage(pb.GetLimitUsageRequest(limits=[limit]))).usages
    return found.limit.value, found.used


@pytest.mark.parametrize(("kind", "place", "value", "used"), CASES)
async def test_a_limit_is_told_with_its_value_and_its_use(
    desk: Desk, kind: str, place: pb.RiskScope, value: str, used: str
) -> None:
    await desk.control(a_limit(kind, value, place))
    assert await usage(desk, kind, place) == (value, "0")
    await desk.submit(BUY, "10", "189.20")
    assert await usage(desk, kind, place) == (value, used)


async def test_what_is_not_set_or_not_there_is_not_used(desk: Desk) -> None:
    assert await usage(desk, "GROSS_EXPOSURE", DEMO) == ("", "0")
    assert await usage(desk, "GROSS_EXPOSURE", scope("PORTFOLIO", "nobody")) == ("", "0")


async def test_an_instrument_that_is_not_listed_is_refused(desk: Desk) -> None:
    limit = pb.EngineLimit(scope=scope("FIRM", "", "NOPE"), limit_type=Type.POSITION)
    call = desk.stub.GetLimitUsage(pb.GetLimitUsageRequest(limits=[limit]))
    assert (await refusal_of(call)).reason == "UNKNOWN_INSTRUMENT"

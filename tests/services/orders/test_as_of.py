"""Orders and executions as of a moment: every answer is what the full list of reports adds up to by then."""

import itertools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from tests.services.orders.desk import BUY, PORTFOLIOS, SELL, Desk, Order, Report, open_desk, refusal_of
from tests.services.orders.following import random_batch
from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.services.values import time_ns, timestamp

pytestmark = pytest.mark.usefixtures("on_both_databases")

START_NS = 1_795_255_200_000_000_000  # 10:00 on a Saturday
DAY_NS = 86_400 * 10**9
OPEN = (Order.NEW, Order.PARTIALLY_FILLED)
STATUSES = (0, *Order.Status.values()[1:])
KINDS = (0, *Report.ExecType.values()[1:])


class RestlessClock:
    """Stands still, creeps and leaps."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.now_ns = START_NS

    def __call__(self) -> int:
        self.now_ns += self._chance.choice([0, 0, 1, 1, 7, 1_000, 40_000, 10**6, 10**9, 10**9, 10**11])
        return self.now_ns


class Truth:
    """What happened, from the full list of reports, oldest first. Slow and obvious."""

    def __init__(self, reports: list[Report]) -> None:
        self.reports = reports

    def moments(self, chance: random.Random, count: int) -> list[int]:
        """Returns moments at, just before and just after reports, and far from all of them."""
        stamps = [time_ns(report.transact_time) for report in self.reports]
        near = [stamp + chance.choice([-1, 0, 0, 1]) for stamp in chance.sample(stamps, count)]
        return [*near, chance.choice([0, stamps[0], stamps[-1], stamps[-1] + 10**18])]

    def executions(self, at_ns: int, chosen: dict[str, Any]) -> list[Report]:
        found = [report for report in self.reports if time_ns(report.transact_time) <= at_ns]
        return [report for report in found[::-1] if fits(report.order, chosen) and of_kind(report, chosen)]

    def orders(self, at_ns: int, chosen: dict[str, Any]) -> list[Order]:
        last = {report.order.order_id: report.order for report in self.executions(at_ns, {})[::-1]}
        newest_first = sorted(last.values(), key=lambda order: -int(order.order_id))
        return [order for order in newest_first if fits(order, chosen) and in_state(order, chosen)]


def fits(order: Order, chosen: dict[str, Any]) -> bool:
    names = ("order_id", "portfolio_id", "symbol", "client_order_id")
    return all(getattr(order, name) == chosen[name] for name in names if chosen.get(name))


def in_state(order: Order, chosen: dict[str, Any]) -> bool:
    if chosen.get("open_only") and order.status not in OPEN:
        return False
    return chosen.get("status", 0) in (0, order.status)


def of_kind(report: Report, chosen: dict[str, Any]) -> bool:
    return chosen.get("exec_type", 0) in (0, report.exec_type)


async def all_pages(call: Any, request: Any, name: str) -> list[Any]:
    """Returns what every page of a list holds."""
    found: list[Any] = []
    while True:
        response = await call(request)
        page = list(getattr(response, name))
        assert len(page) <= request.page_size
        found += page
        if not response.next_page_token:
            return found
        assert len(page) == request.page_size
        request.page_token = response.next_page_token


def choices(
    chance: random.Random, truth: Truth, kinds: dict[str, tuple[Any, ...]]
) -> Iterator[dict[str, Any]]:
    """Yields each filter alone, and some together."""
    yield from ({name: value} for name, values in kinds.items() for value in values)
    some = chance.choice(truth.reports).order
    yield {"client_order_id": some.client_order_id} if "status" in kinds else {"order_id": some.order_id}
    if "status" in kinds:
        yield {"client_order_id": some.client_order_id, "open_only": True}
        yield {"portfolio_id": some.portfolio_id, "status": Order.PARTIALLY_FILLED}
    for _ in range(4):
        yield {name: chance.choice(values) for name, values in kinds.items()}


ORDER_FILTERS: dict[str, tuple[Any, ...]] = {
    "portfolio_id": ("", *PORTFOLIOS, "nobody"),
    "symbol": ("", "AAPL", "MSFT"),
    "status": STATUSES,
    "open_only": (False, True),
}
EXECUTION_FILTERS: dict[str, tuple[Any, ...]] = {
    "portfolio_id": ("", *PORTFOLIOS, "nobody"),
    "symbol": ("", "AAPL", "MSFT"),
    "exec_type": KINDS,
}


async def trade_for_a_while(desk: Desk, clock: RestlessClock, chance: random.Random) -> Truth:
    """Sends random orders in two instruments over two midnights, and returns what happened."""
    for number in range(12):
        clock.now_ns += DAY_NS if number in (4, 9) else 0
        await desk.send(random_batch(chance, 25))
        await desk.submit(chance.choice([BUY, SELL]), "3", "300", symbol="MSFT", time_in_force=Order.GTC)
        await desk.batch(pb.SubmitOrderRequest(
            client_order_id=f"fok-{chance.random()}", portfolio_id="demo", symbol="AAPL", side=BUY,
            order_type=Order.LIMIT, quantity="9999", price="189.00", time_in_force=Order.FOK,
        ))  # fmt: skip
    return Truth(await desk.executions())


@pytest.mark.parametrize("seed", range(2))
async def test_every_answer_is_what_the_reports_add_up_to(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    clock = RestlessClock(chance)
    async with open_desk(tmp_path, clock) as desk:
        truth = await trade_for_a_while(desk, clock, chance)
        assert {report.exec_type for report in truth.reports} == set(KINDS[1:])
        for at_ns in truth.moments(chance, 4):
            await compare_lists(desk, truth, at_ns, chance)
            await compare_orders(desk, truth, at_ns, chance)


async def compare_lists(desk: Desk, truth: Truth, at_ns: int, chance: random.Random) -> None:
    for chosen in choices(chance, truth, ORDER_FILTERS):
        request = pb.ListOrdersRequest(
            **chosen, as_of=timestamp(at_ns), page_size=chance.choice([20, 99, 1000])
        )
        found = await all_pages(desk.stub.ListOrders, request, "orders")
        assert found == truth.orders(at_ns, chosen), (at_ns, chosen)
    for chosen in choices(chance, truth, EXECUTION_FILTERS):
        size = chance.choice([50, 99, 1000])
        reports = pb.ListExecutionsRequest(**chosen, as_of=timestamp(at_ns), page_size=size)
        listed = await all_pages(desk.stub.ListExecutions, reports, "executions")
        assert listed == truth.executions(at_ns, chosen), (at_ns, chosen)


async def compare_orders(desk: Desk, truth: Truth, at_ns: int, chance: random.Random) -> None:
    then = {order.order_id: order for order in truth.orders(at_ns, {})}
    every = sorted({report.order.order_id for report in truth.reports})
    for order_id in chance.sample(every, 6):
        request = pb.GetOrderRequest(order_id=order_id, as_of=timestamp(at_ns))
        if order_id in then:
            assert await desk.stub.GetOrder(request) == then[order_id]
        else:
            refusal = await refusal_of(desk.stub.GetOrder(request))
            assert (refusal.code, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "UNKNOWN_ORDER")


@pytest.fixture
async def ticking(tmp_path: Path) -> Any:
    """Yields a desk whose clock goes on by a second at each look."""
    seconds = itertools.count(START_NS, 10**9)
    async with open_desk(tmp_path, lambda: next(seconds)) as desk:
        yield desk


async def test_a_moment_holds_what_happened_at_that_very_nanosecond(ticking: Desk) -> None:
    order = await ticking.submit()
    canceled = await ticking.cancel(order)
    at = canceled.update_time
    just_before = timestamp(time_ns(at) - 1)
    get = ticking.stub.GetOrder
    assert await get(pb.GetOrderRequest(order_id=order.order_id, as_of=at)) == canceled
    assert await get(pb.GetOrderRequest(order_id=order.order_id, as_of=just_before)) == order
    assert await ticking.orders(as_of=just_before, open_only=True) == [order]
    assert await ticking.orders(as_of=at, open_only=True) == []


async def test_before_the_first_order_there_is_nothing(ticking: Desk) -> None:
    first = await ticking.submit()
    before = timestamp(time_ns(first.submit_time) - 1)
    assert await ticking.orders(as_of=before) == await ticking.executions(as_of=before) == []
    refusal = await refusal_of(
        ticking.stub.GetOrder(pb.GetOrderRequest(order_id=first.order_id, as_of=before))
    )
    assert refusal.reason == "UNKNOWN_ORDER"
    assert before.ToJsonString() in refusal.message


async def test_a_moment_still_to_come_shows_what_is_known_now(ticking: Desk) -> None:
    orders = [await ticking.submit() for _ in range(3)]
    for year in (2099, 9999):  # the second is past what 64 bits of nanoseconds reach
        then = Timestamp()
        then.FromJsonString(f"{year}-12-31T23:59:59.999999999Z")
        assert await ticking.orders(as_of=then) == await ticking.orders() == orders[::-1]
        assert await ticking.executions(as_of=then) == await ticking.executions()


async def test_a_moment_that_no_calendar_has_is_refused(ticking: Desk) -> None:
    for wrong in (Timestamp(seconds=1 << 62), Timestamp(nanos=-1), Timestamp(nanos=10**9)):
        refusal = await refusal_of(ticking.stub.ListOrders(pb.ListOrdersRequest(as_of=wrong)))
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_TIMESTAMP")
        assert [violation.field for violation in refusal.fields] == ["as_of"]


async def test_pages_stay_at_their_moment(ticking: Desk) -> None:
    orders = [await ticking.submit() for _ in range(5)]
    at = orders[2].update_time
    for call, kind in (
        (ticking.stub.ListOrders, pb.ListOrdersRequest),
        (ticking.stub.ListExecutions, pb.ListExecutionsRequest),
    ):
        token = (await call(kind(page_size=2, as_of=at))).next_page_token
        for changed in (timestamp(time_ns(at) + 1), None):
            refusal = await refusal_of(call(kind(page_size=2, as_of=changed, page_token=token)))
            assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "AS_OF_CHANGED")
        assert (await call(kind(page_size=2, as_of=at, page_token=token))).next_page_token == ""
        live = (await call(kind(page_size=2))).next_page_token
        assert (await refusal_of(call(kind(as_of=at, page_token=live)))).reason == "AS_OF_CHANGED"

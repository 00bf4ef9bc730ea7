"""Positions as of a moment: what the trades up to then add up to, reckoned in fractions."""

import random
from collections.abc import AsyncIterator, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.services.portfolio.fakes import (
    FakeAssets,
    FakeOrders,
    FakePricing,
    eventually,
    starts,
    stock,
    trade,
)
from tickmesh.orders.v1.orders_pb2 import ExecutionReport
from tickmesh.portfolio.v1 import portfolio_pb2 as pb
from tickmesh.portfolio.v1 import portfolio_pb2_grpc
from tickmesh.services.portfolio.service import start
from tickmesh.services.runtime.errors import describe
from tickmesh.services.runtime.testing import serve_for_test
from tickmesh.services.values import time_ns, timestamp

pytestmark = pytest.mark.usefixtures("on_both_databases")

LISTED = (stock("AAPL"), stock("SAP", "EUR", multiplier="10"))
MULTIPLIERS = {"AAPL": 1, "SAP": 10}
PORTFOLIOS = ("demo", "elsewhere", "takers")
START_NS = 1_795_255_200_000_000_000


def random_trades(chance: random.Random, count: int) -> list[ExecutionReport]:
    """Returns trades, several at one nanosecond at times, that open, close and turn positions."""
    reports, now_ns = [], START_NS
    for number in range(1, count + 1):
        now_ns += chance.choice([0, 0, 1, 10**9])
        side, quantity = chance.choice(["BUY", "SELL"]), str(chance.choice([1, 2, 4, 8]))
        price = str(chance.randint(1, 400) / 4)
        report = trade(
            number, chance.choice(PORTFOLIOS), chance.choice(list(MULTIPLIERS)), side, quantity, price
        )
        report.transact_time.CopyFrom(timestamp(now_ns))
        reports.append(report)
    return reports


class Slow:
    """One position at average cost, in fractions."""

    def __init__(self) -> None:
        self.quantity = self.cost = self.realized = self.volume = Fraction(0)
        self.count = 0

    def add(self, signed: Fraction, price: Fraction) -> None:
        """Counts one unit after another, so that no trade both closes and opens."""
        step = 1 if signed > 0 else -1
        for _ in range(abs(int(signed))):
            if self.quantity * step >= 0:
                self.cost += step * price
            else:
                average = self.cost / self.quantity
                self.cost += step * average
                self.realized += -step * (price - average)
            self.quantity += step
        self.volume += abs(signed)
        self.count += 1


def truth(reports: Iterable[ExecutionReport], at_ns: int) -> dict[tuple[str, str], Slow]:
    found: dict[tuple[str, str], Slow] = {}
    for report in reports:
        if time_ns(report.transact_time) <= at_ns:
            slow = found.setdefault((report.order.portfolio_id, report.order.symbol), Slow())
            sign = 1 if report.order.side == report.order.BUY else -1
            slow.add(sign * Fraction(report.last_quantity), Fraction(report.last_price))
    return found


def is_same(position: pb.Position, slow: Slow) -> bool:
    half = Fraction(1, 10**12)  # the contract rounds to 12 digits
    realized = slow.realized * MULTIPLIERS[position.symbol]
    average = slow.cost / slow.quantity if slow.quantity else None
    return (
        Fraction(position.quantity) == slow.quantity
        and Fraction(position.volume) == slow.volume
        and position.trade_count == slow.count
        and abs(Fraction(position.realized_pnl) - realized) <= half
        and (average is None) == (position.average_price == "")
        and (average is None or abs(Fraction(position.average_price) - average) <= half)
        and position.mark_price == position.unrealized_pnl == position.market_value == ""
    )


class World:
    """A portfolio service that follows a list of trades, two in a response."""

    def __init__(self, stub: Any, orders: FakeOrders) -> None:
        self.stub = stub
        self.orders = orders

    async def count(self, reports: list[ExecutionReport]) -> None:
        """Sends trades, and waits until the last is counted."""
        self.orders.add(*reports)
        last = reports[-1].execution_id

        async def counted() -> bool:
            listed = await self.stub.ListPositions(pb.ListPositionsRequest())
            return last in [position.last_execution_id for position in listed.positions]

        await eventually(counted)

    async def positions(self, size: int = 1_000, **chosen: Any) -> list[pb.Position]:
        found: list[pb.Position] = []
        request = pb.ListPositionsRequest(page_size=size, **chosen)
        while True:
            response = await self.stub.ListPositions(request)
            found += response.positions
            request.page_token = response.next_page_token
            if not response.next_page_token:
                return found


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    orders, pricing = FakeOrders(), FakePricing()
    pricing.quote("AAPL", "10", "12")
    every = [*starts(orders, pricing, FakeAssets(*LISTED)), start]  # type: ignore[abstract]
    async with serve_for_test(every, tmp_path) as host:
        yield World(portfolio_pb2_grpc.PortfolioServiceStub(host.channel("portfolio")), orders)


async def test_every_answer_is_what_the_trades_add_up_to(world: World) -> None:
    chance = random.Random(11)
    reports = random_trades(chance, 120)
    await world.count(reports)
    stamps = sorted({time_ns(report.transact_time) for report in reports})
    near = [stamp + chance.choice([-1, 0, 1]) for stamp in chance.sample(stamps, 20)]
    for at_ns in (0, stamps[0] - 1, stamps[0], *near, stamps[-1], stamps[-1] * 2):
        await compare(world, truth(reports, at_ns), at_ns, chance)


async def compare(world: World, then: dict[tuple[str, str], Slow], at_ns: int, chance: random.Random) -> None:
    for portfolio in ("", *PORTFOLIOS, "nobody", "\0"):
        chosen = {
            "portfolio_id": portfolio,
            "symbol": chance.choice(["", "AAPL", "SAP"]),
            "open_only": chance.choice([False, True]),
        }
        wanted = {
            key: slow
            for key, slow in then.items()
            if chosen["portfolio_id"] in ("", key[0]) and chosen["symbol"] in ("", key[1])
            if slow.quantity or not chosen["open_only"]
        }
        found = await world.positions(chance.choice([1, 2, 1_000]), **chosen, as_of=timestamp(at_ns))
        assert [(each.portfolio_id, each.symbol) for each in found] == sorted(wanted), (at_ns, chosen)
        assert all(is_same(each, wanted[each.portfolio_id, each.symbol]) for each in found), (at_ns, chosen)


async def test_what_needs_a_mark_of_its_time_is_empty_and_the_rest_is_as_it_is_now(world: World) -> None:
    await world.count(random_trades(random.Random(2), 30))
    now = await world.positions()
    then = await world.positions(as_of=timestamp(START_NS * 2))
    assert [each.mark_price for each in now if each.symbol == "AAPL"] == ["11"] * 3
    for each in now:
        for name in ("mark_price", "mark_time", "unrealized_pnl", "market_value", "unrealized_pnl_base"):
            each.ClearField(name)  # type: ignore[arg-type]
    assert then == now


async def test_pages_stay_at_their_moment(world: World) -> None:
    await world.count(random_trades(random.Random(2), 30))
    at_ns = START_NS * 2
    first = await world.stub.ListPositions(pb.ListPositionsRequest(page_size=1, as_of=timestamp(at_ns)))
    for changed in (timestamp(at_ns + 1), None):
        request = pb.ListPositionsRequest(as_of=changed, page_token=first.next_page_token)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await world.stub.ListPositions(request)
        assert describe(refused.value).reason == "AS_OF_CHANGED"

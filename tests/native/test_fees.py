"""Fees: whose rate applies, and exact integers on every execution."""

import pytest

from tests.native.commands import Event
from tests.native.market import ALPHA, BETA, DESK, FIRM, Market, of_type, types
from tickmesh.native.engine import NONE, CommandType, EventFlag, EventType, Phase, Side

MAKER, TAKER = 100, 300  # millionths of the traded value


@pytest.fixture
def market() -> Market:
    return Market()


def rates(market: Market, maker: int, taker: int, node: int = FIRM, instrument: int = NONE) -> None:
    (answer,) = market.run(
        CommandType.SET_FEES, node=node, instrument=instrument, price=maker, quantity=taker
    )
    assert answer.type == EventType.CONTROL_APPLIED


def fees(events: list[Event]) -> list[tuple[int, int, int]]:
    """Node, rate and micro-units of each fee."""
    return [(event.node, event.price, event.quantity) for event in of_type(events, EventType.FEE)]


def traded(market: Market, lots: int = 5, price: int = 1_000) -> list[Event]:
    """BETA makes, ALPHA takes; a tick times a lot is worth 1,000 micro-units."""
    market.sell(lots, price, node=BETA)
    return market.buy(lots, price)


def test_without_rates_there_are_no_fees(market: Market) -> None:
    assert fees(traded(market)) == []


def test_maker_and_taker_pay_their_rates_after_their_trades(market: Market) -> None:
    rates(market, MAKER, TAKER)
    events = traded(market)
    assert types(events)[:5] == ["ORDER_ACCEPTED", "TRADE", "TRADE", "FEE", "FEE"]
    assert fees(events) == [(BETA, MAKER, 500), (ALPHA, TAKER, 1_500)]
    told = [(event.order, event.side, event.flags) for event in of_type(events, EventType.FEE)]
    assert told == [(market.sequence - 1, Side.SELL, EventFlag.MAKER), (market.sequence, Side.BUY, 0)]


def test_each_execution_has_its_fees(market: Market) -> None:
    rates(market, MAKER, TAKER)
    for price in (1_000, 1_001):
        market.sell(1, price, node=BETA)
    assert [fee for _, _, fee in fees(market.buy(2, 1_001))] == [100, 300, 101, 301]


@pytest.mark.parametrize(
    ("rate", "fee"), [(1, 2), (3, 4), (-1, -1), (-3, -3), (1_000_000, 1_001_000), (-1_000_000, -1_001_000)]
)
def test_a_fee_is_rounded_towards_the_house(market: Market, rate: int, fee: int) -> None:
    """1,001,000 micro-units are traded."""
    rates(market, 0, rate)
    assert fees(traded(market, 1, 1_001))[1] == (ALPHA, rate, fee)


def test_a_rate_of_0_is_a_fee_of_0(market: Market) -> None:
    rates(market, 0, 0)
    assert fees(traded(market)) == [(BETA, 0, 0), (ALPHA, 0, 0)]


def test_the_nearest_rates_apply(market: Market) -> None:
    found: list[int] = []
    for node, instrument in ((FIRM, NONE), (FIRM, 0), (DESK, NONE), (ALPHA, NONE), (ALPHA, 0)):
        rate = len(found) + 1
        rates(market, 0, rate, node, instrument)
        found.append(fees(traded(market))[1][1])
    assert found == [1, 2, 3, 4, 5]
    market.run(CommandType.SET_FEES, node=ALPHA, instrument=0, kind=1)
    assert fees(traded(market))[1][1] == 4


def test_in_an_auction_both_sides_pay_as_takers(market: Market) -> None:
    rates(market, MAKER, TAKER)
    market.phase(Phase.OPENING_AUCTION)
    traded(market)
    events = market.phase(Phase.CONTINUOUS)
    assert fees(events) == [(ALPHA, TAKER, 1_500), (BETA, TAKER, 1_500)]
    assert {event.flags for event in of_type(events, EventType.FEE)} == {EventFlag.AUCTION}

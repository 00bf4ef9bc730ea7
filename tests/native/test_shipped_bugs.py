"""Mistakes that other engines have shipped, each by its name."""

from collections.abc import Callable

import pytest

from tests.native.commands import Command, as_events
from tests.native.market import ALPHA, BETA, DESK, SMALL, Market, fills, of_type
from tickmesh.native.engine import (
    NONE,
    CommandType,
    Engine,
    EventType,
    OrderFlag,
    OrderType,
    Phase,
    Reason,
    SelfTrade,
    Side,
    TimeInForce,
)

GTD_NS = 1_000
STRANGE_IDS = [0, 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1]


@pytest.fixture
def market() -> Market:
    return Market()


# A cancel that does not check ownership


@pytest.mark.parametrize("node", [BETA, 4, NONE])
@pytest.mark.parametrize("place", ["resting", "waiting", "pegged", "in an auction"])
def test_a_stranger_cancels_and_replaces_no_order_wherever_it_is(
    market: Market, place: str, node: int
) -> None:
    fields: dict[str, dict[str, int]] = {
        "waiting": {"kind": OrderType.STOP_LIMIT, "target": 1_100},
        "pegged": {"kind": OrderType.PEG_MID},
    }
    if place == "in an auction":
        market.phase(Phase.OPENING_AUCTION)
    order = market.buy(5, 990, **fields.get(place, {}))[0].order
    before = market.view(order)
    for (event,) in (market.cancel(order, node), market.replace(order, 991, 9, node)):
        assert (event.type, event.reason) == (EventType.CANCEL_REJECTED, Reason.NOT_OWNER)
    assert market.view(order) == before


# An auction that leaks iceberg size or forgets GTD


def auctioned(market: Market, **terms: int) -> int:
    """An order of 25 lots of which 12 trade in an auction, entered under these terms."""
    market.phase(Phase.OPENING_AUCTION)
    market.terms(**terms)
    tif = TimeInForce.GTD if "expiry_ns" in terms else TimeInForce.GTC
    order = market.buy(25, 1_000, time_in_force=tif)[0].order
    market.sell(12, 1_000, node=BETA)
    market.phase(Phase.CONTINUOUS)
    return order


def test_an_iceberg_has_no_lot_more_after_an_auction(market: Market) -> None:
    order = auctioned(market, display=10)
    view = market.view(order)
    assert (view.quantity, view.leaves, view.shown) == (25, 13, 10)
    assert market.bids() == [(1_000, 10, 1)]
    assert market.engine.exposure(ALPHA, 0) == (12, 13, 0)
    assert sum(lots for _, lots, _ in fills(market.sell(99, 1_000, node=BETA))) == 13


def test_an_order_good_till_a_time_still_ends_after_an_auction(market: Market) -> None:
    order = auctioned(market, expiry_ns=GTD_NS)
    market.time_ns = GTD_NS
    (ended,) = of_type(market.run(CommandType.ADVANCE_TIME), EventType.ORDER_EXPIRED)
    assert (ended.order, ended.quantity) == (order, 13)


def test_an_order_good_till_a_time_ends_during_an_auction(market: Market) -> None:
    market.phase(Phase.OPENING_AUCTION)
    market.terms(expiry_ns=GTD_NS)
    market.buy(25, 1_000, time_in_force=TimeInForce.GTD)
    market.sell(25, 1_000, node=BETA)
    market.time_ns = GTD_NS
    assert of_type(market.phase(Phase.CONTINUOUS), EventType.TRADE) == []


# An IOC order whose rest stays in the book


@pytest.mark.parametrize("self_trade", list(SelfTrade)[:5])
@pytest.mark.parametrize("kind", [OrderType.MARKET, OrderType.LIMIT])
@pytest.mark.parametrize("lots", [0, 3, 20])
def test_no_lot_of_an_immediate_order_ever_rests(
    market: Market, kind: OrderType, lots: int, self_trade: SelfTrade
) -> None:
    if lots:
        market.sell(lots, 1_000, node=BETA)
        market.sell(lots, 1_000)
    price = 0 if kind == OrderType.MARKET else 1_001
    fields: dict[str, int] = {"kind": kind, "time_in_force": TimeInForce.IOC, "self_trade": self_trade}
    order = market.order(Side.BUY, 10, price, **fields)[0].order
    assert market.bids() == []
    assert market.engine.order(order) is None
    assert market.engine.exposure(ALPHA, 0).open_buy == 0


def test_no_lot_of_a_triggered_immediate_order_ever_rests(market: Market) -> None:
    stop = {"kind": OrderType.STOP_LIMIT, "target": 1_005, "time_in_force": TimeInForce.IOC}
    order = market.buy(10, 1_006, **stop)[0].order
    market.trade_at(1_005)
    assert market.engine.order(order) is None
    assert market.bids() == []


# A replay that skips what was refused after it had traded or spent something


def spend_a_key(market: Market) -> None:
    market.buy(0, 990, client_key=7)


def spend_a_token(market: Market) -> None:
    market.run(CommandType.SET_LIMIT, node=ALPHA, instrument=NONE, kind=4, quantity=5)
    market.limit(5, 1)
    market.buy(2, 990)


def trade_and_lose_the_rest(market: Market) -> None:
    market.sell(3, 1_000, node=BETA)
    market.sell(3, 1_000)
    market.buy(9, 1_000, self_trade=SelfTrade.CANCEL_NEWEST)


def trade_and_be_interrupted(market: Market) -> None:
    market.run(CommandType.SET_BANDS, quantity=100)
    for price in (1_000, 1_050):
        market.sell(3, price, node=BETA)
    market.buy(9, 1_100, time_in_force=TimeInForce.IOC)


@pytest.mark.parametrize(
    "act", [spend_a_key, spend_a_token, trade_and_lose_the_rest, trade_and_be_interrupted]
)
def test_a_replay_repeats_what_was_refused_or_cut_short(act: Callable[[Market], None]) -> None:
    market = Market()
    act(market)
    with Engine(SMALL) as again:
        again.process(market.journal)
        assert again.state_hash() == market.engine.state_hash()
        assert again.exposure(ALPHA, 0) == market.engine.exposure(ALPHA, 0)
        assert again.status() == market.engine.status()


# A trailing stop that fails the second time


@pytest.mark.parametrize("side", list(Side))
def test_a_trailing_stop_works_again_and_again(market: Market, side: Side) -> None:
    sign = 1 if side == Side.SELL else -1
    for base in (1_000, 1_100, 1_050):
        market.run(CommandType.SET_REFERENCE_PRICE, price=base)
        order = market.order(side, 5, 0, kind=OrderType.TRAILING_STOP, target=10)[0].order
        for ahead in (5, 15, 30):
            market.trade_at(base + sign * ahead)
            assert market.view(order).trigger == base + sign * (ahead - 10)
        (event,) = of_type(market.trade_at(base + sign * 20), EventType.ORDER_TRIGGERED)
        assert event.order == order
        assert market.engine.order(order) is None


def test_two_trailing_stops_follow_the_same_price(market: Market) -> None:
    near, far = (
        market.order(Side.SELL, 5, 0, kind=OrderType.TRAILING_STOP, target=distance)[0].order
        for distance in (10, 20)
    )
    market.trade_at(1_030)
    assert (market.view(near).trigger, market.view(far).trigger) == (1_020, 1_010)
    assert [e.order for e in of_type(market.trade_at(1_020), EventType.ORDER_TRIGGERED)] == [near]
    market.trade_at(1_040)
    assert market.view(far).trigger == 1_020
    assert [e.order for e in of_type(market.trade_at(1_015), EventType.ORDER_TRIGGERED)] == [far]


# An unknown id that aborts the process


@pytest.mark.parametrize("order", STRANGE_IDS)
def test_an_id_that_no_order_has_is_refused_and_found_nowhere(market: Market, order: int) -> None:
    market.buy(5, 990)
    for (event,) in (market.cancel(order), market.replace(order, 991, 9)):
        assert (event.order, event.reason) == (order, Reason.UNKNOWN_ORDER)
    assert market.engine.order(order) is None


@pytest.mark.parametrize("index", [2, 99, 2**31, NONE])
def test_an_index_that_nothing_has_is_refused_and_found_nowhere(market: Market, index: int) -> None:
    assert market.buy(5, 990, instrument=index)[0].reason == Reason.UNKNOWN_INSTRUMENT
    assert market.buy(5, 990, node=index + 4 if index < 4 else index)[0].reason == Reason.UNKNOWN_NODE
    assert market.engine.depth(index, Side.BUY, 5) == []
    assert market.engine.queue(index, Side.BUY, 5) == []
    assert market.engine.exposure(index, index) == (0, 0, 0)
    with pytest.raises(LookupError):
        market.engine.instrument(index)


# An order that moved and does not trade with what it crosses


@pytest.mark.parametrize(
    ("fields", "change"),
    [
        ({}, {"price": 1_005}),
        ({}, {"price": 1_005, "quantity": 20}),
        ({"kind": OrderType.STOP_LIMIT, "target": 1_100, "price": 1_005}, {"trigger": 1_000}),
        ({"flags": OrderFlag.ALL_OR_NONE}, {"price": 1_005}),
        ({"kind": OrderType.PEG_PRIMARY, "price": 980, "target": 20}, {"price": 1_005}),
    ],
)
def test_an_order_that_moves_across_the_book_trades(
    market: Market, fields: dict[str, int], change: dict[str, int]
) -> None:
    market.buy(1, 990, node=DESK)
    market.sell(99, 1_005, node=BETA)
    order = market.order(**({"side": Side.BUY, "quantity": 10, "price": 990} | fields))[0].order
    lots = change.get("quantity", 10)
    assert fills(market.replace(order, **change)) == [(1_005, lots, 0)]


# A live id that comes a second time


def test_a_second_order_of_a_live_id_leaves_the_queue_as_it_was(market: Market) -> None:
    first, second, third = (market.buy(5, 990)[0].order for _ in range(3))
    for order in (first, second, third):
        (event,) = market.buy(7, 990, sequence=order)
        assert (event.order, event.reason) == (0, Reason.INVALID_COMMAND)
    market.sequence = third
    assert [view.id for view in market.engine.queue(0, Side.BUY, 9)] == [first, second, third]
    makers = [e.order for e in market.sell(15, 990, node=BETA) if e.flags == 1]
    assert makers == [first, second, third]


def test_a_second_order_of_a_live_client_key_leaves_the_queue_as_it_was(market: Market) -> None:
    market.buy(5, 990, client_key=7)
    market.buy(5, 990, client_key=7)
    market.sell(5, 990, client_key=7)
    assert market.bids() == [(990, 5, 1)]
    assert market.engine.status().orders == 1


# A limit order that sweeps past its own limit


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("fields", [{}, {"time_in_force": TimeInForce.IOC}, {"flags": OrderFlag.ALL_OR_NONE}])
def test_no_limit_order_trades_past_its_limit(market: Market, side: Side, fields: dict[str, int]) -> None:
    other, sign = (Side.SELL, 1) if side == Side.BUY else (Side.BUY, -1)
    for step in range(4):
        market.order(other, 5, 1_000 + sign * step, node=BETA)
    events = market.order(side, 10 if "flags" in fields else 99, 1_000 + sign, **fields)
    assert [price for price, _, _ in fills(events)] == [1_000, 1_000 + sign]


def test_a_stop_limit_trades_no_further_than_its_limit_either(market: Market) -> None:
    for price in (1_005, 1_006, 1_007):
        market.sell(5, price, node=BETA)
    market.buy(99, 1_006, kind=OrderType.STOP_LIMIT, target=1_005)
    events = market.buy(1, 1_005, node=DESK)
    assert [price for price, _, _ in fills(events)] == [1_005, 1_005, 1_006]


# Many answers at once: commands of a batch are not confused with one another


def test_each_event_names_the_command_that_caused_it(market: Market) -> None:
    plain = {"type": CommandType.NEW_ORDER, "kind": 2, "node": ALPHA, "price": 990, "quantity": 1}
    commands = [Command(100 + i, 0, client_key=i + 1, side=1 + i % 2, **plain) for i in range(20)]
    events = as_events(market.engine.process(b"".join(map(Command.pack, commands))))
    accepted = of_type(events, EventType.ORDER_ACCEPTED)
    assert (
        [event.command for event in accepted] == [event.order for event in accepted] == list(range(100, 120))
    )

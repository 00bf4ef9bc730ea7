"""Self-trade prevention: each mode, by account and by group, and what it means for quantities."""

import pytest

from tests.native.commands import Event
from tests.native.market import ALPHA, BETA, DESK, Market, fills, of_type, types
from tickmesh.native.engine import (
    CommandType,
    Contingency,
    EventFlag,
    EventType,
    OrderFlag,
    OrderType,
    Phase,
    Reason,
    SelfTrade,
    Side,
    TimeInForce,
)

PREVENTING = [
    SelfTrade.CANCEL_NEWEST,
    SelfTrade.CANCEL_OLDEST,
    SelfTrade.CANCEL_BOTH,
    SelfTrade.DECREMENT,
]


@pytest.fixture
def market() -> Market:
    return Market()


def rest(market: Market, quantity: int, price: int = 1_000, **fields: int) -> int:
    """A sell order of ALPHA that the next buy will meet."""
    return market.sell(quantity, price, **fields)[0].order


def ended(events: list[Event]) -> list[tuple[int, int, Reason]]:
    found = of_type(events, EventType.ORDER_CANCELED)
    return [(event.order, event.quantity, Reason(event.reason)) for event in found]


def test_without_prevention_an_owner_trades_with_himself(market: Market) -> None:
    rest(market, 5)
    assert fills(market.buy(5, 1_000)) == [(1_000, 5, 0)]
    assert market.engine.exposure(ALPHA, 0) == (0, 0, 0)


@pytest.mark.parametrize("mode", PREVENTING)
def test_prevention_leaves_trades_with_others_alone(market: Market, mode: SelfTrade) -> None:
    market.sell(5, 1_000, node=BETA)
    assert fills(market.buy(5, 1_000, self_trade=mode)) == [(1_000, 5, 0)]


@pytest.mark.parametrize("mode", PREVENTING)
def test_the_incoming_order_decides(market: Market, mode: SelfTrade) -> None:
    rest(market, 5, self_trade=mode)
    assert fills(market.buy(5, 1_000)) == [(1_000, 5, 0)]


def test_cancel_newest_ends_the_incoming_order(market: Market) -> None:
    market.sell(2, 999, node=BETA)
    rest(market, 5)
    events = market.buy(9, 1_000, self_trade=SelfTrade.CANCEL_NEWEST)
    assert fills(events) == [(999, 2, 7)]
    assert ended(events) == [(market.sequence, 7, Reason.SELF_TRADE)]
    assert (market.bids(), market.asks()) == ([], [(1_000, 5, 1)])


def test_cancel_oldest_ends_the_resting_orders_and_goes_on(market: Market) -> None:
    first, second = rest(market, 5), rest(market, 6)
    market.sell(4, 1_000, node=BETA)
    events = market.buy(9, 1_000, self_trade=SelfTrade.CANCEL_OLDEST)
    assert ended(events) == [(first, 5, Reason.SELF_TRADE), (second, 6, Reason.SELF_TRADE)]
    assert fills(events) == [(1_000, 4, 5)]
    assert market.bids() == [(1_000, 5, 1)]


def test_cancel_both_ends_the_resting_order_then_the_incoming_one(market: Market) -> None:
    first, second = rest(market, 5), rest(market, 6)
    events = market.buy(9, 1_000, self_trade=SelfTrade.CANCEL_BOTH)
    assert ended(events) == [(first, 5, Reason.SELF_TRADE), (market.sequence, 9, Reason.SELF_TRADE)]
    assert market.engine.status().orders == 1
    assert market.view(second).leaves == 6


def test_decrement_takes_the_smaller_quantity_from_both(market: Market) -> None:
    order = rest(market, 10)
    market.buy(3, 1_000, node=BETA)
    events = market.buy(4, 1_000, self_trade=SelfTrade.DECREMENT)
    assert types(events) == ["ORDER_ACCEPTED", "ORDER_REPLACED", "ORDER_CANCELED", "BOOK_LEVEL"]
    reduced = events[1]
    assert (reduced.order, reduced.quantity, reduced.leaves) == (order, 6, 3)
    assert (reduced.flags, reduced.reason) == (EventFlag.KEPT_PRIORITY, Reason.SELF_TRADE)
    assert ended(events) == [(market.sequence, 4, Reason.SELF_TRADE)]
    assert market.engine.exposure(ALPHA, 0) == (-3, 0, 3)


def test_decrement_lets_the_larger_incoming_order_go_on(market: Market) -> None:
    order = rest(market, 4)
    market.sell(3, 1_000, node=BETA)
    events = market.buy(10, 1_000, self_trade=SelfTrade.DECREMENT)
    assert ended(events) == [(order, 4, Reason.SELF_TRADE)]
    (reduced,) = of_type(events, EventType.ORDER_REPLACED)
    assert (reduced.order, reduced.quantity, reduced.leaves, reduced.flags) == (market.sequence, 6, 6, 0)
    assert fills(events) == [(1_000, 3, 3)]
    assert market.bids() == [(1_000, 3, 1)]


def test_decrement_ends_two_orders_of_the_same_size(market: Market) -> None:
    order = rest(market, 4)
    events = market.buy(4, 1_000, self_trade=SelfTrade.DECREMENT)
    assert ended(events) == [(order, 4, Reason.SELF_TRADE), (market.sequence, 4, Reason.SELF_TRADE)]
    assert market.engine.status().orders == 0


def test_decrement_counts_the_hidden_lots_of_an_iceberg(market: Market) -> None:
    market.terms(display=3)
    order = rest(market, 10)
    market.buy(8, 1_000, self_trade=SelfTrade.DECREMENT)
    view = market.view(order)
    assert (view.quantity, view.leaves, view.shown) == (2, 2, 2)


def test_a_decremented_order_keeps_its_place(market: Market) -> None:
    order = rest(market, 10)
    market.sell(5, 1_000, node=BETA)
    market.buy(4, 1_000, self_trade=SelfTrade.DECREMENT)
    assert market.engine.queue(0, Side.SELL, 1)[0].id == order


@pytest.mark.parametrize("node", [DESK, BETA])
def test_an_account_is_a_node_and_not_those_above_or_beside_it(market: Market, node: int) -> None:
    market.sell(5, 1_000, node=node)
    assert fills(market.buy(5, 1_000, self_trade=SelfTrade.CANCEL_NEWEST)) == [(1_000, 5, 0)]


def test_nodes_of_one_group_do_not_trade_when_asked_by_group(market: Market) -> None:
    for node in (ALPHA, BETA):
        market.run(CommandType.SET_GROUP, node=node, quantity=7)
    market.sell(5, 1_000, node=BETA)
    by_account, by_group = SelfTrade.CANCEL_NEWEST, SelfTrade.CANCEL_NEWEST | SelfTrade.BY_GROUP
    assert ended(market.buy(2, 1_000, self_trade=by_group)) == [(market.sequence, 2, Reason.SELF_TRADE)]
    assert fills(market.buy(2, 1_000, self_trade=by_account)) == [(1_000, 2, 0)]
    market.run(CommandType.SET_GROUP, node=BETA, quantity=8)
    assert fills(market.buy(3, 1_000, self_trade=by_group)) == [(1_000, 3, 0)]


def test_group_0_is_no_group(market: Market) -> None:
    market.sell(5, 1_000, node=BETA)
    by_group = SelfTrade.CANCEL_NEWEST | SelfTrade.BY_GROUP
    assert fills(market.buy(5, 1_000, self_trade=by_group)) == [(1_000, 5, 0)]


def test_by_group_means_the_account_too(market: Market) -> None:
    order = rest(market, 5)
    events = market.buy(5, 1_000, self_trade=SelfTrade.CANCEL_OLDEST | SelfTrade.BY_GROUP)
    assert ended(events) == [(order, 5, Reason.SELF_TRADE)]


@pytest.mark.parametrize("mode", PREVENTING)
def test_a_fill_or_kill_order_does_not_count_its_owners_lots(market: Market, mode: SelfTrade) -> None:
    market.sell(4, 999, node=BETA)
    rest(market, 5)
    market.sell(5, 1_000, node=BETA)
    fok: dict[str, int] = {"time_in_force": TimeInForce.FOK, "self_trade": mode}
    passes_over = mode == SelfTrade.CANCEL_OLDEST
    assert (market.buy(9, 1_000, **fok)[0].reason == Reason.FOK_NOT_FILLABLE) != passes_over
    if not passes_over:
        assert fills(market.buy(4, 1_000, **fok)) == [(999, 4, 0)]


def test_a_fill_or_kill_order_counts_no_slice_that_comes_behind_its_owners_order(market: Market) -> None:
    market.terms(display=5)
    market.sell(20, 1_000, node=BETA)
    rest(market, 5)
    fok: dict[str, int] = {"time_in_force": TimeInForce.FOK, "self_trade": SelfTrade.CANCEL_NEWEST}
    assert market.buy(6, 1_000, **fok)[0].reason == Reason.FOK_NOT_FILLABLE
    assert fills(market.buy(5, 1_000, **fok)) == [(1_000, 5, 0)]


@pytest.mark.parametrize("mode", PREVENTING)
def test_an_auction_prevents_no_self_trade(market: Market, mode: SelfTrade) -> None:
    market.phase(Phase.OPENING_AUCTION)
    rest(market, 5)
    market.buy(5, 1_000, self_trade=mode)
    events = market.phase(Phase.CONTINUOUS)
    assert [e.quantity for e in of_type(events, EventType.TRADE)] == [5, 5]


def test_a_replaced_order_prevents_as_it_did_when_it_came(market: Market) -> None:
    order = market.buy(5, 990, self_trade=SelfTrade.CANCEL_NEWEST)[0].order
    rest(market, 5)
    events = market.replace(order, price=1_000)
    assert ended(events) == [(order, 5, Reason.SELF_TRADE)]


def test_a_triggered_order_prevents_as_it_did_when_it_came(market: Market) -> None:
    stop = {"kind": OrderType.STOP, "target": 1_005, "self_trade": SelfTrade.CANCEL_NEWEST}
    order = market.order(Side.BUY, 5, 0, **stop)[0].order
    rest(market, 5, 1_006)
    assert ended(market.trade_at(1_005)) == [(order, 5, Reason.SELF_TRADE)]


def test_an_order_that_prevention_ends_takes_its_list_with_it(market: Market) -> None:
    oco = {"contingency": Contingency.OCO}
    market.sell(5, 1_000, more=1, **oco)
    market.sell(5, 1_010, more=0, **oco)
    take, other = market.sequence - 1, market.sequence
    events = market.buy(3, 1_000, self_trade=SelfTrade.CANCEL_OLDEST)
    assert ended(events) == [(take, 5, Reason.SELF_TRADE), (other, 5, Reason.CONTINGENCY)]


def test_a_reduce_only_order_of_the_same_owner_meets_prevention_first(market: Market) -> None:
    market.give(5)
    order = rest(market, 5, flags=OrderFlag.REDUCE_ONLY)
    events = market.buy(3, 1_000, self_trade=SelfTrade.DECREMENT)
    assert of_type(events, EventType.ORDER_REPLACED)[0].order == order
    assert market.engine.exposure(ALPHA, 0) == (5, 0, 2)

"""The pre-trade risk gate: each limit with its figures, the tree, trading states, reservations."""

from collections.abc import Callable

import pytest

from tests.native.commands import Event
from tests.native.market import ALPHA, BETA, DESK, FIRM, REFERENCE_PRICE, Market, fills
from tickmesh.native.engine import (
    NONE,
    NUMBER_MAX,
    POSITION_MAX,
    CommandType,
    EngineConfig,
    EventType,
    LimitType,
    Reason,
    Side,
    TimeInForce,
    TradingState,
)

LOT_VALUE = REFERENCE_PRICE * 1_000  # micro-units of one lot at the reference price


@pytest.fixture
def market() -> Market:
    return Market()


def assert_exceeds(events: list[Event], reason: Reason, node: int, limit: int, used: int, asked: int) -> None:
    (event,) = events
    assert (event.type, event.reason, event.node) == (EventType.ORDER_REJECTED, reason, node)
    assert (event.price, event.leaves, event.quantity) == (limit, used, asked)


def assert_accepted(events: list[Event]) -> None:
    assert events[0].type == EventType.ORDER_ACCEPTED


@pytest.mark.parametrize("node", [ALPHA, DESK, FIRM])
def test_an_order_larger_than_its_limit_is_refused_on_every_storey(market: Market, node: int) -> None:
    market.limit(LimitType.ORDER_QUANTITY, 10, node)
    assert_accepted(market.buy(10, 1_000))
    assert_exceeds(market.buy(11, 1_000), Reason.ORDER_QUANTITY_LIMIT, node, 10, 0, 11)


def test_a_limit_does_not_bind_a_sibling(market: Market) -> None:
    market.limit(LimitType.ORDER_QUANTITY, 10, BETA)
    assert_accepted(market.buy(11, 1_000))


@pytest.mark.parametrize("instrument", [0, NONE])
def test_an_order_worth_more_than_its_limit_is_refused(market: Market, instrument: int) -> None:
    market.limit(LimitType.ORDER_NOTIONAL, 990 * 10 * 1_000, ALPHA, instrument)
    assert_accepted(market.buy(10, 990))
    asked = 991 * 10 * 1_000
    assert_exceeds(market.buy(10, 991), Reason.ORDER_NOTIONAL_LIMIT, ALPHA, 9_900_000, 0, asked)


def test_a_market_order_is_worth_its_quantity_at_the_reference_price(market: Market) -> None:
    market.limit(LimitType.ORDER_NOTIONAL, 10 * LOT_VALUE)
    assert_exceeds(
        market.market_order(Side.BUY, 11),
        Reason.ORDER_NOTIONAL_LIMIT,
        ALPHA,
        10 * LOT_VALUE,
        0,
        11 * LOT_VALUE,
    )


def test_values_saturate_and_never_wrap(market: Market) -> None:
    market.run(CommandType.SET_UNIT_VALUE, quantity=NUMBER_MAX)
    market.limit(LimitType.ORDER_NOTIONAL, 2**63 - 2)
    assert_exceeds(
        market.buy(NUMBER_MAX, NUMBER_MAX),
        Reason.ORDER_NOTIONAL_LIMIT,
        ALPHA,
        2**63 - 2,
        0,
        2**63 - 1,
    )


def test_the_collar_bounds_how_far_a_price_goes_through_the_reference(market: Market) -> None:
    market.limit(LimitType.PRICE_COLLAR, 55)  # 994.5 to 1005.5
    assert_accepted(market.buy(1, 1_005))
    assert_accepted(market.buy(1, 1, node=ALPHA))
    assert_accepted(market.sell(1, 1_500))
    assert_exceeds(market.buy(1, 1_006), Reason.PRICE_COLLAR, ALPHA, 55, 0, 60)
    assert_exceeds(market.sell(1, 994), Reason.PRICE_COLLAR, ALPHA, 55, 0, 60)


def test_the_order_rate_is_a_bucket_that_refills_with_command_time(market: Market) -> None:
    market.limit(LimitType.ORDER_RATE, 2, instrument=NONE)
    assert_accepted(market.buy(1, 990))
    assert_accepted(market.buy(1, 990))
    assert_exceeds(market.buy(1, 990), Reason.ORDER_RATE_LIMIT, ALPHA, 2, 2, 1)
    market.time_ns += 499_999_999
    assert_exceeds(market.buy(1, 990), Reason.ORDER_RATE_LIMIT, ALPHA, 2, 2, 1)
    market.time_ns += 1
    assert_accepted(market.buy(1, 990))
    market.time_ns += 3_600_000_000_000
    assert market.engine.usage(ALPHA, NONE, LimitType.ORDER_RATE) == (2, 2)
    market.cancel(1)
    assert market.engine.usage(ALPHA, NONE, LimitType.ORDER_RATE) == (2, 0)


def test_an_order_that_the_desk_has_no_token_for_costs_the_strategy_none(market: Market) -> None:
    market.limit(LimitType.ORDER_RATE, 5, ALPHA, NONE)
    market.limit(LimitType.ORDER_RATE, 0, DESK, NONE)
    assert_exceeds(market.buy(1, 990), Reason.ORDER_RATE_LIMIT, DESK, 0, 0, 1)
    assert market.engine.usage(ALPHA, NONE, LimitType.ORDER_RATE) == (5, 0)


def test_an_order_refused_for_its_size_costs_no_token_and_one_refused_for_its_position_does(
    market: Market,
) -> None:
    market.limit(LimitType.ORDER_RATE, 5, instrument=NONE)
    market.limit(LimitType.ORDER_QUANTITY, 100)
    market.limit(LimitType.POSITION, 50)
    market.buy(101, 990)
    assert market.engine.usage(ALPHA, NONE, LimitType.ORDER_RATE).used == 0
    market.buy(51, 990)
    assert market.engine.usage(ALPHA, NONE, LimitType.ORDER_RATE).used == 1


def test_replaces_pay_for_their_rate_unless_they_only_shrink(market: Market) -> None:
    order = market.buy(10, 990)[0].order
    market.limit(LimitType.ORDER_RATE, 2, instrument=NONE)
    market.replace(order, quantity=9)
    assert market.engine.usage(ALPHA, NONE, LimitType.ORDER_RATE).used == 0
    market.replace(order, price=991)
    market.replace(order, quantity=10)
    assert market.replace(order, price=992)[0].reason == Reason.ORDER_RATE_LIMIT


def test_a_changed_rate_keeps_what_is_used(market: Market) -> None:
    market.limit(LimitType.ORDER_RATE, 5, instrument=NONE)
    for _ in range(3):
        market.buy(1, 990)
    market.limit(LimitType.ORDER_RATE, 3, instrument=NONE)
    assert market.engine.usage(ALPHA, NONE, LimitType.ORDER_RATE) == (3, 3)


def test_the_position_limit_counts_open_orders_of_one_side(market: Market) -> None:
    market.limit(LimitType.POSITION, 100, DESK)
    assert_accepted(market.buy(60, 990, node=ALPHA))
    assert_accepted(market.sell(100, 1_010, node=ALPHA))
    assert_exceeds(market.buy(41, 990, node=BETA), Reason.POSITION_LIMIT, DESK, 100, 60, 41)
    assert_accepted(market.buy(40, 990, node=BETA))
    assert market.engine.usage(DESK, 0, LimitType.POSITION) == (100, 100)


def test_a_cancel_gives_back_what_an_order_reserved(market: Market) -> None:
    market.limit(LimitType.POSITION, 100)
    order = market.buy(100, 990)[0].order
    assert market.buy(1, 990)[0].reason == Reason.POSITION_LIMIT
    market.cancel(order)
    assert_accepted(market.buy(100, 990))


def test_trades_turn_reservations_into_positions_at_every_node(market: Market) -> None:
    market.sell(30, 1_000, node=BETA)
    market.buy(50, 1_000)
    assert market.engine.exposure(ALPHA, 0) == (30, 20, 0)
    assert market.engine.exposure(BETA, 0) == (-30, 0, 0)
    assert market.engine.exposure(DESK, 0) == market.engine.exposure(FIRM, 0) == (0, 20, 0)


@pytest.mark.parametrize("sign", [1, -1])
def test_an_order_that_only_reduces_passes_the_position_limit(market: Market, sign: int) -> None:
    market.give(100 * sign)
    market.limit(LimitType.POSITION, 10)
    closing, opening = (Side.SELL, Side.BUY) if sign == 1 else (Side.BUY, Side.SELL)
    far = {Side.BUY: 900, Side.SELL: 1_100}
    assert market.order(opening, 1, far[opening])[0].reason == Reason.POSITION_LIMIT
    assert_accepted(market.order(closing, 60, far[closing]))
    assert_accepted(market.order(closing, 40, far[closing]))
    assert_accepted(market.order(closing, 10, far[closing]))
    assert market.order(closing, 1, far[closing])[0].reason == Reason.POSITION_LIMIT


def test_sums_of_lots_have_a_limit_of_their_own() -> None:
    market = Market(EngineConfig(orders=40_000, instruments=1, pages=9, nodes=8, positions=9, client_keys=9))
    market.limit(LimitType.POSITION, 2**63 - 1)
    for _ in range(POSITION_MAX // NUMBER_MAX):
        assert_accepted(market.buy(NUMBER_MAX, 1))
    assert_exceeds(market.buy(1, 1), Reason.POSITION_LIMIT, ALPHA, POSITION_MAX, POSITION_MAX, 1)
    assert market.bids() == [(1, POSITION_MAX, POSITION_MAX // NUMBER_MAX)]


def test_gross_exposure_sums_the_worst_case_of_all_instruments(market: Market) -> None:
    market.list_instrument(1)
    market.limit(LimitType.GROSS_EXPOSURE, 100 * LOT_VALUE, DESK, NONE)
    assert_accepted(market.buy(60, 990))
    assert_accepted(market.sell(60, 1_010))
    assert_exceeds(
        market.sell(41, 1_010, node=BETA, instrument=1),
        Reason.GROSS_EXPOSURE_LIMIT,
        DESK,
        100 * LOT_VALUE,
        60 * LOT_VALUE,
        41 * LOT_VALUE,
    )
    assert_accepted(market.sell(40, 1_010, node=BETA, instrument=1))
    assert market.engine.usage(DESK, NONE, LimitType.GROSS_EXPOSURE).used == 100 * LOT_VALUE


def test_an_order_that_only_reduces_passes_the_gross_exposure_limit(market: Market) -> None:
    market.give(100)
    market.limit(LimitType.GROSS_EXPOSURE, 0, ALPHA, NONE)
    assert market.buy(1, 900)[0].reason == Reason.GROSS_EXPOSURE_LIMIT
    assert_accepted(market.sell(100, 1_100))


def test_a_new_unit_value_counts_from_the_next_change_of_a_pair(market: Market) -> None:
    market.buy(10, 990)
    market.run(CommandType.SET_UNIT_VALUE, quantity=3_000_000)
    assert market.engine.usage(ALPHA, NONE, LimitType.GROSS_EXPOSURE).used == 10 * LOT_VALUE
    market.buy(1, 990)
    assert market.engine.usage(ALPHA, NONE, LimitType.GROSS_EXPOSURE).used == 33 * LOT_VALUE


def test_a_removed_limit_no_longer_binds(market: Market) -> None:
    market.limit(LimitType.ORDER_QUANTITY, 10)
    market.limit(LimitType.ORDER_QUANTITY, -1)
    assert_accepted(market.buy(11, 1_000))
    assert market.engine.usage(ALPHA, 0, LimitType.ORDER_QUANTITY) == (None, 0)


@pytest.mark.parametrize("node", [ALPHA, DESK, FIRM])
@pytest.mark.parametrize("instrument", [0, NONE])
def test_a_halt_stops_all_new_orders_below_it(market: Market, node: int, instrument: int) -> None:
    market.state(TradingState.HALTED, node, instrument)
    (event,) = market.buy(1, 990)
    assert (event.type, event.reason) == (EventType.ORDER_REJECTED, Reason.TRADING_HALTED)
    market.state(TradingState.ACTIVE, node, instrument)
    assert_accepted(market.buy(1, 990))


def test_the_most_restrictive_state_wins(market: Market) -> None:
    market.give(10)
    market.state(TradingState.HALTED, FIRM)
    market.state(TradingState.REDUCING, ALPHA)
    assert market.sell(1, 1_000)[0].reason == Reason.TRADING_HALTED


def test_reducing_lets_a_strategy_close_what_it_holds_and_no_more(market: Market) -> None:
    market.give(10)
    market.state(TradingState.REDUCING, FIRM)
    assert market.buy(1, 900)[0].reason == Reason.REDUCE_ONLY
    assert market.sell(11, 1_100)[0].reason == Reason.REDUCE_ONLY
    assert_accepted(market.sell(10, 1_100))
    assert market.sell(1, 1_100)[0].reason == Reason.REDUCE_ONLY
    assert fills(market.buy(10, 1_100, node=BETA)) == [(1_100, 10, 0)]
    assert market.engine.exposure(ALPHA, 0) == market.engine.exposure(BETA, 0) == (0, 0, 0)


def test_an_immediate_order_is_checked_as_if_it_rested(market: Market) -> None:
    market.limit(LimitType.POSITION, 10)
    assert market.buy(11, 1_000, time_in_force=TimeInForce.IOC)[0].reason == Reason.POSITION_LIMIT
    assert market.market_order(Side.BUY, 11)[0].reason == Reason.POSITION_LIMIT
    assert_accepted(market.buy(10, 1_000, time_in_force=TimeInForce.IOC))
    assert market.engine.exposure(ALPHA, 0) == (0, 0, 0)


def test_checks_run_in_their_documented_order(market: Market) -> None:
    market.state(TradingState.HALTED, ALPHA)
    market.limit(LimitType.ORDER_QUANTITY, 1)
    market.limit(LimitType.ORDER_NOTIONAL, 1)
    market.limit(LimitType.PRICE_COLLAR, 1)
    market.limit(LimitType.ORDER_RATE, 0, instrument=NONE)
    market.limit(LimitType.POSITION, 1)
    market.limit(LimitType.GROSS_EXPOSURE, 1, instrument=NONE)
    lifts: list[tuple[Reason, Callable[[], object]]] = [
        (Reason.TRADING_HALTED, lambda: market.state(TradingState.ACTIVE, ALPHA)),
        (Reason.ORDER_QUANTITY_LIMIT, lambda: market.limit(LimitType.ORDER_QUANTITY, -1)),
        (Reason.ORDER_NOTIONAL_LIMIT, lambda: market.limit(LimitType.ORDER_NOTIONAL, -1)),
        (Reason.PRICE_COLLAR, lambda: market.limit(LimitType.PRICE_COLLAR, -1)),
        (Reason.ORDER_RATE_LIMIT, lambda: market.limit(LimitType.ORDER_RATE, -1, instrument=NONE)),
        (Reason.POSITION_LIMIT, lambda: market.limit(LimitType.POSITION, -1)),
        (Reason.GROSS_EXPOSURE_LIMIT, lambda: market.limit(LimitType.GROSS_EXPOSURE, -1, instrument=NONE)),
    ]
    for reason, lift in lifts:
        assert market.buy(50, 1_200)[0].reason == reason
        lift()
    assert_accepted(market.buy(50, 1_200))

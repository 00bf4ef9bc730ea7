from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.services.strategy.domain.examples import an_instrument, an_order
from tickmesh.services.strategy.domain import market_maker
from tickmesh.services.strategy.domain.actions import Action, Cancel, LiveOrder, Replace, Side, Submit
from tickmesh.services.strategy.domain.fair_value import Market
from tickmesh.services.strategy.domain.instruments import AssetType
from tickmesh.services.strategy.domain.market_maker import View, decide, targets
from tickmesh.services.strategy.domain.parameters import defaults
from tickmesh.services.strategy.domain.profiles import PROFILES
from tickmesh.services.strategy.domain.randomness import seeded

STOCK = an_instrument()
VALUES = defaults(market_maker.parameters(PROFILES[AssetType.STOCK]))
FULL = STOCK.lots_worth(VALUES["inventory_notional_max"])


def a_view(fair_ticks: int = 18_934, inventory_lots: int = 0, orders: Iterable[LiveOrder] = ()) -> View:
    return View(STOCK, fair_ticks, inventory_lots, list(orders))


def applied(orders: Iterable[LiveOrder], actions: Iterable[Action]) -> list[LiveOrder]:
    book = {order.client_order_id: order for order in orders}
    for action in actions:
        if isinstance(action, Submit):
            name = f"n-{len(book)}-{action.side.value}-{action.price_ticks}"
            book[name] = LiveOrder(name, name, action.symbol, action.side, action.price_ticks, action.lots)
        elif isinstance(action, Replace):
            moved = replace(action.order, price_ticks=action.price_ticks, lots=action.lots)
            book[moved.client_order_id] = moved
        else:
            del book[action.order.client_order_id]
    return list(book.values())


def prices(orders: Iterable[LiveOrder], side: Side) -> list[int]:
    return sorted(order.price_ticks for order in orders if order.side is side)


def is_crossed(orders: list[LiveOrder]) -> bool:
    bids, asks = prices(orders, Side.BUY), prices(orders, Side.SELL)
    return bool(bids and asks) and bids[-1] >= asks[0]


@pytest.mark.parametrize("asset_type", AssetType)
def test_every_type_is_quoted_on_both_sides_around_the_fair_value(asset_type: AssetType) -> None:
    instrument = an_instrument(asset_type)
    values = defaults(market_maker.parameters(PROFILES[asset_type]))
    orders = applied([], decide(View(instrument, instrument.reference_ticks, 0, []), values, Random(1)))
    bids, asks = prices(orders, Side.BUY), prices(orders, Side.SELL)
    assert len(set(bids)) == len(set(asks)) == 6
    assert bids[-1] < instrument.reference_ticks < asks[0]


def test_a_book_that_is_right_is_left_alone() -> None:
    orders = applied([], decide(a_view(), VALUES, Random(1)))
    assert decide(a_view(orders=orders), VALUES, Random(2)) == []


def test_a_small_move_moves_one_order_a_side() -> None:
    orders = applied([], decide(a_view(18_934), VALUES, Random(1)))
    actions = decide(a_view(18_936, orders=orders), VALUES, Random(2))
    assert [type(action) for action in actions] == [Replace, Replace]
    assert {action.order.price_ticks for action in actions if isinstance(action, Replace)} == {
        min(prices(orders, Side.BUY)),
        min(prices(orders, Side.SELL)),
    }


def test_a_long_inventory_lowers_the_quotes_and_a_short_one_raises_them() -> None:
    flat, long, short = (targets(a_view(inventory_lots=lots), VALUES) for lots in (0, FULL // 2, -FULL // 2))
    assert long[0][0] < flat[0][0] < short[0][0]
    assert long[1][0] < flat[1][0] < short[1][0]


def test_a_full_inventory_stops_the_side_that_would_add() -> None:
    assert targets(a_view(inventory_lots=FULL), VALUES)[0] == []
    assert targets(a_view(inventory_lots=FULL), VALUES)[1] != []
    assert targets(a_view(inventory_lots=-FULL), VALUES)[1] == []


def test_an_order_that_has_mostly_traded_is_made_whole() -> None:
    orders = applied([], decide(a_view(), VALUES, Random(1)))
    worn = replace(orders[0], filled_lots=orders[0].lots - 1)
    (action,) = decide(a_view(orders=[worn, *orders[1:]]), VALUES, Random(2))
    assert isinstance(action, Replace)
    assert action.price_ticks == worn.price_ticks
    assert action.lots - worn.filled_lots > 1


def test_a_paused_side_only_cancels() -> None:
    orders = applied([], decide(a_view(18_934), VALUES, Random(1)))
    view = replace(a_view(19_500, orders=orders), sides_paused=frozenset(Side))
    actions = decide(view, VALUES, Random(2))
    assert len(actions) == len(orders)
    assert all(isinstance(action, Cancel) for action in actions)


def test_an_order_is_never_smaller_than_the_minimum_notional() -> None:
    instrument = an_instrument(AssetType.CRYPTO, minimum_notional="90000")
    values = defaults(market_maker.parameters(PROFILES[AssetType.CRYPTO]))
    for action in decide(View(instrument, 6_412_350, 0, []), values, Random(1)):
        assert isinstance(action, Submit)
        assert instrument.lot_value(action.price_ticks) * action.lots >= 90_000


def test_a_penny_stock_has_no_bid_below_a_tick() -> None:
    penny = replace(STOCK, reference_ticks=2)
    bids, asks = targets(View(penny, 2, 0, []), VALUES)
    assert bids == [1]
    assert len(asks) == 6


moves = st.lists(st.integers(1, 400_00), min_size=1, max_size=8)


@given(moves, st.integers(-2 * FULL, 2 * FULL), st.randoms(use_true_random=False))
def test_quotes_never_cross_whatever_is_refused(fair: list[int], inventory: int, chance: Random) -> None:
    orders: list[LiveOrder] = []
    for number, fair_ticks in enumerate(fair):
        view = a_view(fair_ticks, inventory, orders)
        for action in decide(view, VALUES, Random(number)):
            if isinstance(action, Cancel) or chance.random() < 0.7:
                orders = applied(orders, [action])
                crossed_by_cancelled = isinstance(action, Cancel)
                assert crossed_by_cancelled or not is_crossed(orders)
        assert not is_crossed(orders)


def test_the_same_seed_gives_the_same_actions_for_a_thousand_steps() -> None:
    def run() -> list[Action]:
        source, orders, done = seeded(42), list[LiveOrder](), list[Action]()
        market = Market(source)
        for step in range(1_000):
            view = a_view(market.fair_ticks(STOCK, step), (step * 37) % 400 - 200, orders)
            actions = decide(view, VALUES, source(f"maker/{step}"))
            orders = applied(orders, actions)
            done += actions
        return done

    first = run()
    assert first == run()
    assert len(first) > 500


def test_levels_and_spread_follow_the_parameters() -> None:
    values = VALUES | {"levels": Decimal(3), "spread_bps": Decimal(100), "level_gap_bps": Decimal(50)}
    bids, asks = targets(a_view(20_000), values)
    assert (bids, asks) == ([19_900, 19_800, 19_700], [20_100, 20_200, 20_300])


def test_what_a_new_quote_would_meet_is_cancelled_and_not_moved() -> None:
    stale = an_order(1, Side.SELL, 18_950)
    actions = decide(a_view(19_500, orders=[stale]), VALUES, Random(1))
    assert actions[0] == Cancel(stale)
    assert not any(isinstance(action, Replace) for action in actions)

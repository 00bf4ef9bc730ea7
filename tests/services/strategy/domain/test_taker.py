from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from tests.services.strategy.domain.examples import an_instrument
from tickmesh.services.strategy.domain import market_maker, taker
from tickmesh.services.strategy.domain.actions import Side, Submit
from tickmesh.services.strategy.domain.instruments import AssetType
from tickmesh.services.strategy.domain.parameters import defaults
from tickmesh.services.strategy.domain.profiles import PROFILES
from tickmesh.services.strategy.domain.randomness import seeded


def orders_of(
    asset_type: AssetType, steps: int, inventory_lots: int = 0, arrivals: str = "600"
) -> list[Submit]:
    instrument = an_instrument(asset_type)
    values = defaults(taker.parameters(PROFILES[asset_type])) | {"arrivals_per_minute": Decimal(arrivals)}
    view = taker.View(instrument, instrument.reference_ticks, inventory_lots)
    source = seeded(5)
    return [order for step in range(steps) for order in taker.decide(view, values, source(f"t/{step}"))]


@pytest.mark.parametrize("asset_type", AssetType)
def test_sizes_are_bounded(asset_type: AssetType) -> None:
    mean = an_instrument(asset_type).lots_worth(PROFILES[asset_type].take_notional)
    sizes = [order.lots for order in orders_of(asset_type, 200)]
    assert len(sizes) == 2_000
    assert min(sizes) >= 1
    assert max(sizes) <= mean * taker.SIZE_MAX
    assert sum(sizes) / len(sizes) == pytest.approx(mean, rel=0.15)


@pytest.mark.parametrize("asset_type", AssetType)
def test_every_order_reaches_the_best_quote_of_the_maker(asset_type: AssetType) -> None:
    instrument, profile = an_instrument(asset_type), PROFILES[asset_type]
    makes = defaults(market_maker.parameters(profile))
    view = market_maker.View(instrument, instrument.reference_ticks, 0, [])
    bids, asks = market_maker.targets(view, makes)
    for order in orders_of(asset_type, 50):
        assert order.price_ticks >= asks[0] if order.side is Side.BUY else order.price_ticks <= bids[0]


def test_orders_arrive_as_often_as_the_parameter_says() -> None:
    assert len(orders_of(AssetType.CRYPTO, 1_000, arrivals="30")) == pytest.approx(500, rel=0.1)
    assert orders_of(AssetType.CRYPTO, 1_000, arrivals="0") == []


def test_a_taker_that_is_long_sells_more_than_it_buys() -> None:
    sides = [order.side for order in orders_of(AssetType.STOCK, 100, inventory_lots=10**9)]
    assert sides.count(Side.SELL) > 3 * sides.count(Side.BUY)


def test_a_paused_side_sends_nothing() -> None:
    values = defaults(taker.parameters(PROFILES[AssetType.STOCK])) | {"arrivals_per_minute": Decimal(600)}
    view = replace(taker.View(an_instrument(), 18_934, 0), sides_paused=frozenset({Side.BUY}))
    orders = [order for step in range(50) for order in taker.decide(view, values, Random(step))]
    assert {order.side for order in orders} == {Side.SELL}


def test_the_same_seed_gives_the_same_orders() -> None:
    assert orders_of(AssetType.FOREX, 1_000) == orders_of(AssetType.FOREX, 1_000)

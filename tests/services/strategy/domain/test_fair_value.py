import statistics
from itertools import pairwise

import pytest

from tests.services.strategy.domain.examples import an_instrument
from tickmesh.services.strategy.domain.fair_value import MEMORY, FairValue, Market, Shocks
from tickmesh.services.strategy.domain.instruments import AssetType, Instrument
from tickmesh.services.strategy.domain.profiles import PROFILES
from tickmesh.services.strategy.domain.randomness import seeded


def path(instrument: Instrument, seed: int, steps: int) -> list[int]:
    market = Market(seeded(seed))
    return [market.fair_ticks(instrument, step) for step in range(steps)]


def test_the_market_starts_at_the_reference_price() -> None:
    for asset_type in AssetType:
        instrument = an_instrument(asset_type)
        assert Market(seeded(1)).fair_ticks(instrument, 0) == instrument.reference_ticks


def test_the_same_seed_gives_the_same_prices() -> None:
    assert path(an_instrument(), 7, 1_000) == path(an_instrument(), 7, 1_000)


def test_another_seed_gives_other_prices() -> None:
    assert path(an_instrument(), 7, 100) != path(an_instrument(), 8, 100)


def test_a_step_is_worth_the_same_however_it_was_reached() -> None:
    walked = path(an_instrument(), 3, 1_500)
    market = Market(seeded(3))
    assert market.fair_ticks(an_instrument(), 1_499) == walked[1_499]
    assert market.fair_ticks(an_instrument(), 700) == walked[700]


def test_a_market_that_goes_on_after_a_long_life_is_where_it_was() -> None:
    instrument = an_instrument()
    walked = path(instrument, 5, 2 * MEMORY)[-1]
    resumed = Market(seeded(5)).fair_ticks(instrument, 2 * MEMORY - 1)
    assert resumed == pytest.approx(walked, abs=1)


@pytest.mark.parametrize("asset_type", AssetType)
def test_prices_stay_near_the_reference(asset_type: AssetType) -> None:
    instrument = an_instrument(asset_type)
    prices = path(instrument, 11, 20_000)
    assert max(prices) < instrument.reference_ticks * 1.05
    assert min(prices) > instrument.reference_ticks * 0.95


def test_prices_move_as_much_as_the_profile_says() -> None:
    prices = path(an_instrument(AssetType.CRYPTO), 13, 10_000)
    moves = [after / before - 1 for before, after in pairwise(prices)]
    assert statistics.stdev(moves) * 10_000 == pytest.approx(
        PROFILES[AssetType.CRYPTO].volatility_bps, rel=0.1
    )


def test_what_shares_a_factor_moves_together() -> None:
    market = Market(seeded(17))
    stock, fund = an_instrument(AssetType.STOCK), an_instrument(AssetType.ETF)
    pairs = [(market.fair_ticks(stock, step), market.fair_ticks(fund, step)) for step in range(10_000)]
    moves = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(pairs)]
    assert statistics.correlation([one for one, _ in moves], [two for _, two in moves]) > 0.35


def test_even_a_worthless_instrument_costs_a_tick() -> None:
    penny = Instrument(
        **{
            name: getattr(an_instrument(), name)
            for name in ("symbol", "asset_type", "price_increment", "quantity_increment")
        },
        reference_ticks=1,
    )
    factor = Shocks("factor", seeded(1))
    assert min(FairValue(penny, factor, seeded(1)).ticks_at(step) for step in range(500)) == 1

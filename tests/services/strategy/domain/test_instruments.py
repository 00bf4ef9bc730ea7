from decimal import Decimal

import pytest

from tests.services.strategy.domain.examples import an_instrument
from tickmesh.services.strategy.domain.instruments import AssetType, basis_points, round_number, two_digits


def test_a_bond_is_worth_a_hundredth_of_price_times_face() -> None:
    bond = an_instrument(AssetType.BOND)
    assert bond.lot_value(6_350) == Decimal("99.21875")
    assert bond.lots_worth(Decimal(100_000)) == 1_008


def test_a_currency_pair_is_sized_in_its_base_currency() -> None:
    assert an_instrument(AssetType.FOREX).lots_worth(Decimal(300_000)) == 300


def test_a_size_is_never_less_than_a_lot() -> None:
    assert an_instrument().lots_worth(Decimal("0.01")) == 1


def test_the_minimum_notional_rounds_up_to_whole_lots() -> None:
    assert an_instrument(minimum_notional="1000").lots_minimum(18_934) == 6
    assert an_instrument().lots_minimum(18_934) == 1


@pytest.mark.parametrize(
    ("ticks", "rounded"), [(0, 1), (1, 1), (3, 2), (4, 5), (8, 10), (95, 100), (528, 500), (2_900, 2_000)]
)
def test_distances_are_round_numbers(ticks: int, rounded: int) -> None:
    assert round_number(ticks) == rounded


def test_sizes_have_two_digits() -> None:
    assert [two_digits(lots) for lots in (1, 12, 128, 404_125)] == [1, 12, 120, 400_000]


def test_basis_points_round_half_to_even() -> None:
    assert basis_points(25_000, Decimal(1)) == 2
    assert basis_points(35_000, Decimal(1)) == 4

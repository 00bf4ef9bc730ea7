from decimal import Decimal

import pytest

from tickmesh.services.strategy.domain import market_maker
from tickmesh.services.strategy.domain.catalog import Kind, programs
from tickmesh.services.strategy.domain.instruments import AssetType
from tickmesh.services.strategy.domain.parameters import InvalidParameter, changed, defaults, kept
from tickmesh.services.strategy.domain.profiles import PROFILES

KNOWN = market_maker.parameters(PROFILES[AssetType.STOCK])
VALUES = defaults(KNOWN)


def test_a_change_leaves_the_other_values_alone() -> None:
    assert changed(KNOWN, VALUES, [("levels", "8")]) == VALUES | {"levels": Decimal(8)}


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("levles", "8", "no parameter"),
        ("levels", "0", "from 1 to 20"),
        ("levels", "21", "from 1 to 20"),
        ("levels", "2.5", "whole number"),
        ("levels", "NaN", "not a plain decimal"),
        ("levels", "Infinity", "not a plain decimal"),
        ("levels", "1e1", "not a plain decimal"),
        ("levels", "", "not a plain decimal"),
        ("spread_bps", "-1", "from 0 to 1000"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, text: str, says: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        changed(KNOWN, VALUES, [("skew_bps", "3"), (name, text)])
    (violation,) = caught.value.fields
    assert violation.field == "parameters[1]"
    assert name in violation.description
    assert says in violation.description


def test_a_name_may_come_once_only() -> None:
    with pytest.raises(InvalidParameter, match="twice"):
        changed(KNOWN, VALUES, [("levels", "2"), ("levels", "3")])


def test_stored_values_that_are_no_longer_valid_fall_back_to_the_default() -> None:
    assert kept(KNOWN, {"levels": "99", "gone": "1", "skew_bps": "3"}) == VALUES | {"skew_bps": Decimal(3)}


def test_there_is_a_maker_and_a_taker_for_each_type() -> None:
    every = programs()
    assert [program.strategy_id for program in every] == sorted(program.strategy_id for program in every)
    assert "market-maker-crypto" in {program.strategy_id for program in every}
    for kind, portfolio_id in ((Kind.MARKET_MAKER, "market-makers"), (Kind.TAKER, "takers")):
        chosen = [program for program in every if program.kind is kind]
        assert {program.asset_type for program in chosen} == set(AssetType)
        assert {program.portfolio_id for program in chosen} == {portfolio_id}


def test_every_default_is_within_its_bounds() -> None:
    for program in programs():
        for parameter in program.parameters:
            assert parameter.problem(parameter.default) == ""

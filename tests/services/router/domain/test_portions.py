"""Portions of a bound never add up to more than the bound, nor to a step less."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tickmesh.services.router.domain.portions import portions


@given(st.integers(0, 10**18), st.integers(1, 32), st.sampled_from([Decimal(1), Decimal("0.000001")]))
def test_portions_add_up_to_the_bound(steps: int, shards: int, step: Decimal) -> None:
    value = steps * step
    found = portions(value, shards, step)
    assert sum(found) == value
    assert max(found) - min(found) <= step

"""The ledger tells of orders what its slow reference tells, and knows them as the engine does."""

from dataclasses import replace

import pytest

from tests.native.differential import ROOMY, TIGHT
from tests.native.flow_orders import PROFILES
from tests.native.venue.ledger_pair import Pair
from tickmesh.native.engine import EngineConfig, Feed

FORGETFUL = replace(ROOMY, client_keys=3)  # keys come again while their orders live
CONFIGS = {"roomy": ROOMY, "tight": TIGHT, "forgetful": FORGETFUL}


@pytest.mark.parametrize("profile", sorted(PROFILES))
@pytest.mark.parametrize("name", sorted(CONFIGS))
def test_random_rows_give_the_reports_and_answers_of_the_reference(name: str, profile: str) -> None:
    config: EngineConfig = replace(CONFIGS[name], feeds=Feed.LEVELS)
    for seed in range(8):
        pair = Pair(config, seed, PROFILES[profile])
        pair.stage()
        for _ in range(4):
            pair.run(300)
            pair.compare_state()
        pair.settle()
        pair.compare_state()
        assert pair.reports > 100


@pytest.mark.parametrize("name", sorted(CONFIGS))
def test_a_restored_ledger_goes_the_way_of_the_one_that_was_saved(name: str) -> None:
    for seed in range(8):
        pair = Pair(CONFIGS[name], seed, PROFILES["lists"])
        pair.stage()
        for _ in range(40):
            pair.run(30)
            pair.restore()
            pair.compare_state()

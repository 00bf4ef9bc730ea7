"""What the tests of the pricing service share."""

from pathlib import Path

import pytest

from tests.services.pricing.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)

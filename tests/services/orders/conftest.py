"""The orders service on a real server, with the seed's instruments and two portfolios."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.services.orders.desk import Desk, open_desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as desk:
        yield desk

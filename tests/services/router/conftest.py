"""Two shards behind a router."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.services.router.mesh import Mesh, a_mesh


@pytest.fixture
async def mesh(tmp_path: Path) -> AsyncIterator[Mesh]:
    async with a_mesh(tmp_path) as mesh:
        yield mesh

"""The assets service on a real server, with an empty book."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.services.assets.samples import Stub
from tickmesh.services.assets.service import start
from tickmesh.services.runtime.testing import serve_for_test


@pytest.fixture
async def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stub]:
    monkeypatch.setenv("TICKMESH_SEED_INSTRUMENTS", "false")
    async with serve_for_test(start, tmp_path) as host:
        yield Stub(host.channel("assets"))


@pytest.fixture
async def seeded(tmp_path: Path) -> AsyncIterator[Stub]:
    async with serve_for_test(start, tmp_path) as host:
        yield Stub(host.channel("assets"))

"""A host with an empty book of instruments, to try the runtime's promises on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tickmesh.services.assets.service import start
from tickmesh.services.runtime.host import Host
from tickmesh.services.runtime.testing import serve_for_test


@pytest.fixture
async def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Host]:
    monkeypatch.setenv("TICKMESH_SEED_INSTRUMENTS", "false")
    async with serve_for_test(start, tmp_path) as host:
        yield host

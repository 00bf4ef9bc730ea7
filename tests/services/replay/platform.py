"""The services that a replay needs, in one process on real ports."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tickmesh.services.assets import service as assets
from tickmesh.services.orders import service as orders
from tickmesh.services.portfolio import service as portfolio
from tickmesh.services.pricing import service as pricing
from tickmesh.services.risk import service as risk
from tickmesh.services.runtime.host import Host
from tickmesh.services.runtime.testing import serve_for_test


@asynccontextmanager
async def platform(folder: Path) -> AsyncIterator[Host]:
    every = [each.start for each in (assets, orders, portfolio, pricing, risk)]
    async with serve_for_test(every, folder) as host:
        yield host

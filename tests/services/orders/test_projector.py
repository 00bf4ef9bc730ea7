"""The projector is kept running, whatever ends it, and the tables are what the streams told."""

import asyncio
import contextlib
import fcntl
import random
import resource
import select
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.services.orders.desk import Desk, open_desk
from tests.services.orders.following import Reader, random_batch
from tickmesh.services.orders import projecting, projector, shard
from tickmesh.services.orders.projector import HURRY, PROGRESS, RING, Projector, TablesBehind

Inside = Callable[[socket.socket], None]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Starts a projector that ended again without much waiting."""
    monkeypatch.setattr(projector, "RESTART_S", 0.01)


@contextlib.asynccontextmanager
async def running(inside: Inside) -> AsyncIterator[Projector]:
    """Runs a projector in a thread for the length of a with block; it must not fail."""
    owner = Projector(0, inside)
    task = asyncio.create_task(owner.run())
    try:
        async with asyncio.timeout(20):
            yield owner
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def tell_until_closed(bell: socket.socket, sequence: int) -> None:
    bell.sendall(PROGRESS.pack(sequence))
    while bell.recv(1 << 16):
        bell.sendall(PROGRESS.pack(sequence))


async def test_a_projector_that_ends_with_rings_unread_is_started_again() -> None:
    starts = []

    def inside(bell: socket.socket) -> None:
        starts.append(bell)
        if len(starts) > 3:
            tell_until_closed(bell, 7)
        select.select([bell], [], [], 10)  # rung, and gone before it listened: the owner's end is reset

    async with running(inside) as owner:
        while len(starts) < 4:
            owner.tell(7)
            await asyncio.sleep(0.005)
        await owner.caught_up(20.0)


async def test_a_projector_that_fails_before_it_listens_is_started_again() -> None:
    starts = []

    def inside(bell: socket.socket) -> None:
        starts.append(bell)
        if len(starts) < 3:
            raise OSError("the tables are not there")
        tell_until_closed(bell, 9)

    async with running(inside) as owner:
        owner.tell(9)
        await owner.caught_up(20.0)
    assert len(starts) == 3


async def test_progress_that_comes_in_pieces_is_put_together() -> None:
    def inside(bell: socket.socket) -> None:
        content = b"".join(PROGRESS.pack(number) for number in (3, 5, 1 << 40))
        for byte in content:
            bell.sendall(bytes([byte]))
        bell.recv(1)

    async with running(inside) as owner:
        owner.newest = 1 << 40
        await owner.caught_up(20.0)
        assert (owner.sequence, owner.behind) == (1 << 40, 0)


async def test_who_asks_waits_for_what_was_there_when_it_asked_and_no_longer() -> None:
    def inside(bell: socket.socket) -> None:
        for number in range(1, 4):
            bell.recv(1)
            bell.sendall(PROGRESS.pack(number))

    async with running(inside) as owner:
        owner.newest = 1
        asked = asyncio.create_task(owner.caught_up(20.0))
        await asyncio.sleep(0)
        owner.tell(3)
        await asked
        assert owner.sequence >= 1


async def test_who_asks_is_told_when_the_tables_stay_behind() -> None:
    async with running(lambda bell: tell_until_closed(bell, 3)) as owner:
        owner.tell(3)
        await owner.caught_up(20.0)
        owner.tell(10)
        with pytest.raises(TablesBehind, match="7 events behind") as caught:
            await owner.caught_up(0.01)
        assert caught.value.metadata == {"events_behind": "7"}


def test_a_bell_may_have_any_number() -> None:
    """The owner holds a socket for each caller, so that the bell's number may be past what select() takes."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit[1] < 2_000:
        pytest.skip("no process may have so many files here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(limit[0], 2_000), limit[1]))
    ours, theirs = socket.socketpair()
    try:
        with ours, theirs, socket.socket(fileno=fcntl.fcntl(theirs, fcntl.F_DUPFD_CLOEXEC, 1_500)) as bell:
            ours.send(b"!")
            assert projecting._rung(bell)
            ours.close()
            assert not projecting._rung(bell)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limit)


@pytest.fixture
def bell() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of a bell: the owner's and the projector's."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_news_may_wait_a_moment_for_more_unless_somebody_waits(
    bell: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = bell
    monkeypatch.setattr(projecting, "PACE_S", 0.01)
    ours.send(RING)
    assert projecting._rung(theirs)
    monkeypatch.setattr(projecting, "PACE_S", 3_600.0)
    for words in (HURRY, RING + HURRY + RING):
        ours.send(words)
        assert projecting._rung(theirs)
    ours.send(RING)
    ours.close()
    assert not projecting._rung(theirs)


async def test_who_asks_does_not_wait_for_more_news() -> None:
    heard = bytearray()

    def inside(bell: socket.socket) -> None:
        while HURRY not in heard:
            heard.extend(bell.recv(1 << 16))
        tell_until_closed(bell, 5)

    async with running(inside) as owner:
        while not heard:
            owner.tell(5)
            await asyncio.sleep(0.005)
        await owner.caught_up(20.0)
    assert heard.startswith(RING)


async def flood(desk: Desk, count: int) -> None:
    chance = random.Random(5)
    for _ in range(count):
        await desk.send(random_batch(chance, 20))


async def kill_now_and_then(kill: Callable[[], object], until: asyncio.Task[None]) -> int:
    """Kills the projector again and again until a task is done; returns how often one was there."""
    chance, killed = random.Random(6), 0
    while not until.done():
        await asyncio.sleep(chance.uniform(0.0, 0.2))
        killed += bool(kill())
    return killed


async def assert_tables_are_what_was_told(desk: Desk) -> None:
    reader = Reader(desk)
    async with asyncio.timeout(30):
        written = await desk.executions()
    await reader.read(written[-1].execution_id)
    assert reader.reports == written
    last = {report.order.order_id: report.order for report in written}
    orders = await desk.orders()
    assert orders == [last[order.order_id] for order in orders] != []


async def test_a_projector_that_is_cut_off_again_and_again_writes_what_was_told(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owners: list[Projector] = []

    class Known(Projector):
        def __init__(self, *told: object) -> None:
            super().__init__(*told)  # type: ignore[arg-type]
            owners.append(self)

    def cut_off() -> bool:
        bell = owners[0]._bell
        with contextlib.suppress(OSError):
            if bell is not None:
                bell.shutdown(socket.SHUT_RDWR)
        return bell is not None

    monkeypatch.setattr(shard, "Projector", Known)
    monkeypatch.setenv("TICKMESH_ORDERS_SNAPSHOT_COMMANDS", "150")
    async with open_desk(tmp_path, database_url=database_url) as desk:
        flooding = asyncio.create_task(flood(desk, 80))
        assert await kill_now_and_then(cut_off, flooding) > 3
        await flooding
        await assert_tables_are_what_was_told(desk)


def kill_children() -> int:
    """Kills the projectors that this process has started."""
    killed = 0
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if "tickmesh.services.orders.projecting" in child.cmdline():
                child.kill()
                killed += 1
    return killed


async def test_a_process_that_is_killed_again_and_again_writes_what_was_told(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKMESH_ORDERS_PROJECTOR", "process")
    monkeypatch.setenv("TICKMESH_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TICKMESH_DATABASE_URL", database_url)
    async with open_desk(tmp_path, database_url=database_url) as desk:
        for _ in range(2):
            flooding = asyncio.create_task(flood(desk, 20))
            await asyncio.wait([flooding], timeout=1.0)
            kill_children()
            await flooding
            await assert_tables_are_what_was_told(desk)
    assert kill_children() == 0, "a projector outlived its owner"

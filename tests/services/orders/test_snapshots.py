"""A restart from a snapshot finds what a replay of the whole journal finds, or does not use it."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.services.orders.desk import Desk, Order, an_order, open_desk
from tests.services.orders.following import Reader, random_batch, what_is_known
from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.services.orders import snapshotter
from tickmesh.services.orders.journal import JOURNAL, Journal
from tickmesh.services.orders.ownership import OWNERS, StaleEpoch
from tickmesh.services.orders.snapshots import HEADS, PARTS, Head, Snapshots, cut
from tickmesh.services.orders.verification import verify
from tickmesh.services.runtime.database import make_engine
from tickmesh.services.runtime.settings import RuntimeSettings

EVERY = 60
NOON_NS = 20_000 * 86_400 * 10**9 + 43_200 * 10**9


class Platform:
    """Orders on tables of their own, stopped and started again, and what each start began with."""

    def __init__(self, folder: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.restored = 0  # the command up to which the last start had a snapshot; 0 is none
        self.database = make_engine(url, folder, "orders_journal")
        self.snapshots = Snapshots(self.database, 0)
        self._folder = folder
        self._url = url
        self._monkeypatch = monkeypatch
        resume = Journal.resume
        monkeypatch.setattr(Journal, "resume", lambda *told: self._note(resume, *told))
        monkeypatch.setattr(snapshotter, "REST", 0)

    def _note(
        self, resume: Callable[[Journal, int, bytes], None], journal: Journal, sequence: int, digest: bytes
    ) -> None:
        if journal.journal_id:  # the owner's, not the projector's
            self.restored = sequence
        resume(journal, sequence, digest)

    @asynccontextmanager
    async def open(self, every: int = EVERY) -> AsyncIterator[Desk]:
        self.restored = 0
        self._monkeypatch.setenv("TICKMESH_ORDERS_SNAPSHOT_COMMANDS", str(every))
        async with open_desk(self._folder, lambda: NOON_NS, database_url=self._url) as desk:
            yield desk

    async def trade(self, desk: Desk, snapshots: int = 2) -> None:
        """Sends orders for so many snapshots, and some orders more."""
        newest = max((head.sequence for head in self.snapshots.heads()), default=0)
        for seed in range(snapshots):
            await desk.orders()  # waits for the tables: what they have not reached is kept for them
            await desk.send(random_batch(random.Random(seed), 2 * EVERY))
            newest = max(await self.kept_after(newest))
        await desk.send(random_batch(random.Random(100), EVERY // 2))

    async def kept_after(self, sequence: int) -> set[int]:
        """Waits for a snapshot that is newer. Returns those that are there."""
        async with asyncio.timeout(10):
            while not any(head.sequence > sequence for head in self.snapshots.heads()):
                await asyncio.sleep(0.01)
        return {head.sequence for head in self.snapshots.heads()}

    def change(self, statement: sa.Executable) -> None:
        with self.database.begin() as connection:
            connection.execute(statement)

    def flip(self, column: sa.Column[bytes], here: sa.ColumnElement[bool]) -> None:
        """Changes one bit of the first value that is found."""
        with self.database.begin() as connection:
            value = bytes(connection.execute(sa.select(column).where(here)).scalars().first() or b"")
            changed = bytes([*value[:-1], value[-1] ^ 1])
            connection.execute(
                sa.update(column.table).where(here & (column == value)).values({column: changed})
            )


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    platform = Platform(tmp_path, "", monkeypatch)
    yield platform
    platform.database.dispose()


@pytest.fixture
def on_either(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    platform = Platform(tmp_path, database_url, monkeypatch)
    yield platform
    platform.database.dispose()


async def every_book(desk: Desk) -> list[pb.Book]:
    return [await desk.book(symbol) for symbol in ("AAPL", "MSFT", "SPY")]


async def everything(desk: Desk) -> tuple[Any, ...]:
    reader = Reader(desk)
    known = await what_is_known(desk)
    await reader.read(known[2][-1].execution_id)
    return known, reader.reports, await every_book(desk)


async def what_follows(desk: Desk) -> tuple[Any, ...]:
    """Returns what becomes of the same orders, at the same moment."""
    results = await desk.send(random_batch(random.Random(7), 100))
    return [(result.status, result.reason, result.cum_quantity) for result in results], await desk.levels()


async def test_a_start_from_a_snapshot_is_like_one_from_the_whole_journal(on_either: Platform) -> None:
    platform = on_either
    request, refused = (
        an_order(quantity="7", price="188.00"),
        an_order(quantity="9999", time_in_force=Order.FOK),
    )
    async with platform.open() as desk:
        first, (refusal,) = await desk.stub.SubmitOrder(request), await desk.batch(refused)
        await platform.trade(desk)
        before = await everything(desk)
    newest = platform.snapshots.heads()[0].sequence
    for every in (EVERY, 0):  # the second start finds no snapshot
        async with platform.open(every) as desk:
            assert platform.restored == (newest if every else 0)
            assert await everything(desk) == before
            assert await desk.stub.SubmitOrder(request) == first
            (again,) = await desk.batch(refused)
            assert (again.reason, again.order_id) == (refusal.reason, refusal.order_id)
        before = await _without_what_was_asked_again(platform)
        platform.change(sa.delete(HEADS))


async def _without_what_was_asked_again(platform: Platform) -> tuple[Any, ...]:
    """Returns everything after one more start: repeated orders are commands too."""
    async with platform.open(0) as desk:
        return await everything(desk)


async def test_what_follows_is_the_same_with_and_without_a_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    for name, every in (("with", EVERY), ("without", 0)):
        platform = Platform(tmp_path / name, "", monkeypatch)
        async with platform.open(every) as desk:
            for seed in range(6):
                await desk.send(random_batch(random.Random(seed), EVERY))
            if every:
                await platform.kept_after(0)
        async with platform.open(0) as desk:
            assert (platform.restored > 0) == (every > 0)
            seen.append(await what_follows(desk))
        platform.database.dispose()
    assert seen[0] == seen[1]


async def test_only_the_newest_two_are_kept(on_either: Platform) -> None:
    platform = on_either
    async with platform.open() as desk:
        await platform.trade(desk, snapshots=4)
    heads = platform.snapshots.heads()
    assert len(heads) == 2
    with platform.database.connect() as connection:
        written = set(connection.execute(sa.select(PARTS.c.sequence)).scalars())
    assert {head.sequence for head in heads} <= written
    assert len(written) <= 3  # the last that went is deleted while the next is written


DAMAGES: dict[str, Callable[[Platform, int], None]] = {
    "a byte of the engine": lambda platform, newest: platform.flip(
        PARTS.c.content, (PARTS.c.sequence == newest) & (PARTS.c.part == 0)
    ),
    "a byte of the venue": lambda platform, newest: platform.flip(
        PARTS.c.content, (PARTS.c.sequence == newest) & (PARTS.c.part == 1)
    ),
    "its digest": lambda platform, newest: platform.flip(HEADS.c.digest, HEADS.c.sequence == newest),
    "the hash of its row": lambda platform, newest: platform.flip(
        HEADS.c.row_hash, HEADS.c.sequence == newest
    ),
    "the state hash": lambda platform, newest: platform.change(
        sa.update(HEADS).where(HEADS.c.sequence == newest).values(state_hash="0" * 16)
    ),
    "a part is missing": lambda platform, newest: platform.change(
        sa.delete(PARTS).where((PARTS.c.sequence == newest) & (PARTS.c.part == 1))
    ),
    "reports that the tables lack": lambda platform, newest: platform.change(
        sa.update(HEADS).where(HEADS.c.sequence == newest).values(report=10**9)
    ),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
async def test_a_damaged_snapshot_is_passed_over_for_an_older_one(
    platform: Platform, damage: Callable[[Platform, int], None]
) -> None:
    async with platform.open() as desk:
        await platform.trade(desk)
        before = await everything(desk)
    newest, older = platform.snapshots.heads()
    damage(platform, newest.sequence)
    async with platform.open(0) as desk:
        assert platform.restored == older.sequence
        assert await everything(desk) == before
    damage(platform, older.sequence)
    async with platform.open(0) as desk:
        assert platform.restored == 0
        assert await everything(desk) == before


async def test_a_damaged_snapshot_goes_with_the_next_that_is_taken(platform: Platform) -> None:
    async with platform.open() as desk:
        await platform.trade(desk)
    newest, older = platform.snapshots.heads()
    DAMAGES["its digest"](platform, newest.sequence)
    async with platform.open() as desk:
        kept = await platform.kept_after(newest.sequence)
        assert len(kept) == 2
        assert min(kept) == older.sequence


async def test_a_snapshot_that_the_engine_has_no_room_for_is_passed_over(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with platform.open() as desk:
        await platform.trade(desk)
        assert len(await desk.orders(open_only=True)) > 1
    monkeypatch.setenv("TICKMESH_ORDERS_CAPACITY", "1")
    async with platform.open(0):
        assert platform.restored == 0


async def test_a_whole_snapshot_of_another_history_is_refused(platform: Platform) -> None:
    async with platform.open() as desk:
        await platform.trade(desk)
        before = await everything(desk)
    newest, older = platform.snapshots.heads()
    stranger = replace(newest, row_hash=bytes(32))
    digest = stranger.expected_digest(cut(*platform.snapshots.content(newest)))
    here = HEADS.c.sequence == newest.sequence
    platform.change(sa.update(HEADS).where(here).values(row_hash=stranger.row_hash, digest=digest))
    async with platform.open(0) as desk:
        assert platform.restored == older.sequence
        assert await everything(desk) == before


async def test_parts_without_a_head_are_nobodys_and_go(platform: Platform) -> None:
    async with platform.open(0) as desk:
        await desk.send(random_batch(random.Random(1), 2 * EVERY))
        before = await everything(desk)
    for number in range(3):  # as when the process was killed while it wrote
        platform.snapshots.write_part(50, number, memoryview(b"half a snapshot"))
    async with platform.open(0) as desk:
        assert platform.restored == 0
        assert await everything(desk) == before
    async with platform.open(EVERY) as desk:
        await platform.trade(desk)
    with platform.database.connect() as connection:
        assert 50 not in set(connection.execute(sa.select(PARTS.c.sequence)).scalars())


async def test_a_long_replay_ends_with_a_snapshot_and_the_next_is_short(platform: Platform) -> None:
    async with platform.open(0) as desk:
        await desk.send(random_batch(random.Random(1), 2 * EVERY))
        assert platform.snapshots.heads() == []
    async with platform.open(EVERY):
        assert platform.restored == 0
        (kept,) = await platform.kept_after(0)
    async with platform.open(EVERY):
        assert platform.restored == kept


async def test_rows_of_one_command_make_a_snapshot_due_sooner(platform: Platform) -> None:
    async with platform.open(every=600) as desk:
        for _ in range(110):  # each a row of its own: 110 commands that are read like 660
            await desk.submit()
        await platform.kept_after(0)
        status = await desk.status()
    assert status.command_sequence < 600


async def test_a_start_that_keeps_few_reports_has_the_others_from_the_tables(
    on_either: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKMESH_ORDERS_EXECUTIONS_KEPT", "40")
    async with on_either.open(every=0) as desk:
        await desk.send(random_batch(random.Random(7), 150))
        for _ in range(3):
            await desk.submit()
        before = await everything(desk)
    async with on_either.open(every=0) as desk:
        assert await everything(desk) == before


async def test_tables_that_were_lost_are_written_again_in_spite_of_a_snapshot(
    tmp_path: Path, platform: Platform
) -> None:
    async with platform.open() as desk:
        await platform.trade(desk)
        before = await everything(desk)
    for file in tmp_path.glob("orders.sqlite*"):
        file.unlink()
    async with platform.open() as desk:
        assert await everything(desk) == before


async def test_verify_walks_the_whole_journal_all_the_same(tmp_path: Path, platform: Platform) -> None:
    async with platform.open() as desk:
        await platform.trade(desk)
        before = await everything(desk)
    settings = RuntimeSettings(data_dir=tmp_path)
    report = verify(settings)
    assert (report.first_bad, report.state_hash) == (None, before[0][0][0])
    platform.flip(JOURNAL.c.payload, JOURNAL.c.first_sequence == 1)
    async with platform.open(0) as desk:  # what lies before the snapshot is not read at a start
        assert await everything(desk) == before
    assert str(verify(settings).first_bad).startswith("row 1..")


async def test_an_owner_that_was_replaced_publishes_no_snapshot(platform: Platform) -> None:
    async with platform.open() as desk:
        await platform.trade(desk)
    heads = platform.snapshots.heads()
    with platform.database.connect() as connection:
        epoch = connection.execute(sa.select(OWNERS.c.epoch)).scalar_one()
    with pytest.raises(StaleEpoch):
        platform.snapshots.publish(Head(0, 10**6, 0, b"", "", 0, 0), {0}, epoch - 1)
    assert platform.snapshots.heads() == heads


async def test_a_database_that_takes_no_snapshots_stops_no_order(platform: Platform) -> None:
    async with platform.open() as desk:
        await platform.trade(desk, snapshots=1)
        platform.change(sa.text("DROP TABLE snapshot_parts"))
        for seed in range(3):
            await desk.send(random_batch(random.Random(seed), 2 * EVERY))
        before = await everything(desk)
    async with platform.open(0) as desk:
        assert platform.restored == 0
        assert await everything(desk) == before

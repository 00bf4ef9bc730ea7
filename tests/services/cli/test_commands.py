"""The commands against real services."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tickmesh.services.assets.service import start as assets
from tickmesh.services.cli import main
from tickmesh.services.orders.service import start as orders
from tickmesh.services.portfolio.service import start as portfolio
from tickmesh.services.pricing.service import start as pricing
from tickmesh.services.runtime.ports import free_port
from tickmesh.services.runtime.testing import serve_for_test


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Awaitable[Ended]]


@pytest.fixture
async def run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Run]:
    """Runs a command against services in this process; every one of their ports serves all of them."""
    monkeypatch.delenv("TICKMESH_TOKEN", raising=False)
    async with serve_for_test([assets, orders, portfolio, pricing], tmp_path) as host:
        place = ["--data", str(tmp_path), "--server", host.settings.address("orders")]

        async def run(*words: str) -> Ended:
            capsys.readouterr()
            code = await asyncio.to_thread(main, [*words, *place])
            return Ended(code, *capsys.readouterr())

        yield run


async def test_an_order_rests_is_listed_and_is_cancelled(run: Run) -> None:
    sent = await run("order", "buy", "aapl", "100", "@", "180.10", "--tif", "gtc", "--id", "a-1", "--json")
    assert sent.code == 0
    assert (sent.json["status"], sent.json["leaves_quantity"], sent.json["side"]) == ("NEW", "100", "BUY")
    book = await run("book", "AAPL", "--json")
    assert [(level["price"], level["quantity"]) for level in book.json["bids"]] == [("180.10", "100")]
    gone = await run("cancel", "--portfolio", "demo", "--id", "a-1", "--json")
    assert (gone.code, gone.json["status"]) == (0, "CANCELED")


async def test_a_trade_makes_a_position_that_people_can_read(run: Run) -> None:
    await run("order", "sell", "AAPL", "30", "@", "189.20", "--portfolio", "takers")
    taken = await run("order", "buy", "AAPL", "30")
    assert taken.code == 0
    assert "FILLED" in taken.out
    async with asyncio.timeout(10):
        while "AAPL" not in (shown := await run("positions", "--portfolio", "demo")).out:
            await asyncio.sleep(0.05)
    assert "189.20" in shown.out.replace("189.2 ", "189.20 ")


async def test_a_refused_order_is_one_line_with_its_reason_and_field(run: Run) -> None:
    refused = await run("order", "buy", "AAPL", "100", "@", "189.2012")
    assert refused.code == 1
    assert refused.err.startswith("tickmesh: OFF_TICK: price")
    assert refused.err.count("\n") == 1
    assert refused.out == ""


async def test_the_same_id_again_does_nothing_twice(run: Run) -> None:
    words = ("order", "buy", "AAPL", "1", "@", "180", "--id", "once", "--json")
    first, second = await run(*words), await run(*words)
    assert first.json["order_id"] == second.json["order_id"]


async def test_instruments_are_found_by_text_and_type(run: Run) -> None:
    found = await run("instruments", "apple", "--type", "stock", "--json")
    assert [each["symbol"] for each in found.json["instruments"]] == ["AAPL"]
    assert "nothing to show" in (await run("instruments", "no such thing")).out


async def test_watching_prints_a_json_line_for_each_update(run: Run) -> None:
    await run("order", "buy", "AAPL", "100", "@", "180.10")
    watched = await run("watch", "AAPL", "--json", "--seconds", "1")
    assert watched.code == 0
    lines = [json.loads(line) for line in watched.out.splitlines()]
    assert any("books" in line.get("snapshot", {}) for line in lines)


async def test_watching_what_is_not_listed_is_refused(run: Run) -> None:
    assert (await run("watch", "NOPE")).code == 1


async def test_a_measurement_leaves_no_order_behind(run: Run) -> None:
    measured = await run("bench", "--orders", "5", "--batch-orders", "40", "--batch-size", "10", "--json")
    assert measured.code == 0, measured.err
    assert [(each["orders"], each["refused"]) for each in measured.json["results"]] == [(5, 0), (40, 0)]
    left = await run("book", "AAPL", "--json")
    assert left.json["bids"] == []


async def test_a_journal_is_verified_while_the_platform_runs_and_an_altered_row_is_named(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await run("order", "buy", "AAPL", "1", "@", "180")
    assert await asyncio.to_thread(main, ["verify", "--data", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["whole"] is True
    with closing(sqlite3.connect(tmp_path / "orders_journal.sqlite")) as journal:
        columns = [row[1] for row in journal.execute("PRAGMA table_info(journal)")]
        assert "payload" in columns
        journal.execute(
            "UPDATE journal SET payload = zeroblob(length(payload))"
            " WHERE last_sequence = (SELECT max(last_sequence) FROM journal)"
        )
        journal.commit()
    assert await asyncio.to_thread(main, ["verify", "--data", str(tmp_path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["first_bad"]


async def test_a_journal_whose_end_was_cut_off_is_found_by_what_its_owner_signed(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await run("order", "buy", "AAPL", "1", "@", "180")
    verify = ["verify", "--data", str(tmp_path)]
    assert await asyncio.to_thread(main, [*verify, "--no-replay", "--json"]) == 0
    head = json.loads(capsys.readouterr().out)["newest_head"]
    kept = tmp_path / "kept.jsonl"
    kept.write_text(json.dumps(head))
    assert await asyncio.to_thread(main, [*verify, "--heads", str(kept)]) == 0
    assert "signed: all up to command" in capsys.readouterr().out
    with closing(sqlite3.connect(tmp_path / "orders_journal.sqlite")) as journal:
        journal.execute("DELETE FROM journal WHERE last_sequence >= ?", [head["sequence"]])
        journal.execute("DELETE FROM signed_heads")
        journal.commit()
    assert await asyncio.to_thread(main, verify) == 0
    assert "NOT SIGNED" in capsys.readouterr().out
    assert await asyncio.to_thread(main, [*verify, "--heads", str(kept)]) == 1
    assert "cut off" in capsys.readouterr().out
    assert await asyncio.to_thread(main, [*verify, "--heads", str(tmp_path / "none")]) == 2
    assert await asyncio.to_thread(main, [*verify, "--heads", str(kept), "--key", str(kept)]) == 3


async def test_a_token_made_for_reading_may_not_trade(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await asyncio.to_thread(main, ["token", "--data", str(tmp_path), "--scope", "orders:read"]) == 0
    monkeypatch.setenv("TICKMESH_TOKEN", capsys.readouterr().out.strip())
    assert (await run("orders")).code == 0
    refused = await run("order", "buy", "AAPL", "1", "@", "180")
    assert refused.code == 1
    assert "SCOPE_MISSING" in refused.err


def test_a_server_that_does_not_answer_is_told_with_its_address(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKMESH_TOKEN", "any")
    address = f"127.0.0.1:{free_port()}"
    assert main(["book", "AAPL", "--server", address]) == 3
    assert f"no answer from {address}" in capsys.readouterr().err


async def test_orders_and_positions_are_listed_as_of_a_moment(run: Run) -> None:
    sent = await run("order", "buy", "AAPL", "5", "@", "180.10", "--tif", "gtc", "--json")
    gone = await run("cancel", sent.json["order_id"], "--json")
    was = await run("orders", "--open", "--as-of", sent.json["update_time"], "--json")
    assert was.json["orders"] == [sent.json]
    at_the_end = await run("orders", "--open", "--as-of", gone.json["update_time"], "--json")
    assert at_the_end.json.get("orders", []) == []
    held = await run("positions", "--as-of", sent.json["update_time"], "--json")
    assert (held.code, held.json.get("positions", [])) == (0, [])


async def test_what_is_no_moment_is_said_so(run: Run) -> None:
    for command in ("orders", "positions"):
        ended = await run(command, "--as-of", "yesterday")
        assert ended.code == 2
        assert "'yesterday' is not a moment such as 2026-11-21T10:00:00Z" in ended.err

"""What the README promises, to the letter: only the port and the data directory are this test's own."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .running_platform import RunningPlatform

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
EXAMPLES = ("first_order.py", "watch_market.py")


def blocks(language: str) -> list[str]:
    """Returns the README's code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def command_lines() -> list[str]:
    """Returns the README's commands that talk to a platform, one a line."""
    lines = [line for block in blocks("console") for line in block.splitlines()]
    return [line for line in lines if line.startswith(("tickmesh ", "curl "))]


def in_shell(platform: RunningPlatform, line: str) -> subprocess.CompletedProcess[str]:
    own = line.replace("127.0.0.1:8080", f"127.0.0.1:{platform.port}")
    return subprocess.run(
        ["bash", "-c", own], env=platform.environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_readme_shows_its_commands() -> None:
    lines = command_lines()
    assert sum(line.startswith("curl ") for line in lines) >= 1
    assert {line.split()[1] for line in lines if line.startswith("tickmesh ")} >= {
        "order",
        "book",
        "positions",
    }


@pytest.mark.parametrize("line", command_lines(), ids=lambda line: " ".join(line.split()[:2]))
def test_a_command_of_the_readme_runs(market: RunningPlatform, line: str) -> None:
    done = in_shell(market, line)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip()
    assert '"error"' not in done.stdout


def test_the_order_of_the_readme_is_one_order_when_it_is_sent_twice(market: RunningPlatform) -> None:
    (line,) = [line for line in command_lines() if line.startswith("curl ") and "a-1" in line]
    first, second = (json.loads(in_shell(market, line).stdout) for _ in range(2))
    assert first == second
    assert (first["client_order_id"], first["symbol"], first["price"]) == ("a-1", "AAPL", "189.20")
    with market.http() as http:
        listed = http.get("/api/v1/orders", params={"portfolio_id": "demo", "client_order_id": "a-1"})
    assert [order["order_id"] for order in listed.json()["orders"]] == [first["order_id"]]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_readme_shows_the_example_as_it_is(name: str) -> None:
    assert (ROOT / "examples" / name).read_text() in blocks("python")


def run_example(market: RunningPlatform, folder: Path, name: str) -> str:
    own = folder / name
    own.write_text(
        (ROOT / "examples" / name).read_text().replace("127.0.0.1:8080", f"127.0.0.1:{market.port}")
    )
    done = subprocess.run(
        [sys.executable, str(own)],
        env=market.environment,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_first_order_of_the_readme_trades(market: RunningPlatform, tmp_path: Path) -> None:
    order_id, status, filled, *_ = run_example(market, tmp_path, "first_order.py").split()
    with market.http() as http:
        kept = http.get(f"/api/v1/orders/{order_id}").json()
    assert (kept["portfolio_id"], kept["quantity"]) == ("demo", "10")
    assert status in ("NEW", "PARTIALLY_FILLED", "FILLED")  # the best offer may be gone a moment later
    assert float(filled) <= 10


def test_the_watcher_of_the_readme_prints_a_snapshot_and_changes(
    market: RunningPlatform, tmp_path: Path
) -> None:
    lines = run_example(market, tmp_path, "watch_market.py").splitlines()
    sequences, kinds = zip(*(line.split()[:2] for line in lines), strict=True)
    assert sequences == ("1", "2", "3", "4", "5")
    assert (kinds[0], kinds[-1]) == (
        "snapshot",
        "update",
    )  # quote and book may each come with their own first


def test_the_platform_is_healthy_soon_and_small(market: RunningPlatform) -> None:
    print(f"healthy after {market.seconds_to_healthy:.1f} s, {market.resident_bytes() / 1e6:.0f} MB resident")
    assert market.seconds_to_healthy < 60
    assert market.resident_bytes() < 1.5e9


def test_status_says_that_everything_is_healthy(market: RunningPlatform) -> None:
    done = market.run("status", "--json")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("words", [["up", "--port", "x"], ["nonsense"], ["order", "buy"]])
def test_wrong_words_are_wrong_usage(market: RunningPlatform, words: list[str]) -> None:
    assert market.run(*words).returncode == 2


def test_a_second_platform_on_the_same_data_is_refused(market: RunningPlatform) -> None:
    done = market.run("up", "--port", "0", "--ws-port", "0")
    assert (done.returncode, done.stdout) == (1, "")
    assert "already runs" in done.stderr


def test_without_a_platform_a_command_says_so(tmp_path: Path) -> None:
    done = RunningPlatform(tmp_path / "none").run("book", "AAPL")
    assert done.returncode == 3
    assert "tickmesh up" in done.stderr

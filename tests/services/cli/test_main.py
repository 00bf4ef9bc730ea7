"""Words in, exit codes and one clear line out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tickmesh.services.cli import main
from tickmesh.services.cli.command import TRY_LATER
from tickmesh.services.cli.registry import ENTRIES
from tickmesh.services.runtime.ports import free_port


def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ENTRIES:
        assert main([name, "--help"]) == 0
        shown = capsys.readouterr().out
        assert f"usage: tickmesh {name}" in shown
        assert "examples:" in shown


def test_the_list_of_commands_names_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in ENTRIES)


def test_no_command_at_all_is_wrong_usage() -> None:
    assert main([]) == 2


def test_an_unknown_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bye"]) == 2
    assert capsys.readouterr().err == "tickmesh: there is no command 'bye'; `tickmesh --help` lists all\n"


@pytest.mark.parametrize(
    "words",
    [
        ["order", "hold", "AAPL", "100"],
        ["order", "buy", "AAPL"],
        ["order", "buy", "AAPL", "100", "for", "189.20"],
        ["order", "buy", "AAPL", "100", "@"],
        ["order", "buy", "AAPL", "100", "@", "1", "2"],
        ["order", "buy", "AAPL", "100", "--tif", "NEVER"],
        ["cancel"],
        ["cancel", "7", "--id", "a"],
        ["cancel", "--id", "a"],
        ["token", "--ttl", "0h"],
        ["token", "--ttl", "soon"],
        ["up", "--port", "70000"],
        ["up", "--seed", "x"],
        ["serve"],
        ["serve", "nothing"],
        ["serve", "orders", "edge"],
        ["bench", "--batch-size", "1001"],
        ["instruments", "--type", "HOUSE"],
    ],
)
def test_wrong_usage_is_told_apart(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["status"],
        ["wait"],
        ["orders"],
        ["book", "AAPL"],
        ["order", "buy", "AAPL", "1"],
        ["verify"],
        ["token"],
        ["bench"],
    ],
)
def test_where_no_platform_is_that_is_said(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--data", str(tmp_path)]) == 3
    error = capsys.readouterr().err
    assert error.startswith("tickmesh: ")
    assert error.count("\n") == 1
    assert str(tmp_path) in error


def test_a_wrong_setting_ends_a_service_with_its_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TICKMESH_STOP_GRACE_S", "soon")
    assert main(["serve", "assets"]) == 2
    assert "TICKMESH_STOP_GRACE_S" in capsys.readouterr().err


def test_a_service_that_fails_ends_its_log_with_the_cause(tmp_path: Path) -> None:
    environ = {"TICKMESH_DATA_DIR": str(tmp_path), "TICKMESH_DATABASE_URL": "postgresql://127.0.0.1:1/none"}
    address = {"TICKMESH_ASSETS_ADDRESS": f"127.0.0.1:{free_port()}"}
    command = [sys.executable, "-m", "tickmesh.services.cli", "serve", "assets"]
    done = subprocess.run(
        command, env={**os.environ, **environ, **address}, capture_output=True, text=True, check=False
    )
    assert done.returncode == TRY_LATER
    assert done.stderr.splitlines()[-1].startswith("tickmesh: assets failed: OperationalError: ")


def test_the_supervisor_starts_without_the_heavy_libraries() -> None:
    code = (
        "import sys, tickmesh.services.cli.platform\n"
        "heavy = {'grpc', 'google.protobuf', 'sqlalchemy', 'numpy', 'cryptography', 'rich'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

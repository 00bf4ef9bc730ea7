"""`tickmesh replay` as a user types it, against services in this process."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any

import pytest

from tickmesh.orders.v1 import orders_pb2, orders_pb2_grpc
from tickmesh.services.cli import main
from tickmesh.services.runtime import contract
from tickmesh.services.runtime.host import Host

from .platform import platform
from .sample import MESSAGES, recording

LINE = "36000,1,1,10,1000000,1\n"


async def started(host: Host, *words: str) -> Process:
    token = host.signer.mint("cli", contract.user_scopes(), 600)
    command = (sys.executable, "-m", "tickmesh.services.cli", "replay", *words)
    server = ("--server", host.settings.address("orders"))  # one server answers for all services here
    environment = {**os.environ, "TICKMESH_TOKEN": token}
    return await asyncio.create_subprocess_exec(*command, *server, stdout=PIPE, stderr=PIPE, env=environment)


async def finished(process: Process) -> tuple[int | None, str, str]:
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, out.decode(), err.decode()


async def test_a_replay_prints_the_figures_as_json(tmp_path: Path) -> None:
    recording()
    async with platform(tmp_path) as host:
        code, out, err = await finished(await started(host, str(MESSAGES), "--limit", "200", "--json"))
    assert (code, err) == (0, "")
    report: dict[str, Any] = json.loads(out)
    assert (report["messages"], report["states_compared"], report["states_reproduced"]) == (200, 200, 200)
    assert report["orders_per_second"] > 0
    assert {"p50", "p99", "p99_9"} <= report["latency_ms"].keys()


async def test_a_replay_prints_a_table_for_people(tmp_path: Path) -> None:
    recording()
    async with platform(tmp_path) as host:
        code, out, _ = await finished(await started(host, str(MESSAGES), "--limit", "100"))
    assert code == 0
    assert "100 of 100 (100.00%)" in out


async def test_ctrl_c_ends_the_replay_in_order(tmp_path: Path) -> None:
    path = tmp_path / "TEST_message_1.csv"
    path.write_text(LINE + "39600,3,1,10,1000000,1\n")  # the second is due an hour later
    async with platform(tmp_path) as host:
        symbol = ("--symbol", "HALFWAY")
        process = await started(host, str(path), "--speed", "original", "--json", *symbol)
        stub = orders_pb2_grpc.OrdersServiceStub(host.channel("orders"))
        await asyncio.wait_for(resting(stub, "HALFWAY", 1), 30)
        process.send_signal(signal.SIGINT)
        code, out, _ = await finished(process)
        await asyncio.wait_for(resting(stub, "HALFWAY", 0), 30)
    report: dict[str, Any] = json.loads(out)
    assert (code, report["interrupted"], report["messages"], report["canceled_at_end"]) == (130, True, 1, 1)


async def resting(stub: Any, symbol: str, count: int) -> None:
    """Waits until so many orders rest."""
    request = orders_pb2.ListOrdersRequest(symbol=symbol, open_only=True)
    while len((await stub.ListOrders(request)).orders) != count:
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is no message in it"),
        ("nan,1,1,10,1000000,1\n", ":1: 'nan' is no time"),
        (LINE + "36000,1,2,-10,1000000,1\n", ":2: '-10' is no size"),
        (LINE + "35999,1,2,10,1000000,1\n", ":2: the time is earlier"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2_before_anything_is_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    path = tmp_path / "TEST_message_1.csv"
    path.write_text(text)
    assert main(["replay", str(path), "--server", "127.0.0.1:1"]) == 2  # nobody is there to be asked
    shown = capsys.readouterr().err
    assert said in shown
    assert shown.count("\n") == 1


@pytest.mark.parametrize(
    "words", [["--speed", "nan"], ["--speed", "-1"], ["--batch", "1001"], ["--limit", "0"]]
)
def test_a_wrong_option_is_wrong_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "FILE", *words]) == 2
    assert words[0] in capsys.readouterr().err

"""The supervisor, with real and tiny children."""

import ast
import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil
import pytest

from tickmesh.services.supervision import GaveUpError, Program, Rules, Supervisor

QUICK = Rules(backoff_s=0.01, backoff_s_max=0.02, short_life_s=60.0, stop_s=2.0, log_check_s=0.01)
SLEEP = "import time; print('here', flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"
PARENT = """
import asyncio, sys
from pathlib import Path
from tickmesh.services.supervision import Program, Supervisor
program = Program("child", (sys.executable, "-c", "import time; time.sleep(600)"))
supervisor = Supervisor([program], {}, Path(sys.argv[1]), print, lambda: print(supervisor.pids, flush=True))
asyncio.run(supervisor.run())
"""


def python(code: str, name: str = "child") -> Program:
    return Program(name, (sys.executable, "-c", code))


def supervisor_of(
    tmp_path: Path, *programs: Program, rules: Rules = QUICK, said: list[str] | None = None
) -> Supervisor:
    lines = [] if said is None else said
    return Supervisor(programs, dict(os.environ), tmp_path, lines.append, rules=rules)


@asynccontextmanager
async def run(supervisor: Supervisor) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(supervisor.run())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


def says(log: Path, text: str) -> Callable[[], bool]:
    return lambda: log.exists() and text in log.read_text()


async def test_what_a_child_says_is_in_its_log(tmp_path: Path) -> None:
    async with run(supervisor_of(tmp_path, python(SLEEP))):
        await until(says(tmp_path / "child.log", "here"))


async def test_a_log_of_an_earlier_start_is_kept_aside(tmp_path: Path) -> None:
    (tmp_path / "child.log").write_text("yesterday\n")
    async with run(supervisor_of(tmp_path, python(SLEEP))):
        await until(says(tmp_path / "child.log", "here"))
    assert (tmp_path / "child.log.1").read_text() == "yesterday\n"
    assert "yesterday" not in (tmp_path / "child.log").read_text()


async def test_a_log_does_not_outgrow_its_bound(tmp_path: Path) -> None:
    rules = Rules(log_bytes_max=10_000, log_check_s=0.01)
    talker = python("import time\nwhile True: print('x' * 99, flush=True); time.sleep(0.0001)")
    async with run(supervisor_of(tmp_path, talker, rules=rules)):
        await until((tmp_path / "child.log.1").exists)
        first = (tmp_path / "child.log.1").stat().st_size
        await until(lambda: (tmp_path / "child.log").stat().st_size < first)


async def test_a_killed_child_is_started_again(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = supervisor_of(tmp_path, python(SLEEP), said=said)
    async with run(supervisor):
        await until(lambda: "child" in supervisor.pids)
        first = supervisor.pids["child"]
        os.kill(first, signal.SIGKILL)
        await until(lambda: supervisor.pids.get("child", first) != first)
    assert said == ["child was ended by signal 9 unexpectedly; starting it again in 0.0 s"]


async def test_a_child_that_never_stays_up_ends_all_and_is_named(tmp_path: Path) -> None:
    supervisor = supervisor_of(tmp_path, python(SLEEP, "good"), python("raise SystemExit('no luck')", "bad"))
    with pytest.raises(
        GaveUpError, match=r"bad ended with code 1 and does not stay up: no luck \(log: .*bad.log\)"
    ):
        await asyncio.wait_for(supervisor.run(), 60)
    assert supervisor.pids == {}


async def test_a_child_that_is_used_wrongly_is_not_started_again(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = supervisor_of(tmp_path, python("raise SystemExit(2)"), said=said)
    with pytest.raises(GaveUpError, match="child ended with code 2"):
        await asyncio.wait_for(supervisor.run(), 60)
    assert said == []


async def test_a_child_whose_database_is_gone_is_started_again_however_often_it_ends(tmp_path: Path) -> None:
    said: list[str] = []
    rules = Rules(short_lives_max=2, patience_s=0.01)
    async with run(supervisor_of(tmp_path, python("raise SystemExit(75)"), rules=rules, said=said)):
        await until(lambda: len(said) > 4)
    assert set(said) == {"child ended with code 75 unexpectedly; starting it again in 0.0 s"}


async def test_children_are_ended_with_the_supervisor(tmp_path: Path) -> None:
    supervisor = supervisor_of(tmp_path, python(SLEEP, "one"), python(SLEEP, "two"))
    async with run(supervisor):
        await until(lambda: len(supervisor.pids) == 2)
        pids = list(supervisor.pids.values())
    assert not any(psutil.pid_exists(pid) for pid in pids)


async def test_a_child_that_ignores_the_request_to_end_is_killed(tmp_path: Path) -> None:
    supervisor = supervisor_of(tmp_path, python(STUBBORN), rules=Rules(stop_s=0.2))
    async with run(supervisor):
        await until(says(tmp_path / "child.log", "here"))
        pid = supervisor.pids["child"]
    assert not psutil.pid_exists(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
async def test_children_die_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    child = int(ast.literal_eval((await asyncio.wait_for(process.stdout.readline(), 20)).decode())["child"])
    process.kill()
    await process.wait()
    await until(
        lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE
    )

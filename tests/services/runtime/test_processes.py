"""Names of processes: whether one is gone is said only of those that can be seen."""

import os
import subprocess
import sys

import pytest

from tickmesh.services.runtime import processes

SLEEPER = (
    "from tickmesh.services.runtime import processes; print(processes.name_of_this(), flush=True); input()"
)


@pytest.fixture
def sleeper() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SLEEPER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_this_process_lives() -> None:
    assert not processes.is_gone(processes.name_of_this())


def test_a_process_that_was_ended_is_gone_even_before_its_parent_asks(sleeper: subprocess.Popen[str]) -> None:
    with sleeper:
        assert sleeper.stdout is not None
        name = sleeper.stdout.readline().strip()
        assert not processes.is_gone(name)
        processes.end(name)
        os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
        assert processes.is_gone(name)
    assert sleeper.returncode < 0


def test_an_id_that_was_given_again_is_another_process() -> None:
    place, pid, start = processes.name_of_this().split("/")
    earlier = f"{place}/{pid}/{int(start) - 1}"
    assert processes.is_gone(earlier)
    processes.end(earlier)  # or this test would end here


@pytest.mark.parametrize("name", ["", "elsewhere/1/2", "/1/2", "x", "//", "elsewhere/{this}/"])
def test_nothing_is_said_of_a_process_elsewhere(name: str) -> None:
    name = name.format(this=os.getpid())  # not before: every worker has to find the same names of tests
    assert not processes.is_gone(name)
    processes.end(name)

"""Stacks become readable, and each is counted once."""

from pathlib import Path

from tests.benchmarks.orders import folded

PYTHON = "Journal.append (tickmesh/services/orders/journal.py:181)"
THREAD = "thread (7): sequencer_0"


def test_interpreter_and_addresses_leave_a_stack() -> None:
    frames = [
        THREAD,
        "thread_run (libpython3.11.so.1.0)",
        PYTHON,
        "0x7f3a (libc.so.6)",
        "fdatasync (libc.so.6)",
    ]
    append = "Journal.append (tickmesh/services/orders/journal)"
    assert folded.readable(frames) == ("sequencer", append, "fdatasync (libc.so.6)")


def test_whoever_waits_for_the_interpreter_does_nothing_else() -> None:
    frames = [THREAD, PYTHON, "take_gil (libpython3.11.so.1.0)", "pthread_cond_timedwait (libc.so.6)"]
    assert folded.readable(frames)[-1] == "waits for the interpreter lock"


def test_who_waits_for_work_is_not_counted(tmp_path: Path) -> None:
    file = tmp_path / "stacks"
    file.write_text(
        f"{THREAD};_worker (thread.py:81);_queue_SimpleQueue_get (q.c:1) 90\n{THREAD};{PYTHON} 10\n"
    )
    stacks = folded.read(file)
    assert sum(stacks.values()) == 10
    folded.write(stacks, file)
    assert file.read_text() == "sequencer;Journal.append (tickmesh/services/orders/journal) 10\n"


def test_a_stack_is_of_the_first_group_that_matches_and_all_add_up() -> None:
    stacks = folded.Stacks({("a", "commit"): 3, ("b", "commit"): 5, ("c",): 2})
    groups = [("of a", "^a"), ("commits", "commit")]
    assert folded.shares(stacks, groups, "the rest") == {"commits": 0.5, "of a": 0.3, "the rest": 0.2}

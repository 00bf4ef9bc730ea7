"""Messages of any bytes are read without undefined behaviour, and nothing beyond them."""

import struct
import subprocess
from pathlib import Path
from random import Random

import pytest

from tests.native.test_sanitizers import COMPILERS, NATIVE, SANITIZERS, TIMEOUT_S, compile_all, run
from tests.native.venue.entry_messages import Messages
from tests.native.venue.entry_pair import Pair
from tests.native.venue.entry_wire import batch
from tests.native.venue.entry_world import as_struct, node_words
from tickmesh.native._engine import ffi

DRIVER = Path(__file__).parent / "entry_run.c"
MESSAGES = 3_000


def sources() -> list[Path]:
    """Returns the driver, the venue and the one file of the engine that the venue stands on."""
    return [*sorted((NATIVE / "venue").glob("*.c")), NATIVE / "lines.c", DRIVER]


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the driver, built with the sanitizers."""
    folder = tmp_path_factory.mktemp("entry")
    objects = compile_all(COMPILERS[0], sources(), SANITIZERS, folder)
    run([COMPILERS[0], *SANITIZERS, *objects, "-o", folder / "entry_run"])
    return folder / "entry_run"


def world(pair: Pair) -> list[bytes]:
    """Returns instruments and nodes as parts of the driver's file."""
    listings, nodes = pair.entry.listings.by_index, pair.entry.tree.by_index
    counts = struct.pack("<II", len(listings), len(nodes))
    instruments = [ffi.buffer(as_struct(listing))[:] for listing in listings]
    return [counts, *instruments, *(word for node in nodes for word in node_words(node))]


def broken(messages: Messages) -> bytes:
    """Returns a message of some actions, which may be broken as a whole."""
    data = batch([messages.mutated() for _ in range(messages.random.randint(0, 8))])
    return data if messages.random.random() < 0.7 else messages.break_bytes(data)


@pytest.mark.parametrize("seed", range(3))
def test_broken_messages_are_read_clean_under_the_sanitizers(driver: Path, tmp_path: Path, seed: int) -> None:
    pair = Pair()
    messages = Messages(Random(seed), pair.entry, pair.rest(50))
    parts = [*world(pair), *(broken(messages) for _ in range(MESSAGES))]
    file = tmp_path / "messages"
    file.write_bytes(b"".join(struct.pack("<I", len(part)) + part for part in parts))
    done = subprocess.run([driver, file], capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
    assert done.returncode == 0, done.stderr[-4000:]
    stamped, aside = map(int, done.stdout.split())
    assert stamped > 1_000
    assert aside > 1_000


@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_driver_compiles_without_a_warning_when_asserts_are_off(compiler: str, tmp_path: Path) -> None:
    compile_all(compiler, sources(), ["-O2", "-DNDEBUG"], tmp_path)

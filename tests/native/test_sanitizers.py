"""The C sources compile without a warning, and take random commands without undefined behaviour."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tickmesh.native import engine as face

HERE = Path(__file__).parent
NATIVE = Path(face.__file__).resolve().parent
STRICT = ["-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Werror", f"-I{NATIVE}", f"-I{HERE}"]
SANITIZERS = ["-g", "-O0", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)] or ["cc"]
DRIVERS = ("sanitized_run", "edges", "crowds", "forgeries", "extremes")
TIMEOUT_S = 240


def engine_sources() -> list[Path]:
    return [path for path in sorted(NATIVE.glob("*.c")) if path.name != "_engine.c"]


def helper_sources() -> list[Path]:
    """Returns what the drivers share: what draws commands, and what looks at an engine."""
    names = ("invariants", "generator", "draw_orders", "forge")
    return [*(HERE / f"{name}.c" for name in names), *sorted(HERE.glob("audit_*.c"))]


def run(command: Iterable[str | Path]) -> None:
    parts = [str(part) for part in command]
    done = subprocess.run(parts, capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
    assert done.returncode == 0, done.stderr[-4000:]


def compile_all(compiler: str, sources: list[Path], flags: list[str], folder: Path) -> list[Path]:
    """Compiles each source by itself, several at once. Returns the objects."""
    objects = [folder / f"{source.stem}.o" for source in sources]

    def compile_one(source: Path, target: Path) -> None:
        run([compiler, *STRICT, *flags, "-c", source, "-o", target])

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(compile_one, sources, objects))
    return objects


@pytest.fixture(scope="module")
def sanitized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a folder with the drivers, built with the sanitizers."""
    folder = tmp_path_factory.mktemp("sanitized")
    objects = compile_all(COMPILERS[0], [*engine_sources(), *helper_sources()], SANITIZERS, folder)
    for name in DRIVERS:
        [own] = compile_all(COMPILERS[0], [HERE / f"{name}.c"], SANITIZERS, folder)
        wrap = ["-Wl,--wrap=calloc"] if name == "edges" else []
        run([COMPILERS[0], *SANITIZERS, *wrap, *objects, own, "-o", folder / name])
    return folder


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_random_commands_run_clean_under_the_sanitizers(sanitized: Path, seed: str) -> None:
    run([sanitized / "sanitized_run", seed, "8000"])


def test_short_memory_and_strange_snapshots_leave_nothing_behind(sanitized: Path) -> None:
    run([sanitized / "edges"])


def test_a_snapshot_that_says_what_cannot_be_is_refused(sanitized: Path) -> None:
    run([sanitized / "forgeries"])


def test_what_comes_to_the_end_of_its_numbers_is_still_right(sanitized: Path) -> None:
    run([sanitized / "extremes"])


def test_what_thousands_of_orders_do_at_once_fits(sanitized: Path) -> None:
    run([sanitized / "crowds"])


def tape_sources() -> list[Path]:
    """Returns what keeps bars and quotes, and the driver that feeds it."""
    return [*sorted(NATIVE.glob("tape/*.c")), HERE / "tape_run.c"]


def test_random_ticks_run_clean_under_the_sanitizers(tmp_path: Path) -> None:
    objects = compile_all(COMPILERS[0], tape_sources(), SANITIZERS, tmp_path)
    run([COMPILERS[0], *SANITIZERS, *objects, "-o", tmp_path / "tape_run"])
    for seed in ("1", "2", "3"):
        run([tmp_path / "tape_run", seed])


@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_sources_of_the_tape_compile_without_a_warning(compiler: str, tmp_path: Path) -> None:
    compile_all(compiler, tape_sources(), ["-O2", "-DNDEBUG"], tmp_path)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_sources_compile_without_a_warning_when_asserts_are_off(compiler: str, tmp_path: Path) -> None:
    mains = [HERE / f"{name}.c" for name in (*DRIVERS, "fuzz_commands")]
    sources = [*engine_sources(), *helper_sources(), *mains]
    compile_all(compiler, sources, ["-O2", "-DNDEBUG", "-DFUZZ_STANDALONE"], tmp_path)


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed")
def test_random_commands_read_no_memory_that_was_not_written(tmp_path: Path) -> None:
    sources = [*engine_sources(), *helper_sources(), HERE / "sanitized_run.c"]
    objects = compile_all(COMPILERS[0], sources, ["-gdwarf-4", "-O1"], tmp_path)
    run([COMPILERS[0], *objects, "-o", tmp_path / "run"])
    run(["valgrind", "-q", "--error-exitcode=9", "--leak-check=full", tmp_path / "run", "4", "1000"])

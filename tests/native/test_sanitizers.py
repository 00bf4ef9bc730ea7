"""The C sources compile without a warning, and run random commands without undefined behaviour."""

import subprocess
from pathlib import Path

import pytest

from tickmesh.native import engine as face

NATIVE = Path(face.__file__).resolve().parent
DRIVER = Path(__file__).with_name("sanitized_run.c")
STRICT = ["-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Werror", f"-I{NATIVE}"]
SANITIZERS = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]


def our_sources() -> list[str]:
    return [str(path) for path in sorted(NATIVE.glob("*.c")) if path.name != "_engine.c"]


def compile_driver(output: Path, flags: list[str]) -> None:
    command = ["cc", *STRICT, *flags, *our_sources(), str(DRIVER), "-o", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("sanitized") / "run"
    compile_driver(output, SANITIZERS)
    return output


@pytest.mark.parametrize("seed", ["1", "2"])
def test_random_commands_run_clean_under_the_sanitizers(driver: Path, seed: str) -> None:
    done = subprocess.run([driver, seed], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_sources_compile_without_a_warning_when_asserts_are_off(tmp_path: Path) -> None:
    compile_driver(tmp_path / "run", ["-O2", "-DNDEBUG"])

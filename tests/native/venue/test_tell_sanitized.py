"""Reports and answers of random bytes are told without undefined behaviour, within their room."""

from pathlib import Path

import pytest

from tests.native.test_sanitizers import COMPILERS, NATIVE, SANITIZERS, compile_all, run

DRIVER = Path(__file__).parent / "tell_run.c"


def venue_sources() -> list[Path]:
    """Returns the venue and the one file of the engine that it stands on."""
    return [*sorted((NATIVE / "venue").glob("*.c")), NATIVE / "lines.c"]


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the driver, built with the sanitizers."""
    folder = tmp_path_factory.mktemp("tell")
    objects = compile_all(COMPILERS[0], [*venue_sources(), DRIVER], SANITIZERS, folder)
    run([COMPILERS[0], *SANITIZERS, *objects, "-o", folder / "tell_run"])
    return folder / "tell_run"


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_random_reports_and_answers_are_told_clean_under_the_sanitizers(driver: Path, seed: str) -> None:
    run([driver, seed, "10000"])


@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_venue_compiles_without_a_warning_when_asserts_are_off(compiler: str, tmp_path: Path) -> None:
    compile_all(compiler, [*venue_sources(), DRIVER], ["-O2", "-DNDEBUG"], tmp_path)

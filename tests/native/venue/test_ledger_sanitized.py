"""The ledger takes random rows, and damaged ones, without undefined behaviour."""

from pathlib import Path

import pytest

from tests.native.test_sanitizers import COMPILERS, NATIVE, SANITIZERS, compile_all, engine_sources, run

HERE = Path(__file__).parent
DRIVER = [HERE / "ledger_run.c", HERE / "ledger_audit.c"]
GENERATOR = [HERE.parent / "generator.c", HERE.parent / "draw_orders.c"]


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the driver, built with the sanitizers."""
    folder = tmp_path_factory.mktemp("ledger")
    sources = [*engine_sources(), *sorted((NATIVE / "venue").glob("*.c")), *GENERATOR, *DRIVER]
    objects = compile_all(COMPILERS[0], sources, SANITIZERS, folder)
    run([COMPILERS[0], *SANITIZERS, *objects, "-o", folder / "ledger_run"])
    return folder / "ledger_run"


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_random_and_damaged_rows_leave_the_ledger_sound(driver: Path, seed: str) -> None:
    run([driver, seed, "1000"])


@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_driver_compiles_without_a_warning_when_asserts_are_off(compiler: str, tmp_path: Path) -> None:
    compile_all(compiler, DRIVER, ["-O2", "-DNDEBUG"], tmp_path)

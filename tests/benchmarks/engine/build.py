"""Compiles the C driver with the engine's sources, and runs it."""

import json
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "build" / "bench"
HERE = Path(__file__).parent
FLAGS = ("-std=c11", "-O3", "-flto", "-DNDEBUG")

Row = dict[str, Any]


def sources() -> list[Path]:
    """Returns the driver's C files and the engine's, without the one that cffi generates."""
    engine = [path for path in (ROOT / "native").glob("*.c") if path.name != "_engine.c"]
    return sorted(engine) + sorted(HERE.glob("*.c"))


def compile_driver(name: str = "driver", flags: tuple[str, ...] = FLAGS, compiler: str = "gcc") -> Path:
    """Compiles the driver when a source is newer than it, and returns where it is."""
    driver = FOLDER / name
    headers = [*(ROOT / "native").glob("*.h"), *HERE.glob("*.h")]
    newest = max(path.stat().st_mtime for path in [*sources(), *headers])
    if driver.exists() and driver.stat().st_mtime > newest:
        return driver
    FOLDER.mkdir(parents=True, exist_ok=True)
    words = [compiler, *flags, f"-I{ROOT / 'native'}", "-o", str(driver), *map(str, sources())]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise SystemExit(f"the driver does not compile:\n{done.stderr}")
    return driver


def run_driver(driver: Path, *words: str, timeout_s: float = 300) -> list[Row]:
    """Runs scenarios and returns their rows."""
    done = subprocess.run([driver, *words], check=True, capture_output=True, text=True, timeout=timeout_s)
    return [json.loads(line) for line in done.stdout.splitlines()]

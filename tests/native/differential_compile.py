"""Compiles the reference and the flow, as they stand, with mypyc, so that a long run takes less time.

The compiled modules lie in a folder of their own, and are found where that folder comes first in the path;
`make test` never looks there. If a compiled module said anything else than its source does, that would be one
more difference from the engine, so nothing can hide behind the compiler.
"""

import os
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "differential"
COMPILED = BUILD / "compiled"


def sources() -> list[str]:
    """The modules that say what should happen and those that make commands, relative to the repository."""
    folder = Path("tests/native")
    names = [path.name for path in (ROOT / folder).glob("reference_*.py")]
    return [str(folder / name) for name in sorted([*names, "commands.py", "flow.py", "flow_orders.py"])]


def digest(files: Sequence[Path]) -> str:
    """Names the content of files."""
    return sha256(b"".join(sha256(path.read_bytes()).digest() for path in files)).hexdigest()[:12]


def compile_sources() -> None:
    """Compiles, unless nothing has changed since the last time; takes a minute."""
    from mypyc.build import mypycify  # takes a second, and only who compiles needs it
    from setuptools import Extension, setup

    wanted = digest([Path(__file__), *(ROOT / source for source in sources())])
    made = COMPILED / "sources"
    if made.exists() and made.read_text() == wanted:
        return
    print("compiling the reference and the flow", flush=True)
    os.chdir(ROOT)
    made.unlink(missing_ok=True)
    made_of = mypycify(sources(), target_dir=str(BUILD / "c"))
    modules = [module for module in made_of if isinstance(module, Extension)]
    places = ["--build-lib", str(COMPILED), "--build-temp", str(BUILD / "objects")]
    setup(name="differential", packages=[], ext_modules=modules, script_args=["-q", "build_ext", *places])
    made.write_text(wanted)


def main() -> None:
    """Compiles, and goes on as `differential_run` in a Python that finds the compiled modules first."""
    compile_sources()
    path = os.pathsep.join(filter(None, (str(COMPILED), str(ROOT), os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-P", "-m", "tests.native.differential_run", *sys.argv[1:]]
    os.execve(sys.executable, command, os.environ | {"PYTHONPATH": path})


if __name__ == "__main__":
    main()

"""Describes the extension module `tickmesh.native._engine` to cffi (API mode), for `setup.py`."""

import re
from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parent.parent
GENERATED = "_engine.c"


def declarations() -> str:
    """Returns what engine.h declares, without the preprocessor lines that cffi cannot read."""
    header = (ROOT / "native" / "engine.h").read_text()
    return re.sub(r"^\s*#.*$", "", header, flags=re.MULTILINE)


def sources() -> list[str]:
    """Returns our own C files, relative to the repository root as setuptools wants them."""
    ours = (path for path in (ROOT / "native").rglob("*.c") if path.name != GENERATED)
    return sorted(str(path.relative_to(ROOT)) for path in ours)


# native/python/bound.c has the function that Python calls first: it adds a type to what cffi makes.
PREAMBLE = """
#include "engine.h"
#define PyInit__engine engine_module
"""

ffi = FFI()
ffi.cdef(declarations())
ffi.set_source(
    "tickmesh.native._engine",
    PREAMBLE,
    sources=sources(),
    include_dirs=["native"],
    depends=sorted(f"native/{path.name}" for path in (ROOT / "native").glob("*.h")),
    extra_compile_args=["-O3", "-flto", "-fvisibility=hidden", "-std=c11", "-Wall", "-Wextra"],
)

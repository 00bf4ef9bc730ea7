"""Describes the extension module `tickmesh.native._engine` to cffi (API mode), for `setup.py`."""

import re
from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parent.parent
GENERATED = "_engine.c"
HEADERS = (  # what Python calls
    "engine.h",
    "tape/ticks.h",
    "tape/quotes.h",
    "tape/bars.h",
    "venue/venue.h",
    "venue/entry.h",
    "venue/ledger.h",
    "venue/tell.h",
)


def declarations() -> str:
    """Returns what the headers declare, without the preprocessor lines that cffi cannot read."""
    text = "".join((ROOT / "native" / header).read_text() for header in HEADERS)
    return re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)


def sources() -> list[str]:
    """Returns our own C files, relative to the repository root as setuptools wants them."""
    ours = (path for path in (ROOT / "native").rglob("*.c") if path.name != GENERATED)
    return sorted(str(path.relative_to(ROOT)) for path in ours)


# native/python/bound.c has the function that Python calls first: it adds a type to what cffi makes.
INCLUDES = "".join(f'#include "{header}"\n' for header in HEADERS)
PREAMBLE = INCLUDES + "#define PyInit__engine engine_module\n"

ffi = FFI()
ffi.cdef(declarations())
ffi.set_source(
    "tickmesh.native._engine",
    PREAMBLE,
    sources=sources(),
    include_dirs=["native"],
    depends=sorted(str(path.relative_to(ROOT)) for path in (ROOT / "native").rglob("*.h")),
    extra_compile_args=["-O3", "-flto", "-fvisibility=hidden", "-std=c11", "-Wall", "-Wextra"],
)

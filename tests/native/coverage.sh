#!/bin/sh
# coverage.sh - says which lines and branches of the engine's C and its headers the tests of this folder do not reach,
# and fails when they reach less than 95 of 100 of either.
#
#     tests/native/coverage.sh [PYTHON [SEEDS [COMMANDS]]]
#
# PYTHON has pytest and tickmesh (default python3); SEEDS is how many random runs there are (8), of COMMANDS (10000).
#
# The C drivers and the Python tests run the same objects. They are compiled as the extension is, without asserts,
# which have a branch that must never be taken. Nothing else is left out: neither the bounds of loops, which are never
# met, nor what happens when memory is short.
#
# Needs gcc, gcov and gcovr. Everything it makes goes to a folder of its own, which it removes.
set -eu

python=${1:-python3}
seeds=${2:-8}
commands=${3:-10000}
least=95
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
native=$root/native
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

flags="-DNDEBUG -std=c11 -O0 -g -fPIC -I$native -I$here"
mkdir "$work/engine" "$work/helpers" "$work/python"
for source in "$native"/*.c; do
    name=$(basename "$source" .c)
    [ "$name" = _engine ] || gcc $flags --coverage -c "$source" -o "$work/engine/$name.o"
done

run_drivers() {
    for name in invariants audit_book audit_order audit_pool audit_query audit_risk generator draw_orders forge; do
        gcc $flags -c "$here/$name.c" -o "$work/helpers/$name.o"
    done
    for name in sanitized_run forgeries extremes crowds edges; do
        wrap=
        [ "$name" = edges ] && wrap=-Wl,--wrap=calloc
        gcc $flags $wrap "$here/$name.c" "$work"/helpers/*.o "$work"/engine/*.o -lgcov -o "$work/$name"
    done
    seed=1
    while [ "$seed" -le "$seeds" ]; do
        "$work/sanitized_run" "$seed" "$commands"
        seed=$((seed + 1))
    done
    for name in forgeries extremes crowds edges; do
        "$work/$name"
    done
}

# A package that is the installed one but for its engine, which counts.
run_python() {
    mkdir -p "$work/py/tickmesh/native"
    cp "$native"/*.py "$native/engine.h" "$work/py/tickmesh/native"
    echo '__path__ = __import__("pkgutil").extend_path(__path__, __name__)' >"$work/py/tickmesh/__init__.py"
    include=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
    for source in "$native"/python/*.c; do
        gcc $flags "-I$include" --coverage -c "$source" -o "$work/python/$(basename "$source" .c).o"
    done
    "$python" -c 'import sys; from native.build_engine import ffi; ffi.emit_c_code(sys.argv[1])' \
        "$work/_engine.c" >"$work/said.txt"
    gcc -shared -fPIC -O0 "-I$native" "-I$include" "$work/_engine.c" "$native"/tape/*.c "$native"/venue/*.c \
        "$work"/python/*.o "$work"/engine/*.o -lgcov -o "$work/py/tickmesh/native/_engine.so"
    PYTHONPATH=$work/py "$python" -m pytest -q --no-header -p no:cacheprovider tests/native \
        --ignore tests/native/test_sanitizers.py >"$work/said.txt" || { cat "$work/said.txt"; exit 1; }
}

report() {
    gcovr --root "$native" "$@" "$work/engine" "$work/python"
}

cd "$root"
run_drivers
run_python
echo "lines"
report | grep -v '^---'
echo "branches"
report --branches | grep -v '^---'
report --print-summary --fail-under-line "$least" --fail-under-branch "$least" --output "$work/summary.txt"

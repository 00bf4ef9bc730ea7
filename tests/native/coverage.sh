#!/bin/sh
# coverage.sh - says how much of the engine's C the drivers of this folder reach: lines and branches of native/*.c,
# and what they do not reach. Branches of assertions are left out: they must not be reached.
#
#     tests/native/coverage.sh [SEEDS [COMMANDS]]     SEEDS: how many random runs (default 8), of COMMANDS each (10000)
#
# Needs gcc, gcov and gcovr. Everything it makes goes to a folder of its own, which it removes.
set -eu

seeds=${1:-8}
commands=${2:-10000}
here=$(cd "$(dirname "$0")" && pwd)
native=$(cd "$here/../../native" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

flags="-std=c11 -O0 -g -I$native -I$here"
objects=
for source in "$native"/*.c; do
    name=$(basename "$source" .c)
    [ "$name" = _engine ] && continue
    gcc $flags --coverage -c "$source" -o "$work/$name.o"
    objects="$objects $work/$name.o"
done
for name in invariants audit_book audit_order audit_pool audit_query audit_risk generator draw_orders; do
    gcc $flags -c "$here/$name.c" -o "$work/$name.o"
    objects="$objects $work/$name.o"
done
gcc $flags "$here/sanitized_run.c" $objects -lgcov -o "$work/sanitized_run"
gcc $flags "$here/forge.c" "$here/forgeries.c" $objects -lgcov -o "$work/forgeries"
gcc $flags "$here/crowds.c" $objects -lgcov -o "$work/crowds"
"$work/forgeries"
gcc $flags -Wl,--wrap=calloc "$here/edges.c" $objects -lgcov -o "$work/edges"
"$work/crowds"

seed=1
while [ "$seed" -le "$seeds" ]; do
    "$work/sanitized_run" "$seed" "$commands"
    seed=$((seed + 1))
done
"$work/edges"

cd "$work"
report() {
    gcovr --root "$native" --object-directory "$work" --exclude '.*\.h$' --exclude-unreachable-branches \
        --exclude-lines-by-pattern '.*\bassert\(.*' --exclude-branches-by-pattern '.*\bassert\(.*' "$@" "$work"
}
echo "lines"
report | grep -v '^---'
echo "branches"
report --branches | grep -v '^---'

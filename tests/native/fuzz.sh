#!/bin/sh
# fuzz.sh - builds fuzz_commands.c with clang's libFuzzer and runs it.
#
#     tests/native/fuzz.sh FOLDER [SECONDS]     FOLDER: for the programs, the corpus and what is found; 900 seconds
#
# What is found is FOLDER/crash-*; FOLDER/replay --print FOLDER/crash-... shows its commands and events.
set -eu

folder=${1:?a folder for the corpus}
seconds=${2:-900}
mkdir -p "$folder/corpus"
folder=$(cd "$folder" && pwd)
cd "$(dirname "$0")"

flags="-std=c11 -g -I../../native -I."
engine="$(ls ../../native/*.c | grep -v /_engine.c) fuzz_commands.c"
objects=
for name in invariants audit_book audit_order audit_pool audit_query audit_risk generator draw_orders; do
    clang $flags -O2 -c "$name.c" -o "$folder/$name.o" # they look, and are not looked at: faster so
    objects="$objects $folder/$name.o"
done
checked="$flags -O1 -fno-sanitize-recover=all"
clang $checked -fsanitize=fuzzer,address,undefined $engine $objects -o "$folder/fuzz"
clang $checked -fsanitize=address,undefined -DFUZZ_STANDALONE $engine $objects -o "$folder/replay"
[ -n "$(ls -A "$folder/corpus")" ] || "$folder/replay" --seeds "$folder/corpus" 200
cd "$folder"
exec ./fuzz -max_len=25608 -timeout=20 -max_total_time="$seconds" corpus

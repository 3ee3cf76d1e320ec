#!/bin/sh
# Runs every fuzz target for a bounded time.   tests/fuzz/run.sh [TARGET...]
#
# FUZZ_SECONDS (20) for each. The corpus grows in build/fuzz-corpus/<target>, beginning with
# tests/fuzz/seeds/<target>, and what reads mail with tests/data/mail; an input that fails is left
# there too and its path printed.
cd "$(dirname "$0")/../.." || exit 2
ODBCSYSINI=$(tests/support/odbc.sh) && export ODBCSYSINI
passed=0 failed=0
[ $# -gt 0 ] || set -- $(ls tests/fuzz/*.c | sed 's#.*/##; s#\.c$##')
for target in "$@"; do
    corpus=build/fuzz-corpus/$target
    mkdir -p "$corpus"
    seeds=tests/fuzz/seeds/$target
    [ -d "$seeds" ] || seeds=
    case $target in filing | mime) seeds="$seeds tests/data/mail" ;; esac
    # An input that never ends is found by the clock on the wall: long enough for a busy machine.
    # shellcheck disable=SC2086 # seeds may be nothing
    if build/fuzz/fuzzers/"$target" -max_total_time="${FUZZ_SECONDS:-20}" -timeout=30 -rss_limit_mb=2048 \
        -max_len=65536 -print_final_stats=1 -artifact_prefix="$corpus-failure-" "$corpus" $seeds \
        >"build/fuzz-corpus/$target.log" 2>&1; then
        passed=$((passed + 1))
        echo "ok $target: $(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz-corpus/$target.log") inputs"
    else
        failed=$((failed + 1))
        echo "not ok $target"
        tail -n 40 "build/fuzz-corpus/$target.log"
    fi
done
printf '%d passed, %d failed, 0 skipped\n' "$passed" "$failed"
[ "$failed" -eq 0 ]

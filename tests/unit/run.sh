#!/bin/sh
# Runs every test of the given programs, each in a process of its own with a time limit.
# Prints the output of those that fail, the slowest, and `N passed, N failed, N skipped` as last
# line. A test that asks to be skipped (cmocka's skip()) is counted as such.
ODBCSYSINI=$("$(dirname "$0")/../support/odbc.sh")
export ODBCSYSINI
passed=0 failed=0 skipped=0
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
export TEST_TIMES="$work/times"
: >"$TEST_TIMES"
for program in "$@"; do
    "$program" --each >"$work/log" 2>&1
    sed '$d' "$work/log"
    # shellcheck disable=SC2046 # three numbers; a program that died says none
    set -- $(tail -n 1 "$work/log" | sed -n '/^[0-9]* passed,/s/[^0-9 ]//gp')
    [ $# -eq 3 ] || { echo "FAIL $program ended early"; cat "$work/log"; set -- 0 1 0; }
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
done
sort -rn "$TEST_TIMES" | head -n 10 | while read -r seconds processor name; do
    printf 'slow %s s (processor %s s) %s\n' "$seconds" "$processor" "$name"
done
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]

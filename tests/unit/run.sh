#!/bin/sh
# Runs every test of the given programs, each in a process of its own with a time limit.
# Prints the output of those that fail, and `N passed, N failed, N skipped` as last line.
# A test that asks to be skipped (cmocka's skip()) is counted as such.
ODBCSYSINI=$("$(dirname "$0")/../support/odbc.sh")
export ODBCSYSINI
passed=0 failed=0 skipped=0
for program in "$@"; do
    for name in $("$program"); do
        if output=$(timeout "${TEST_TIMEOUT:-120}" "$program" "$name" 2>&1); then
            case $output in
            *"SKIPPED"*) skipped=$((skipped + 1)); printf 'skip %s %s\n' "$program" "$name" ;;
            *) passed=$((passed + 1)) ;;
            esac
        else
            failed=$((failed + 1))
            printf 'FAIL %s %s\n%s\n' "$program" "$name" "$output"
        fi
    done
done
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]

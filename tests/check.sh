#!/bin/sh
# Proves everything, part by part.   tests/check.sh [PART...]   (make check)
#
# What a part of part.sh says goes to build/check-logs/<part>.log. A part that ends with
# `N passed, N failed, N skipped` counts so, any other as one, by its status. The same line ends
# the whole. Parts go on when one before them failed: as much as can be is told in one run.
cd "$(dirname "$0")/.." || exit 2
logs=build/check-logs
limit=2400 # seconds for one part; far more than any takes

# What a part counts, from its status and its log.
counts_of() {
    counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$2" | tail -n 1)
    case $1$counts in
    0) echo '1 passed, 0 failed, 0 skipped' ;;
    0* | *' passed, '[1-9]*) echo "$counts" ;;
    *) echo '0 passed, 1 failed, 0 skipped' ;;
    esac
}
add() { passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3)) last_failed=$2; }

mkdir -p "$logs"
# Two at once would meet in build/, on the ports, and in the measure of time.
exec 9>build/check.lock
flock -n 9 || { echo 'another one is running; waiting for it'; flock 9; }
trap 'kill "$running" 2>/dev/null; exit 130' INT TERM

passed=0 failed=0 skipped=0
begin=$(date +%s)
# shellcheck disable=SC2046 # names are words
[ $# -gt 0 ] || { set -- $(tests/part.sh); rm -f "$logs"/*; }
for part in "$@"; do
    printf '%-11s' "$part"
    start=$(date +%s)
    timeout "$limit" tests/part.sh "$part" >"$logs/$part.log" 2>&1 </dev/null 9>&- &
    running=$!
    wait "$running"
    counts=$(counts_of $? "$logs/$part.log")
    printf '%s  (%d s)\n' "$counts" "$(($(date +%s) - start))"
    # shellcheck disable=SC2046 # three numbers
    add $(printf '%s' "$counts" | tr -cd '0-9 ')
    if [ "$last_failed" -gt 0 ]; then
        grep -aE '^(not ok|FAIL)|error:|rror [0-9]|Sanitizer' "$logs/$part.log" |
            head -n 20 | cut -c 1-300 | sed 's/^/    /'
        echo "    see $logs/$part.log"
    fi
done
printf '%d minutes\n' "$((($(date +%s) - begin + 59) / 60))"
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]

#!/bin/sh
# Proves everything, part by part.   tests/check.sh [PART...]   (make check)
#
# A part is a command; what it says goes to build/check-logs/<part>.log. A part that ends with
# `N passed, N failed, N skipped` counts so, any other as one, by its status. The same line ends
# the whole. Parts go on when one before them failed: as much as can be is told in one run.
cd "$(dirname "$0")/.." || exit 2
logs=build/check-logs
low_floors='base text xml crypto generate apps'

parts='layers release sanitizers clang house contract generate units databases dialogues hostile clients
    crmctl import fuzz operations'

part_layers() { make -s layers; }
part_release() { make -j2 all; }
part_sanitizers() { make -j2 VARIANT=check programs unit-programs; }
part_clang() { make -j2 VARIANT=fuzz CC=clang objects fuzz-programs; }
part_house() { tests/house/run.sh; }
part_contract() { build/release/crmd --check-contract wsdl; }
part_generate() { make -s check-generate; }
part_units() { tests/unit/run.sh $(unit_programs is_low); }
part_databases() { tests/unit/databases.sh $(unit_programs is_high); }
part_dialogues() { tests/dialogues/run.py; }
part_hostile() { tests/hostile/run.py; }
part_clients() { tests/clients/check.py; }
part_crmctl() { tests/crmctl/run.py; }
part_import() { tests/import/run.py; }
part_fuzz() { tests/fuzz/run.sh; }
part_operations() { tests/dialogues/untouched.py; }

is_low() { case " $low_floors " in *" $1 "*) ;; *) return 1 ;; esac; }
is_high() { ! is_low "$1"; }
# Unit programs of the floors that a test holds for; those below the database run once only.
unit_programs() {
    for program in build/check/unit/*; do
        [ -f "$program" ] && [ -x "$program" ] && "$1" "$(basename "$program")" && echo "$program"
    done
}

add() { passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3)) last_failed=$2; }

mkdir -p "$logs"
passed=0 failed=0 skipped=0
begin=$(date +%s)
[ $# -gt 0 ] || { set -- $parts; rm -f "$logs"/*; }
for part in "$@"; do
    printf '%-11s' "$part"
    start=$(date +%s)
    "part_$part" >"$logs/$part.log" 2>&1 </dev/null
    status=$?
    counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$logs/$part.log" | tail -n 1)
    case $status$counts in
    0) counts='1 passed, 0 failed, 0 skipped' ;;
    *' 0 failed, '*) [ $status -eq 0 ] || counts='0 passed, 1 failed, 0 skipped' ;;
    *passed*) ;;
    *) counts='0 passed, 1 failed, 0 skipped' ;;
    esac
    printf '%s  (%d s)\n' "$counts" "$(($(date +%s) - start))"
    # shellcheck disable=SC2046 # three numbers
    add $(printf '%s' "$counts" | tr -cd '0-9 ')
    if [ "$last_failed" -gt 0 ]; then
        grep -E '^(not ok|FAIL)|error:|rror [0-9]|Sanitizer' "$logs/$part.log" | head -n 20 | sed 's/^/    /'
        echo "    see $logs/$part.log"
    fi
done
printf '%d minutes\n' "$((($(date +%s) - begin + 59) / 60))"
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]

#!/bin/sh
# Runs unit programs against SQLite, PostgreSQL and MariaDB, side by side, starting and stopping
# the servers, and prints the slowest tests and `N passed, N failed, N skipped` over all three as
# last line.
#
#   tests/unit/databases.sh PROGRAM...
#
# ENGINES chooses the engines.
folder=build/test-servers
peers=tests/peers
passed=0 failed=0 skipped=0
LSAN_OPTIONS=suppressions=tests/unit/leaks.txt:print_suppressions=0
export LSAN_OPTIONS

# Runs the programs on one engine; the counts are the last line, behind the engine's name.
run_on() {
    SVYAZ_TEST_DATABASE=$2 tests/unit/run.sh $programs | sed "s/^slow .*/& on $1/;\$s/^/$1: /"
}

run_on_server() {
    # how a test that kills the server names it
    SVYAZ_TEST_SERVER=$peers/$2.sh SVYAZ_TEST_SERVER_FOLDER=$folder
    export SVYAZ_TEST_SERVER SVYAZ_TEST_SERVER_FOLDER
    if "$peers/$2.sh" start "$folder" fast; then
        run_on "$1" "$("$peers/$2.sh" url "$folder")"
        "$peers/$2.sh" stop "$folder"
    else
        echo "FAIL $1 does not start"
        echo "$1: 0 passed, 1 failed, 0 skipped"
    fi
}

stop_servers() {
    "$peers/postgresql.sh" stop "$folder"
    "$peers/mariadb.sh" stop "$folder"
}

run_engine() {
    case $1 in
    SQLite) run_on SQLite "" ;;
    PostgreSQL) run_on_server PostgreSQL postgresql ;;
    MariaDB) run_on_server MariaDB mariadb ;;
    esac
}

programs=$*
engines=${ENGINES:-SQLite PostgreSQL MariaDB}
mkdir -p "$folder"
# Two at once in one checkout would meet in the servers' data.
exec 9>"$folder/lock"
flock 9
trap 'stop_servers; exit 130' INT TERM
for engine in $engines; do
    run_engine "$engine" >"$folder/$engine.log" 2>&1 9>&- &
done
wait
for engine in $engines; do
    grep -v '^slow ' "$folder/$engine.log"
    # shellcheck disable=SC2046 # three numbers
    set -- $(tail -n 1 "$folder/$engine.log" | sed 's/.*: //' | tr -cd '0-9 ')
    passed=$((passed + ${1:-0})) failed=$((failed + ${2:-1})) skipped=$((skipped + ${3:-0}))
done
for engine in $engines; do grep '^slow ' "$folder/$engine.log"; done | sort -k 2 -rn | head -n 10
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]

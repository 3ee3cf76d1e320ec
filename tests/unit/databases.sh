#!/bin/sh
# Runs unit programs against SQLite, PostgreSQL and MariaDB in turn, starting and stopping the
# servers, and prints `N passed, N failed, N skipped` over all three as last line.
#
#   tests/unit/databases.sh PROGRAM...
#
# POSTGRESQL_PORT and MARIADB_PORT choose other ports than 15430 and 13430; ENGINES the engines.
postgresql_port=${POSTGRESQL_PORT:-15430}
mariadb_port=${MARIADB_PORT:-13430}
folder=build/test-servers/$postgresql_port-$mariadb_port
peers=tests/peers
passed=0 failed=0 skipped=0
LSAN_OPTIONS=suppressions=tests/unit/leaks.txt:print_suppressions=0
export LSAN_OPTIONS

# Adds the counts of one run; prints everything it said but its last line.
run_on() {
    output=$(SVYAZ_TEST_DATABASE=$2 tests/unit/run.sh $programs)
    counts=$(printf '%s\n' "$output" | tail -n 1)
    printf '%s\n' "$output" | sed '$d'
    printf '%s: %s\n' "$1" "$counts"
    # shellcheck disable=SC2046 # three numbers
    set -- $(printf '%s' "$counts" | tr -cd '0-9 ')
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

run_on_server() {
    # how a test that kills the server names it
    SVYAZ_TEST_SERVER=$peers/$2.sh SVYAZ_TEST_SERVER_PLACE="$folder $3"
    export SVYAZ_TEST_SERVER SVYAZ_TEST_SERVER_PLACE
    if "$peers/$2.sh" start "$folder" "$3" fast; then
        run_on "$1" "$("$peers/$2.sh" url "$folder" "$3")"
        "$peers/$2.sh" stop "$folder" "$3"
    else
        echo "FAIL $1 does not start"
        failed=$((failed + 1))
    fi
}

stop_servers() {
    "$peers/postgresql.sh" stop "$folder" "$postgresql_port"
    "$peers/mariadb.sh" stop "$folder" "$mariadb_port"
}

programs=$*
mkdir -p "$folder"
trap 'stop_servers; exit 130' INT TERM
for engine in ${ENGINES:-SQLite PostgreSQL MariaDB}; do
    case $engine in
    SQLite) run_on SQLite "" ;;
    PostgreSQL) run_on_server PostgreSQL postgresql "$postgresql_port" ;;
    MariaDB) run_on_server MariaDB mariadb "$mariadb_port" ;;
    esac
done
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]

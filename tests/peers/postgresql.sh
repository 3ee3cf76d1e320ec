#!/bin/sh
# A PostgreSQL server of its own for tests, on a free port of the loopback interface only.
#
#   postgresql.sh start   DIR [fast]   makes the data in DIR/postgresql when missing, and starts
#   postgresql.sh restart DIR [fast]   starts again on the port that it had
#   postgresql.sh stop    DIR          stops it, waiting; killed after 20 seconds
#   postgresql.sh kill    DIR          ends it at once, as a crash would
#   postgresql.sh port    DIR          prints the port that it took
#   postgresql.sh url     DIR          prints the ODBC connection string
#
# It writes as safely as in production; with `fast` a commit survives a crash of the server but not
# of the machine. Started by root it runs as the user postgres that Debian's package made.
# shellcheck disable=SC2086 # options are words
set -eu
. "$(dirname "$0")/port.sh"
. "$(dirname "$0")/owner.sh"

action=$1 folder=$2/postgresql speed=${3:-safe}
binaries=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)

mkdir -p "$folder"
folder=$(cd "$folder" && pwd -P)
become postgres "$folder"
as_owner() { $as_owner env HOME="$folder" LC_ALL=C.UTF-8 "$@"; }

make_data() {
    if [ "$(id -u)" -eq 0 ]; then chown postgres:postgres "$folder"; fi
    as_owner "$binaries/initdb" --pgdata="$folder/data" --username=postgres --auth=trust \
        --encoding=UTF8 --no-sync >"$folder/initdb.log" 2>&1
    cat >>"$folder/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
logging_collector = off
log_min_messages = warning
CONF
}

# Whether the server of this folder runs: what a run before has left may bear the id of another's process.
is_running() {
    pid=$(head -n 1 "$folder/data/postmaster.pid" 2>/dev/null) || return 1
    [ "$(readlink "/proc/$pid/cwd")" = "$folder/data" ]
}

start_on() {
    options="-p $1"
    if [ "$speed" = fast ]; then
        options="$options -c fsync=off -c full_page_writes=off"
    fi
    as_owner "$binaries/pg_ctl" --pgdata="$folder/data" --log="$folder/server.log" --wait \
        --timeout=60 --silent --options="$options" start
}

start() {
    [ -f "$folder/data/PG_VERSION" ] || make_data
    stop
    take_port "$folder/port"
    "$binaries/psql" -h 127.0.0.1 -p "$(port)" -U postgres -d postgres -qAt >"$folder/setup.log" 2>&1 <<'SQL'
SELECT 'CREATE ROLE svyaz LOGIN CREATEDB' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'svyaz') \gexec
GRANT SET ON PARAMETER session_replication_role TO svyaz; -- tests restore tables without minding foreign keys
SELECT 'CREATE DATABASE svyaz OWNER svyaz' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'svyaz') \gexec
SQL
}

restart() { start_on "$(port)"; }

stop() {
    is_running || return 0
    as_owner "$binaries/pg_ctl" --pgdata="$folder/data" --mode=fast --wait --timeout=20 --silent stop ||
        as_owner "$binaries/pg_ctl" --pgdata="$folder/data" --mode=immediate --wait --silent stop
}

kill_server() {
    as_owner "$binaries/pg_ctl" --pgdata="$folder/data" --mode=immediate --wait --silent stop
}

port() { cat "$folder/port"; }

url() {
    printf 'Driver=PostgreSQL ANSI;Server=127.0.0.1;Port=%s;Database=svyaz;UID=svyaz\n' "$(port)"
}

case $action in
start | restart | stop | port | url) "$action" ;;
kill) kill_server ;;
*) echo "postgresql.sh: start, restart, stop, kill, port or url" >&2; exit 2 ;;
esac

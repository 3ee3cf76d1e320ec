#!/bin/sh
# A PostgreSQL server of its own for tests, on the loopback interface only.
#
#   postgresql.sh start DIR PORT [fast]   makes the data in DIR/postgresql when missing, and starts
#   postgresql.sh stop  DIR PORT          stops it, waiting; killed after 20 seconds
#   postgresql.sh kill  DIR PORT          ends it at once, as a crash would
#   postgresql.sh url   DIR PORT          prints the ODBC connection string
#
# It writes as safely as in production; with `fast` a commit survives a crash of the server but not
# of the machine. Started by root it runs as the user postgres that Debian's package made.
set -eu

action=$1 folder=$2/postgresql port=$3 speed=${4:-safe}
binaries=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)

as_owner() {
    if [ "$(id -u)" -eq 0 ]; then
        setpriv --reuid=postgres --regid=postgres --init-groups env HOME="$folder" LC_ALL=C.UTF-8 "$@"
    else
        env LC_ALL=C.UTF-8 "$@"
    fi
}

make_data() {
    mkdir -p "$folder"
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

start() {
    [ -f "$folder/data/PG_VERSION" ] || make_data
    options="-p $port"
    if [ "$speed" = fast ]; then
        options="$options -c fsync=off -c full_page_writes=off"
    fi
    as_owner "$binaries/pg_ctl" --pgdata="$folder/data" --log="$folder/server.log" --wait \
        --timeout=60 --silent --options="$options" start
    "$binaries/psql" -h 127.0.0.1 -p "$port" -U postgres -d postgres -qAt >"$folder/setup.log" 2>&1 <<'SQL'
SELECT 'CREATE ROLE svyaz LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'svyaz') \gexec
SELECT 'CREATE DATABASE svyaz OWNER svyaz' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'svyaz') \gexec
SQL
}

stop() {
    [ -f "$folder/data/postmaster.pid" ] || return 0
    as_owner "$binaries/pg_ctl" --pgdata="$folder/data" --mode=fast --wait --timeout=20 --silent stop ||
        as_owner "$binaries/pg_ctl" --pgdata="$folder/data" --mode=immediate --wait --silent stop
}

kill_server() {
    as_owner "$binaries/pg_ctl" --pgdata="$folder/data" --mode=immediate --wait --silent stop
}

url() {
    printf 'Driver=PostgreSQL ANSI;Server=127.0.0.1;Port=%s;Database=svyaz;UID=svyaz\n' "$port"
}

case $action in
start | stop | url) "$action" ;;
kill) kill_server ;;
*) echo "postgresql.sh: start, stop, kill or url" >&2; exit 2 ;;
esac

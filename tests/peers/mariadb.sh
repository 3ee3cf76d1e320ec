#!/bin/sh
# A MariaDB server of its own for tests, on a free port of the loopback interface only.
#
#   mariadb.sh start   DIR [fast]   makes the data in DIR/mariadb when missing, and starts
#   mariadb.sh restart DIR [fast]   starts again on the port that it had
#   mariadb.sh stop    DIR          stops it, waiting; killed after 20 seconds
#   mariadb.sh kill    DIR          ends it at once, as a crash would
#   mariadb.sh port    DIR          prints the port that it took
#   mariadb.sh url     DIR          prints the ODBC connection string
#
# It writes as safely as in production; with `fast` a commit survives a crash of the server but not
# of the machine. Started by root it runs as the user mysql that Debian's package made.
# shellcheck disable=SC2086 # options are words
set -eu
. "$(dirname "$0")/port.sh"
. "$(dirname "$0")/owner.sh"

action=$1 folder=$2/mariadb speed=${3:-safe}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd -P)
pid_file=$folder/mariadb.pid

become mysql "$folder"

make_data() {
    if [ "$(id -u)" -eq 0 ]; then chown mysql:mysql "$folder"; fi
    $as_owner mariadb-install-db --no-defaults --datadir="$folder/data" --skip-test-db \
        --auth-root-authentication-method=normal >"$folder/install.log" 2>&1
}

client() { mariadb --no-defaults --protocol=tcp --host=127.0.0.1 --port="$(port)" --user=root "$@"; }

# Another's server may answer on the port that ours could not have: it has another folder.
wait_until_ready() {
    for _ in $(seq 300); do
        if [ "$(client -BNe 'SELECT @@datadir' 2>/dev/null)" = "$folder/data/" ]; then return 0; fi
        kill -0 "$1" 2>/dev/null || return 1
        sleep 0.1
    done
    return 1
}

start_on() {
    options=
    preload=
    if [ "$speed" = fast ]; then
        # New tables are synchronised whatever the options say; this library makes fsync nothing.
        preload=$(ls /usr/lib/*/libeatmydata.so 2>/dev/null)
        options="--innodb-flush-log-at-trx-commit=2 --innodb-flush-method=nosync --innodb-doublewrite=0"
    fi
    # The socket's name is relative to the data: a whole path may be longer than the system allows.
    LD_PRELOAD=$preload $as_owner mariadbd --no-defaults --datadir="$folder/data" --bind-address=127.0.0.1 --port="$1" \
        --socket=mariadb.sock --pid-file="$pid_file" --max-connections=200 \
        --character-set-server=utf8mb4 --skip-name-resolve --log-error="$folder/server.log" $options \
        </dev/null >/dev/null 2>&1 &
    wait_until_ready $!
}

start() {
    [ -d "$folder/data/mysql" ] || make_data
    stop
    take_port "$folder/port"
    client >"$folder/setup.log" 2>&1 <<'SQL'
CREATE DATABASE IF NOT EXISTS svyaz;
CREATE USER IF NOT EXISTS 'svyaz'@'127.0.0.1';
GRANT ALL ON *.* TO 'svyaz'@'127.0.0.1';
SQL
}

restart() { start_on "$(port)"; }

# Whether the server of this folder runs: what a run before has left may bear the id of another's process.
is_running() {
    pid=$(cat "$pid_file" 2>/dev/null) || return 1
    [ "$(readlink "/proc/$pid/cwd")" = "$folder/data" ]
}

wait_until_gone() {
    for _ in $(seq 200); do
        kill -0 "$1" 2>/dev/null || return 0
        sleep 0.1
    done
    return 1
}

stop() {
    is_running || return 0
    kill "$pid" 2>/dev/null || return 0
    wait_until_gone "$pid" || kill -9 "$pid"
}

kill_server() {
    pid=$(cat "$pid_file")
    kill -9 "$pid"
    wait_until_gone "$pid"
    rm -f "$pid_file"
}

url() {
    printf 'Driver=MariaDB Unicode;Server=127.0.0.1;Port=%s;Database=svyaz;UID=svyaz\n' "$(port)"
}

port() { cat "$folder/port"; }

case $action in
start | restart | stop | port | url) "$action" ;;
kill) kill_server ;;
*) echo "mariadb.sh: start, restart, stop, kill, port or url" >&2; exit 2 ;;
esac

#!/bin/sh
# A MariaDB server of its own for tests, on the loopback interface only.
#
#   mariadb.sh start DIR PORT [fast]   makes the data in DIR/mariadb when missing, and starts
#   mariadb.sh stop  DIR PORT          stops it, waiting; killed after 20 seconds
#   mariadb.sh kill  DIR PORT          ends it at once, as a crash would
#   mariadb.sh url   DIR PORT          prints the ODBC connection string
#
# It writes as safely as in production; with `fast` a commit survives a crash of the server but not
# of the machine. Started by root it runs as the user mysql that Debian's package made.
# shellcheck disable=SC2086 # options are words
set -eu

action=$1 folder=$2/mariadb port=$3 speed=${4:-safe}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
pid_file=$folder/mariadb.pid
client="mariadb --no-defaults --protocol=tcp --host=127.0.0.1 --port=$port --user=root"

as_owner=
if [ "$(id -u)" -eq 0 ]; then as_owner="setpriv --reuid=mysql --regid=mysql --init-groups"; fi

make_data() {
    if [ "$(id -u)" -eq 0 ]; then chown mysql:mysql "$folder"; fi
    $as_owner mariadb-install-db --no-defaults --datadir="$folder/data" --skip-test-db \
        --auth-root-authentication-method=normal >"$folder/install.log" 2>&1
}

wait_until_ready() {
    for _ in $(seq 300); do
        if $client --execute='SELECT 1' >/dev/null 2>&1; then return 0; fi
        sleep 0.1
    done
    echo "mariadb.sh: no answer; see $folder/server.log" >&2
    return 1
}

start() {
    [ -d "$folder/data/mysql" ] || make_data
    options=
    preload=
    if [ "$speed" = fast ]; then
        # New tables are synchronised whatever the options say; this library makes fsync nothing.
        preload=$(ls /usr/lib/*/libeatmydata.so 2>/dev/null)
        options="--innodb-flush-log-at-trx-commit=2 --innodb-flush-method=nosync --innodb-doublewrite=0"
    fi
    LD_PRELOAD=$preload $as_owner mariadbd --no-defaults --datadir="$folder/data" --bind-address=127.0.0.1 --port="$port" \
        --socket="/tmp/svyaz-mariadb-$port.sock" --pid-file="$pid_file" --max-connections=200 \
        --character-set-server=utf8mb4 --skip-name-resolve --log-error="$folder/server.log" $options \
        </dev/null >/dev/null 2>&1 &
    wait_until_ready
    $client >"$folder/setup.log" 2>&1 <<'SQL'
CREATE DATABASE IF NOT EXISTS svyaz;
CREATE USER IF NOT EXISTS 'svyaz'@'127.0.0.1';
GRANT ALL ON *.* TO 'svyaz'@'127.0.0.1';
SQL
}

wait_until_gone() {
    for _ in $(seq 200); do
        kill -0 "$1" 2>/dev/null || return 0
        sleep 0.1
    done
    return 1
}

stop() {
    [ -f "$pid_file" ] || return 0
    pid=$(cat "$pid_file")
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
    printf 'Driver=MariaDB Unicode;Server=127.0.0.1;Port=%s;Database=svyaz;UID=svyaz\n' "$port"
}

case $action in
start | stop | url) "$action" ;;
kill) kill_server ;;
*) echo "mariadb.sh: start, stop, kill or url" >&2; exit 2 ;;
esac

#!/bin/sh
# A Galera cluster of three MariaDB servers for tests, on free ports of the loopback interface only.
#
#   galera.sh start   DIR        makes an empty cluster in DIR/galera: the first node, which the others copy
#   galera.sh restart DIR NODE   starts a node that was killed: it joins the others again
#   galera.sh stop    DIR        stops all, waiting; killed after 20 seconds
#   galera.sh kill    DIR NODE   ends a node at once, as a crash would
#   galera.sh port    DIR NODE   prints the port that it took for clients
#   galera.sh url     DIR NODE   prints the ODBC connection string
#
# A node is 1, 2 or 3. What is committed survives a crash of a server but not of the machine: others have it. Started by
# root it runs as the user mysql that Debian's package made.
# shellcheck disable=SC2086 # options are words
set -eu
. "$(dirname "$0")/port.sh"
. "$(dirname "$0")/owner.sh"

action=$1 folder=$2/galera node=${3:-1}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd -P)
provider=$(ls /usr/lib/galera/libgalera_smm.so /usr/lib/libgalera_smm.so 2>/dev/null | head -n 1)

become mysql "$folder"

data() { echo "$folder/$1/data"; }
# Four ports follow one another: for clients, the group, what a node missed, and whole copies.
port() { cat "$folder/$node/port"; }
group_of() { echo "127.0.0.1:$(($(cat "$folder/$1/port" 2>/dev/null || echo 1) + 1))"; }
pid() { cat "$folder/$node/mariadb.pid" 2>/dev/null; }

client() { mariadb --no-defaults --protocol=tcp --host=127.0.0.1 --port="$(port)" --user=root "$@"; }

# A node serves when it has what the others have; a copy of all takes its time.
wait_until_ready() {
    for _ in $(seq 1200); do
        case $(client -BNe "SELECT @@datadir; SHOW STATUS LIKE 'wsrep_local_state_comment'" 2>/dev/null) in
        "$(data "$node")/"*Synced) return 0 ;;
        esac
        kill -0 "$1" 2>/dev/null || return 1
        sleep 0.1
    done
    return 1
}

# Where a node that was killed stood, so that it asks for what it missed and not for a copy of all.
recovered_position() {
    [ -d "$(data "$node")/mysql" ] || return 0
    # shellcheck disable=SC2046 # options are words
    $as_owner mariadbd $(options "$1") --wsrep-recover --log-error="$folder/$node/recover.log" >/dev/null 2>&1 || return 0
    sed -n 's/.*WSREP: Recovered position:* *\([0-9a-f-]*:[0-9-]*\).*/--wsrep-start-position=\1/p' "$folder/$node/recover.log" | tail -n 1
    rm -f "$folder/$node/recover.log"
}

options() {
    echo --no-defaults --datadir="$(data "$node")" --bind-address=127.0.0.1 --port="$1" --socket=mariadb.sock \
        --pid-file="$folder/$node/mariadb.pid" --max-connections=200 --character-set-server=utf8mb4 --skip-name-resolve \
        --innodb-flush-log-at-trx-commit=2 --innodb-flush-method=nosync --innodb-buffer-pool-size=64M \
        --binlog-format=ROW --innodb-autoinc-lock-mode=2 --wsrep-on=ON --wsrep-provider="$provider" \
        --wsrep-cluster-name=svyaz --wsrep-node-address=127.0.0.1 --wsrep-node-name="node$node" --wsrep-sst-method=rsync \
        --wsrep-sst-receive-address="127.0.0.1:$(($1 + 3))"
}

start_on() {
    cluster=gcomm://
    [ "$node" = "$first" ] || cluster=gcomm://$(group_of 1),$(group_of 2),$(group_of 3)
    group="gmcast.listen_addr=tcp://127.0.0.1:$(($1 + 1));base_port=$(($1 + 1));ist.recv_addr=127.0.0.1:$(($1 + 2));gcache.size=64M"
    # shellcheck disable=SC2046 # options are words
    $as_owner mariadbd $(options "$1") --log-error="$folder/$node/server.log" --wsrep-cluster-address="$cluster" \
        --wsrep-provider-options="$group" $(recovered_position "$1") </dev/null >/dev/null 2>&1 &
    wait_until_ready $!
}

start() {
    stop
    rm -rf "$folder"/[123]
    first=1
    for node in 1 2 3; do
        mkdir -p "$folder/$node"
        if [ "$(id -u)" -eq 0 ]; then chown mysql:mysql "$folder/$node"; fi
        $as_owner mkdir "$(data "$node")"
        if [ "$node" = 1 ]; then
            $as_owner mariadb-install-db --no-defaults --datadir="$(data 1)" --skip-test-db \
                --auth-root-authentication-method=normal >"$folder/install.log" 2>&1
        fi
        take_port "$folder/$node/port"
    done
    client >"$folder/setup.log" 2>&1 <<'SQL'
CREATE USER IF NOT EXISTS 'svyaz'@'127.0.0.1';
GRANT ALL ON *.* TO 'svyaz'@'127.0.0.1';
SQL
}

restart() {
    first=none
    start_on "$(port)"
}

# Whether the server of this folder runs: what a run before has left may bear the id of another's process.
is_running() { [ "$(readlink "/proc/$(pid)/cwd")" = "$(data "$node")" ]; }

wait_until_gone() {
    for _ in $(seq 200); do
        kill -0 "$1" 2>/dev/null || return 0
        sleep 0.1
    done
    return 1
}

stop() {
    for node in 3 2 1; do
        is_running || continue
        running=$(pid)
        kill "$running" 2>/dev/null || continue
        wait_until_gone "$running" || kill -9 "$running"
    done
}

kill_node() {
    running=$(pid)
    kill -9 "$running"
    wait_until_gone "$running"
    rm -f "$folder/$node/mariadb.pid"
}

url() {
    printf 'Driver=MariaDB Unicode;Server=127.0.0.1;Port=%s;Database=svyaz;UID=svyaz\n' "$(port)"
}

case $action in
start | restart | stop | port | url) "$action" ;;
kill) kill_node ;;
*) echo "galera.sh: start, restart, stop, kill, port or url" >&2; exit 2 ;;
esac

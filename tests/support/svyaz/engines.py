"""The three databases as a test sees them: a server of its own, and a way to read rows past us."""
import contextlib
import json
import pathlib
import re
import sqlite3
import subprocess
import time
import uuid

from svyaz.server import ROOT

PEERS = ROOT / "tests" / "peers"
DOUBLE, BACK = '"{}"', "`{}`"


def quoted(names, quotes):
    return ", ".join(quotes.format(name) for name in names)


def plain(value):
    """An id as text; all else is plain already."""
    return str(uuid.UUID(bytes=value)) if isinstance(value, bytes) and len(value) == 16 else value


def from_batch(word):
    """What a word of MariaDB's batch output stands for."""
    if re.fullmatch("0x[0-9A-F]{32}", word):
        return str(uuid.UUID(word[2:]))
    if re.fullmatch(r"-?\d+", word):
        return int(word)
    return None if word in ("NULL", "0x") else word  # binary null is written so


def by_table(rows, wanted):
    """Rows that begin with the name of their table, as `cells` answers them."""
    found = {table: [] for table in wanted}
    for table, *values in rows:
        found[table].append(dict(zip(wanted[table], values)))
    return found


class Sqlite:
    """A file in the data folder of the organisation."""
    name = "SQLite"
    is_scaling = True  # decimals are kept as whole numbers of their last place
    port = None

    def __init__(self, folder):
        self.folder = folder

    def settings(self):
        return []

    def rows(self, server, table):
        """All rows of a table, each as one text, in the order of their ids."""
        with contextlib.closing(sqlite3.connect(f"file:{server.folder}/svyaz.db?mode=ro", uri=True)) as database:
            return [repr(row) for row in database.execute(f'SELECT * FROM "{table}" ORDER BY id')]

    def cells(self, server, wanted):
        """Some columns of some tables, {table: columns}, as {table: [{column: value}]}."""
        with contextlib.closing(sqlite3.connect(f"file:{server.folder}/svyaz.db?mode=ro", uri=True)) as database:
            return {table: [dict(zip(columns, map(plain, row))) for row in
                            database.execute(f"SELECT {quoted(columns, DOUBLE)} FROM {quoted([table], DOUBLE)}")]
                    for table, columns in wanted.items()}

    def start(self):
        """There is no server."""

    def stop(self):
        """There is no server."""

    def make_empty(self):
        """The next organisation is made in an empty folder."""


class Served:
    """An engine with a server, started by a script of tests/peers."""
    name = script = ""
    is_scaling = False

    def __init__(self, folder, speed="fast"):
        """With speed "safe" it writes as in production, else it does not wait for the disk."""
        self.folder, self.speed, self.port = folder, speed, None

    def call(self, action, *words):
        return subprocess.run([PEERS / self.script, action, self.folder, *words],
                              check=True, capture_output=True, text=True).stdout.strip()

    def settings(self):
        return [f"database.url={self.call('url')}"]

    def start(self):
        """Starts the server with an empty database; data of a run before are thrown away."""
        self.call("start", self.speed)
        self.port = self.call("port")
        self.make_empty()

    def start_again(self):
        """On the port that it had."""
        self.call("restart", self.speed)

    def stop(self):
        self.call("stop")

    def lines(self, *command):
        return subprocess.run([str(word) for word in command], check=True, capture_output=True,
                              text=True).stdout.splitlines()


class Postgresql(Served):
    name, script = "PostgreSQL", "postgresql.sh"

    def psql(self, database, sql):
        return self.lines("psql", "-h", "127.0.0.1", "-p", self.port, "-U", "postgres", "-d", database,
                          "-qAtc", sql)

    def kill(self):
        """Ends the server as a power cut would."""
        pid_file = self.folder / "postgresql" / "data" / "postmaster.pid"
        subprocess.run(["kill", "-9", pid_file.read_text().split()[0]], check=True)
        time.sleep(0.5)
        pid_file.unlink()

    def make_empty(self):
        self.psql("postgres", "DROP DATABASE IF EXISTS svyaz")
        self.psql("postgres", "CREATE DATABASE svyaz OWNER svyaz")

    def rows(self, _, table):
        return self.psql("svyaz", f'SELECT to_jsonb(t) FROM "{table}" t ORDER BY id')

    def cells(self, _, wanted):
        lines = self.psql("svyaz", "; ".join(
            f"SELECT jsonb_build_array('{table}', {quoted(columns, DOUBLE)}) FROM {quoted([table], DOUBLE)}"
            for table, columns in wanted.items()))
        return by_table(map(json.loads, lines), wanted)


class Mariadb(Served):
    name, script = "MariaDB", "mariadb.sh"

    def sql(self, text, *words):
        return self.lines("mariadb", "--no-defaults", "--protocol=tcp", "--host=127.0.0.1",
                          f"--port={self.port}", "--user=root", "--batch", "--skip-column-names",
                          "--binary-as-hex", *words, "-e", text)

    def kill(self):
        """Ends the server as a power cut would."""
        self.call("kill")

    def make_empty(self):
        self.sql("DROP DATABASE IF EXISTS svyaz; CREATE DATABASE svyaz")

    def rows(self, _, table):
        return self.sql(f"SELECT * FROM `{table}` ORDER BY id", "svyaz")

    def cells(self, _, wanted):
        lines = self.sql("; ".join(
            f"SELECT '{table}', {quoted(columns, BACK)} FROM {quoted([table], BACK)}"
            for table, columns in wanted.items()), "svyaz")
        return by_table([map(from_batch, line.split("\t")) for line in lines], wanted)


class Galera(Mariadb):
    """Three servers of MariaDB, each of which holds all and takes writes."""
    name, script = "Galera", "galera.sh"
    NODES = (1, 2, 3)

    @staticmethod
    def is_installed():
        return pathlib.Path("/usr/lib/galera/libgalera_smm.so").exists()

    def start(self):
        """A new cluster with an empty database."""
        self.call("start")
        self.look_at(1)
        self.make_empty()

    def look_at(self, node):
        """Rows and cells are those of this node from now on."""
        self.port = self.port_of(node)

    def port_of(self, node):
        return self.call("port", str(node))

    def settings_at(self, port):
        """Of a server that finds a node, or a balancer before all, at this port."""
        return [f"database.url={re.sub('Port=[0-9]+', f'Port={port}', self.call('url', '1'))}"]

    def kill_node(self, node):
        self.call("kill", str(node))

    def signal_node(self, node, signal):
        pid = (self.folder / "galera" / str(node) / "mariadb.pid").read_text().strip()
        subprocess.run(["kill", f"-{signal}", pid], check=True)

    def freeze_node(self, node):
        """It says nothing any more; the others go on without it."""
        self.signal_node(node, "STOP")

    def thaw_node(self, node):
        self.signal_node(node, "CONT")

    def is_whole(self):
        """Whether all nodes hold the same and take writes. One that was cut off does not know it at once: those who
        went on without it do."""
        for node in self.NODES:
            self.look_at(node)
            said = super().sql("SHOW STATUS WHERE Variable_name IN ('wsrep_cluster_size', 'wsrep_local_state_comment')")
            if set(said) != {f"wsrep_cluster_size\t{len(self.NODES)}", "wsrep_local_state_comment\tSynced"}:
                return False
        return True

    def start_node_again(self, node):
        """It comes back when it has what it missed."""
        self.call("restart", str(node))

    def sql(self, text, *words):
        return super().sql(f"SET SESSION wsrep_sync_wait = 1; {text}", *words)


ENGINES = (Sqlite, Postgresql, Mariadb)

"""An organisation to measure: its server, an ordinary user, and rows in numbers."""
import hashlib
import json
import pathlib
import subprocess

from svyaz import wire
from svyaz.server import ADMIN, PASSWORD, ROOT, SURROUNDINGS, Server

HERE = pathlib.Path(__file__).resolve().parent
WORK = ROOT / "build" / "bench"
POSTGRESQL = ROOT / "tests" / "peers" / "postgresql.sh"
PROGRAM = "build/release/crmd"
# A load generator is one source that asks without end.
SETTINGS = ("http.requests_per_connection=1000000000", "http.connections_per_source=100000",
            "http.requests_per_user=1000", "log.level=warning")


class Postgresql:
    """A PostgreSQL of its own with fsync on; in a with statement it runs, with an empty database svyaz."""

    def __enter__(self):
        self.call("start")
        self.port = self.call("port")
        self.empty("svyaz")
        return self

    def __exit__(self, *_):
        self.call("stop")

    def call(self, action):
        return subprocess.run([POSTGRESQL, action, WORK], check=True, capture_output=True, text=True).stdout.strip()

    def empty(self, database):
        self.psql("postgres", f"DROP DATABASE IF EXISTS {database}")
        self.psql("postgres", f"CREATE DATABASE {database} OWNER svyaz")

    def url(self, database="svyaz"):
        return self.call("url").replace("Database=svyaz", f"Database={database}")

    def psql(self, database, sql, user="postgres"):
        """Runs SQL; the answer, columns by | and rows by line."""
        return subprocess.run(
            ["psql", "-h", "127.0.0.1", "-p", self.port, "-U", user, "-d", database,
             "-qAt", "-v", "ON_ERROR_STOP=1", "-c", sql], check=True, capture_output=True, text=True).stdout

    def pid(self):
        return int((WORK / "postgresql" / "data" / "postmaster.pid").read_text().split()[0])


def make(name, postgresql=None, settings=()):
    """A fresh organisation, in SQLite or in a PostgreSQL; its server is not started."""
    database = [f"database.url={postgresql.url()}"] if postgresql else []
    server = Server(WORK / name, PROGRAM, [*SETTINGS, *database, *settings])
    server.bootstrap()
    return server


def origin(name, *words):
    """A digest of what an organisation is made from: if it changes, one that was kept is made again."""
    sources = [*(ROOT / "metadata").rglob("*.xml"), *(ROOT / "src").rglob("*tables.c"),
               ROOT / "src" / "metadata" / "schema.c", HERE / f"{name}.py"]
    digest = hashlib.sha256(repr(words).encode())
    for path in sorted(sources):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def keep(name, postgresql, load, source, *words):
    """An organisation in a database of its own, kept from run to run until what it is made from changes, the
    module source among it: its server, which is not started, and what load(server) told of it when it was made."""
    server = Server(WORK / name, PROGRAM, [*SETTINGS, f"database.url={postgresql.url(name)}"])
    note = server.folder / "kept.json"
    made_from = origin(source, *words)
    if note.exists():
        kept = json.loads(note.read_text())
        if kept["from"] == made_from:
            return server, kept["told"]
    postgresql.empty(name)
    server.bootstrap()
    with server:
        told = load(server)
    note.write_text(json.dumps({"from": made_from, "told": told}))
    return server, told


def ask(server, service, operation, content, user=ADMIN, password=PASSWORD):
    """The response element of a call; a fault is an error."""
    reply = wire.call(server.url, service, operation, content, headers=wire.basic(user, password))
    if not reply.is_soap or reply.fault() is not None:
        raise RuntimeError(f"{operation}: HTTP {reply.status} {reply.body[:500]}")
    return reply.message()


def token(server, user=ADMIN, password=PASSWORD):
    content = f"<userName>{user}</userName><password>{password}</password><application>bench</application>"
    answer = wire.call(server.url, "Session", "Login", content).message()
    return answer.findtext("{*}result/{*}token")


def clone(postgresql, table, wanted, database="svyaz"):
    """Copies the rows of a table until there are about so many; each copy has an id of its own."""
    columns = postgresql.psql(database, "SELECT string_agg(quote_ident(column_name), ',') FROM "
                              "information_schema.columns WHERE table_schema = 'public' "
                              f"AND table_name = '{table}' AND column_name <> 'id'").strip()
    have = int(postgresql.psql(database, f"SELECT count(*) FROM {table}"))
    postgresql.psql(database, f"INSERT INTO {table} (id, {columns}) SELECT gen_random_uuid(), {columns} "
                    f"FROM {table}, generate_series(1, {max(0, wanted // have - 1)})", "svyaz")
    postgresql.psql(database, "VACUUM ANALYZE")
    postgresql.psql(database, "CHECKPOINT")


def wrk(script, url, *arguments, seconds=10, connections=8, environment=None):
    """Runs wrk with a script; the numbers of its line RESULT."""
    run = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "--latency", "-s",
         str(script), url, "--", *map(str, arguments)],
        capture_output=True, text=True, env=environment, check=True)
    for line in run.stdout.splitlines():
        if line.startswith("RESULT "):
            result = {key: float(value) for key, value in
                      (pair.split("=") for pair in line.split()[1:])}
            if result["bad"] > 0 or result["ok"] == 0:
                raise RuntimeError(f"{result['bad']:.0f} wrong answers: {run.stdout[-800:]}")
            return result
    raise RuntimeError(f"wrk said: {run.stdout[-500:]}{run.stderr[-500:]}")


SCRIPTS = HERE / "load"


def ordinary_session(server, role="erp-integration"):
    """The token of a user who is no administrator, made with this role."""
    unit = ask(server, "Session", "WhoAmI", "").findtext(".//{*}businessUnitId")
    user = ask(server, "SystemUser", "CreateSystemUser",
               "<systemUser><userName>bench</userName><firstName>Bench</firstName><lastName>Mark</lastName>"
               f"<businessUnit><entity>BusinessUnit</entity><id>{unit}</id></businessUnit></systemUser>"
               ).findtext(".//{*}id")
    roles = ask(server, "Role", "RetrieveMultipleRole",
                "<query><filter><conditions><Condition><field>templateName</field><operator>eq</operator>"
                f"<values><string>{role}</string></values></Condition></conditions></filter></query>")
    ask(server, "Security", "AddUserRole",
        f"<userId>{user}</userId><roleId>{roles.findtext('.//{*}Role/{*}id')}</roleId>")
    ask(server, "Security", "SetUserPassword", f"<userId>{user}</userId><password>{PASSWORD}</password>")
    return token(server, "bench", PASSWORD)

"""The same work on contacts against Svyaz and both peers, on one PostgreSQL, in turn."""
import contextlib
import os
import random
import subprocess
import time
import urllib.error
import urllib.request

import organisation
import processes
from organisation import SCRIPTS, WORK

PEERS = SCRIPTS.parent / "peers"
SECONDS = int(os.environ.get("BENCH_SECONDS", "10"))
OPERATIONS = ("retrieve", "create", "update", "list")
# CPU for each request against the PHP peer.
LIMITS = {"retrieve": 1 / 3, "create": 1 / 2, "update": 1 / 2, "list": 1 / 3}
NAMES = """<salutation>Mr</salutation><firstName>First{first}</firstName><lastName>Last{n}</lastName>
<jobTitle>Sales manager</jobTitle><emailAddress1>p{n}@example.com</emailAddress1>
<telephone1>+49 30 000000</telephone1><mobilePhone>+49 170 000000</mobilePhone><fax>+49 30 000001</fax>
<address1Line1>{n} Main Street</address1Line1><address1Line2>Back yard</address1Line2>
<address1City>City{city}</address1City><address1StateOrProvince>Region</address1StateOrProvince>
<address1PostalCode>10115</address1PostalCode><address1Country>Germany</address1Country>
<birthDate>1985-01-01</birthDate>
<description>A short note about this contact, as a user would type it.</description>"""


def fill(server, postgresql, rows):
    """A thousand contacts through the API, then copies of them; the file with all ids."""
    for n in range(1000):
        content = NAMES.format(n=n, first=n % 997, city=n % 100)
        organisation.ask(server, "Contact", "CreateContact", f"<contact>{content}</contact>")
    organisation.clone(postgresql, "contact", rows)
    path = WORK / "ids"
    path.write_text(postgresql.psql("svyaz", "SELECT id FROM contact"))
    return path


def fill_peers(postgresql, rows):
    postgresql.psql("postgres", "DROP DATABASE IF EXISTS bench")
    postgresql.psql("postgres", "CREATE DATABASE bench")
    subprocess.run(["psql", "-h", "127.0.0.1", "-p", postgresql.port, "-U", "postgres", "-d", "bench",
                    "-q", "-v", f"rows={rows}", "-f", PEERS / "load" / "schema.sql"],
                   check=True, capture_output=True)


@contextlib.contextmanager
def peer(name, postgresql):
    """Starts a peer; its process and port. The database is the peers' own."""
    url = f"postgresql://postgres@127.0.0.1:{postgresql.port}/bench"
    home = WORK / f"peer-{name}"
    home.mkdir(parents=True, exist_ok=True)
    process, port = start(name, url, os.environ | {"PEER_HOME": str(home)})
    try:
        yield process, port
    finally:
        process.terminate()
        process.wait(30)


def start(name, url, environment):
    """Tries ports, as nginx cannot ask the system for a free one; a peer whose port is taken ends."""
    for port in random.sample(range(20000, 32000), 3):
        with open(WORK / f"peer-{name}.log", "ab") as log:
            process = subprocess.Popen([PEERS / name / "run.sh", str(port), url], stdout=log, stderr=log,
                                       env=environment)
        if answers(port, process):
            return process, port
    raise RuntimeError(f"the peer does not listen; see {log.name}")


def answers(port, process):
    """Waits until something answers on the port: npm may be installing."""
    deadline = time.monotonic() + 180
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.5)  # by then a peer that could not have the port has ended
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2)
            return process.poll() is None
        except urllib.error.HTTPError:
            return process.poll() is None
        except OSError:
            continue
    process.terminate()
    process.wait(30)
    return False


def cost(run, pid, postgresql):
    """Requests a second and CPU milliseconds of server and database for each request."""
    run(2)
    before = processes.cpu_seconds(pid), processes.cpu_seconds(postgresql.pid())
    result = run(SECONDS)
    server, database = (after - begin for after, begin in zip(
        (processes.cpu_seconds(pid), processes.cpu_seconds(postgresql.pid())), before))
    return {"rps": result["rps"], "p99": result["p99_ms"], "server": server * 1000 / result["ok"],
            "database": database * 1000 / result["ok"]}


def load_peer(port, path, operation, rows):
    url = f"http://127.0.0.1:{port}{path}"
    script = PEERS / "load" / "contact.lua"
    return lambda seconds: organisation.wrk(script, url, operation, rows, 1, seconds=seconds)


def load_own(server, operation, ids, session):
    environment = os.environ | {"BENCH_TOKEN": session, "BENCH_IDS": str(ids)}
    return lambda seconds: organisation.wrk(SCRIPTS / "contact.lua", f"{server.url}/soap/Contact",
                                            operation, 1, seconds=seconds, environment=environment)


def measure(figures, rows):
    with organisation.Postgresql() as postgresql:
        table = {}
        server = organisation.make(f"contacts-{rows}", postgresql)
        with server:
            ids = fill(server, postgresql, rows)
            session = organisation.ordinary_session(server)
            for operation in OPERATIONS:
                table["svyaz", operation] = cost(load_own(server, operation, ids, session),
                                                 server.process.pid, postgresql)
        for name, path in (("php-soap", "/soap.php"), ("node-soap", "/soap")):
            fill_peers(postgresql, rows)
            try:
                with peer(name, postgresql) as (process, port):
                    for operation in OPERATIONS:
                        table[name, operation] = cost(load_peer(port, path, operation, rows),
                                                      process.pid, postgresql)
            except RuntimeError as reason:
                figures.missing(f"{name} at {rows:,} rows", reason)
    tell(figures, rows, table)


def tell(figures, rows, table):
    figures.note(f"{rows:,} rows, 8 connections     requests/s  p99 ms   CPU ms a request: server + database = sum")
    for operation in OPERATIONS:
        for name in ("svyaz", "php-soap", "node-soap"):
            row = table.get((name, operation))
            if row:
                figures.note(f"{operation:9} {name:10} {row['rps']:20.0f} {row['p99']:8.1f}"
                             f" {row['server']:20.3f} + {row['database']:.3f}"
                             f" = {row['server'] + row['database']:.3f}")
        own, php = table.get(("svyaz", operation)), table.get(("php-soap", operation))
        if own and php:
            ratio = (own["server"] + own["database"]) / (php["server"] + php["database"])
            figures.at_most(f"CPU of {operation} at {rows:,} rows against PHP", ratio, LIMITS[operation])

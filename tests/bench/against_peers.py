"""The same work on contacts against Svyaz and both peers, on one PostgreSQL, in turn."""
import contextlib
import functools
import itertools
import os
import random
import statistics
import subprocess
import time
import urllib.error
import urllib.request

import organisation
import processes
from organisation import SCRIPTS, WORK

PEERS = SCRIPTS.parent / "peers"
SECONDS = int(os.environ.get("BENCH_SECONDS", "10"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
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
    # Line n is of City n % 100 where it can be: an update then keeps the city, as those of the peers do.
    path = WORK / "ids"
    path.write_text(postgresql.psql("svyaz", """SELECT id FROM (SELECT id, "address1City" AS city,
        row_number() OVER (PARTITION BY "address1City" ORDER BY id) AS turn FROM contact) c
        ORDER BY turn, CASE city WHEN 'City0' THEN 100 ELSE substr(city, 5)::int END"""))
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


# Each run has a seed of its own, those of all servers in the same order: were it one for all, most updates
# of a later run would write what is there already, and who notices that would have nothing to do.
def load_peer(port, path, rows, seeds, operation):
    url = f"http://127.0.0.1:{port}{path}"
    script = PEERS / "load" / "contact.lua"
    return lambda seconds: organisation.wrk(script, url, operation, rows, next(seeds), seconds=seconds)


def load_own(server, ids, session, seeds, operation):
    environment = os.environ | {"BENCH_TOKEN": session, "BENCH_IDS": str(ids)}
    return lambda seconds: organisation.wrk(SCRIPTS / "contact.lua", f"{server.url}/soap/Contact",
                                            operation, next(seeds), seconds=seconds, environment=environment)


def measure(figures, rows):
    """Both databases are there and all servers run at once; an operation's rounds go from one to the next,
    so that what the machine does meanwhile, and what the database does afterwards, meets all alike."""
    with organisation.Postgresql() as postgresql, contextlib.ExitStack() as running:
        server = running.enter_context(organisation.make(f"contacts-{rows}", postgresql))
        ids = fill(server, postgresql, rows)
        session = organisation.ordinary_session(server)
        fill_peers(postgresql, rows)
        loads = {"svyaz": (server.process.pid, functools.partial(load_own, server, ids, session, itertools.count(1)))}
        for name, path in (("php-soap", "/soap.php"), ("node-soap", "/soap")):
            try:
                process, port = running.enter_context(peer(name, postgresql))
                loads[name] = process.pid, functools.partial(load_peer, port, path, rows, itertools.count(1))
            except RuntimeError as reason:
                figures.missing(f"{name} at {rows:,} rows", reason)
        table = {}
        for operation in OPERATIONS:
            for _ in range(ROUNDS):
                for name, (pid, load) in loads.items():
                    table.setdefault((name, operation), []).append(cost(load(operation), pid, postgresql))
    tell(figures, rows, table)


def median(rows):
    """Of each column."""
    return {column: statistics.median(row[column] for row in rows) for column in rows[0]}


def ratio(own, other):
    """The median of the ratios of rounds that followed each other."""
    return statistics.median((mine["server"] + mine["database"]) / (theirs["server"] + theirs["database"])
                             for mine, theirs in zip(own, other))


def tell(figures, rows, table):
    figures.note(f"{rows:,} rows, 8 connections     requests/s  p99 ms   CPU ms a request: server + database = sum")
    for operation in OPERATIONS:
        for name in ("svyaz", "php-soap", "node-soap"):
            if (name, operation) in table:
                row = median(table[name, operation])
                figures.note(f"{operation:9} {name:10} {row['rps']:20.0f} {row['p99']:8.1f}"
                             f" {row['server']:20.3f} + {row['database']:.3f}"
                             f" = {row['server'] + row['database']:.3f}")
        if ("php-soap", operation) in table:
            figures.at_most(f"CPU of {operation} at {rows:,} rows against PHP",
                            ratio(table["svyaz", operation], table["php-soap", operation]), LIMITS[operation])

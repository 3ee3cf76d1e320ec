"""A database that is locked, or gone in the middle of the work and back again."""
import concurrent.futures
import glob
import sqlite3
import subprocess
import time

from svyaz import wire
from svyaz.engines import Postgresql
from svyaz.server import ADMIN, PASSWORD, Server

RETRYABLE = ("DATABASE_UNAVAILABLE", "DATABASE_CONFLICT", "DATABASE_TIMEOUT", "OUTCOME_UNKNOWN", "BUSY")


def create(server, name):
    """Creates an account: its id, or the code of the fault, and the seconds that it took."""
    begin = time.monotonic()
    reply = wire.call(server.url, "Account", "CreateAccount", f"<account><name>{name}</name></account>",
                      headers=wire.basic(ADMIN, PASSWORD))
    seconds = time.monotonic() - begin
    if not reply.is_soap:
        return None, f"HTTP {reply.status}", seconds
    fault = reply.fault()
    if fault is not None:
        return None, fault.get("code"), seconds
    return reply.message().findtext(".//{*}id"), None, seconds


def count(server, name):
    reply = wire.call(
        server.url, "Account", "RetrieveMultipleAccount",
        f"<query><filter><conditions><Condition><field>name</field><operator>eq</operator><values><string>{name}"
        "</string></values></Condition></conditions></filter><count>true</count></query>",
        headers=wire.basic(ADMIN, PASSWORD))
    return int(reply.message().findtext(".//{*}total") or -1)


def knock(server):
    """A stranger guesses a password; the code of the fault. The guess is counted, which is a write too."""
    reply = wire.call(server.url, "Session", "WhoAmI", headers=wire.basic(ADMIN, "a guess"))
    return reply.fault().get("code")


def locked(server):
    """Another program locks the SQLite file; a write waits, is told to try again, and then works."""
    create(server, "before")
    other = sqlite3.connect(server.folder / "svyaz.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with concurrent.futures.ThreadPoolExecutor() as threads:
        stranger = threads.submit(knock, server)
        identifier, code, seconds = create(server, "while")
    other.execute("ROLLBACK")
    other.close()
    if stranger.result() not in RETRYABLE:
        return f"a guess at a password on a locked database answers {stranger.result()}"
    if identifier or code not in RETRYABLE:
        return f"a write on a locked database answers {code or identifier}"
    # Six attempts of five seconds; the note of who came in and the platform's own write stand before the first.
    # Whoever asks is given up by http.request_timeout, a minute: he is answered before that.
    if seconds > 58:
        return f"the fault took {seconds:.0f} s"
    if count(server, "while") != 0:
        return "what was answered with a fault was written"
    identifier, code, _ = create(server, "after")
    return None if identifier else f"after the lock a write answers {code}"


def is_back(server, seconds=15):
    """Whether writes work again within some seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if create(server, "back")[0]:
            return True
        time.sleep(0.2)
    return False


def gone_and_back(server, start, kill):
    """The database dies; calls say so quickly and can be repeated; it comes back and so do they."""
    if not create(server, "first")[0]:
        return "the first write does not work"
    for turn in range(3):
        kill()
        identifier, code, seconds = create(server, f"gone-{turn}")
        if identifier or code not in RETRYABLE:
            return f"without a database a write answers {code or identifier}"
        if seconds > 15:
            return f"the fault took {seconds:.0f} s"
        start()
        if not is_back(server):
            return "after the database came back writes do not work"
        if count(server, f"gone-{turn}") != 0:
            return "what was answered with a fault was written"
    return None if count(server, "first") == 1 else "what was acknowledged is lost"


def run(tally, program, work):
    server = Server(work / "locked", program)
    server.bootstrap()
    with server:
        tally.check("database-locked", locked(server))
    tally.check("no-report-of-locked", server.report())

    engine = Postgresql(work / "database")
    try:
        engine.start()
        server = Server(work / "gone", program, engine.settings())
        server.bootstrap()
        with server:
            pid = server.process.pid
            tally.check("database-gone-and-back", gone_and_back(server, engine.start_again, engine.kill))
        logs = glob.glob(f"/tmp/psqlodbc_*{pid}.log")
        tally.check("no-log-of-the-driver", f"it wrote {logs}" if logs else None)
        tally.check("no-report-of-gone", server.report())
    except (OSError, subprocess.SubprocessError) as reason:
        tally.fail("database-gone-and-back", reason)
    finally:
        engine.stop()

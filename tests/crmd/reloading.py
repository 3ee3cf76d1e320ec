"""SIGHUP: what a running server takes from its files, what it leaves, and what it says."""
import re
import signal
import subprocess
import time

from svyaz import raw, wire
from svyaz.server import ADMIN, PASSWORD, Server

ADMINISTRATOR = wire.basic(ADMIN, PASSWORD)
REQUEST = '<Request xmlns="urn:svyaz:crm:1:Account"><id>{}</id></Request>'


def wait_for(condition, seconds=30):
    """Whether something becomes true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def reload(server, lines=1):
    """What the log says of SIGHUP, in so many lines."""
    before = len(server.log())
    server.process.send_signal(signal.SIGHUP)
    wait_for(lambda: server.log()[before:].count('"event":"reload"') >= lines)
    return server.log()[before:]


def differs(said, *words):
    return next((f"nothing of '{word}': {said}" for word in words if word not in said), None)


def code(reply):
    """The code of a fault; the HTTP status of what is no SOAP; None when all is well."""
    if not reply.is_soap:
        return reply.status
    fault = reply.fault()
    return fault and fault.get("code")


def page(server, size):
    return code(wire.call(server.url, "Account", "RetrieveMultipleAccount",
                          f"<query><pageSize>{size}</pageSize></query>", headers=ADMINISTRATOR))


def create(server, name, request):
    return code(wire.call(server.url, "Account", "CreateAccount", f"<account><name>{name}</name></account>",
                          REQUEST.format(request), headers=ADMINISTRATOR))


def log_in(server):
    reply = wire.call(server.url, "Session", "Login", f"<userName>{ADMIN}</userName><password>{PASSWORD}</password>")
    return reply.message().findtext(".//{*}token")


def who_am_i(server, token):
    header = f'<Session xmlns="urn:svyaz:crm:1:Session"><token>{token}</token></Session>'
    return code(wire.call(server.url, "Session", "WhoAmI", header=header))


def head_of(server, size):
    """The status of a request whose head has so many bytes."""
    request = b"GET /soap HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Filler: "
    return raw.ask(server.port, request + b"x" * (size - len(request) - 4) + b"\r\n\r\n").status


def prove_limits(tally, server, path):
    """Queries, the HTTP head, what strangers send and describe keep to the new numbers at once."""
    path.write_text("[log]\nlevel = info\n[limits]\npage = 7\nhead = 2 KiB\nanonymous_body = 2 KiB\n")
    said = reload(server)
    tally.check("reload-names-what-changed", differs(said, "limits.head, limits.anonymous_body, limits.page"))
    tally.check("reloaded-page-at-its-limit", page(server, 7))
    tally.check("reloaded-page-above-it", None if page(server, 8) == "LIMIT_EXCEEDED" else str(page(server, 8)))
    tally.check("reloaded-head-at-its-limit", None if head_of(server, 2048) == 200 else str(head_of(server, 2048)))
    tally.check("reloaded-head-above-it", None if head_of(server, 2049) == 431 else str(head_of(server, 2049)))
    long = wire.call(server.url, "Session", "WhoAmI", "<!--" + "x" * 2048 + "-->")
    tally.check("reloaded-anonymous-body", None if code(long) == "LIMIT_EXCEEDED" else str(long.body))
    described = wire.call(server.url, "Metadata", "DescribeLimits", headers=ADMINISTRATOR)
    told = re.search(rb"<name>limits.page</name><value>(\d+)</value>", described.body)
    tally.check("reloaded-limits-are-described", None if told and told[1] == b"7" else str(described.body[:2000]))


def prove_level(tally, server, path):
    """Requests are logged, then only errors are, then requests again."""
    path.write_text("[log]\nlevel = error\n[limits]\npage = 7\n")
    server.process.send_signal(signal.SIGHUP)

    def is_silent():
        before = len(server.log())
        page(server, 1)
        return "RetrieveMultiple" not in server.log()[before:]
    tally.check("level-error", None if wait_for(is_silent, 10) else "requests are still logged")
    path.write_text("[limits]\npage = 7\n")
    tally.check("level-info-again", differs(reload(server), "log.level"))
    tally.check("requests-are-logged-again", "no request" if is_silent() else None)


def prove_keep(tally, server, path):
    """An answer kept for two weeks is kept for a second, once the file says so; a session likewise."""
    tally.check("keep-first", create(server, "Kept", "keep-1"))
    tally.check("keep-again", create(server, "Kept", "keep-1"))
    path.write_text("[requests]\nkeep = 1 s\n[session]\nidle = 1 s\n")
    token = log_in(server)
    reload(server)
    expired = wait_for(lambda: create(server, "Kept", "keep-1") == "REQUEST_ID_EXPIRED", 20)
    tally.check("keep-is-over", None if expired else str(create(server, "Kept", "keep-1")))
    ended = wait_for(lambda: time.sleep(1.5) or who_am_i(server, token) == "SESSION_INVALID", 20)
    tally.check("idle-is-over", None if ended else str(who_am_i(server, token)))


def prove_all_or_nothing(tally, server, path):
    """A mistake leaves everything; what wants a restart is named and left."""
    path.write_text("[limits]\npage = 9\n")
    reload(server)
    path.write_text("[limits]\npage = 3\ndepth = many\n")
    tally.check("mistake-is-said", differs(reload(server), '"level":"error"', "some.conf:3: limits.depth"))
    tally.check("mistake-changes-nothing", page(server, 9))
    path.write_text("[limits]\npage = 9\n[http]\nworkers = 1\n[database]\nurl = Driver={None};PWD=geheim\n")
    said = reload(server, 2)
    tally.check("restart-is-wanted", differs(said, '"level":"warning"', "want a restart", "http.workers, database.url"))
    tally.check("secrets-stay-unsaid", "the password is in the log" if "geheim" in said else None)
    tally.check("served-all-the-same", page(server, 9))
    path.unlink()
    tally.check("missing-file-is-said", differs(reload(server), '"level":"error"', "some.conf"))
    tally.check("missing-file-changes-nothing", None if page(server, 10) == "LIMIT_EXCEEDED" else "page")


def prove_under_load(tally, server, path):
    """Settings change all the time while requests run: each is answered by one set or the other."""
    path.write_text("[limits]\npage = 10\n")
    reload(server)
    wrong = []
    for turn in range(20):
        path.write_text(f"[limits]\npage = {10 + turn}\nhead = {4 + turn % 3} KiB\n")
        server.process.send_signal(signal.SIGHUP)
        wrong += [answer for answer in (page(server, 10) for _ in range(10)) if answer]
    tally.check("answers-under-reload", f"{wrong[:3]}" if wrong else None)


def prove_certificate(tally, work, settings):
    certificate, key = work / "crmd.crt", work / "crmd.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                    "/CN=127.0.0.1", "-out", certificate, "-keyout", key], check=True, capture_output=True)
    server = Server(work / "firm", settings=["http.tls_listen=127.0.0.1:0", f"http.tls_certificate={certificate}",
                                             f"http.tls_key={key}"], words=["--config", settings])
    with server:
        tally.check("start-names-the-settings", differs(server.log(), str(settings)))
        tally.check("reload-names-the-certificate", differs(reload(server, 2), str(certificate)))
        key.write_text("no key")
        tally.check("reload-that-fails", differs(reload(server, 2), '"level":"error"'))


def prove(tally, work):
    path = work / "some.conf"
    path.write_text("[log]\nlevel = info\n")
    server = Server(work / "firm", words=["--config", path])
    with server:
        tally.check("reload-of-nothing", differs(reload(server), "No setting has changed"))
        prove_limits(tally, server, path)
        prove_level(tally, server, path)
        prove_keep(tally, server, path)
        prove_all_or_nothing(tally, server, path)
        prove_under_load(tally, server, path)
    tally.check("reload-sanitizers", server.report() or None)
    path.write_text("")
    prove_certificate(tally, work, path)

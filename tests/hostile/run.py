#!/usr/bin/python3
"""Sends what no honest client sends; after each case the server must serve as before.

   run.py [--program FILE] [WORD...]     only the cases whose name holds one of the words
"""
import argparse
import contextlib
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]
import case  # noqa: E402
import clients  # noqa: E402
import crash  # noqa: E402
import database  # noqa: E402
import files  # noqa: E402
import framing  # noqa: E402
import limits  # noqa: E402
import messages  # noqa: E402
import multipart  # noqa: E402
from svyaz.patience import until_served  # noqa: E402
from svyaz.raw import Line, ask, trusting_context  # noqa: E402
from svyaz.server import ROOT, Server, hold_folder  # noqa: E402
from svyaz.tally import Tally  # noqa: E402

WORK = ROOT / "build" / "hostile"
# What no answer may tell: libraries, paths, statements, lines of source; nor may it open to other sites.
TELLTALE = re.compile(
    rb"gsoap|stdsoap|libxml|odbc|sqlstate|sqlite|postgres|SELECT .* FROM|INSERT INTO|[a-z_]+\.c:\d+|/build/|/usr/|" +
    re.escape(str(ROOT).encode()), re.I)


def outcome(answer):
    """What an answer is called in the expectations of a case."""
    if answer is None:
        return {"closed"}
    return {answer.status, answer.code()} if answer.code() else {answer.status}


def probe(line):
    """Whether a plain request is served on this connection."""
    def send():
        line.send(case.post(case.WHO_AM_I))
        return line.answer()
    answer = until_served(send)
    return answer is not None and answer.status == 200


def tells_too_much(answer):
    """What an answer betrays; None when nothing."""
    found = TELLTALE.search(answer.body)
    if found and answer.status != 200:
        return f"the answer tells {found[0]!r}"
    opened = [name for name in answer.headers if name.startswith("access-control-") or name in ("server", "set-cookie")]
    return f"the answer has the header lines {opened}" if opened else None


def lets_too_much(answer):
    """What a browser would be free to do with the answer; None when nothing."""
    wanted = {"x-content-type-options": "nosniff", "cache-control": "no-"}
    if answer.headers.get("content-type", "").startswith("text/html"):
        wanted["content-security-policy"] = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    lacking = [name for name, value in wanted.items() if value not in answer.headers.get(name, "")]
    return f"the answer lacks {lacking}" if lacking else None


def complaint_of(port, given, context=None):
    """Why a case ended otherwise than it should; None when it ended well."""
    with contextlib.ExitStack() as lines:
        def send():
            nonlocal line
            line = lines.enter_context(Line(port, context=context))
            line.send(given.data)
            if given.ends_sending:
                line.end_sending()
            return line.answer()
        line = None
        try:
            answer = until_served(send)
        except TimeoutError:
            return "no answer and no end within the time"
        return complaint_about(answer, given) or complaint_about_line(line, answer, given)


def complaint_about(answer, given):
    """What is wrong with the answer itself."""
    came = outcome(answer)
    if not came & set(given.expected):
        return f"{came} instead of one of {set(given.expected)}: {answer.body[:300] if answer else ''}"
    if answer is None:
        return None
    if given.says not in answer.body:
        return f"the answer does not say {given.says}: {answer.body[:600]}"
    return tells_too_much(answer) or lets_too_much(answer)


def complaint_about_line(line, answer, given):
    """What is wrong with the connection after it: it is ended, or serves as before."""
    if answer is None:
        return None
    if given.ends_sending or answer.says_close():
        return None if line.is_closed() else "the connection is neither kept nor ended"
    return None if probe(line) else "the connection was kept, but a plain request on it is not served"


def serves(server):
    """Why the server does not serve any more; None when it does."""
    if not server.is_alive():
        return f"the server has died\n{server.report() or server.log()[-2000:]}"
    answer = ask(server.port, case.post(case.WHO_AM_I))
    return None if answer and answer.status == 200 else "a plain request is not served"


def is_chosen(name, words):
    return not words or any(word in name for word in words)


def run_cases(tally, server, cases, words, is_tls=False):
    """Every case, in plain or over TLS."""
    context = trusting_context() if is_tls else None
    for given in cases:
        name = f"tls-{given.name}" if is_tls else given.name
        if not is_chosen(name, words):
            continue
        try:
            port = server.tls_port if is_tls else server.port
            complaint = complaint_of(port, given, context) or serves(server)
        except OSError as reason:
            complaint = f"{reason}\n{server.report()}"
        tally.check(name, complaint)
        if not server.is_alive():
            server.start()


def run_clients(tally, server, words):
    for test in clients.TESTS:
        name = test.__name__.replace("_", "-")
        if not is_chosen(name, words):
            continue
        try:
            tally.check(name, test(server.port) or serves(server))
        except OSError as reason:
            tally.fail(name, reason)


def tls_settings():
    """A certificate of its own, and what makes the server use it."""
    files = [WORK / "server.crt", WORK / "server.key"]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                    "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    return ["http.tls_listen=127.0.0.1:0", f"http.tls_certificate={files[0]}", f"http.tls_key={files[1]}"]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--program", default="build/check/crmd")
    arguments.add_argument("words", nargs="*")
    chosen = arguments.parse_args()
    lock = hold_folder(WORK)
    tally = Tally()

    plain = Server(WORK / "plain", chosen.program, ["http.requests_per_connection=100000", *tls_settings()])
    plain.bootstrap()
    small = Server(WORK / "small", chosen.program, clients.SETTINGS)
    small.bootstrap(plain.folder)
    with plain:
        for module in (framing, messages, limits, multipart):
            run_cases(tally, plain, module.CASES, chosen.words)
        # No half-close in TLS: cases that end their side are for plain connections.
        run_cases(tally, plain, [given for given in framing.CASES if not given.ends_sending and given not in framing.NOT_HTTP],
                  chosen.words, is_tls=True)
    with small:
        run_cases(tally, small, multipart.SMALL, chosen.words)
        run_clients(tally, small, chosen.words)
    for server in (plain, small):
        tally.check(f"no-report-of-{server.folder.name}", server.report())
    if not chosen.words or "files" in chosen.words:
        files.run(tally, WORK)
    if not chosen.words or "database" in chosen.words:
        database.run(tally, chosen.program, WORK)
        crash.run(tally, chosen.program, WORK)
    lock.close()
    tally.end()


main()

#!/usr/bin/python3
"""crmd's command line as an administrator meets it: modes, settings, what it says of mistakes.   run.py"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from svyaz import wire  # noqa: E402
from svyaz.raw import Line  # noqa: E402
from svyaz.server import ROOT, SURROUNDINGS, Server, hold_folder  # noqa: E402
from svyaz.tally import Tally  # noqa: E402
import newer_metadata  # noqa: E402
import reloading  # noqa: E402
from reloading import wait_for  # noqa: E402

WORK = ROOT / "build" / "crmd-test"
CRMD = ROOT / "build/check/crmd"


def run(*words, **variables):
    return subprocess.run([CRMD, *words], capture_output=True, text=True, timeout=60, cwd=WORK,
                          env=os.environ | SURROUNDINGS | variables)


def differs(ended, status, out="", talk=""):
    """What is wrong with how a run ended; None when nothing is."""
    if ended.returncode != status:
        return f"exit status {ended.returncode} instead of {status}: {ended.stdout}{ended.stderr}"
    if out not in ended.stdout:
        return f"'{out}' is not on standard output: {ended.stdout}"
    if talk not in ended.stderr:
        return f"'{talk}' is not on standard error: {ended.stderr}"
    return None


def prove_modes(tally):
    tally.check("version", differs(run("--version"), 0, "crmd 0."))
    tally.check("help", differs(run("--help"), 0, "--check"))
    tally.check("unknown-option", differs(run("--chek"), 1, "", "did you mean --check?\n  hint: crmd --help"))
    tally.check("option-without-value", differs(run("--data"), 1, "", "--data must be followed by DIR"))
    tally.check("bootstrap-alone", differs(run("--bootstrap"), 1, "", "go together"))


def prove_example(tally):
    """Every setting is there with its comment, and the file as written is a configuration."""
    example = run("--example")
    tally.check("example", differs(example, 0, "#listen = 127.0.0.1:8080"))
    bare = [block for block in example.stdout.split("\n\n") if re.search("^#[a-z_]+ =", block, re.M)
            and not block.startswith("# ")]
    tally.check("example-comments", f"no comment: {bare}" if bare else None)
    path = WORK / "example.conf"
    path.write_text(re.sub("^#(?=[a-z_]+ = .)", "", example.stdout, flags=re.M))
    tally.check("example-is-valid", differs(run("--config", path, "--data", WORK / "firm", "--check"), 0))


def prove_settings(tally):
    """The file, then the environment, then -o; the last wins, and a mistake is named with its place."""
    path = WORK / "crmd.conf"
    check = ["--config", path, "--data", WORK / "firm", "--check"]
    path.write_text("[http]\n\nlisen = 127.0.0.1:1\n")
    tally.check("file-misspelt", differs(run(*check), 1, "", "crmd.conf:3: there is no setting http.lisen; did you mean http.listen?"))
    path.write_text("[http]\nqueue = none\n")
    tally.check("file-value", differs(run(*check), 1, "", "crmd.conf:2: http.queue"))
    path.write_text("[metadata]\ndir = /nowhere/file\n")
    tally.check("file-counts", differs(run(*check), 1, "", "/nowhere/file"))
    good = str(ROOT / "metadata")
    tally.check("environment-over-file", differs(run(*check, CRM_METADATA_DIR=good), 0))
    tally.check("option-over-environment", differs(
        run(*check, "-o", f"metadata.dir={good}", CRM_METADATA_DIR="/nowhere/variable"), 0))
    tally.check("last-option", differs(
        run(*check, "-o", f"metadata.dir={good}", "-o", "metadata.dir=/nowhere/option"), 1, "", "/nowhere/option"))
    path.write_text("")
    tally.check("environment-misspelt", differs(
        run(*check, CRM_HTTP_QUEUEE="5"), 1, "", "CRM_HTTP_QUEUEE: there is no setting http.queuee; did you mean"))
    tally.check("option-misspelt", differs(run(*check, "-o", "htp.listen=x"), 1, "", "did you mean http.listen?"))
    tally.check("out-of-range", differs(run(*check, "-o", "http.queue=0"), 1, "", "0 is out of range, 1 to"))


def prove_check(tally):
    """--check tells a good organisation from none, from one to be changed, and from bad metadata."""
    firm = ["--data", WORK / "firm"]
    tally.check("check", differs(run(*firm, "--check"), 0, "in order"))
    tally.check("no-organisation", differs(run("--data", WORK / "empty"), 1, "", "hint: crmctl bootstrap"))
    changed = WORK / "metadata"
    shutil.copytree(ROOT / "metadata", changed)
    source = changed / "entities" / "task.xml"
    text = source.read_text()
    field = '<field name="walkNumber" type="integer"><label lang="en">Walk</label><label lang="ru">Обход</label></field>'
    source.write_text(text.replace("<field ", field + "\n  <field ", 1))
    words = [*firm, "-o", f"metadata.dir={changed}", "--check"]
    tally.check("tables-behind", differs(run(*words), 1, "", "not yet as the metadata wants them\n  hint: Back the database up"))
    source.write_text(text.replace("<field ", "<feld ", 1))
    tally.check("metadata-line", differs(run(*words), 1, "", "task.xml:"))


def prove_installed(tally):
    """What `make install` has placed runs from there; the pages and the unit are well-formed."""
    stage = WORK / "stage"
    shutil.rmtree(stage, ignore_errors=True)
    made = subprocess.run(["make", "-s", "install", f"DESTDIR={stage}", "PREFIX=/usr"], cwd=ROOT, capture_output=True,
                          text=True, timeout=600)
    tally.check("install", differs(made, 0))
    checked = subprocess.run([stage / "usr/bin/crmd", "--data", WORK / "firm", "--check"], cwd=stage, capture_output=True,
                             text=True, timeout=60, env=os.environ | SURROUNDINGS)
    tally.check("installed-check", differs(checked, 0, "in order"))
    moved = subprocess.run([stage / "usr/bin/crmd", "--data", WORK / "firm", "--check"], capture_output=True, text=True,
                           cwd="/", timeout=60, env=os.environ | SURROUNDINGS)
    tally.check("installed-check-from-elsewhere", differs(moved, 0, "in order"))
    for page, words in (("man8/crmd.8", ["page_memory", "SIGHUP"]), ("man1/crmctl.1", ["record query ENTITY"])):
        text = (stage / "usr/share/man" / page).read_text()
        tally.check(page, next((f"nothing of {word}" for word in words if word not in text), None))
        if shutil.which("groff"):
            shown = subprocess.run(["groff", "-ww", "-man", "-Tutf8", stage / "usr/share/man" / page], capture_output=True, text=True)
            tally.check(f"{page}-is-well-formed", shown.stderr or None)
    unit = (stage / "usr/lib/systemd/system/crmd.service").read_text()
    tally.check("unit", None if "ExecStart=/usr/bin/crmd " in unit and "@" not in unit.replace("@system-service", "")
                .replace("@privileged", "").replace("@resources", "") else unit)


def prove_port_again(tally):
    """A port is free for the next start, though connections of the last one have hardly ended."""
    first = Server(WORK / "firm")
    with first:
        port = first.port
        with Line(port) as line:
            line.send(b"GET /soap HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            line.answer()
            line.is_closed()  # by the server, so that the port is the side that waits
    with Server(WORK / "firm", settings=[f"http.listen=127.0.0.1:{port}"]) as second:
        tally.check("port-again", None if second.port == port else f"port {second.port}")


def prove_nothing_is_made(tally):
    """--check only looks."""
    shutil.rmtree(WORK / "none", ignore_errors=True)
    words = ["--data", WORK / "none", "--check"]
    tally.check("check-of-nothing", differs(run(*words), 1, "", "There is no database in"))
    tally.check("check-makes-no-folder", "it is there" if (WORK / "none").exists() else None)
    (WORK / "none").mkdir()
    tally.check("check-of-an-empty-folder", differs(run(*words), 1, "", "hint: crmctl bootstrap"))
    tally.check("check-makes-no-file", str([path.name for path in (WORK / "none").iterdir()] or ""))


def prove_ready(tally):
    """A server that drains is alive and not ready, and still answers what has begun."""
    server = Server(WORK / "firm")
    with server:
        tally.check("ready", None if wire.send(f"{server.admin_url}/readyz").status == 200 else "not 200")
        request = (b"POST /soap/Session HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n"
                   b"Content-Length: 10\r\n\r\n0123456789")
        with Line(server.port) as line:
            line.send(request[:-5])
            wait_for(lambda: b"crm_connections_open 1" in wire.send(f"{server.admin_url}/metrics").body, 2)
            server.process.terminate()
            is_told = wait_for(lambda: wire.send(f"{server.admin_url}/readyz").status == 503)
            page = wire.send(f"{server.admin_url}/readyz").body
            tally.check("ready-no-more", None if is_told and b"listener" in page else f"/readyz says {page}")
            tally.check("alive", None if wire.send(f"{server.admin_url}/livez").status == 200 else "not 200")
            line.send(request[-5:])
            tally.check("drained", None if line.answer() else "what had begun is not answered")
        status = server.process.wait(60)
        tally.check("ended", f"exit status {status}" if status else server.report())


def main():
    lock = hold_folder(WORK)
    for folder in ("firm", "empty", "metadata"):
        shutil.rmtree(WORK / folder, ignore_errors=True)
    tally = Tally()
    Server(WORK / "firm").bootstrap()
    prove_modes(tally)
    prove_example(tally)
    prove_settings(tally)
    prove_check(tally)
    prove_installed(tally)
    prove_nothing_is_made(tally)
    prove_ready(tally)
    prove_port_again(tally)
    reloading.prove(tally, WORK)
    newer_metadata.prove(tally, WORK)
    lock.close()
    tally.end()


main()

"""A write interrupted before each of its steps, by a kill and by a failure, and sent again."""
import re

from svyaz.client import Calls
from svyaz.sender import AGAIN, Lost, Sender, Write
from svyaz.server import ADMIN, PASSWORD, ROOT, Server

STEPS = re.findall(r"^STEP\(\w+, (\w+)\)", (ROOT / "src/service/steps.def").read_text(), re.M)
WAYS = ("kill", "fail")


def names(engine, server):
    return [row["name"] for row in engine.cells(server, {"account": ["name"]})["account"]]


def complaint_about(engine, folder, template, step, way):
    """Plays one interruption; what went wrong, or None."""
    server = Server(folder)
    server.bootstrap(template)
    with server:
        token = Calls(server).login(ADMIN, PASSWORD)
    write = Write("Account", "CreateAccount", f"<account><name>{step}</name></account>", f"{step}-{way}", token)
    server.environment = {"CRM_INTERRUPT": f"{step}:{way}"}
    with server:
        sender = Sender([server])
        try:
            reply = sender.send_once(write, server)
            if reply.code is None:
                return f"the write went through: {reply.body!r}"
        except Lost:
            if way == "fail":
                return f"the server died: {server.log()[-2000:]}"
            server.kill()
            server.environment = {}
            server.start()
        first, second = sender.send(write), sender.send(write)
        if first.code:
            return f"sent again: {first.body!r}"
        if second.body != first.body or not second.is_repeated:
            return f"answered otherwise: {first.body!r}, then {second.body!r}"
        found = names(engine, server)
        return None if found == [step] else f"the table holds {found}"


def complaint_about_unknown(folder, template):
    """A deletion that was answered comes again, and whether it was cannot be found out: its record is not there, which
    must not be said."""
    server = Server(folder)
    server.bootstrap(template)
    with server:
        token = Calls(server).login(ADMIN, PASSWORD)
        sender = Sender([server])
        account = sender.send(Write("Account", "CreateAccount", "<account><name>Gone</name></account>", "gone", token))
        write = Write("Account", "DeleteAccount", f"<id>{account.id}</id>", "deletion", token)
        first = sender.send(write)
    server.environment = {"CRM_INTERRUPT": "repeat:fail"}
    with server:
        reply = sender.send_once(write, server)
        if reply.code not in AGAIN:
            return f"answered for good: {reply.body!r}"
        second = sender.send(write)
        return None if second.body == first.body else f"first {first.body!r}, then {second.body!r}"


def prove(tally, engine, folder, template):
    tally.check("step/repeat/fail", complaint_about_unknown(folder, template))
    for step in STEPS:
        for way in WAYS:
            tally.check(f"step/{step}/{way}", complaint_about(engine, folder, template, step, way))

#!/usr/bin/python3
"""Messages over which the processes that read them hang, die, or run out of memory.   readers.py

The message is filed by its header, with its original as it came; others are served meanwhile, and the next message is
read as ever. Their parent is killed, again and again: it comes back by itself, mail is put off at most, and none is cut
or filed twice. When the server ends, in whatever way, no process of it is left.
"""
import base64
import os
import pathlib
import re
import signal
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from svyaz import wire  # noqa: E402
from svyaz.client import Calls  # noqa: E402
from svyaz.server import ADMIN, PASSWORD, ROOT, Server, hold_folder  # noqa: E402
from svyaz.tally import Tally  # noqa: E402

WORK = ROOT / "build" / "mail-readers"
SETTINGS = ["mail.reading_time=3 s", "mail.reading_memory=16 MiB"]
ENDS_WITHIN, SERVED_WITHIN = 20, 2  # seconds
LIST = 200_000  # entries that are no addresses
ELEMENTS = 300_000  # each takes a hundred bytes of memory, and three of the message
KILLED, PATIENCE = 4, 60  # times; seconds that a mail server has, and more
TEXT = "Five lathes, please."


class Office:
    """A server, and one who delivers mail to it."""

    def __init__(self, server):
        self.server = server
        self.calls = Calls(server)
        content = f"<userName>{ADMIN}</userName><password>{PASSWORD}</password><application>mail</application>"
        self.session = wire.call(server.url, "Session", "Login", content).message().findtext("{*}result/{*}token")

    def deliver(self, name, content=TEXT, media_type="text/plain"):
        """The answer, and the message as it was sent."""
        letter = (f"From: ann@example.com\r\nTo: sales@svyaz.example\r\nSubject: {name}\r\n"
                  f"Message-ID: <{name}@example.com>\r\nDate: Mon, 1 Jan 2024 12:00:00 +0300\r\n"
                  f"Content-Type: {media_type}; charset=utf-8\r\n\r\n{content}\r\n").encode()
        encoded = base64.b64encode(letter).decode()
        return Calls(self.server).ask("DeliverIncomingEmail", f"<message>{encoded}</message>", self.session), letter

    def deliver_in_the_end(self, name):
        """As a mail server does: what is put off comes again."""
        deadline = time.monotonic() + PATIENCE
        answer, letter = self.deliver(name)
        while answer.code == "BUSY" and time.monotonic() < deadline:
            time.sleep(0.1)
            answer, letter = self.deliver(name)
        return answer, letter

    def count(self, name):
        """How often a message was filed."""
        condition = f"<field>subject</field><operator>eq</operator><values><string>{name}</string></values>"
        found = self.calls.must("RetrieveMultipleEmail", "<query><columns><string>subject</string></columns><filter>"
                                f"<conditions><Condition>{condition}</Condition></conditions></filter></query>", self.session)
        return len(found.message.findall(".//{*}Email"))

    def email(self, answer):
        """Subject, text and original of what was filed."""
        columns = "<columns><string>subject</string><string>description</string><string>original</string></columns>"
        found = self.calls.must("RetrieveEmail", f"<id>{answer.text('id')}</id>{columns}", self.session)
        return found.text("subject"), found.text("description"), base64.b64decode(found.text("content") or "")

    def metric(self, name):
        page = wire.send(f"{self.server.admin_url}/metrics").body.decode()
        return int(re.search(rf"^{re.escape(name)} (\d+)$", page, re.M)[1])


def complaint_of_whole(office, name, answer=None, letter=None):
    """Why a message is not read as usual; None when it is."""
    if answer is None:
        answer, letter = office.deliver(name)
    if answer.code:
        return answer.fault_text()
    subject, text, original = office.email(answer)
    if (subject, text.strip()) != (name, TEXT):
        return f"it is {subject}: {text}"
    return None if original == letter else "the original is another"


def complaint_of_cut(office, answer, letter, name):
    """Why a message is not filed by its header, with its original; None when it is."""
    if answer.code:
        return answer.fault_text()
    subject, text, original = office.email(answer)
    if (subject, text or "") != (name, ""):
        return f"it is {subject}: {text}"
    return None if original == letter else "the original is another"


def ends(pids):
    """Whether these processes end soon."""
    deadline = time.monotonic() + ENDS_WITHIN
    while any(pathlib.Path(f"/proc/{pid}").exists() for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def prove_confined(tally, office):
    """The kernel lets it do little, unless it refuses to, which is said then."""
    if '"mail_readers_unconfined"' in office.server.log():
        tally.skip("confined", "seccomp is refused here")
        return
    status = pathlib.Path(f"/proc/{office.server.readers()[1]}/status").read_text()
    tally.check("confined", None if "\nSeccomp:\t2\n" in status else status)


def prove_hanging(tally, office):
    """A reader that hangs is ended; who asks for something else does not notice."""
    tally.check("before", complaint_of_whole(office, "before"))
    prove_lists(tally, office)
    prove_confined(tally, office)
    reader = office.server.readers()[1]
    os.kill(reader, signal.SIGSTOP)
    came = []
    delivery = threading.Thread(target=lambda: came.append(office.deliver("hanging")))
    delivery.start()
    slowest = 0
    while delivery.is_alive():
        begin = time.perf_counter()
        office.calls.must("WhoAmI", "", office.session)
        slowest = max(slowest, time.perf_counter() - begin)
        time.sleep(0.02)
    delivery.join()
    tally.check("hanging", complaint_of_cut(office, *came[0], "hanging"))
    tally.check("others-are-served", f"after {slowest:.2f} s" if slowest > SERVED_WITHIN else None)
    tally.check("it-is-ended", None if ends([reader]) else "it runs yet")
    tally.check("told", None if '"mail_reader_lost","reason":"too slow"' in office.server.log() else
                office.server.log()[-1000:])
    tally.check("counted", None if office.metric('crm_mail_hostile_total{outcome="cut"}') == 1 else "not once")
    tally.check("after", complaint_of_whole(office, "after"))


def prove_lists(tally, office):
    """A list of what is no address costs little, in the header of a message within too; that is kept as it came."""
    inner = "Subject: within\r\nTo: bob@example.com" + ",a b" * LIST + "\r\n\r\nhi"
    answer, letter = office.deliver("lists", inner, "message/rfc822")
    tally.check("lists", complaint_of_cut(office, answer, letter, "lists"))
    tally.check("lists-are-not-cut", None if answer.text("attachments") == "1" else f"{answer.text('attachments')} files")
    tally.check("no-list-lost", None if '"mail_reader_lost"' not in office.server.log() else office.server.log()[-1000:])


def prove_memory(tally, office):
    """A message that takes more memory than there may be; the next one finds as much as ever."""
    answer, letter = office.deliver("greedy", "<p>" * ELEMENTS, "text/html")
    tally.check("greedy", complaint_of_cut(office, answer, letter, "greedy"))
    tally.check("greedy-told", None if '"mail_reader_lost","reason":"died"' in office.server.log() else
                office.server.log()[-1000:])
    tally.check("after-greedy", complaint_of_whole(office, "after-greedy"))


def kill_parent(office):
    """Whether its readers end with it."""
    parent, *readers = office.server.readers()
    os.kill(parent, signal.SIGKILL)
    return ends(readers)


def prove_parent(tally, office):
    """The parent is killed while nothing is read, and while a message is."""
    lost = office.metric('crm_mail_readers_total{event="lost"}')
    for number in range(KILLED):
        name = f"orphan-{number}"
        office.deliver_in_the_end(f"before-{name}")
        came = []
        delivery = threading.Thread(target=lambda: came.append(office.deliver_in_the_end(name)))
        if number % 2:
            os.kill(office.server.readers()[1], signal.SIGSTOP)
            delivery.start()
            time.sleep(0.3)
        tally.check(f"{name}-killed", None if kill_parent(office) else "a process is left")
        if not number % 2:
            delivery.start()
        delivery.join()
        tally.check(name, complaint_of_whole(office, name, *came[0]))
        tally.check(f"{name}-once", None if office.count(name) == 1 else f"{office.count(name)} times")
    restarted = office.metric('crm_mail_readers_total{event="restarted"}')
    tally.check("parent-counted", None if restarted == KILLED else f"{restarted} times")
    tally.check("parent-told", None if office.server.log().count('"mail_readers_restarted"') == KILLED else
                office.server.log()[-1000:])
    tally.check("none-lost", None if office.metric('crm_mail_readers_total{event="lost"}') == lost else "one is")


def prove_ends(tally, server):
    """Nothing is left of a server that was stopped, or killed; not even what hangs."""
    for name, end in (("stopped", server.stop), ("killed", server.kill)):
        with server:
            office = Office(server)
            tally.check(f"before-{name}", complaint_of_whole(office, f"before-{name}"))
            readers = server.readers()
            os.kill(readers[1], signal.SIGSTOP)
            end()
            tally.check(name, None if ends(readers) else "a process is left")


def main():
    tally = Tally()
    lock = hold_folder(WORK)
    # The build with sanitizers has no bound of memory.
    server = Server(WORK / "organisation", "build/release/crmd", SETTINGS)
    server.bootstrap()
    with server:
        office = Office(server)
        prove_hanging(tally, office)
        prove_memory(tally, office)
        prove_parent(tally, office)
    prove_ends(tally, server)
    lock.close()
    tally.end()


main()

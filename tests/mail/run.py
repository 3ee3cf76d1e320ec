#!/usr/bin/python3
"""Mail comes in by real clients, and is read back byte for byte.   run.py

zeep delivers the messages of tests/data/mail, each twice: what is filed is the message as it was, once; the
meetings in them are appointments. A message as large as there may be comes by MTOM, and takes little memory on its way.
"""
import base64
import hashlib
import pathlib
import random
import re
import sys

import requests
import zeep
from zeep.transports import Transport

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from svyaz import wire  # noqa: E402
from svyaz.memory import forget_peak_of_server, peak_of_server  # noqa: E402
from svyaz.server import ADMIN, PASSWORD, ROOT, Server, hold_folder  # noqa: E402
from svyaz.tally import Tally  # noqa: E402

WORK = ROOT / "build" / "mail"
MESSAGES = sorted((ROOT / "tests" / "data" / "mail").glob("*.eml"))
CREDENTIALS = "Basic " + base64.b64encode(f"{ADMIN}:{PASSWORD}".encode()).decode()
RELATED = ('multipart/related; type="application/xop+xml"; start="<root>"; start-info="text/xml"; '
           'boundary="edge"')
INCLUDE = '<x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:letter"/>'
ATTACHED = 17 * 1024 * 1024  # a third more in base64: nearly limits.attachment
GROWTH_MOST = 32 * 1024 * 1024

# Meetings of the messages: UID, and what has become of each when all are delivered, in the order of their names.
EXCHANGE = "040000008200E00074C5B7101A82E00800000000B05A3A2D8E5EDD01000000000000000010000000A1B2C3D4E5F60718293A4B5C6D7E8F90"
OUTLOOK = "040000008200E00074C5B7101A82E008000000001F2E3D4C5B6A7988000000000000000010000000FFEEDDCCBBAA99887766554433221100"
MEETINGS = {
    EXCHANGE: ("График поставок", "2026-12-02T11:30:00", "2026-12-02T13:00:00", False, "Canceled"),
    OUTLOOK: ("Инвентаризация", "2026-12-09T00:00:00", "2026-12-11T00:00:00", True, "Tentative"),
    "4h1k2l3m4n5o6p7q8r9s0t@google.com":
        ("Demo, part 1", "2026-12-03T14:00:00", "2026-12-03T14:30:00", False, "Tentative"),
    "5d0f1c3e-8a77-4b0e-9d35-6c1f2a7b9e02":
        ("Jour fixe", "2026-12-02T08:00:00", "2026-12-02T08:45:00", False, "Tentative"),
}


class Zeep:
    """The services that a mail program needs, and one who looks at what has become of the mail."""

    def __init__(self, url):
        session = requests.Session()
        session.auth = (ADMIN, PASSWORD)
        self.mail, self.email, self.appointment = (
            zeep.Client(f"{url}/soap/{name}?wsdl", transport=Transport(session=session)).service
            for name in ("Mail", "Email", "Appointment"))

    def deliver(self, letter, mailbox):
        return self.mail.DeliverIncomingEmail(message=letter, mailbox=mailbox)

    def original(self, identifier):
        email = self.email.RetrieveEmail(id=identifier, columns={"string": ["original"]})
        return email.original.content

    def appointments(self, uid):
        columns = {"string": ["subject", "scheduledStart", "scheduledEnd", "isAllDayEvent", "statusReason", "organizer", "invitation"]}
        condition = {"field": "globalObjectId", "operator": "eq", "values": {"string": [uid]}}
        page = self.appointment.RetrieveMultipleAppointment(query={
            "columns": columns, "filter": {"conditions": {"Condition": [condition]}}})
        return page.appointments.Appointment if page.appointments else []


def complaint_of(client, letter, filed):
    """Why a message is not filed as it came, once; None when it is."""
    first = client.deliver(letter, "first@svyaz.example")
    again = client.deliver(letter, "second@svyaz.example")
    if again.created or again.id != first.id:
        return "it was filed twice"
    if not first.created:  # two files of the collection hold the same message
        return None if first.id in filed else "it was taken for one that is not there"
    filed.add(first.id)
    return None if client.original(first.id) == letter else "the original is another"


def complaint_of_meeting(client, uid, expected):
    """Why a meeting is not the one appointment that it should be; None when it is."""
    found = client.appointments(uid)
    if len(found) != 1:
        return f"there are {len(found)} appointments"
    meeting = found[0]
    is_told = (meeting.subject, *(moment.strftime("%Y-%m-%dT%H:%M:%S")
                                  for moment in (meeting.scheduledStart, meeting.scheduledEnd)),
               meeting.isAllDayEvent, meeting.statusReason)
    if is_told != expected:
        return f"it is {is_told}"
    return None if meeting.organizer and meeting.invitation.entity == "Email" else "nobody invites to it"


def large_letter(number):
    """A message with a file that cannot be compressed."""
    content = base64.encodebytes(random.randbytes(ATTACHED))
    return (b"From: ann@example.com\r\nSubject: large\r\nMessage-ID: <large-%d@example.com>\r\n"
            b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
            b"--b\r\n\r\nSee the file.\r\n--b\r\nContent-Type: application/zip; name=a.zip\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n" % number + content + b"--b--\r\n")


def deliver_by_mtom(server, letter):
    """Sends the message as a part; the answer's text."""
    body = (f'<d:DeliverIncomingEmail xmlns:d="urn:svyaz:crm:1:Mail"><d:message>{INCLUDE}</d:message>'
            f"</d:DeliverIncomingEmail>")
    data = (b'--edge\r\nContent-Type: application/xop+xml; type="text/xml"; charset=UTF-8\r\n'
            b"Content-ID: <root>\r\n\r\n" + wire.envelope(body) +
            b"\r\n--edge\r\nContent-Type: message/rfc822\r\nContent-ID: <letter>\r\n\r\n" + letter +
            b"\r\n--edge--\r\n")
    reply = wire.send(f"{server.url}/soap/Mail", "POST", data,
                      {"Content-Type": RELATED, "Authorization": CREDENTIALS}, timeout=300)
    return reply.body.decode()


def complaint_of_large(server, client):
    """Why the largest message does not come through whole in little memory; None when it does."""
    deliver_by_mtom(server, large_letter(0))  # the database's cache is full afterwards
    letter = large_letter(1)
    forget_peak_of_server(server)
    before = peak_of_server(server)
    answer = deliver_by_mtom(server, letter)
    grown = peak_of_server(server) - before
    found = re.search(r"<id>([^<]+)</id>.*<attachments>1</attachments>", answer)
    if not found:
        return answer[:500]
    if hashlib.sha256(client.original(found[1])).digest() != hashlib.sha256(letter).digest():
        return "the original is another"
    return None if grown < GROWTH_MOST else f"memory grew by {grown / 2 ** 20:.1f} MiB"


def main():
    tally = Tally()
    lock = hold_folder(WORK)
    server = Server(WORK / "organisation", "build/release/crmd", ["http.workers=1", "database.pool=1"])
    server.bootstrap()
    filed = set()
    with server:
        client = Zeep(server.url)
        for path in MESSAGES:
            tally.check(path.stem, complaint_of(client, path.read_bytes(), filed))
        for number, (uid, expected) in enumerate(MEETINGS.items(), 1):
            tally.check(f"meeting-{number}", complaint_of_meeting(client, uid, expected))
        tally.check("the-largest-by-mtom", complaint_of_large(server, client))
    lock.close()
    tally.end()


main()

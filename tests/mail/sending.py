#!/usr/bin/python3
"""Mail goes out: what zeep sends is read by Python's email package, field by field.   sending.py [--seed N]

E-mails with names, subjects, texts and files that break mail programs are written by one client and sent;
a connector takes them from the outbox. The message must say what the e-mail says, and not one line more.
"""
import argparse
import email
import email.policy
import email.utils
import pathlib
import random
import sys

import requests
import zeep
from zeep.transports import Transport

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from svyaz.server import ADMIN, PASSWORD, ROOT, Server, hold_folder  # noqa: E402
from svyaz.tally import Tally  # noqa: E402

WORK = ROOT / "build" / "mail-sending"
HEADERS = {"date", "from", "to", "cc", "subject", "message-id", "mime-version", "content-type",
           "content-transfer-encoding"}
LINE_MOST = 998
RECIPIENTS = 300
RANDOM_MAILS = 60
PIECES = ["Заказ", "№ 5", "naïve", "日本語", "😀", "a" * 90, "\"", "'", ",", ";", "<b>", "=?utf-8?Q?x?=", "\\", "(c)",
          "ё" * 50, "plain", "%20", "@", ":", "tab\tbed", "--", "Bcc: thief@example.com", ".", "&amp;"]
TRICKS = ["Bcc: thief@example.com", "\r\nBcc: thief@example.com", "\nBcc: thief@example.com\n\nBody",
          "=?utf-8?Q?=0D=0ABcc:_thief@example.com?="]


class Clients:
    """The services that a mail program and a connector need."""

    def __init__(self, url):
        session = requests.Session()
        session.auth = (ADMIN, PASSWORD)
        self.names = {}
        for name in ("Mail", "Email", "Note", "Contact", "SystemUser", "Session"):
            client = zeep.Client(f"{url}/soap/{name}?wsdl", transport=Transport(session=session))
            setattr(self, name, client.service)

    def begin(self):
        """Gives the administrator an address."""
        me = self.Session.WhoAmI()
        self.SystemUser.UpdateSystemUser(systemUser={
            "id": me.userId, "firstName": "Иван", "lastName": "Директор \"Boss\"",
            "internalEmailAddress": "boss@svyaz.example"})

    def send(self, fields, files=()):
        """Writes and sends an e-mail; the message, and its envelope as the connector gets it."""
        identifier = self.Email.CreateEmail(email=fields).id
        for name, kind, content in files:
            self.Note.CreateNote(note={
                "fileName": name, "mimeType": kind, "isDocument": True,
                "document": {"name": name, "mediaType": kind, "content": content},
                "regarding": {"entity": "Email", "id": identifier}})
        self.Mail.SendEmail(id=identifier)
        claim = self.Mail.ClaimOutgoingEmails(limit=200)
        taken = claim.emails.OutgoingEmail
        assert [one.id for one in taken] == [identifier], "the outbox offers something else"
        answer = self.Email.RetrieveEmail(id=identifier, columns={"string": ["original"]})
        self.Mail.ReportOutgoingEmail(id=identifier, claimId=claim.claimId, outcome="Sent")
        return answer.original.content, taken[0]


def parties(addresses):
    return {"Party": [{"address": address} for address in addresses]}


def lines_complaint(message):
    """What a mail server would not take; None: nothing."""
    for line in message.split(b"\r\n"):
        if len(line) > LINE_MOST:
            return "a line is too long"
        if b"\n" in line or b"\r" in line:
            return "a line does not end with CR LF"
        if any(byte > 126 for byte in line):
            return "a byte is not ASCII"
    return None


def one_line(text):
    """What a header makes of a text: control characters are blanks, and no encoded word is left."""
    return "".join(" " if ord(letter) < 32 or ord(letter) == 127 else letter
                   for letter in text).replace("=?", "= ")


def headers_complaint(parsed, expected):
    more = {name.lower() for name in parsed.keys()} - HEADERS - expected
    if more:
        return f"it has the headers {sorted(more)}"
    doubled = [name for name in parsed.keys() if len(parsed.get_all(name)) > 1]
    return f"it has {doubled[0]} twice" if doubled else None


def addresses_of(parsed, name):
    return [address.addr_spec for address in parsed[name].addresses] if parsed[name] else []


def files_complaint(parsed, files):
    found = [(part.get_filename(), part.get_payload(decode=True)) for part in parsed.iter_attachments()]
    if [content for _, content in found] != [content for _, _, content in files]:
        return "the files have other content"
    return None


def complaint_of(clients, fields, files=(), headers=frozenset()):
    """Why the message does not say what the e-mail says; None: it does."""
    message, taken = clients.send(fields, files)
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    wrong = lines_complaint(message) or headers_complaint(parsed, headers) or files_complaint(parsed, files)
    if wrong:
        return wrong
    if parsed.defects:
        return f"it has defects: {parsed.defects}"
    lists = {name: [party["address"] for party in fields.get(name, {"Party": []})["Party"]]
             for name in ("to", "cc", "bcc")}
    if addresses_of(parsed, "to") != lists["to"] or addresses_of(parsed, "cc") != lists["cc"]:
        return "it is for others"
    everybody = list(dict.fromkeys(lists["to"] + lists["cc"] + lists["bcc"]))
    if taken.recipients.string != everybody:
        return "the envelope is for others"
    hidden = set(lists["bcc"]) - set(lists["to"]) - set(lists["cc"])
    if any(address.encode() in message for address in hidden):
        return "it names who is hidden"
    sender = parsed["from"].addresses[0]
    if (sender.addr_spec, sender.display_name) != ("boss@svyaz.example", "Иван Директор \"Boss\""):
        return f"it is from {sender}"
    subject = parsed["subject"].rpartition(" [CRM:")[0]
    wanted = one_line(fields["subject"])[:len(subject)] if len(subject) > 150 else one_line(fields["subject"])
    if subject.split() != wanted.split():
        return f"its subject is {subject!r} and not {wanted!r}"
    return texts_complaint(parsed, fields, taken)


def texts_complaint(parsed, fields, taken):
    is_plain = fields.get("mimeType") == "text/plain"
    kind = "plain" if is_plain else "html"
    text = fields["description"].replace("\r\n", "\n").replace("\r", "\n")
    found = parsed.get_body((kind,)).get_content().replace("\r\n", "\n")
    if found.rstrip("\n") != text.rstrip("\n"):
        return f"its {kind} text is {found[-200:]!r} and not {text[-200:]!r}"
    if parsed.get_body(("plain",)) is None:
        return "it has no plain text"
    if parsed["message-id"].strip("<>") != taken.messageId:
        return "it has another id"
    moment = email.utils.parsedate_to_datetime(parsed["date"])
    return None if moment.tzinfo else "its date has no zone"


def random_mail(chance):
    """An e-mail of odd pieces."""
    def text(most):
        return " ".join(chance.choice(PIECES) for _ in range(chance.randint(1, most)))

    fields = {
        "subject": text(5)[:190].strip() or "x",
        "description": "<p>" + text(40) + "</p>\r\n" * chance.randint(0, 3),
        "to": parties([f"to{chance.randint(0, 999)}@example.com"]),
        "bcc": parties([f"hidden{chance.randint(0, 999)}@secret.example"]),
    }
    files = [(text(4)[:100].strip() or "x", chance.choice(["text/plain", "application/pdf", "nonsense", "message/rfc822"]),
              chance.randbytes(chance.choice([1, 57, 1000, 70000]))) for _ in range(chance.randint(0, 3))]
    return fields, files


def check_random(tally, clients, seed):
    chance = random.Random(seed)
    for number in range(RANDOM_MAILS):
        fields, files = random_mail(chance)
        tally.check(f"odd-pieces-{number}", complaint_of(clients, fields, files))


def check_plain(tally, clients):
    base = {"subject": "Order", "description": "Three.", "mimeType": "text/plain",
            "to": parties(["ann@example.com"])}
    tally.check("plain-text", complaint_of(clients, base))
    tally.check("dots-and-from-at-the-begin-of-lines", complaint_of(
        clients, {**base, "description": ".\r\n..\nFrom me\n-- \n--=-x\n" + "long" * 500}))
    tally.check("many-recipients", complaint_of(
        clients, {**base, "to": parties([f"reader-{n}@example.com" for n in range(RECIPIENTS)]),
                  "cc": parties([f"copy-{n}@example.com" for n in range(RECIPIENTS)])}))
    tally.check("cyrillic-of-every-length", next(
        (wrong for wrong in (complaint_of(clients, {**base, "subject": "Ж" * n}) for n in range(1, 150, 7)) if wrong),
        None))
    tally.check("a-large-file", complaint_of(clients, base, [("a.bin", "application/zip", random.randbytes(8 << 20))]))
    tally.check("urgent-and-with-a-receipt", complaint_of(
        clients, {**base, "priority": "High", "readReceiptRequested": True},
        headers={"importance", "disposition-notification-to"}))


def complaint_of_letters(clients, address, wire):
    """Why a message is not for an address as it goes over wires, in envelope and header; None: it is."""
    message, taken = clients.send({"subject": "x", "description": "x", "to": parties([address])})
    if taken.recipients.string != [wire]:
        return f"the envelope is for {taken.recipients.string}"
    return None if f"\r\nTo: {wire}\r\n".encode() in message else "the header is for another"


def check_letters(tally, clients):
    for number, (address, wire) in enumerate([
            ("ann@почта.рф", "ann@xn--80a1acny.xn--p1ai"), ("Анна@ПОЧТА.РФ", "Анна@xn--80a1acny.xn--p1ai"),
            ("анна@example.com", "анна@example.com"), ("用户@例え.テスト", "用户@xn--r8jz45g.xn--zckzah")]):
        tally.check(f"letters-{number}", complaint_of_letters(clients, address, wire))


def check_tricks(tally, clients):
    for number, trick in enumerate(TRICKS):
        fields = {"subject": f"x{trick}"[:190].replace("\r", " ").replace("\n", " "), "description": trick,
                  "to": parties(["ann@example.com"]), "inReplyTo": trick, "referencedMessages": trick}
        tally.check(f"trick-{number}", complaint_of(clients, fields, [(f"a{trick}.txt", "text/plain", b"1")],
                                                     headers={"in-reply-to", "references"}))
    for number, address in enumerate(["ann@example.com\r\nBcc: thief@example.com", "a,b@example.com",
                                      "<ann@example.com>", "ann", "по чта@example.com", "ann@поч та.рф",
                                      "по\u200bчта@example.com"]):
        try:
            clients.send({"subject": "x", "description": "x", "to": parties([address])})
            tally.check(f"no-address-{number}", "it was sent")
        except zeep.exceptions.Fault as fault:
            tally.check(f"no-address-{number}", None if "VALUE_INVALID" in fault.message else fault.message)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    seed = arguments.parse_args().seed
    print(f"seed {seed}")
    random.seed(seed)
    tally = Tally()
    lock = hold_folder(WORK)
    server = Server(WORK / "organisation", "build/release/crmd")
    server.bootstrap()
    with server:
        clients = Clients(server.url)
        clients.begin()
        check_plain(tally, clients)
        check_letters(tally, clients)
        check_tricks(tally, clients)
        check_random(tally, clients, seed)
    lock.close()
    tally.end()


main()

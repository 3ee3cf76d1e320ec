"""Two robots on the machine of the test: one of Dovecot that says it is away, as RFC 3834 has it, and one behind a pipe
of Postfix that answers whatever comes to it, and owns up to nothing."""
import collections
import pathlib
import re

import servers

AWAY, PARROT = "away@people.example.org", "parrot@robots.example.org"

SIEVE = """require ["vacation"];
vacation :days 1 :addresses ["%s"] "I am away until Monday.";
""" % AWAY
DOVECOT = """
protocol lmtp {
  mail_plugins = $mail_plugins sieve
}
plugin {
  sieve_before = /etc/dovecot/sieve/crm.sieve
}
"""
MAIN = """
relay_domains = crm.example.org, people.example.org, robots.example.org
transport_maps = inline:{crm.example.org=lmtp:inet:127.0.0.1:2003,
  people.example.org=lmtp:inet:127.0.0.1:24, robots.example.org=robot:}
"""
MASTER = """
robot     unix  -       n       n       -       1       pipe
  null_sender= user=crm argv=/usr/local/bin/parrot ${recipient}
"""
# It gives up after a while, so that a test that fails ends.
PARROT_PROGRAM = pathlib.Path("/usr/local/bin/parrot")
PARROT_TEXT = """#!/usr/bin/python3
import email, email.message, email.utils, smtplib, sys
heard = email.message_from_binary_file(sys.stdin.buffer)
whom = email.utils.parseaddr(heard["Reply-To"] or heard["From"])[1]
subject = heard["Subject"] or ""
answer = email.message.EmailMessage()
answer["From"], answer["To"], answer["Subject"] = sys.argv[1], whom, "Re: " + subject
answer["In-Reply-To"], answer["Message-ID"] = heard["Message-ID"], email.utils.make_msgid()
answer["Date"] = email.utils.formatdate()
answer.set_content("You said: " + subject)
if subject.count("Re: ") < 20:
    with smtplib.SMTP("127.0.0.1", 25) as client:
        client.sendmail(sys.argv[1], [whom], answer.as_bytes())
"""
DELIVERED = re.compile(r"to=<(\S+)>,.* status=sent")


def postfix():
    PARROT_PROGRAM.write_text(PARROT_TEXT)
    PARROT_PROGRAM.chmod(0o755)
    return servers.Postfix(MAIN, MASTER)


def dovecot():
    return servers.Dovecot(SIEVE, DOVECOT)


def heard(log):
    """How many messages came to whom since Postfix was started, by its log."""
    return dict(collections.Counter(DELIVERED.findall(log.split("starting the Postfix")[-1])))


class Desk:
    """A queue that opens cases, whose mail the robots answer."""
    address = "support@crm.example.org"

    def __init__(self, office):
        self.office, self.call = office, office.administrator.call
        self.queue = self.create("Queue", f"<name>Support</name><emailAddress>{self.address}</emailAddress>"
                                 "<incomingFilter>Everything</incomingFilter><outgoingDelivery>MailServer</outgoingDelivery>"
                                 "<opensCases>true</opensCases>")
        for name, address in (("Away", AWAY), ("Parrot", PARROT)):
            self.create("Contact", f"<lastName>{name}</lastName><emailAddress1>{address}</emailAddress1>")

    def create(self, entity, fields):
        name = entity[0].lower() + entity[1:]
        return self.call(entity, f"Create{entity}", f"<{name}>{fields}</{name}>").findtext("{*}result/{*}id")

    def cases(self):
        page = self.call("Case", "RetrieveMultipleCase", "<query></query>").iterfind(".//{*}Case")
        return [case.findtext("{*}id") for case in page]

    def answer(self, case, *recipients):
        """Sends an e-mail about a case from the queue."""
        parties = "".join(f"<Party><address>{address}</address></Party>" for address in recipients)
        about = f"<regarding><entity>Case</entity><id>{case}</id></regarding>"
        sender = f"<from><Party><entity>Queue</entity><id>{self.queue}</id></Party></from>"
        identifier = self.create(
            "Email", f"<subject>offer</subject><description>Hello</description>{about}{sender}<to>{parties}</to>")
        self.call("Mail", "SendEmail", f"<id>{identifier}</id>")

    def filed(self, filed):
        """Of e-mails: (kind, whether it is ours, what it is about)."""
        rows = []
        for identifier, _, _ in filed:
            found = self.call("Email", "RetrieveEmail", f"<id>{identifier}</id><columns><string>messageKind</string>"
                              "<string>isOutgoing</string><string>regarding</string></columns>").find("{*}email")
            rows.append(tuple(found.findtext(f"{{*}}{path}") for path in ("messageKind", "isOutgoing", "regarding/{*}id")))
        return sorted(rows, key=str)

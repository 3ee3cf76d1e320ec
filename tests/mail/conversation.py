#!/usr/bin/python3
"""Fifty messages are one conversation, each once, in whatever order they come.   conversation.py [--seed N]

People write to one another and to three mailboxes of the house (talk.py): to the first Postfix and crm-lmtpd bring
them, to the second a relay that gives each another Message-ID, to the third Dovecot and crm-imap. Some are sent by a
user of the house, through crm-outbox. All come shuffled: answers before what they answer, copies before and after the
answers to them. At the end each is one e-mail, known to all who got it, and all are about the one record that the first
one names, and go along when one of them is filed elsewhere.
"""
import argparse
import pathlib
import random
import smtplib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import connector  # noqa: E402
import servers  # noqa: E402
import snippets  # noqa: E402
import talk  # noqa: E402
from play import enter  # noqa: E402
from svyaz.people import Administrator  # noqa: E402
from svyaz.server import ROOT, Server  # noqa: E402

WORK = ROOT / "build" / "mail-conversation"
CUSTOMERS = ["anna@firm.example", "petr@firm.example", "john@partner.example", "eva@partner.example",
             "li@else.example"]
PATIENCE = 120
TWICE = 0.1  # of messages that a mail server delivers again
MAIN = """
relay_domains = crm.example.org, relayed.example.org, box.example.org
transport_maps = inline:{crm.example.org=lmtp:inet:127.0.0.1:2003, relayed.example.org=smtp:[127.0.0.1]:10025,
  box.example.org=lmtp:inet:127.0.0.1:24}
default_transport = discard:
"""
# The relay: a hop of its own, which gives each message another id and hands it on.
MASTER = """
127.0.0.1:10025 inet n - n - - smtpd
  -o myhostname=relay.example.org -o cleanup_service_name=rename -o content_filter=lmtp:inet:[127.0.0.1]:2003
rename unix n - n - 0 cleanup -o header_checks=regexp:/etc/postfix/rename
"""
RENAME = f"/^Message-ID: <(.*)@(.*)>/ REPLACE Message-ID: <$1.$2@{talk.RELAY}>\n"
OUTBOX = {"host": "127.0.0.1", "port": "25", "security": "none", "poll": "50 ms", "timeout": "30 s"}
COLUMNS = "".join(f"<string>{name}</string>"
                  for name in ("messageId", "subject", "regarding", "conversation", "from", "to", "cc", "bcc"))


class House:
    """The organisation: who works in it, who its customers are, and what the conversation is about."""

    def __init__(self, url):
        self.call = Administrator(url).call
        self.records = {}  # who has an address
        self.me = self.call("Session", "WhoAmI").findtext("{*}result/{*}userId")
        self.call("SystemUser", "UpdateSystemUser", f"<systemUser><id>{self.me}</id><internalEmailAddress>{talk.OLGA}"
                  "</internalEmailAddress></systemUser>")
        self.records[talk.OLGA] = self.me
        self.records[talk.IVAN] = self.make_user(url)
        self.records[talk.SALES] = self.create("Queue", f"<name>Sales</name><emailAddress>{talk.SALES}</emailAddress>")
        for address, holder in ((talk.OLGA, "SystemUser"), (talk.IVAN, "SystemUser"), (talk.SALES, "Queue")):
            self.create("Mailbox", f"<name>{address}</name><address>{address}</address><holder><entity>{holder}</entity><id>"
                        f"{self.records[address]}</id></holder><filingPolicy>Everything</filingPolicy>"
                        "<outgoingDelivery>MailServer</outgoingDelivery>")
        for address in CUSTOMERS[:-1]:  # of the last one nobody knows
            self.records[address] = self.create("Contact", f"<lastName>{address.split('@')[0]}</lastName>"
                                                f"<emailAddress1>{address}</emailAddress1>")
        self.deal, self.other = (self.make_deal(name) for name in ("Machines", "Spare parts"))

    def create(self, entity, fields):
        name = entity[0].lower() + entity[1:]
        return self.call(entity, f"Create{entity}", f"<{name}>{fields}</{name}>").findtext("{*}result/{*}id")

    def make_user(self, url):
        ivan = Administrator(url).make_user("ivan", role="salesperson")
        self.call("SystemUser", "UpdateSystemUser", f"<systemUser><id>{ivan}</id><internalEmailAddress>{talk.IVAN}"
                  "</internalEmailAddress></systemUser>")
        return ivan

    def make_deal(self, name):
        customer = f"<customer><entity>Contact</entity><id>{self.records[CUSTOMERS[0]]}</id></customer>"
        return self.create("Opportunity", f"<name>{name}</name>{customer}")

    def token(self):
        """What the subject of a message bears that is about the deal."""
        answer = self.call("Mail", "GetTrackingToken", f"<record><entity>Opportunity</entity><id>{self.deal}</id></record>"
                           "<subject>x</subject>")
        return answer.findtext("{*}result/{*}subject")[2:]

    def party(self, address):
        """Who is chosen from those who are known; else he is an address."""
        if address not in self.records:
            return f"<Party><address>{address}</address></Party>"
        entity = "SystemUser" if address in talk.MAILBOXES else "Contact"
        return f"<Party><entity>{entity}</entity><id>{self.records[address]}</id><address>{address}</address></Party>"

    def send(self, message):
        """A user of the house answers; the id that the message has then is the platform's."""
        to, cc = ("".join(map(self.party, addresses)) for addresses in (message.to, message.cc))
        identifier = self.create("Email", f"<inReplyTo>{min(message.parent.ids())}</inReplyTo><subject>{message.subject}"
                                 f"</subject><description>Сообщение {message.number}</description><to>{to}</to><cc>{cc}</cc>")
        self.call("Mail", "SendEmail", f"<id>{identifier}</id>")
        email = self.call("Email", "RetrieveEmail", f"<id>{identifier}</id><columns><string>messageId</string></columns>")
        message.identifier = email.findtext(".//{*}messageId")

    def emails(self):
        return self.call("Email", "RetrieveMultipleEmail", f"<query><columns>{COLUMNS}</columns><pageSize>500</pageSize>"
                         "</query>").findall("{*}page/{*}emails/{*}Email")

    def refile(self, identifier):
        """Files an e-mail with its conversation elsewhere; how many others went along."""
        answer = self.call("Mail", "RefileEmail", f"<id>{identifier}</id><regarding><entity>Opportunity</entity><id>"
                           f"{self.other}</id></regarding><conversation>true</conversation>")
        return int(answer.findtext("{*}result/{*}others"))

    def of_conversation(self, identifier):
        """The e-mails of a conversation, as a client asks for them."""
        condition = f"<Condition><field>conversation</field><operator>eq</operator><values><string>{identifier}</string></values>" \
            "</Condition>"
        return self.call("Email", "RetrieveMultipleEmail", "<query><columns><string>id</string></columns><filter><conditions>"
                         f"{condition}</conditions></filter><pageSize>500</pageSize></query>"
                         ).findall("{*}page/{*}emails/{*}Email")


# ---- the books ----


def complaint_of_once(conversation, emails):
    """Why it is not one e-mail for each message."""
    found = [email.findtext("{*}messageId") for email in emails]
    for message in conversation.messages:
        count = sum(identifier in message.ids() for identifier in found)
        if count != 1:
            return f"message {message.number} is there {count} times"
    return None if len(found) == len(conversation.messages) else f"there are {len(found)}: {found}"


def complaint_of_subject(email, deal):
    about = email.findtext("{*}regarding/{*}id")
    return None if about == deal else f"{email.findtext('{*}subject')!r} is about {about}"


def complaint_of_thread(house, emails):
    """Why they are not one conversation about one record."""
    threads = {email.findtext("{*}conversation") for email in emails}
    if len(threads) != 1:
        return f"there are {len(threads)} conversations"
    listed = house.of_conversation(threads.pop())
    if len(listed) != len(emails):
        return f"{len(listed)} are listed"
    return next(filter(None, (complaint_of_subject(email, house.deal) for email in emails)), None)


def people_of(email):
    """{address: {ids of records}} of those who take part."""
    people = {}
    for party in email.iterfind(".//{*}Party"):
        address = (party.findtext("{*}address") or "").lower()
        people.setdefault(address, set()).add(party.findtext("{*}id"))
    return people


def complaint_of_people(conversation, house, emails):
    """Why somebody who got a message is not known of it."""
    for email in emails:
        message = next(one for one in conversation.messages if email.findtext("{*}messageId") in one.ids())
        people = people_of(email)
        wanted = {message.author, *message.to, *message.cc, *message.hidden}
        if set(people) != wanted:
            return f"of message {message.number} are known {sorted(people)}, not {sorted(wanted)}"
        for address, records in people.items():
            if records != {house.records.get(address)}:
                return f"{address} of message {message.number} is {records}"
    return None


# ---- what happens ----


def deliver(message):
    with smtplib.SMTP("127.0.0.1", 25, local_hostname="test.example.com", timeout=60) as client:
        client.sendmail(message.author, message.to + message.cc + message.hidden, message.content)


def run(conversation, house, seed):
    """The house sends first, whatever it answers; then all others write, in any order."""
    chance = random.Random(f"{seed}/order")
    own = [message for message in conversation.messages if message.author == talk.OLGA]
    others = [message for message in conversation.messages if message.author != talk.OLGA]
    for message in own:
        house.send(message)
    for message in others:
        conversation.write(message)
    chance.shuffle(others)
    for message in others:
        deliver(message)
        if chance.random() < TWICE:
            deliver(message)


def wait(conversation, house, postfix):
    """Until nothing is under way; the e-mails that there are then."""
    deadline = time.monotonic() + PATIENCE
    complaint = "nothing came"
    while complaint and time.monotonic() < deadline:
        time.sleep(0.5)
        if postfix.queue() or connector.waiting() or connector.waiting(connector.IMAP_SPOOL):
            continue
        emails = house.emails()
        complaint = complaint_of_once(conversation, emails) or complaint_of_people(conversation, house, emails)
    return house.emails()


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--messages", type=int, default=50)
    parser.add_argument("--own", type=int, default=6, help="of them, written by a user of the house")
    parser.add_argument("--seed", type=int, default=random.randrange(10 ** 6))
    return parser.parse_args()


def play(house, options):
    """The whole of it; the conversation, and the e-mails that became of it."""
    conversation = talk.Talk(options.seed, options.messages, CUSTOMERS, options.own, house.token())
    connector.follow((talk.IVAN, "INBOX"))
    pathlib.Path("/etc/postfix/rename").write_text(RENAME)
    settings = [f"submission.{key}={value}" for key, value in OUTBOX.items()]
    with servers.Dovecot(), servers.Postfix(MAIN, MASTER) as postfix, connector.Lmtpd(), \
            connector.Imap("imap.begin=all", "imap.security=none", "imap.port=143"), connector.Outbox(*settings):
        run(conversation, house, options.seed)
        emails = wait(conversation, house, postfix)
    return conversation, emails


def main():
    options = read_options()
    tally, lock = enter(WORK)
    print(f"# {options.messages} messages, seed {options.seed}", flush=True)
    server = Server(WORK / "organisation", "build/release/crmd", ["http.listen=127.0.0.1:8080"])
    server.bootstrap()
    with server:
        connector.set_up(server.url, snippets.read()["/etc/crmd/connectors.conf", ""])
        house = House(server.url)
        conversation, emails = play(house, options)
        tally.check("each-message-is-one-email", complaint_of_once(conversation, emails))
        tally.check("all-who-got-it-are-known", complaint_of_people(conversation, house, emails))
        tally.check("they-are-one-conversation", complaint_of_thread(house, emails))
        moved = house.refile(random.Random(options.seed).choice(emails).findtext("{*}id"))
        tally.check("all-go-along", None if moved == len(emails) - 1 else f"{moved} others went along")
        tally.check("none-was-put-aside", f"put aside: {connector.refused()}" if connector.refused() else None)
    lock.close()
    tally.end()


main()

#!/usr/bin/python3
"""What becomes of each sort of message, in each sort of mailbox.   policies.py

zeep asks what would become of a message (CheckIncomingEmail) and delivers it, for every policy of a user's mailbox, of
a queue's mailbox and of a queue without one, and with each way of matching turned off for the mailbox and for the
organisation. Both must say what the rules below say, and the e-mail must have the record, the people and the queue that
follow from them. The rules are written here a second time, from src/mail/README.md.
"""
import pathlib
import sys

import requests
import zeep
from zeep.transports import Transport

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from svyaz.people import Administrator  # noqa: E402
from svyaz.server import ADMIN, PASSWORD, ROOT, Server, hold_folder  # noqa: E402
from svyaz.tally import Tally  # noqa: E402

WORK = ROOT / "build" / "mail-policies"
POLICIES = ["Everything", "RepliesOnly", "KnownPeople", "AnyRecord", "Nothing"]
WAYS = {"references": "matchReferences", "token": "matchToken", "plus_address": "matchPlusAddress",
        "addresses": "matchAddresses", "smartly": "matchSmartly"}
CONTACT, LEAD, COLLEAGUE, PARTNER = "ann@firm.example", "li@lead.example", "boss@house.example", "team@partner.example"
STRANGER, ROBOT = "x@else.example", "mailer-daemon@else.example"
UNSORTED = "Unsorted mail"
DOMAIN = "house.example"
ALL, NOBODY = set(WAYS), None
BOUNCE = """MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

It did not arrive.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.else.example

Final-Recipient: rfc822; y@else.example
Action: failed
Status: 5.1.1
--b
Content-Type: text/rfc822-headers

Message-ID: <{offer}>
--b--
"""


class Sort:
    """A sort of message: what it is written like, and what there is to know of it."""

    def __init__(self, sender, way=None, header="", body="", subject="Message", more="", tag="", kind="Ordinary"):
        self.sender, self.way, self.header, self.body = sender, way, header, body
        self.subject, self.more, self.tag, self.kind = subject, more, tag, kind

    @property
    def known_as(self):
        return {CONTACT: "customer", LEAD: "customer", COLLEAGUE: "house", PARTNER: "house"}.get(self.sender)

    @property
    def is_internal(self):
        return self.known_as == "house" and not self.more


# Each goes to the mailbox; more: whom else it names.
SORTS = {
    "a contact": Sort(CONTACT),
    "a lead": Sort(LEAD),
    "a stranger": Sort(STRANGER),
    "a stranger, to a contact too": Sort(STRANGER, more=CONTACT),
    "a colleague": Sort(COLLEAGUE),
    "a colleague, to a contact": Sort(COLLEAGUE, more=CONTACT),
    "a colleague, to a stranger": Sort(COLLEAGUE, more=STRANGER),
    "a record that is no customer": Sort(PARTNER, more=STRANGER),
    "an answer": Sort(STRANGER, "references", "In-Reply-To: <{offer}>\n"),
    "an answer of a colleague": Sort(COLLEAGUE, "references", "References: <gone@x> <{offer}>\n"),
    "an answer with a token alone": Sort(STRANGER, "token", subject="Re: {token}"),
    "an answer to an address with a token": Sort(STRANGER, "plus_address", tag="+{bare}"),
    "an automatic answer": Sort(CONTACT, "references", "In-Reply-To: <{offer}>\nAuto-Submitted: auto-replied\n", kind="Automatic"),
    "a notice of absence": Sort(STRANGER, header="Auto-Submitted: auto-replied\n", kind="Automatic"),
    "a bounce": Sort(ROBOT, "references", body=BOUNCE, kind="Bounce"),
    "the same topic": Sort(STRANGER, "smartly", subject="AW: {topic}", more=CONTACT),
}


class Expected:
    """What the rules say: ways, which are gone; opens: what the mailbox is of ("user" or "queue")."""

    def __init__(self, sort, policy, holder, ways):
        self.is_answer = sort.way is not None and sort.way in ways
        by_address = "addresses" in ways
        self.has_sender = sort.known_as is not None and by_address
        is_customer = by_address and (CONTACT in sort.more if sort.known_as == "house" else sort.known_as == "customer")
        lets_in = {"Everything": True, "RepliesOnly": self.is_answer, "KnownPeople": self.is_answer or is_customer,
                   "AnyRecord": self.is_answer or is_customer or self.has_sender, "Nothing": False}[policy]
        is_private = sort.is_internal and not self.is_answer and not (holder == "queue" and policy == "Everything")
        self.is_filed = lets_in and not is_private
        self.reason = self.match(sort, by_address) if self.is_filed else \
            "InternalEmailReject" if lets_in else self.refusal(sort, policy)
        self.queue = self.lies_in(holder)

    def match(self, sort, by_address):
        if self.is_answer:
            return "CorrelationMatch"
        if self.has_sender:
            return "SenderMatch"
        return "RecipientMatch" if by_address and CONTACT in sort.more else "AcceptAll"

    @staticmethod
    def refusal(sort, policy):
        """Of what colleagues write the recipients decide."""
        return {"Nothing": "NothingIsFiled", "RepliesOnly": "NoCorrelationMatch"}.get(
            policy, "NoRecipientMatch" if sort.known_as == "house" else "NoSenderMatch")

    def lies_in(self, holder):
        """The queue of the mailbox; what matches nothing lies in that of unsorted mail otherwise."""
        if not self.is_filed:
            return None
        return "its own" if holder == "queue" else UNSORTED if self.reason == "AcceptAll" else None


class House:
    """The organisation by zeep."""

    def __init__(self, url):
        self.url, self.services, self.number = url, {}, 0
        self.session = requests.Session()
        self.session.auth = (ADMIN, PASSWORD)

    def __getattr__(self, name):
        if name not in self.services:
            client = zeep.Client(f"{self.url}/soap/{name}?wsdl", transport=Transport(session=self.session))
            self.services[name] = client.service
        return self.services[name]

    def set_up(self):
        administrator = Administrator(self.url)
        self.records = {}
        for address, name in ((COLLEAGUE, "boss"), (f"user@{DOMAIN}", "user")):
            self.records[address] = administrator.make_user(name, role="salesperson")
            self.SystemUser.UpdateSystemUser(systemUser={"id": self.records[address], "internalEmailAddress": address})
        self.records[CONTACT] = self.Contact.CreateContact(contact={"lastName": "Ann", "emailAddress1": CONTACT}).id
        self.records[LEAD] = self.Lead.CreateLead(lead={"subject": "Li", "lastName": "Li", "emailAddress1": LEAD}).id
        self.records[PARTNER] = self.make_queue("Partners", PARTNER)
        self.make_mailboxes()
        customer = {"entity": "Contact", "id": self.records[CONTACT]}
        self.deal = self.Opportunity.CreateOpportunity(opportunity={"name": "Machines", "customer": customer}).id
        answer = self.Mail.GetTrackingToken(record={"entity": "Opportunity", "id": self.deal}, subject="x")
        self.token = answer.subject[2:]
        self.bare = answer.token

    def make_queue(self, name, address):
        return self.Queue.CreateQueue(queue={"name": name, "emailAddress": address}).id

    def make_mailboxes(self):
        """A user's, a queue's, and a queue that nobody has made a mailbox of."""
        queue, bare = f"queue@{DOMAIN}", f"bare@{DOMAIN}"
        self.records[queue], self.records[bare] = self.make_queue("Queue", queue), self.make_queue("Bare queue", bare)
        self.mailboxes = {}
        for address, entity in ((f"user@{DOMAIN}", "SystemUser"), (queue, "Queue")):
            holder = {"entity": entity, "id": self.records[address]}
            self.mailboxes[address] = self.Mailbox.CreateMailbox(mailbox={"name": address, "address": address, "holder": holder}).id

    def put_in_force(self, address, policy):
        """A policy, where it is said for this address."""
        if address.startswith("user"):
            self.Mailbox.UpdateMailbox(mailbox={"id": self.mailboxes[address], "filingPolicy": policy})
        else:
            self.Queue.UpdateQueue(queue={"id": self.records[address], "incomingFilter": policy})

    def switch(self, address, way, is_on):
        self.Mailbox.UpdateMailbox(mailbox={"id": self.mailboxes[address], WAYS[way]: is_on})

    def make_offer(self):
        """An e-mail about the deal, sent by nobody and known by its id; and its topic."""
        self.number += 1
        offer, topic = f"offer-{self.number}@{DOMAIN}", f"Topic of offer number{self.number}"
        parties = {"Party": [{"address": STRANGER}, {"address": CONTACT}]}
        self.Email.CreateEmail(email={"subject": topic, "topic": topic.lower(), "messageId": offer, "to": parties,
                                      "regarding": {"entity": "Opportunity", "id": self.deal}})
        return offer, topic

    def write(self, sort, address):
        """The bytes of a message of a sort to an address."""
        self.number += 1
        offer, topic = self.make_offer() if sort.way in ("references", "smartly") else ("", "")
        slots = {"offer": offer, "token": self.token, "topic": topic, "bare": self.bare}
        to = address.replace("@", sort.tag.format(**slots) + "@")
        head = (f"From: {sort.sender}\nTo: {', '.join(filter(None, (to, sort.more)))}\n"
                f"Date: Mon, 30 Nov 2026 10:00:00 +0300\nMessage-ID: <m{self.number}@test.example>\n"
                f"Subject: {sort.subject.format(**slots)}\n{sort.header.format(**slots)}")
        body = sort.body.format(**slots) if sort.body else "\nText"
        return (head + body + f" {self.number}\n").encode(), to

    def queues_of(self, email):
        """Names of the queues in which an e-mail lies."""
        condition = {"field": "item", "operator": "eq", "values": {"string": [email]}}
        page = self.QueueItem.RetrieveMultipleQueueItem(query={
            "columns": {"string": ["queue"]}, "filter": {"conditions": {"Condition": [condition]}}})
        return [item.queue.name for item in page.queueItems.QueueItem] if page.queueItems else []


# ---- what is wrong ----


def complaint_of_people(house, email, sort, address, to, ways):
    """Why those who take part are not who they should be."""
    people = {}
    for parties in (email["from"], email.to, email.cc, email.bcc):
        for party in parties.Party if parties else []:
            people[party.address] = party.id
    known = house.records if "addresses" in ways else {
        one: record for one, record in house.records.items() if one not in (CONTACT, LEAD)}
    wanted = {one: known.get(one) for one in filter(None, (sort.sender, sort.more))}
    wanted[to] = known[address]
    return None if people == wanted else f"there are {people}, not {wanted}"


def complaint_of_filed(house, result, sort, expected, address, to, ways):
    """Why the e-mail is not as it should be."""
    if sort.kind != result.messageKind:
        return f"it is {result.messageKind}"
    email = house.Email.RetrieveEmail(id=result.id, columns={"string": ["from", "to", "cc", "bcc", "regarding"]})
    about = email.regarding.id if email.regarding else None
    if about != (house.deal if expected.is_answer else None):
        return f"it is about {about}"
    names = {f"queue@{DOMAIN}": "Queue", f"bare@{DOMAIN}": "Bare queue"}
    wanted = {None: [], "its own": [names.get(address)], UNSORTED: [UNSORTED]}[expected.queue]
    lying = house.queues_of(result.id)
    return f"it lies in {lying}, not in {wanted}" if lying != wanted else \
        complaint_of_people(house, email, sort, address, to, ways)


def complaint(house, sort, address, policy, ways):
    """Why a message does not become what it should; None: it does."""
    expected = Expected(sort, policy, "user" if address.startswith("user") else "queue", ways)
    letter, to = house.write(sort, address)
    request = {"message": letter, "mailbox": address, "recipients": {"string": [to]}}
    told, result = house.Mail.CheckIncomingEmail(**request), house.Mail.DeliverIncomingEmail(**request)
    said = (told.deliverable, told.reason, told.regarding.id if told.regarding else None)
    done = (result.created, result.reason, result.regarding.id if result.regarding else None)
    wanted = (expected.is_filed, expected.reason, house.deal if expected.is_answer else None)
    if said != wanted:
        return f"{said} was said, not {wanted}"
    if done[:2] != wanted[:2] or (expected.is_filed and done != wanted):
        return f"{done} was done, not {wanted}"
    return complaint_of_filed(house, result, sort, expected, address, to, ways) if expected.is_filed else None


def play(house, tally, addresses, ways, name, policies=tuple(POLICIES[:-1])):
    """The policies, and every sort of message, into each of the addresses."""
    for address in addresses:
        for policy in policies:
            house.put_in_force(address, policy)
            for what, sort in SORTS.items():
                tally.check(f"{name}, {address}, {policy}: {what}", complaint(house, sort, address, policy, ways))


def play_mailbox_switches(house, tally):
    """Each way that a mailbox may leave out, or alone turn on, while the organisation has them all."""
    addresses = list(house.mailboxes)
    for way in WAYS:
        is_off = way != "smartly"  # which nobody has on unless he says so
        for address in addresses:
            house.switch(address, way, not is_off)
        ways = ALL - {"smartly"}
        play(house, tally, addresses, ways - {way} if is_off else ALL, f"mailbox, {way}")
        for address in addresses:
            house.switch(address, way, is_off)


def serve(settings):
    return Server(WORK / "organisation", "build/release/crmd", ["http.workers=1", "database.pool=1", *settings])


def main():
    tally = Tally()
    lock = hold_folder(WORK)
    server = serve(["filing.match_smartly=true"])
    server.bootstrap()
    with server:
        house = House(server.url)
        house.set_up()
        usual = ALL - {"smartly"}
        play(house, tally, list(house.mailboxes), usual, "all ways", POLICIES)
        play(house, tally, [f"bare@{DOMAIN}"], ALL, "no mailbox", POLICIES)
        play_mailbox_switches(house, tally)
    for way in sorted(usual):
        with serve([f"filing.match_{way}=false"]) as server:
            house.url, house.services = server.url, {}
            play(house, tally, [*house.mailboxes, f"bare@{DOMAIN}"], usual - {way}, f"organisation, {way}")
    lock.close()
    tally.end()


main()

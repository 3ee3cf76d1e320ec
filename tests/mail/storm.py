#!/usr/bin/python3
"""Mail comes in and goes out while everything beside the mail servers is killed.   storm.py

Messages go through Postfix to crm-lmtpd, to crm-deliver, and to mailboxes of Dovecot that crm-imap follows; e-mails of
the platform go through crm-outbox to Postfix, and some come back. Meanwhile the connectors, crmd and PostgreSQL are
killed at random and started again. At the end queue, spools and outbox must be empty, nothing may have been put
aside, the organisation must hold each message once, whichever ways it came, and each e-mail must be sent. Some
messages have no Message-ID, some come twice.
"""
import argparse
import imaplib
import pathlib
import random
import smtplib
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import connector  # noqa: E402
import servers  # noqa: E402
import snippets  # noqa: E402
from authors import Authors  # noqa: E402
from connector import IMAP_SPOOL, SPOOL  # noqa: E402
from office import Office, letter  # noqa: E402
from play import enter  # noqa: E402
from svyaz.engines import Postgresql  # noqa: E402
from svyaz.server import ROOT, Server  # noqa: E402

WORK = ROOT / "build" / "mail-storm"
README = snippets.read()
# All ways of the README at once: a domain for each; and one for those whom e-mails are sent to.
MAIN = """
relay_domains = crm.example.org, pipe.example.org, box.example.org, out.example.org
transport_maps = inline:{crm.example.org=lmtp:inet:127.0.0.1:2003, pipe.example.org=crm:,
    box.example.org=lmtp:inet:127.0.0.1:24, out.example.org=lmtp:inet:127.0.0.1:24}
"""
DOMAINS = ("crm.example.org", "crm.example.org", "pipe.example.org", "box.example.org", "box.example.org")
PEOPLE = ("bob", "eve", "dan")
FOLLOWED = [f"{name}@box.example.org" for name in PEOPLE]
IMAP = ("imap.security=none", "imap.port=143", "imap.begin=all")
OUTBOX = ("submission.host=127.0.0.1", "submission.port=25", "submission.security=none", "submission.poll=50 ms",
          "submission.away=50 ms", "submission.timeout=5 s")
CLAIM = "mail.claim=5 s"  # what a killed crm-outbox has is had again before long
SENDERS, AUTHORS = 4, 3
MAILS = 5  # messages that come in for one that goes out
CALM = 0.6  # seconds between two kills, at the least
AT_REST = 300  # seconds for what waits when nothing is killed any more


class Storm:
    def __init__(self, server, database, connectors, options):
        self.server, self.database, self.connectors, self.options = server, database, connectors, options
        self.authors = Authors(server, AUTHORS)
        self.random = random.Random(options.seed)
        self.complaints = []
        self.sent = 0

    # ---- those who write ----

    def write(self, sender):
        """One of some senders sends his share, slowly enough for the kills to come between."""
        chance = random.Random(f"{self.options.seed}/{sender}")
        for number in range(sender, self.options.messages, SENDERS):
            copies = 2 if chance.random() < 0.05 else 1
            message = letter(number, f"text of {number} " + "x" * chance.randrange(20000), "X-Test: storm\r\n")
            if chance.random() < 0.1:
                message = message.replace(f"Message-ID: <{number}@example.com>\r\n".encode(), b"")
            for _ in range(copies):
                self.send(message, self.recipients(chance, chance.randrange(1, 3)))
            self.rest(chance, SENDERS, self.options.messages)

    def answer(self, author):
        """One of some authors does so in the platform; some of his readers are people whose mail comes in."""
        chance = random.Random(f"{self.options.seed}/author {author}")
        mails = self.options.messages // MAILS
        for number in range(author, mails, AUTHORS):
            self.authors.send(author, number, self.recipients(chance, chance.randrange(0, 3)))
            self.rest(chance, AUTHORS, mails)

    @staticmethod
    def recipients(chance, count):
        return [f"{name}@{chance.choice(DOMAINS)}" for name in chance.sample(PEOPLE, count)]

    def rest(self, chance, writers, messages):
        """As many seconds as spread what all of them write over the time of the kills."""
        time.sleep(chance.random() * 2 * self.options.kills * (CALM + 1) * writers / messages)

    def send(self, message, recipients):
        with smtplib.SMTP("127.0.0.1", 25, local_hostname="test.example.com", timeout=60) as client:
            client.sendmail("ann@example.com", recipients, message)
        self.sent += 1

    # ---- what kills ----

    def kill(self, one):
        """A connector, or the platform."""
        one.kill()
        time.sleep(self.random.random())
        one.start()

    def kill_database(self):
        self.database.kill()
        time.sleep(self.random.random())
        self.database.start_again()
        if not self.server.is_alive():
            self.server.start()

    def victims(self):
        """By chance, but none is spared for long."""
        while True:
            victims = [*self.connectors, *self.connectors, self.server, self.server, self.database]
            self.random.shuffle(victims)
            yield from victims

    def rage(self):
        for _, victim in zip(range(self.options.kills), self.victims()):
            time.sleep(CALM + self.random.random())
            if victim is self.database:
                self.kill_database()
            else:
                self.kill(victim)

    def run(self):
        tasks = [(self.write, [sender]) for sender in range(SENDERS)]
        tasks += [(self.answer, [author]) for author in range(AUTHORS)]
        tasks.append((self.rage, []))
        threads = [threading.Thread(target=self.go, args=task) for task in tasks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def go(self, what, words):
        try:
            what(*words)
        except Exception as problem:
            self.complaints.append(f"the storm broke down: {problem!r}")

    # ---- the books ----

    def complaint(self, postfix, dovecot):
        if self.complaints:
            return self.complaints[0]
        return self.complaint_of_rest(postfix) or self.complaint_of_books(dovecot)

    def complaint_of_rest(self, postfix):
        """What is not empty in the end."""
        if not is_so_within(AT_REST, self.is_outbox_empty):
            return f"the outbox keeps {self.outbox()}"
        if not postfix.is_empty_within(AT_REST):
            return f"the mail server keeps {len(postfix.queue())}: {postfix.queue()[:3]}"
        if not is_so_within(AT_REST, lambda: all(map(is_read, FOLLOWED))):
            return f"crm-imap has not read {[user for user in FOLLOWED if not is_read(user)]}"
        for spool in (SPOOL, IMAP_SPOOL):
            if not connector.is_empty_within(AT_REST, spool):
                return f"the spool keeps {connector.waiting(spool)[:3]}"
            if connector.refused(spool):
                return f"put aside: {connector.refused(spool)}"
        return None

    def outbox(self):
        """Ids of e-mails in it."""
        return self.database.psql("svyaz", "SELECT email_id FROM svyaz_outbox")

    def is_outbox_empty(self):
        """What was put off is due at once: nobody waits for a minute."""
        for table in ("svyaz_outbox", "svyaz_outbox_mailbox"):
            self.database.psql("svyaz", f"UPDATE {table} SET due_at = 0 WHERE due_at > 0")
        return not self.outbox()

    def complaint_of_books(self, dovecot):
        emails = Office(self.server.url).emails("statusReason")
        subjects = [subject for identifier, _, subject, _ in emails if identifier not in self.authors.sent]
        wanted = {f"letter {number}" for number in range(self.options.messages)}
        lost = sorted(wanted - set(subjects))
        doubled = sorted({subject for subject in subjects if subjects.count(subject) > 1})
        strange = sorted(set(subjects) - wanted)
        if lost or doubled or strange:
            return f"lost {lost}, doubled {doubled}, strange {strange}"
        return self.authors.complaint(emails, dovecot.mailbox("reader"))


def is_read(user):
    """Whether crm-imap has all that is in a mailbox."""
    client = imaplib.IMAP4("127.0.0.1", 143)
    client.login(user, servers.PASSWORD)
    _, answer = client.status("INBOX", "(UIDNEXT)")
    client.logout()
    return answer[0].endswith(f"(UIDNEXT {connector.next_uid(user)})".encode())


def is_so_within(seconds, is_so):
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--messages", type=int, default=300)
    parser.add_argument("--kills", type=int, default=15)
    parser.add_argument("--seed", type=int, default=random.randrange(10 ** 6))
    return parser.parse_args()


def main():
    options = read_options()
    tally, lock = enter(WORK)
    print(f"# {options.messages} messages, {options.kills} kills, seed {options.seed}", flush=True)
    database = Postgresql(WORK)
    database.start()
    server = Server(WORK / "organisation", "build/release/crmd",
                    ["http.listen=127.0.0.1:8080", CLAIM, *database.settings()])
    server.bootstrap()
    began = time.monotonic()
    with server:
        connector.set_up(server.url, README["/etc/crmd/connectors.conf", ""], "release")
        connector.follow(*((user, "INBOX") for user in FOLLOWED))
        with (servers.Postfix(MAIN, README["/etc/postfix/master.cf", ""]) as postfix, servers.Dovecot() as dovecot,
              connector.Lmtpd() as lmtpd, connector.Imap(*IMAP) as imap, connector.Outbox(*OUTBOX) as outbox):
            storm = Storm(server, database, [lmtpd, imap, outbox], options)
            storm.run()
            tally.check("each-message-is-filed-and-sent-once", storm.complaint(postfix, dovecot))
            print(f"# {storm.sent} sent in {time.monotonic() - began:.0f} s")
    database.stop()
    lock.close()
    tally.end()


main()

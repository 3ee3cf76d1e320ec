#!/usr/bin/python3
"""Mail comes in while everything behind the mail server is killed: each message is filed once.   storm.py

Messages go through Postfix to crm-lmtpd and to crm-deliver while crm-lmtpd, crmd and PostgreSQL are killed at random
and started again. At the end the mail server's queue and the spool must be empty, nothing may have been put
aside, and the organisation must hold each message once. Some have no Message-ID, some come twice.
"""
import argparse
import pathlib
import random
import smtplib
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import connector  # noqa: E402
import machine  # noqa: E402
import servers  # noqa: E402
import snippets  # noqa: E402
from office import Office, letter  # noqa: E402
from svyaz.engines import Postgresql  # noqa: E402
from svyaz.server import ROOT, Server, hold_folder  # noqa: E402
from svyaz.tally import Tally  # noqa: E402

WORK = ROOT / "build" / "mail-storm"
README = snippets.read()
# Both ways of the README at once: a domain for each.
MAIN = """
relay_domains = crm.example.org, pipe.example.org
transport_maps = inline:{crm.example.org=lmtp:inet:127.0.0.1:2003, pipe.example.org=crm:}
"""
DOMAINS = ("crm.example.org", "crm.example.org", "crm.example.org", "pipe.example.org")
SENDERS = 4
CALM = 0.6  # seconds between two kills, at the least
AT_REST = 300  # seconds for what waits when nothing is killed any more


class Storm:
    def __init__(self, server, database, lmtpd, options):
        self.server, self.database, self.lmtpd, self.options = server, database, lmtpd, options
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
            recipients = [f"{name}@{chance.choice(DOMAINS)}" for name in chance.sample(["bob", "eve", "dan"],
                                                                                      chance.randrange(1, 3))]
            for _ in range(copies):
                self.send(message, recipients)
            time.sleep(chance.random() * 2 * self.pace())

    def pace(self):
        """Seconds that one sender waits on the average."""
        return self.options.kills * (CALM + 1) * SENDERS / self.options.messages

    def send(self, message, recipients):
        with smtplib.SMTP("127.0.0.1", 25, local_hostname="test.example.com", timeout=60) as client:
            client.sendmail("ann@example.com", recipients, message)
        self.sent += 1

    # ---- what kills ----

    def kill_connector(self):
        self.lmtpd.kill()
        time.sleep(self.random.random())
        self.lmtpd.start()

    def kill_platform(self):
        self.server.kill()
        time.sleep(self.random.random())
        self.server.start()

    def kill_database(self):
        self.database.kill()
        time.sleep(self.random.random())
        self.database.start_again()
        if not self.server.is_alive():
            self.server.start()

    def rage(self):
        kinds = (self.kill_connector, self.kill_connector, self.kill_platform, self.kill_platform, self.kill_database)
        try:
            for _ in range(self.options.kills):
                time.sleep(CALM + self.random.random())
                self.random.choice(kinds)()
        except Exception as problem:
            self.complaints.append(f"the storm broke down: {problem!r}")

    def run(self):
        threads = [threading.Thread(target=self.write, args=[sender]) for sender in range(SENDERS)]
        threads.append(threading.Thread(target=self.rage))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    # ---- the books ----

    def complaint(self, postfix):
        if self.complaints:
            return self.complaints[0]
        if not postfix.is_empty_within(AT_REST):
            return f"the mail server keeps {len(postfix.queue())}: {postfix.queue()[:3]}"
        if not connector.is_empty_within(AT_REST):
            return f"the spool keeps {connector.waiting()[:3]}"
        if connector.refused():
            return f"put aside: {connector.refused()}"
        subjects = [subject for _, _, subject in Office(self.server.url).emails()]
        wanted = {f"letter {number}" for number in range(self.options.messages)}
        lost = sorted(wanted - set(subjects))
        doubled = sorted({subject for subject in subjects if subjects.count(subject) > 1})
        strange = sorted(set(subjects) - wanted)
        return f"lost {lost}, doubled {doubled}, strange {strange}" if lost or doubled or strange else None


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--messages", type=int, default=300)
    parser.add_argument("--kills", type=int, default=15)
    parser.add_argument("--seed", type=int, default=random.randrange(10 ** 6))
    return parser.parse_args()


def main():
    options = read_options()
    tally = Tally()
    lock = hold_folder(WORK)
    is_inside, reason = machine.enter(WORK)
    if not is_inside:
        tally.skip("storm", f"no machine of the test's own can be made: {reason}")
        tally.end()
    print(f"# {options.messages} messages, {options.kills} kills, seed {options.seed}", flush=True)
    database = Postgresql(WORK)
    database.start()
    server = Server(WORK / "organisation", "build/release/crmd",
                    ["http.listen=127.0.0.1:8080", *database.settings()])
    server.bootstrap()
    began = time.monotonic()
    with server:
        connector.set_up(server.url, README["/etc/crmd/connectors.conf", ""])
        with servers.Postfix(MAIN, README["/etc/postfix/master.cf", ""]) as postfix, connector.Lmtpd() as lmtpd:
            storm = Storm(server, database, lmtpd, options)
            storm.run()
            tally.check("each-message-is-filed-once", storm.complaint(postfix))
            print(f"# {storm.sent} sent in {time.monotonic() - began:.0f} s")
    database.stop()
    lock.close()
    tally.end()


main()
